"""What Lambda's events make: invocations, errors, durations and throttles."""

from __future__ import annotations

from typing import Any

from harness import Aws
from services.cloudwatch.watching import query, values

ARN = "arn:aws:lambda:us-east-1:111122223333:function:checkout"


def told(aws: Aws, kind: str, **facts: Any) -> None:
    facts = {"function": "checkout", **facts}
    aws.world.journal.append(aws.now, kind, "111122223333", "us-east-1", ARN, "", "", facts)


def of(name: str, stat: str = "Sum", **dimensions: str) -> dict[str, Any]:
    return query(name, stat, namespace="AWS/Lambda", dimensions=dimensions)


async def test_invocations_errors_durations_and_throttles(aws: Aws) -> None:
    told(aws, "lambda.Invoked", qualifier="", duration_ms=20.5, error="")
    told(aws, "lambda.Invoked", qualifier="live", duration_ms=40.5, error="Unhandled", concurrent=3)
    told(aws, "lambda.Throttled", reason="ReservedFunctionConcurrentInvocationLimitExceeded")
    await aws.advance(seconds=60)
    own = {"FunctionName": "checkout"}
    assert values(aws, of("Invocations", **own)) == [2]
    assert values(aws, of("Errors", **own)) == [1]
    assert values(aws, of("Duration", "Maximum", **own)) == [40.5]
    assert values(aws, of("Throttles", **own)) == [1]
    assert values(aws, of("Invocations", **own, Resource="checkout:live")) == [1]
    assert values(aws, of("ConcurrentExecutions", "Maximum", **own)) == [3]
    assert values(aws, of("Errors")) == [1]


async def test_events_that_wait_age_and_get_lost(aws: Aws) -> None:
    told(aws, "lambda.AsyncEventReceived", bytes=10)
    told(aws, "lambda.AsyncEventAge", age_ms=1_500)
    told(aws, "lambda.AsyncEventDropped", reason="RetriesExhausted")
    told(aws, "lambda.DeadLetterError", destination="q", error="AccessDenied")
    told(aws, "lambda.DestinationDeliveryFailed", destination="q", error="AccessDenied")
    told(aws, "lambda.IteratorAge", age_ms=9_000)
    told(aws, "lambda.RecursiveInvocationDropped", source="sqs")
    await aws.advance(seconds=60)
    own = {"FunctionName": "checkout"}
    assert values(aws, of("AsyncEventAge", "Maximum", **own)) == [1_500]
    assert values(aws, of("IteratorAge", "Maximum", **own)) == [9_000]
    for name in (
        "AsyncEventsReceived",
        "AsyncEventsDropped",
        "DeadLetterErrors",
        "DestinationDeliveryFailures",
        "RecursiveInvocationsDropped",
    ):
        assert values(aws, of(name, **own)) == [1], name


async def test_concurrency_by_function_of_the_account_and_of_provisioned_environments(aws: Aws) -> None:
    ran = {"duration_ms": 1, "error": "", "qualifier": "live"}
    told(aws, "lambda.Running", concurrent=2, in_account=9, unreserved=7)
    told(aws, "lambda.Invoked", **ran, concurrent=3, in_account=10, unreserved=0, is_provisioned=True, utilization=0.5)
    told(aws, "lambda.Invoked", **ran, concurrent=1, in_account=4, unreserved=4, is_spillover=True, utilization=0)
    await aws.advance(seconds=60)
    own, live = {"FunctionName": "checkout"}, {"FunctionName": "checkout", "Resource": "checkout:live"}
    assert values(aws, of("ConcurrentExecutions", "Maximum", **own)) == [3]
    assert values(aws, of("ConcurrentExecutions", "Maximum")) == [10]
    assert values(aws, of("UnreservedConcurrentExecutions", "Maximum")) == [7]
    assert values(aws, of("ProvisionedConcurrencyInvocations", **live)) == [1]
    assert values(aws, of("ProvisionedConcurrencyUtilization", "Maximum", **live)) == [0.5]
    assert values(aws, of("ProvisionedConcurrencySpilloverInvocations", **own)) == [1]
