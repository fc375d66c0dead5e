"""Whatever bytes arrive, a codec answers with a request or with an AwsError."""

from __future__ import annotations

import os
import random
import time
from typing import Any

import pytest

from botocore_peer import as_botocore, sent
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.model import ServiceModel
from foulweather.kernel.validation import check
from foulweather.wire import rest_paths
from foulweather.wire.codec import operation_codec

SEEDS: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        "sqs",
        "json",
        "SendMessage",
        {
            "QueueUrl": "q",
            "MessageBody": "b",
            "DelaySeconds": 5,
            "MessageAttributes": {"a": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}},
        },
    ),
    ("dynamodb", "json", "PutItem", {"TableName": "t", "Item": {"a": {"M": {"b": {"L": [{"N": "1"}]}}}}}),
    (
        "iam",
        "query",
        "CreateRole",
        {
            "RoleName": "r",
            "AssumeRolePolicyDocument": "{}",
            "MaxSessionDuration": 3600,
            "Tags": [{"Key": "k", "Value": "v"}],
        },
    ),
    (
        "sns",
        "query",
        "Publish",
        {"Message": "m", "MessageAttributes": {"x": {"DataType": "Binary", "BinaryValue": b"a"}}},
    ),
    ("ec2", "ec2", "RunInstances", {"MinCount": 1, "MaxCount": 2, "DryRun": True, "SecurityGroupIds": ["a"]}),
    (
        "lambda",
        "rest-json",
        "CreateFunction",
        {"FunctionName": "f", "Role": "r", "Code": {"ZipFile": b"PK"}, "Timeout": 3},
    ),
    ("lambda", "rest-json", "ListFunctions", {"MaxItems": 7, "Marker": "a"}),
    (
        "s3",
        "rest-xml",
        "PutObject",
        {
            "Bucket": "b",
            "Key": "k",
            "Body": b"xx",
            "ContentLength": 2,
            "Expires": 0,
            "BucketKeyEnabled": True,
            "ObjectLockRetainUntilDate": 0,
        },
    ),
    ("s3", "rest-xml", "DeleteObjects", {"Bucket": "b", "Delete": {"Quiet": True, "Objects": [{"Key": "a"}]}}),
    ("s3", "rest-xml", "GetObjectAttributes", {"Bucket": "b", "Key": "k", "ObjectAttributes": ["ETag"], "MaxParts": 1}),
    (
        "route53",
        "rest-xml",
        "ChangeResourceRecordSets",
        {
            "HostedZoneId": "Z",
            "ChangeBatch": {
                "Changes": [
                    {
                        "Action": "CREATE",
                        "ResourceRecordSet": {"Name": "a", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "1"}]},
                    }
                ]
            },
        },
    ),
    (
        "cloudwatch",
        "smithy-rpc-v2-cbor",
        "PutMetricData",
        {
            "Namespace": "n",
            "MetricData": [
                {"MetricName": "m", "Value": 1.5, "Timestamp": 0, "Dimensions": [{"Name": "a", "Value": "b"}]}
            ],
        },
    ),
]

MORSELS = [
    b"",
    b"\x00",
    b"\xff",
    b"{",
    b"}",
    b"[" * 2000,
    b"]",
    b'"',
    b"null",
    b"-1",
    b"1e999",
    b"9" * 400,
    b"NaN",
    b"<",
    b"</",
    b"<a>" * 2000,
    b"&",
    b"=",
    b"%",
    b"%f",
    b"%ff",
    b".",
    b".1",
    b".1" * 300,
    b".99999999999999999999",
    b"\xc1",
    b"\xd8\x1c",
    b"\xbf",
    b"\x9f" * 500,
    b"\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00",
    "\u0661".encode(),
    b"\xed\xa0\x80",
    b"<!DOCTYPE a>",
    b"<![CDATA[",
    b"\\ud800",
    b"_",
    b" ",
]


def mutated(text: bytes, chance: random.Random) -> bytes:
    """`text` with a few bytes changed, cut, repeated, or with something nasty put in."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(text))
        action = chance.randint(0, 4)
        if action == 0:
            text = text[:at] + bytes([chance.randint(0, 255)]) + text[at + 1 :]
        elif action == 1:
            text = text[:at] + chance.choice(MORSELS) + text[at:]
        elif action == 2:
            text = text[:at] + text[at + chance.randint(0, 8) :]
        elif action == 3:
            text = text[:at] + text[max(0, at - 8) : at] * chance.randint(1, 3) + text[at:]
        else:
            text = bytes(chance.randint(0, 255) for _ in range(chance.randint(0, 40)))
    return text


def latin(text: str, chance: random.Random) -> str:
    return mutated(text.encode("latin-1"), chance).decode("latin-1") if chance.random() < 0.5 else text


def tried(service: str, protocol: str, operation: str, request: HttpRequest, seed: int) -> None:
    """Decode `request`; only an AwsError may come of it, and soon."""
    began = time.process_time()
    try:
        labels: dict[str, str] = {}
        if protocol.startswith("rest"):
            matched = rest_paths.match(service, request.method, request.path, request.query, request.header)
            if matched is None or matched[0] != operation:
                matched = operation, {}
            labels = matched[1]
        found = operation_codec(service, protocol, operation).decode(request, labels)
        assert type(found) is dict
        check(ServiceModel.load(service).operation(operation), found)
    except AwsError as error:
        if not 400 <= error.status < 500:
            raise AssertionError(f"seed {seed}: {error.status}") from error
    except Exception as error:
        raise AssertionError(
            f"seed {seed}: {service}:{operation} {request.path}?{request.query} {request.headers} {request.body!r}"
        ) from error
    assert time.process_time() - began < 2, f"seed {seed}: too slow"


def fuzzed(seed: int) -> None:
    chance = random.Random(seed)
    service, protocol, operation, parameters = SEEDS[seed % len(SEEDS)]
    shape = ServiceModel.load(service).operation(operation).input
    assert shape is not None
    request = sent(service, protocol, operation, as_botocore(shape, parameters))
    tried(
        service,
        protocol,
        operation,
        HttpRequest(
            request.method,
            latin(request.path, chance),
            latin(request.query, chance),
            [(name, latin(value, chance)) for name, value in request.headers],
            mutated(request.body, chance) if chance.random() < 0.8 else request.body,
        ),
        seed,
    )


def test_mutated_requests_are_decoded_or_refused() -> None:
    for seed in range(1500):
        fuzzed(seed)


@pytest.mark.slow
def test_mutated_requests_are_decoded_or_refused_for_longer() -> None:
    until = time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "60"))
    seed = int(os.environ.get("FUZZ_SEED", "1000000"))
    while time.monotonic() < until:
        fuzzed(seed)
        seed += 1
