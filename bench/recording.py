"""What CloudTrail's record and CloudWatch's metrics cost the calls of other services: `python -m bench.recording`.

The same calls in process, in worlds without readers, with either, with both, and with a trail; the rounds in turns.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foulweather.gates import GATES
from foulweather.kernel.call import Call
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.services import Services
from foulweather.policy.principal import root
from foulweather.world.world import World

MODES = ("neither", "metrics", "record", "both", "a trail", "data events")
SELECTED = ("AWS::S3::Object", "AWS::DynamoDB::Table", "AWS::SQS::Queue")
ROUNDS, BATCHES, BATCH = 9, 25, 12
ACCOUNT, REGION = "111122223333", "us-east-1"
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "SendMessage": ("sqs", {"QueueUrl": "", "MessageBody": "x" * 100}),
    "ReceiveMessage": ("sqs", {"QueueUrl": "", "VisibilityTimeout": 0}),
    "PutItem": ("dynamodb", {"TableName": "items", "Item": {"p": {"S": "k"}, "d": {"S": "x" * 100}}}),
    "GetItem": ("dynamodb", {"TableName": "items", "Key": {"p": {"S": "k"}}}),
    "PutObject": ("s3", {"Bucket": "objects", "Key": "k", "Body": b"x" * 1024}),
    "GetObject": ("s3", {"Bucket": "objects", "Key": "k"}),
    "CreateQueue": ("sqs", {"QueueName": "queue"}),
    "GetQueueAttributes": ("sqs", {"QueueUrl": "", "AttributeNames": ["All"]}),
    "PutParameter": ("ssm", {"Name": "/a", "Value": "v", "Type": "String", "Overwrite": True}),
    "GetUser": ("iam", {"UserName": "user"}),
}


class Place:
    """A world with what the calls are about, and as many readers of its calls as a mode has."""

    def __init__(self, mode: str, directory: Path) -> None:
        self.world = World(mode="held", directory=directory)
        if mode in ("neither", "record"):
            self._leave_out("cloudwatch")
        self.pipeline = Pipeline(self.world, Services(), GATES)
        if mode in ("neither", "metrics"):
            self.pipeline.__dict__["recorder"] = None
        self.queue = ""

    def _leave_out(self, service: str) -> None:
        read_by = self.world.journal.read_by

        def read(kind: str, load: Any) -> None:
            if load.args[0].name != service:
                read_by(kind, load)

        self.world.journal.read_by = read  # type: ignore[method-assign]

    async def ask(self, service: str, operation: str, request: dict[str, Any]) -> Any:
        """Make a call."""
        call = Call(self.pipeline, service, operation, ACCOUNT, REGION, root(ACCOUNT))
        answer = self.pipeline.run(call, self.pipeline.services.operation(service, operation), request)
        return await answer if inspect.isawaitable(answer) else answer

    async def fill(self, mode: str) -> None:
        """Make what the calls are about."""
        self.queue = (await self.ask("sqs", "CreateQueue", {"QueueName": "queue"}))["QueueUrl"]
        key = {"AttributeName": "p", "KeyType": "HASH"}
        table = {"TableName": "items", "KeySchema": [key], "BillingMode": "PAY_PER_REQUEST"}
        table["AttributeDefinitions"] = [{"AttributeName": "p", "AttributeType": "S"}]
        await self.ask("dynamodb", "CreateTable", table)
        await self.ask("s3", "CreateBucket", {"Bucket": "objects"})
        await self.ask("iam", "CreateUser", {"UserName": "user"})
        if mode in ("a trail", "data events"):
            await self._trail(has_data=mode == "data events")
        await self.world.advance_to(self.world.clock.now_ms + 60_000)
        for name in ("PutItem", "PutObject"):
            await self.ask(CALLS[name][0], name, dict(CALLS[name][1]))

    async def _trail(self, *, has_data: bool) -> None:
        await self.ask("s3", "CreateBucket", {"Bucket": "trail-files"})
        allowed = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:*"}
        allowed["Resource"] = ["arn:aws:s3:::trail-files", "arn:aws:s3:::trail-files/*"]
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        await self.ask("s3", "PutBucketPolicy", {"Bucket": "trail-files", "Policy": policy})
        await self.ask("cloudtrail", "CreateTrail", {"Name": "trail", "S3BucketName": "trail-files"})
        data = {"Field": "eventCategory", "Equals": ["Data"]}
        if has_data:
            fields = [[data, {"Field": "resources.type", "Equals": [each]}] for each in SELECTED]
            selectors = [{"FieldSelectors": each} for each in fields]
            await self.ask(
                "cloudtrail", "PutEventSelectors", {"TrailName": "trail", "AdvancedEventSelectors": selectors}
            )
        await self.ask("cloudtrail", "StartLogging", {"Name": "trail"})

    async def cost_us(self, service: str, operation: str, request: dict[str, Any]) -> float:
        """The processor time of a call, with its part of a commit."""
        asked, used = {**request, **({"QueueUrl": self.queue} if "QueueUrl" in request else {})}, 0.0
        for _ in range(BATCHES):
            await self.world.advance_to(self.world.clock.now_ms + 5_000)  # for quotas
            began = time.process_time()
            for _ in range(BATCH):
                await self.ask(service, operation, dict(asked))
            self.world.store.commit()
            used += time.process_time() - began
        return used / BATCHES / BATCH * 1e6


async def _measured(folder: Path, told: Callable[[str], None]) -> None:
    places = {mode: Place(mode, folder / mode.replace(" ", "-")) for mode in MODES}
    for mode, place in places.items():
        await place.fill(mode)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 500)  # as a server has it
    told(f"{'us of CPU':20}" + "".join(f"{mode:>13}" for mode in MODES))
    for operation, (service, request) in CALLS.items():
        least = dict.fromkeys(MODES, float("inf"))
        for _ in range(ROUNDS):
            for mode, place in places.items():
                least[mode] = min(least[mode], await place.cost_us(service, operation, request))
        plain = least["neither"]
        told(f"{operation:20}{plain:13.1f}" + "".join(f"{least[mode] - plain:+13.1f}" for mode in MODES[1:]))
    for place in places.values():
        place.world.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(_measured(Path(temporary), print))
