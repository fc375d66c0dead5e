"""Random values of the models' shapes, to botocore and back."""

from __future__ import annotations

import math
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from botocore_peer import as_botocore, decoded, read
from foulweather.kernel.model import ServiceModel, Shape

DEPTH_MAX = 4

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=12)
# Header values: visible ASCII, no blanks at the ends, no commas or quotes (a list's separators).
HEADER_TEXT = st.text(
    st.characters(min_codepoint=0x23, max_codepoint=0x7E, exclude_characters=","), min_size=1, max_size=12
)
HEADER_NAME = st.text(st.sampled_from("abcxyz-019"), min_size=1, max_size=8)
SECONDS = st.integers(0, 4_000_000_000)


def values(shape: Shape, place: str, depth: int = 0) -> st.SearchStrategy[Any] | None:
    """Values of `shape` that its place on the wire can carry; None where nothing fits any more."""
    if shape.is_document:
        return st.sampled_from([{"a": [1, None, "x"]}, [], "text", True])
    kind = shape.type
    if kind == "structure":
        return structures(shape, place, depth)
    if kind == "list":
        member = None if depth >= DEPTH_MAX else values(shape.member, place, depth + 1)
        return None if member is None else st.lists(member, min_size=1, max_size=3)
    if kind == "map":
        held = None if depth >= DEPTH_MAX else values(shape.value, place, depth + 1)
        keys = HEADER_NAME if place in ("headers", "querystring") else TEXT
        return None if held is None else st.dictionaries(keys, held, min_size=1, max_size=3)
    if kind in ("string", "character"):
        if place in ("header", "headers"):
            return HEADER_TEXT
        return TEXT.filter(bool) if place == "uri" else TEXT
    if kind == "timestamp":
        return SECONDS.map(lambda value: value * 1000)
    if kind == "float" and place == "cbor":
        return st.floats(width=32, allow_nan=False)
    if kind in ("float", "double") and place == "json":
        return st.floats(allow_nan=False, allow_infinity=False)  # botocore does not read JSON's "Infinity"
    return {
        "blob": st.binary(max_size=12),
        "boolean": st.booleans(),
        "integer": st.integers(-(2**31), 2**31 - 1),
        "long": st.integers(-(2**63), 2**63 - 1),
        "float": st.floats(allow_nan=False),
        "double": st.floats(allow_nan=False),
    }[kind]


def structures(shape: Shape, place: str, depth: int, skip: tuple[str, ...] = ()) -> st.SearchStrategy[Any] | None:
    """Structures with at least one member (an empty one is nothing on some wires), and exactly one of a union."""
    if depth >= DEPTH_MAX:
        return None
    members: dict[str, st.SearchStrategy[Any]] = {}
    for name, member in shape.members.items():
        if name in skip or member.trait("eventstream") or member.trait("jsonvalue"):
            continue
        strategy = values(member, member.trait("location") or place, depth + 1)
        if strategy is not None:
            members[name] = strategy
    if not members:
        return None
    names = st.sampled_from(sorted(members))
    required = [name for name in members if shape.members[name].trait("location") == "uri"]
    if shape.trait("union"):
        return names.flatmap(lambda name: st.fixed_dictionaries({name: members[name]}))
    chosen = st.lists(names, unique=True, min_size=1, max_size=6).map(lambda found: {*found, *required})
    return chosen.flatmap(lambda found: st.fixed_dictionaries({name: members[name] for name in sorted(found)}))


def comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: comparable(held) for key, held in value.items()}
    if isinstance(value, list):
        return [comparable(held) for held in value]
    return "nan" if isinstance(value, float) and math.isnan(value) else value


SAMPLE = [
    ("sqs", "json", "SendMessageBatch"),
    ("sqs", "json", "ReceiveMessage"),
    ("dynamodb", "json", "PutItem"),
    ("dynamodb", "json", "DescribeTable"),
    ("dynamodb", "json", "Query"),
    ("logs", "json", "PutLogEvents"),
    ("events", "json", "PutEvents"),
    ("ecs", "json", "RegisterTaskDefinition"),
    ("iam", "query", "CreateRole"),
    ("iam", "query", "GetAccountAuthorizationDetails"),
    ("sns", "query", "PublishBatch"),
    ("cloudformation", "query", "CreateStack"),
    ("cloudwatch", "query", "PutMetricAlarm"),
    ("rds", "query", "CreateDBInstance"),
    ("ec2", "ec2", "DescribeInstances"),
    ("ec2", "ec2", "AuthorizeSecurityGroupIngress"),
    ("lambda", "rest-json", "CreateFunction"),
    ("lambda", "rest-json", "ListFunctions"),
    ("apigateway", "rest-json", "PutMethod"),
    ("apigatewayv2", "rest-json", "CreateApi"),
    ("scheduler", "rest-json", "CreateSchedule"),
    ("s3", "rest-xml", "PutObject"),
    ("s3", "rest-xml", "PutBucketLifecycleConfiguration"),
    ("s3", "rest-xml", "ListObjectsV2"),
    ("s3", "rest-xml", "HeadObject"),
    ("route53", "rest-xml", "ChangeResourceRecordSets"),
    ("cloudfront", "rest-xml", "CreateDistribution"),
    ("cloudwatch", "smithy-rpc-v2-cbor", "PutMetricData"),
    ("cloudwatch", "smithy-rpc-v2-cbor", "GetMetricData"),
]

QUICK = settings(
    max_examples=int(os.environ.get("ROUND_TRIPS", "12")),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize(("service", "protocol", "operation"), SAMPLE)
def test_requests(service: str, protocol: str, operation: str) -> None:
    shape = ServiceModel.load(service).operation(operation).input
    assert shape is not None
    place = {"smithy-rpc-v2-cbor": "cbor", "json": "json"}.get(protocol, "body")
    # botocore computes these itself, after the serializer.
    strategy = structures(shape, place, 0, skip=("ChecksumAlgorithm",))
    assert strategy is not None

    @QUICK
    @given(strategy)
    def round_trip(request: dict[str, Any]) -> None:
        sent = as_botocore(shape, request)
        if request.get(shape.trait("payload")) in (b"", ""):
            del request[shape.trait("payload")]  # no bytes are no payload
        assert comparable(decoded(service, protocol, operation, sent)) == comparable(request)

    round_trip()


@pytest.mark.parametrize(("service", "protocol", "operation"), SAMPLE)
def test_results(service: str, protocol: str, operation: str) -> None:
    shape = ServiceModel.load(service).operation(operation).output
    if shape is None:
        pytest.skip("it has no result")
    place = {"smithy-rpc-v2-cbor": "cbor", "json": "json"}.get(protocol, "body")
    strategy = structures(shape, place, 0)
    if strategy is None:
        pytest.skip("its result has no members")

    @QUICK
    @given(strategy)
    def round_trip(result: dict[str, Any]) -> None:
        expected = as_botocore(shape, result)
        for name, member in shape.members.items():
            if member.trait("location") == "headers":
                expected.setdefault(name, {})  # botocore always has the map
            elif name == shape.trait("payload") and member.type == "structure":
                expected.setdefault(name, {})  # and the payload
        found = read(service, protocol, operation, result)
        assert comparable(found) == comparable(expected)

    round_trip()
