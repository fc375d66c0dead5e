"""A durable function that the test plays: it speaks to Lambda as AWS's SDKs do, without a process."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import invoking
from foulweather.services.lambda_.invoking import Invoked
from foulweather.services.lambda_.running import Asked
from harness import Aws
from services.lambda_.packaged import modelled, role

MODEL = "duration_ms = 10.0\nresponse = {ok = true}\n"
ALL = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
PENDING = {"Status": "PENDING"}


class Crashed(Exception):
    """The runtime has exited."""


class Turn:
    """One invocation: what the function was given, and what it asks of Lambda."""

    def __init__(self, aws: Aws, event: dict[str, Any]) -> None:
        self.aws, self.event = aws, event
        self.arn, self.token = event["DurableExecutionArn"], event["CheckpointToken"]
        self.operations: dict[str, Any] = {}
        self._take(event["InitialExecutionState"]["Operations"])

    @property
    def input(self) -> Any:
        """What the execution was started with."""
        return json.loads(self.operations[self.arn.rpartition("/")[2]]["ExecutionDetails"]["InputPayload"])

    def checkpoint(self, *updates: dict[str, Any], **more: Any) -> dict[str, Any]:
        """CheckpointDurableExecution with the token in hand."""
        asked = {"DurableExecutionArn": self.arn, "CheckpointToken": self.token, "Updates": list(updates), **more}
        answer = self.aws.lambda_.checkpoint_durable_execution(asked)
        self.token = answer.get("CheckpointToken", "")
        self._take(answer["NewExecutionState"]["Operations"])
        return answer

    def step(self, name: str, payload: str = "1") -> None:
        """A step that succeeds at once, unless it has already."""
        if name not in self.operations:
            self.checkpoint(update(name, "STEP", "START"), update(name, "STEP", "SUCCEED", Payload=payload))

    def begin(self, name: str, kind: str, **members: Any) -> dict[str, Any]:
        """An operation, started unless it has been."""
        if name not in self.operations:
            self.checkpoint(update(name, kind, "START", **members))
        return self.operations[name]

    def is_over(self, name: str) -> bool:
        """Whether an operation has ended."""
        return "EndTimestamp" in self.operations[name]

    def _take(self, operations: list[dict[str, Any]]) -> None:
        self.operations.update({each["Id"]: each for each in operations})


Handler = Callable[[Turn], Any]


class Played:
    """A world with a durable function in it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, aws: Aws) -> None:
        self.aws = aws
        self.handlers: dict[str, Handler] = {}
        self.turns: list[Turn] = []
        self._plain = invoking.carry_out
        monkeypatch.setattr(invoking, "carry_out", self._carry_out)

    async def made(self, handler: Handler, name: str = "flow", **members: Any) -> Played:
        """With a function; its executions may take 15 minutes unless `DurableConfig` says otherwise."""
        self.handlers[name] = handler
        if not self.aws.iam.list_roles()["Roles"]:
            role(self.aws, ALL)
        await modelled(self.aws, MODEL, name, **{"DurableConfig": {"ExecutionTimeout": 900}, **members})
        return self

    async def start(self, event: Any = None, name: str = "flow", **more: Any) -> str:
        """Invoke asynchronously; the execution's ARN."""
        asked = {"FunctionName": f"{name}:$LATEST", "InvocationType": "Event", "Payload": json.dumps(event).encode()}
        answer = await self.aws.lambda_.invoke({**asked, **more})
        assert answer["StatusCode"] == 202
        return answer["DurableExecutionArn"]

    async def invoke(self, event: Any = None, name: str = "flow", **more: Any) -> dict[str, Any]:
        """Invoke synchronously, the payload read as JSON."""
        asked = {"FunctionName": f"{name}:$LATEST", "Payload": json.dumps(event).encode()}
        answer = await self.aws.lambda_.invoke({**asked, **more})
        return {**answer, "Payload": json.loads(answer["Payload"])}

    def shown(self, arn: str) -> dict[str, Any]:
        """GetDurableExecution."""
        return self.aws.lambda_.get_durable_execution({"DurableExecutionArn": arn})

    def history(self, arn: str, **more: Any) -> list[dict[str, Any]]:
        """GetDurableExecutionHistory."""
        return self.aws.lambda_.get_durable_execution_history({"DurableExecutionArn": arn, **more})["Events"]

    def kinds(self, arn: str) -> list[str]:
        """The types of an execution's events."""
        return [each["EventType"] for each in self.history(arn)]

    async def _carry_out(self, call: Call, asked: Asked) -> Invoked:
        handler = self.handlers.get(asked.function.name)
        if handler is None:
            return await self._plain(call, asked)
        turn = Turn(self.aws, json.loads(asked.payload))
        self.turns.append(turn)
        failed = ""
        try:
            answer = handler(turn)
            answer = await answer if isinstance(answer, Awaitable) else answer
        except Crashed:
            failed = "Unhandled"
            answer = {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited"}
        if asked.configuration.told.get("DurableConfig") and isinstance(answer, dict) and "result" in answer:
            answer = {"Status": "SUCCEEDED", "Result": json.dumps(answer["result"])}
        return Invoked(
            payload=json.dumps(answer).encode(), function_error=failed, status=200, request_id=asked.request_id
        )


def update(name: str, kind: str, action: str, **members: Any) -> dict[str, Any]:
    """An OperationUpdate."""
    return {"Id": name, "Type": kind, "Action": action, **members}


def failed(kind: str, words: str) -> dict[str, Any]:
    """An answer that fails the execution."""
    return {"Status": "FAILED", "Error": {"ErrorType": kind, "ErrorMessage": words}}
