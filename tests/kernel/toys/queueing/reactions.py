from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.world.journal import Event
from foulweather.world.world import World

noted_bodies: dict[World, list[str]] = {}


def noted(world: World, event: Event) -> None:
    noted_bodies.setdefault(world, []).append(event.facts["body"])


def echo(call: Call, body: str) -> None:
    try:
        call.acting_as("sqs.amazonaws.com", source_arn="arn:toy").sqs.send_message(
            {"QueueUrl": "echo", "MessageBody": body}
        )
    except AwsError as error:
        call.happened("toy.EchoRefused", "arn:toy", code=error.code)


async def nap(call: Call, ms: int) -> None:
    from foulweather.kernel.parking import Parking

    await Parking().wait(call, call.now + ms)
    call.happened("toy.Napped", "arn:toy", slept=ms)


def whoami(call: Call, **args: Any) -> None:
    call.happened("toy.Whoami", "arn:toy", who=call.principal.arn, place=[call.account, call.region], **args)
