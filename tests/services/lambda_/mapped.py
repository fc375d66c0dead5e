"""A world with a mapping in it and a function that the test plays, for what mappings do with their sources."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.parking import Parking
from foulweather.kernel.trace import Traces
from foulweather.services.lambda_ import invoking
from foulweather.services.lambda_.invoking import Invoked
from foulweather.services.lambda_.records import Configuration, Function, Mapping
from foulweather.services.lambda_.state import LambdaState
from harness import ACCOUNT, REGION, Aws, new_aws

NAME = "consumer"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Consumer"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}"
UUID = "14e0db71-5d35-4eb5-b481-8945cf9d10c2"
THROTTLED = AwsError("TooManyRequestsException", "Rate Exceeded.", 429)

Answer = Any
Handler = Callable[[dict[str, Any]], Answer]


class Failed(Exception):
    """The function's code raises."""


class Stage:
    """The world, its function and what it was invoked with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, aws: Aws | None = None) -> None:
        self.aws = aws or new_aws()
        self.events: list[dict[str, Any]] = []
        self.at_ms: list[int] = []
        self.handler: Handler = lambda event: None
        self.duration_ms = 0
        self.running = 0
        self.most = 0
        monkeypatch.setattr(invoking, "invoke_from", self._invoke)

    def built(self) -> Stage:
        """With the function and its role."""
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        self.aws.iam.create_role({"RoleName": "Consumer", "AssumeRolePolicyDocument": policy(trust)})
        self.allow("sqs:*", "dynamodb:*", "kinesis:*", "sns:*", "s3:*")
        latest = Configuration(
            role=ROLE, runtime="python3.12", handler="a.b", modified_ms=self.aws.now, revision_id="1"
        )
        function = Function(name=NAME, account=ACCOUNT, region=REGION, latest=latest)
        self.state.functions.put(NAME, function)
        return self

    @property
    def state(self) -> LambdaState:
        return self.aws.world.state(LambdaState, ACCOUNT, REGION)

    @property
    def mapping(self) -> Mapping:
        return self.state.mappings[UUID]

    def allow(self, *actions: str) -> None:
        """The execution role may do just that."""
        document = policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})
        self.aws.iam.put_role_policy({"RoleName": "Consumer", "PolicyName": "inline", "PolicyDocument": document})

    async def map(self, source_arn: str, **settings: Any) -> None:
        """Put an enabled mapping in force."""
        mapping = Mapping(
            uuid=UUID,
            account=ACCOUNT,
            region=REGION,
            function_arn=ARN,
            source_arn=source_arn,
            settings=settings,
            state="Enabled",
            modified_ms=self.aws.now,
        )
        self.state.mappings.put(UUID, mapping)
        await self.poll()

    async def poll(self) -> None:
        """What happens when a mapping's state has changed."""
        self.aws.world.agenda.at(self.aws.now, "lambda.poll", {"uuid": UUID}, account=ACCOUNT, region=REGION)
        await self.aws.advance()

    async def advance(self, seconds: int = 0, ms: int = 0) -> None:
        await self.aws.advance(seconds=seconds, ms=ms)

    @property
    def batches(self) -> list[list[str]]:
        """The bodies of the messages in each invocation."""
        return [[record["body"] for record in event["Records"]] for event in self.events]

    def reasons(self) -> list[str]:
        """The operations and causes that were put on record."""
        held = self.aws.world.state(Traces)
        hops = [hop for trace in held.kept.values() for hop in trace.hops]
        return [f"{hop.operation}: {hop.why.cause}" for hop in hops if hop.why is not None]

    async def _invoke(self, call: Call, function_arn: str, payload: bytes, *, source: str, **_: Any) -> Invoked:
        assert function_arn == ARN
        event = json.loads(payload)
        self.events.append(event)
        self.at_ms.append(self.aws.now)
        self.running += 1
        self.most = max(self.most, self.running)
        error = ""
        try:
            if self.duration_ms:
                await Parking().wait(call, call.now + self.duration_ms)
            answer: Any = self.handler(event)
            if isinstance(answer, Awaitable):
                answer = await answer
        except Failed:
            answer, error = {"errorMessage": "failed"}, "Unhandled"
        finally:
            self.running -= 1
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return Invoked(payload=body, function_error=error, status=200, request_id=call.world.ids.uuid())


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
