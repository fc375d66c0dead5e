"""Runbooks with something wrong in them: refused, or run to an end; nothing breaks."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws, new_aws
from services.ssm.runbook_calls import api, execution, runbook, step

BOOK = runbook(
    api(
        "make",
        "sqs",
        "CreateQueue",
        QueueName="q{{ size }}",
        Attributes={"VisibilityTimeout": "{{ size }}"},
        outputs=[{"Name": "url", "Selector": "$.QueueUrl", "Type": "String"}],
        maxAttempts=2,
        onFailure="Continue",
    ),
    step(
        "wait",
        "waitForAwsResourceProperty",
        Service="sqs",
        Api="GetQueueAttributes",
        QueueUrl="{{ make.url }}",
        AttributeNames=["All"],
        PropertySelector="$.Attributes.VisibilityTimeout",
        DesiredValues=["3"],
        timeoutSeconds=20,
        onFailure="step:choose",
    ),
    step(
        "choose",
        "branch",
        Choices=[
            {"NextStep": "nap", "Variable": "{{ size }}", "NumericEquals": 3},
            {"NextStep": "hold", "Or": [{"Variable": "{{ flag }}", "BooleanEquals": True}]},
        ],
        Default="hold",
    ),
    step("nap", "sleep", Duration="PT5S", nextStep="ask"),
    step("ask", "approve", Approvers=["boss"], MinRequiredApprovals=1, timeoutSeconds=5, onFailure="Continue"),
    step("inner", "executeAutomation", DocumentName="AWS-EnableS3BucketEncryption", onFailure="Continue",
         RuntimeParameters={"BucketName": ["missing"]}),
    step("hold", "pause", timeoutSeconds=3),
    parameters={
        "size": {"type": "Integer", "default": 3, "allowedValues": [1, 3]},
        "flag": {"type": "Boolean", "default": True},
        "many": {"type": "StringList", "default": ["a"], "minItems": 1},
        "map": {"type": "StringMap", "default": {"a": "b"}},
    },
    outputs=["make.url"],
)  # fmt: skip
VALUES: list[Any] = [None, 0, -1, True, "", "x", "{{ size }}", "{{ make.url }}", "{{ map }}", "{{ many }}", "$.[", "("]
_WORDS: list[Any] = [
    "aws:sleep",
    "aws:branch",
    "step:nap",
    [],
    [1],
    ["a", ["b"]],
    {},
    {"a": 1},
    {"type": "Integer"},
    1e300,
]


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in an object."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    elif isinstance(value, list):
        inner = list(enumerate(value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return [*([at] if at else []), *(each for key, below in inner for each in places(below, (*at, key)))]


def mutated(chance: random.Random) -> dict[str, Any]:
    """The runbook with one to three things changed or gone."""
    book = json.loads(json.dumps(BOOK))
    for _ in range(chance.choice([1, 1, 2, 3])):
        found = places(book)
        if not found:
            break
        at = chance.choice(found)
        holder = book
        for key in at[:-1]:
            holder = holder[key]
        if chance.random() < 0.3:
            del holder[at[-1]]
        else:
            holder[at[-1]] = chance.choice([*VALUES, *_WORDS])
    return book


async def tried(aws: Aws, book: dict[str, Any]) -> str:
    """The code by which a runbook is refused, or how its execution ended."""
    try:
        aws.ssm.create_document({"Name": "book", "Content": json.dumps(book), "DocumentType": "Automation"})
        aws.ssm.get_document({"Name": "book", "DocumentFormat": "YAML"})
        execution_id = aws.ssm.start_automation_execution({"DocumentName": "book"})["AutomationExecutionId"]
    except AwsError as error:
        return error.code
    await aws.advance(seconds=80)
    found = execution(aws, execution_id)
    if "ExecutionEndTime" not in found:
        aws.ssm.stop_automation_execution({"AutomationExecutionId": execution_id})
        await aws.advance(seconds=120)
        found = execution(aws, execution_id)
    return str(found["AutomationExecutionStatus"])


@pytest.mark.parametrize("first", [0, 40, 80])
async def test_nothing_breaks(first: int) -> None:
    broken: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: broken.append(context.get("exception")))
    for seed in range(first, first + 40):
        came = await tried(new_aws(seed=seed), mutated(random.Random(seed)))
        assert came not in ("Pending", "InProgress", "Waiting"), seed
        assert not broken, seed
