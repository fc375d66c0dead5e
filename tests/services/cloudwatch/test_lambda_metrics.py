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


async def test_versions_behind_an_alias_are_told_apart(aws: Aws) -> None:
    for version, error in (("1", ""), ("2", "Unhandled"), ("2", "Unhandled")):
        told(aws, "lambda.Invoked", qualifier="live", version=version, duration_ms=20, error=error)
    await aws.advance(seconds=60)
    live = {"FunctionName": "checkout", "Resource": "checkout:live"}
    assert values(aws, of("Errors", **live)) == [2]
    assert values(aws, of("Errors", **live, ExecutedVersion="1")) == [0]
    assert values(aws, of("Errors", **live, ExecutedVersion="2")) == [2]
    assert values(aws, of("Errors", FunctionName="checkout")) == [2]


async def test_requests_to_a_url_and_what_came_of_them(aws: Aws) -> None:
    for status in (200, 403, 502):
        told(aws, "lambda.UrlRequest", qualifier="", status=status, latency_ms=status)
    await aws.advance(seconds=60)
    url = {"FunctionName": "checkout", "Resource": "checkout:$LATEST"}
    assert values(aws, of("UrlRequestCount", **url)) == [3]
    assert values(aws, of("Url4xxCount", **url)) == [1]
    assert values(aws, of("Url5xxCount", FunctionName="checkout")) == [1]
    assert values(aws, of("UrlRequestLatency", "Maximum", **url)) == [502]


async def test_a_mapping_that_is_measured_tells_what_became_of_its_events(aws: Aws) -> None:
    batch = {"mapping": "u-1", "polled": 10, "filtered": 3, "invoked": 7, "failed": 2, "deleted": 8}
    told(aws, "lambda.BatchProcessed", **batch)
    told(aws, "lambda.BatchProcessed", **batch, is_measured=True)
    told(aws, "lambda.BatchDropped", mapping="u-1", dropped=2, is_measured=True)
    told(aws, "lambda.BatchDelivered", mapping="u-1", delivered=2, is_measured=True)
    await aws.advance(seconds=60)
    expected = {
        "PolledEventCount": 10,
        "FilteredOutEventCount": 3,
        "InvokedEventCount": 7,
        "FailedInvokeEventCount": 2,
        "DeletedEventCount": 8,
        "DroppedEventCount": 2,
        "OnFailureDestinationDeliveredEventCount": 2,
    }
    for name, count in expected.items():
        assert values(aws, of(name, EventSourceMappingUUID="u-1")) == [count], name
