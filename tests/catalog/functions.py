"""Functions for the tests of configurations, real and modelled ones, and what they wrote and were sent."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from typing import Any

from catalog.configurations import role
from foulweather.testing import Aws

RUNTIME = f"python3.{sys.version_info.minor}"
LOGS = {
    "Effect": "Allow",
    "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": "*",
}
TELLS = "import json\n\ndef handler(event, context):\n    print('GOT ' + json.dumps(event))\n    return event\n"
"""A function that writes down what it is sent."""


def zipped(files: dict[str, str]) -> bytes:
    """A package."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, text in files.items():
            file.writestr(name, text)
    return packed.getvalue()


def function(aws: Aws, name: str, code: str = TELLS, *statements: dict[str, Any], **more: Any) -> str:
    """The ARN of a function of Python that is active, whose role may write logs and what the statements say."""
    return _made(aws, name, {"app.py": code}, *statements, **more)


def modelled(aws: Aws, name: str, model: str, *statements: dict[str, Any], **more: Any) -> str:
    """The ARN of a modelled function that is active."""
    return _made(aws, name, {"foulweather.toml": model}, *statements, **more)


def _made(aws: Aws, name: str, files: dict[str, str], *statements: dict[str, Any], **more: Any) -> str:
    execution = role(aws, name, {"Service": "lambda.amazonaws.com"}, LOGS, *statements)
    asked = {"FunctionName": name, "Role": execution, "Runtime": RUNTIME, "Handler": "app.handler", **more}
    made = aws.client("lambda").create_function(Code={"ZipFile": zipped(files)}, **asked)
    aws.advance("5s")
    return made["FunctionArn"]


def let_in(aws: Aws, name: str, service: str, source: str, **more: Any) -> None:
    """Let a service invoke a function on behalf of one of its resources."""
    aws.client("lambda").add_permission(
        FunctionName=name,
        StatementId=service,
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        SourceArn=source,
        **more,
    )


def answer(aws: Aws, name: str, event: Any = None, **more: Any) -> Any:
    """What a function answers, read as JSON."""
    told = aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}).encode(), **more)
    return json.loads(told["Payload"].read() or b"null")


def busy(aws: Aws, name: str, times: int = 1, **more: Any) -> None:
    """Have a function invoked so often at the same time, by nobody who waits."""
    client = aws.client("lambda")
    for _ in range(times):
        client.invoke(FunctionName=name, InvocationType="Event", **more)
    aws.advance("1s")


def written(aws: Aws, name: str) -> list[str]:
    """The messages of a function's log, in order."""
    found = aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")
    return [event["message"] for event in found["events"]]


def sent(aws: Aws, name: str) -> list[Any]:
    """The events that a function of `TELLS` got."""
    return [json.loads(text.removeprefix("GOT ")) for text in written(aws, name) if text.startswith("GOT ")]
