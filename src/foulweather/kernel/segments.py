"""Segment documents of what AWS's own services did: X-Ray's form, made of this world's hops.

What a traced service called is known here without an instrumented SDK: each of its calls is a subsegment.
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from foulweather.kernel.trace import Hop
from foulweather.kernel.tracing import span_id

Document = dict[str, Any]

# As the SDKs of X-Ray call the services.
NAMES = {
    "dynamodb": "DynamoDB",
    "sqs": "SQS",
    "sns": "SNS",
    "s3": "S3",
    "lambda": "Lambda",
    "kinesis": "Kinesis",
    "firehose": "Firehose",
    "stepfunctions": "SFN",
    "events": "EventBridge",
    "secretsmanager": "SecretsManager",
    "ssm": "SSM",
    "kms": "KMS",
    "sts": "STS",
}
_RESOURCES = {
    "dynamodb": ("table_name", "/"),
    "lambda": ("function_name", ":"),
    "s3": ("bucket_name", ":::"),
    "kinesis": ("stream_name", "/"),
}
_THROTTLES = ("Throttl", "Throughput", "TooManyRequests", "SlowDown", "RequestLimit")
_FAULTS = ("Internal", "ServiceUnavailable", "ServiceException", "ServiceFailure")


def seconds(at_ms: int) -> float:
    """X-Ray's time: seconds since 1970, to the millisecond."""
    return at_ms / 1000


def outcome(status: int) -> Document:
    """The flags of an HTTP status."""
    if status == 429:
        return {"error": True, "throttle": True}
    return {"fault": True} if status >= 500 else {"error": True} if status >= 400 else {}


def of_call(hop: Hop) -> Document:
    """The subsegment of a call of an AWS service."""
    made: Document = {
        "id": span_id(hop.request_id),
        "name": NAMES.get(hop.service, hop.service.upper()),
        "namespace": "aws",
        "start_time": seconds(hop.at_ms),
        "end_time": seconds(max(hop.ended_ms, hop.at_ms)),
        "aws": {
            "operation": hop.operation,
            "account_id": hop.account,
            "region": hop.region,
            "request_id": hop.request_id,
            **_named(hop),
        },
    }
    status = _status(hop.code)
    return {**made, "http": {"response": {"status": status}}, **outcome(status)}


def downstream(hops: Iterable[Hop], principal: str = "") -> list[Document]:
    """The subsegments of calls: without those that belong to running a function, such as writing its log."""
    return [
        of_call(hop)
        for hop in hops
        if hop.service not in ("logs", "xray")
        and (not principal or hop.principal == principal)
        and "." not in hop.operation
    ]


def _named(hop: Hop) -> Document:
    """The resource, under the names that X-Ray looks for."""
    arn = hop.resource
    if not arn or arn == "*":
        return {}
    if hop.service == "sqs":
        *_, region, account, name = arn.split(":")
        return {"queue_url": f"https://sqs.{region}.amazonaws.com/{account}/{name}"}
    if hop.service == "sns":
        return {"topic_arn": arn}
    key, separator = _RESOURCES.get(hop.service, ("", ""))
    if not key:
        return {"resource_names": [arn]}
    name = arn.rpartition(separator)[2]
    if hop.service == "dynamodb":
        name = arn.partition(":table/")[2].partition("/")[0]
    elif hop.service == "lambda":
        name = arn.partition(":function:")[2]
    elif hop.service == "s3":
        name = name.partition("/")[0]
    return {key: name, "resource_names": [name]}


def _status(code: str) -> int:
    if not code:
        return 200
    if any(part in code for part in _THROTTLES):
        return 429
    return 500 if any(part in code for part in _FAULTS) else 400
