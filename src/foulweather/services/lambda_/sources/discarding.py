"""Records that are given up, and the invocation record that the on-failure destination gets of them.

https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact, Why
from foulweather.services.lambda_.feeds import Feed, measured
from foulweather.services.lambda_.records import Mapping


class Answer(NamedTuple):
    """How the last invocation with a batch went."""

    request_id: str
    status: int
    function_error: str


class Lost(NamedTuple):
    """A batch that is given up: why, and what was in it."""

    condition: str
    invocations: int
    answer: Answer | None
    shard_id: str
    records: list[dict[str, Any]]
    sequences: tuple[str, str]
    at_ms: tuple[int, int]


async def discard(feed: Feed, call: Call, mapping: Mapping, lost: Lost) -> None:
    """Say that a batch is given up, and send its record where the mapping wants it."""
    call.reread_clock()
    config: dict[str, dict[str, str]] = mapping.settings.get("DestinationConfig") or {}
    destination = (config.get("OnFailure") or {}).get("Destination") or ""
    call.happened(
        "lambda.BatchDropped",
        feed.arn,
        mapping=feed.uuid,
        function=mapping.function_arn,
        dropped=len(lost.records),
        condition=lost.condition,
        destination=destination,
        **measured(mapping),
    )
    settings = ("MaximumRetryAttempts", "MaximumRecordAgeInSeconds")
    facts = [call.fact(feed.arn, name, mapping.settings.get(name)) for name in settings]
    why = Why(
        "dropped",
        f"{len(lost.records)} record(s) of shard {lost.shard_id} were given up after {lost.invocations} invocation(s): "
        f"{lost.condition}.",
        (*facts, Fact(feed.arn, "OnFailure destination", destination or None)),
    )
    call.explain("Discard", feed.arn, why)
    if destination:
        try:
            await _send(feed, call, destination, _record(call, mapping, lost), lost)
        except AwsError as error:
            function_arn, name = function_of(mapping)
            facts_told = {"function": name, "destination": destination, "error": error.code}
            call.happened("lambda.DestinationDeliveryFailed", function_arn, **facts_told)
            cause = f"The record of discarded records cannot be delivered to {destination}."
            call.explain("Destination", feed.arn, Why("failed", cause, because=(error.why,)), error.code)
        else:
            told = {"mapping": feed.uuid, "function": mapping.function_arn, "delivered": len(lost.records)}
            call.happened("lambda.BatchDelivered", feed.arn, **told, destination=destination, **measured(mapping))


async def _send(feed: Feed, call: Call, destination: str, record: dict[str, Any], lost: Lost) -> None:
    _, _, service, region, account, name = destination.split(":", 5)
    principal = (await feed.session(call)).principal
    ports = call.acting_as(principal, account=account or feed.account, region=region or feed.region)
    text = msgspec.json.encode(record).decode()
    if service == "sqs":
        url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
        answer = ports.sqs.send_message({"QueueUrl": url, "MessageBody": text})
    elif service == "sns":
        answer = ports.sns.publish({"TopicArn": destination, "Message": text})
    elif service == "s3":
        whole = msgspec.json.encode({**record, "payload": msgspec.json.encode({"Records": lost.records}).decode()})
        key = _object_key(feed, call, lost.shard_id)
        answer = ports.s3.put_object({"Bucket": name, "Key": key, "Body": whole, "ContentType": "application/json"})
    else:
        raise not_implemented("lambda", f"OnFailure.Destination of {service}")
    if inspect.isawaitable(answer):
        await answer


def _record(call: Call, mapping: Mapping, lost: Lost) -> dict[str, Any]:
    answer = lost.answer or Answer(call.request_id, 200, "")
    response: dict[str, Any] = {"statusCode": answer.status, "executedVersion": _version(mapping)}
    response["functionError"] = answer.function_error or None
    return {
        "requestContext": {
            "requestId": answer.request_id,
            "functionArn": mapping.function_arn,
            "condition": lost.condition,
            "approximateInvokeCount": lost.invocations,
        },
        "responseContext": response,
        "version": "1.0",
        "timestamp": _stamp(call.now),
        "KinesisBatchInfo" if ":kinesis:" in mapping.source_arn else "DDBStreamBatchInfo": {
            "shardId": lost.shard_id,
            "startSequenceNumber": lost.sequences[0],
            "endSequenceNumber": lost.sequences[1],
            "approximateArrivalOfFirstRecord": _stamp(lost.at_ms[0]),
            "approximateArrivalOfLastRecord": _stamp(lost.at_ms[1]),
            "batchSize": len(lost.records),
            "streamArn": mapping.source_arn.partition("/consumer/")[0],
        },
    }


def function_of(mapping: Mapping) -> tuple[str, str]:
    """The ARN of a mapping's function, without a qualifier, and its name."""
    parts = mapping.function_arn.split(":")
    return ":".join(parts[:7]), parts[6]


def _version(mapping: Mapping) -> str:
    parts = mapping.function_arn.split(":")
    return parts[7] if len(parts) > 7 and parts[7].isdigit() else "$LATEST"


def _object_key(feed: Feed, call: Call, shard_id: str) -> str:
    """`aws/lambda/<ESM-UUID>/<shardID>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<Random UUID>`."""
    moment = datetime.fromtimestamp(call.now // 1000, UTC)
    stamp = moment.strftime("%Y/%m/%d/%Y-%m-%dT%H.%M.%S")
    return f"aws/lambda/{feed.uuid}/{shard_id}/{stamp}-{call.world.ids.uuid()}"


def _stamp(at_ms: int) -> str:
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"
