from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.parking import Parking

Request = dict[str, Any]


def send_message(call: Call, request: Request) -> Request:
    """Says who sent what, and refuses the body `refuse`."""
    call.happened("toy.Sent", call.resource, body=request["MessageBody"])
    if request["MessageBody"] == "refuse":
        raise AwsError("InvalidMessageContents", "no")
    if request["MessageBody"] == "later":
        call.later(call.now + 5_000, "sqs.echo", body="echoed")
    if request["MessageBody"] == "later refused":
        call.later(call.now + 5_000, "sqs.echo", body="refuse")
    return {"MessageId": call.request_id, "SequenceNumber": str(call.now)}


async def receive_message(call: Call, request: Request) -> Request:
    """Waits, and refuses afterwards when it waited for 7 s."""
    seconds = request["WaitTimeSeconds"]
    woken = await Parking().wait(call, call.now + seconds * 1000)
    assert not woken
    if seconds == 7:
        raise AwsError("OverLimit", "too late", 403)
    return {"Messages": []}


def purge_queue(call: Call, request: Request) -> None:
    """Does nothing."""


def list_queues(call: Call, request: Request) -> Request:
    """Has no row in the access table."""
    return {}


def _not_an_operation() -> None: ...
