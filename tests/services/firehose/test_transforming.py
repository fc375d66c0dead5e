"""Records on their way through a function, whose answers are stood in for, and into partitions."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Port
from foulweather.services.firehose.access import ACCESS
from harness import ACCOUNT, Aws
from services.firehose.delivering_calls import make, objects, put

ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:shape"
Answers = Callable[[dict[str, Any]], Any]


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> list[Answers]:
    """The first of these answers each invocation."""
    answers: list[Answers] = []
    found = Port.__getattr__

    def asked(port: Port, name: str) -> Any:
        if (port.service, name) != ("lambda", "invoke"):
            return found(port, name)
        return lambda request: answers[0](json.loads(request["Payload"]))

    monkeypatch.setattr(Port, "__getattr__", asked)
    return answers


def lambda_processor(**more: str) -> dict[str, Any]:
    named = {"LambdaArn": ARN, **more}
    parameters = [{"ParameterName": name, "ParameterValue": value} for name, value in named.items()]
    return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": parameters}]}


def answer(records: list[dict[str, Any]]) -> dict[str, Any]:
    return {"StatusCode": 200, "Payload": json.dumps({"records": records}).encode()}


def test_every_operation_has_its_row(aws: Aws) -> None:
    services = aws.pipeline.services
    assert set(services.built(services.find("firehose"))) == set(ACCESS)


async def test_a_function_keeps_changes_and_drops_records(aws: Aws, function: list[Answers]) -> None:
    def shape(event: dict[str, Any]) -> Any:
        told: list[dict[str, Any]] = []
        for each in event["records"]:
            data = base64.b64decode(each["data"])
            result = {b"drop": "Dropped", b"bad": "ProcessingFailed"}.get(data, "Ok")
            shaped = base64.b64encode(data.upper()).decode()
            told.append({"recordId": each["recordId"], "result": result, "data": shaped})
        return answer(told)

    function.append(shape)
    await make(aws, ProcessingConfiguration=lambda_processor())
    put(aws, b"keep", b"drop", b"bad")
    await aws.advance(seconds=60)
    assert await objects(aws) == {}
    await aws.advance(seconds=300)
    found = await objects(aws)
    bad = next(key for key in found if key.startswith("processing-failed/"))
    assert json.loads(found.pop(bad))["rawData"] == base64.b64encode(b"bad").decode()
    assert list(found.values()) == [b"KEEP"]


async def test_a_function_that_fails_fails_its_batch_after_its_retries(aws: Aws, function: list[Answers]) -> None:
    tried: list[int] = []

    def throttled(event: dict[str, Any]) -> Any:
        tried.append(len(event["records"]))
        raise AwsError("TooManyRequestsException", "Rate Exceeded.", 429)

    function.append(throttled)
    await make(aws, ProcessingConfiguration=lambda_processor(NumberOfRetries="2"))
    put(aws, b"a", b"b")
    await aws.advance(seconds=400)
    assert tried == [2, 2, 2]
    ((key, body),) = (await objects(aws)).items()
    assert key.startswith("processing-failed/2026/01/01/00/")
    first = json.loads(body.splitlines()[0])
    assert (first["errorCode"], first["attemptsMade"], first["lambdaArn"]) == ("Lambda.InvokeLimitExceeded", 3, ARN)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"StatusCode": 200, "FunctionError": "Unhandled", "Payload": b"{}"}, "Lambda.FunctionError"),
        ({"StatusCode": 200, "Payload": b"nonsense"}, "Lambda.JsonProcessingException"),
        (answer([]), "Lambda.MissingRecordId"),
        (answer([{"recordId": "1"}, {"recordId": "1"}]), "Lambda.DuplicatedRecordId"),
    ],
)
async def test_answers_that_are_none_are_told_by_their_code(
    aws: Aws, function: list[Answers], told: dict[str, Any], code: str
) -> None:
    function.append(lambda _event: told)
    await make(aws, ProcessingConfiguration=lambda_processor())
    put(aws, b"a")
    await aws.advance(seconds=60)
    (event,) = aws.events("firehose.ProcessingFailed")
    assert event.facts["error"] == code


async def test_records_are_partitioned_by_what_is_in_them(aws: Aws) -> None:
    query = [
        {"ParameterName": "MetadataExtractionQuery", "ParameterValue": "{shop: .shop.id, kind: .kind}"},
        {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
    ]
    delimiter = [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}]
    processors = [
        {"Type": "MetadataExtraction", "Parameters": query},
        {"Type": "AppendDelimiterToRecord", "Parameters": delimiter},
    ]
    await make(
        aws,
        Prefix="shop=!{partitionKeyFromQuery:shop}/!{partitionKeyFromQuery:kind}/",
        ErrorOutputPrefix="bad/!{firehose:error-output-type}/",
        BufferingHints={"SizeInMBs": 64, "IntervalInSeconds": 60},
        DynamicPartitioningConfiguration={"Enabled": True},
        ProcessingConfiguration={"Enabled": True, "Processors": processors},
    )
    records = [{"shop": {"id": 1}, "kind": "a"}, {"shop": {"id": 2}, "kind": "a"}, {"shop": {"id": 1}, "kind": "a"}]
    put(aws, *[json.dumps(each).encode() for each in records], b"nonsense")
    await aws.advance(seconds=200)
    found = await objects(aws)
    counted = {"/".join(key.split("/")[:2]): len(body.splitlines()) for key, body in found.items()}
    assert counted == {"shop=1/a": 2, "shop=2/a": 1, "bad/processing-failed": 1}


@pytest.mark.parametrize("service", ["firehose", "kinesis"])
def test_operations_with_an_output_shape_return_a_dict(aws: Aws, service: str) -> None:
    services = aws.pipeline.services
    for name in services.built(services.find(service)):
        operation = services.operation(service, name)
        returns = str(operation.run.__annotations__["return"])
        assert (returns == "None") == (operation.model.output is None), name


def processor(kind: str, **named: str) -> dict[str, Any]:
    parameters = [{"ParameterName": name, "ParameterValue": value} for name, value in named.items()]
    return {"Type": kind, "Parameters": parameters}


async def test_log_groups_are_decompressed_to_their_messages(aws: Aws) -> None:
    processors = [
        processor("Decompression", CompressionFormat="GZIP"),
        processor("CloudWatchLogProcessing", DataMessageExtraction="true"),
    ]
    await make(aws, ProcessingConfiguration={"Enabled": True, "Processors": processors})
    batch = {"messageType": "DATA_MESSAGE", "logEvents": [{"message": "one"}, {"message": "two"}]}
    control = {"messageType": "CONTROL_MESSAGE", "logEvents": [{"message": "health"}]}
    put(aws, *[gzip.compress(json.dumps(each).encode()) for each in (batch, control)], b"plain")
    await aws.advance(seconds=400)
    found = await objects(aws)
    failed = next(key for key in found if key.startswith("decompression-failed/"))
    assert json.loads(found.pop(failed))["rawData"] == base64.b64encode(b"plain").decode()
    assert list(found.values()) == [b"one\ntwo\n"]


@pytest.mark.parametrize(
    ("named", "record", "kept"),
    [
        ({"SubRecordType": "JSON"}, b'{"a":1}{"a":2}\n{"a":3}', b'{"a":1};{"a":2};{"a":3};'),
        ({"SubRecordType": "DELIMITED", "Delimiter": base64.b64encode(b"##").decode()}, b"x##y##", b"x;y;"),
    ],
)
async def test_records_in_records_are_taken_apart(aws: Aws, named: dict[str, str], record: bytes, kept: bytes) -> None:
    processors = [processor("RecordDeAggregation", **named), processor("AppendDelimiterToRecord", Delimiter=";")]
    await make(aws, ProcessingConfiguration={"Enabled": True, "Processors": processors})
    put(aws, record)
    await aws.advance(seconds=400)
    assert list((await objects(aws)).values()) == [kept]
