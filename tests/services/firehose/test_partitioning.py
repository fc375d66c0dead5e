"""Partition keys out of records: the part of jq that is built, and what is told of the rest."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.firehose import partitioning
from harness import Aws
from services.firehose.delivering_calls import NAME, destination, make, objects, put, refused
from services.firehose.test_transforming import Answers, answer, function, lambda_processor, processor

__all__ = ["function"]

# https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-partitioning-keys.html
RECORD = {
    "type": {"device": "mobile", "event": "user_clicked_submit_button"},
    "customer_id": "1234567890",
    "event_timestamp": 1565382027,
    "region": "sample_region",
}
PARTITIONED: dict[str, Any] = {
    "ErrorOutputPrefix": "bad/!{firehose:error-output-type}/",
    "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
    "DynamicPartitioningConfiguration": {"Enabled": True},
}


def keys(query: str, record: Any = RECORD) -> Any:
    return partitioning.extracted(partitioning.parsed(query), json.dumps(record).encode())


def test_the_documentation_s_own_keys_are_found() -> None:
    query = (
        '{customer_id: .customer_id, device: .type.device, year: .event_timestamp| strftime("%Y"), '
        'month: .event_timestamp| strftime("%m"), day:.event_timestamp|strftime("%d"), hour:.event_timestamp| '
        'strftime("%H")}'
    )
    assert keys(query) == {
        "customer_id": "1234567890",
        "device": "mobile",
        "year": "2019",
        "month": "08",
        "day": "09",
        "hour": "20",
    }


@pytest.mark.parametrize(
    ("query", "record", "found"),
    [
        ('{day: .at | fromdate | strftime("%Y,%m")}', {"at": "2026-03-01T10:00:00Z"}, {"day": "2026,03"}),
        ("{a: .a | ascii_downcase, n: .n | tostring}", {"a": "EU", "n": 1.5}, {"a": "eu", "n": "1.5"}),
        ('{a: .x["y z"][1]."w"}', {"x": {"y z": [0, {"w": True}]}}, {"a": "true"}),
        ("{region}", RECORD, {"region": "sample_region"}),
        ('{"n": .n | tonumber | floor}', {"n": "7.9"}, {"n": "7"}),
        ('{year: .at | strftime("%Y")}', {"at": "yesterday"}, None),
        ('{year: .at | strftime("%Y")}', {}, None),
        ("{a: .type}", RECORD, None),
    ],
)
def test_keys_come_through_pipes_or_not_at_all(query: str, record: Any, found: Any) -> None:
    assert keys(query, record) == found


@pytest.mark.parametrize(
    "query", ["{a: .b // .c}", '{a: .b | test("x")}', "{a: .b + 1}", "{a: }", "{a: if .b then 1 end}"]
)
def test_the_rest_of_jq_is_not_made_up(query: str) -> None:
    with pytest.raises(AwsError) as caught:
        partitioning.parsed(query)
    assert caught.value.status == 501


async def test_processors_have_their_turns_wherever_they_stand(aws: Aws, function: list[Answers]) -> None:
    """First records are taken apart, then the function has them, then keys are found, and delimiters come last."""

    def shape(event: dict[str, Any]) -> Any:
        told: list[dict[str, Any]] = []
        for each in event["records"]:
            document = {"shop": json.loads(base64.b64decode(each["data"]))["s"]}
            data = base64.b64encode(json.dumps(document).encode()).decode()
            told.append({"recordId": each["recordId"], "result": "Ok", "data": data})
        return answer(told)

    function.append(shape)
    processors = [
        processor("AppendDelimiterToRecord", Delimiter=";"),
        processor("MetadataExtraction", JsonParsingEngine="JQ-1.6", MetadataExtractionQuery="{shop: .shop}"),
        *lambda_processor()["Processors"],
        processor("RecordDeAggregation", SubRecordType="JSON"),
    ]
    processing = {"Enabled": True, "Processors": processors}
    await make(aws, Prefix="shop=!{partitionKeyFromQuery:shop}/", ProcessingConfiguration=processing, **PARTITIONED)
    put(aws, b'{"s": 1}{"s": 2}')
    await aws.advance(seconds=200)
    found = {key.split("/")[0]: body for key, body in (await objects(aws)).items()}
    assert found == {"shop=1": b'{"shop": 1};', "shop=2": b'{"shop": 2};'}


@pytest.mark.parametrize(
    "told",
    [
        {"result": "Ok", "data": "no base64!"},
        {"result": "Ok"},
        {"result": "ok", "data": ""},
        {"result": "Ok", "data": "", "metadata": ["shop"]},
        {"result": "Ok", "data": "", "metadata": {"partitionKeys": "shop"}},
    ],
)
async def test_an_answer_that_does_not_follow_the_model_fails_and_what_comes_later_does_not(
    aws: Aws, function: list[Answers], told: dict[str, Any]
) -> None:
    function.append(lambda event: answer([{"recordId": each["recordId"], **told} for each in event["records"]]))
    await make(aws, ProcessingConfiguration=lambda_processor())
    put(aws, b"x")
    await aws.advance(seconds=500)
    ((key, body),) = (await objects(aws)).items()
    assert key.startswith("processing-failed/")
    assert json.loads(body)["errorCode"] == "Lambda.JsonProcessingException"
    good = {"result": "Ok", "data": base64.b64encode(b"y").decode()}
    function[0] = lambda event: answer([{"recordId": each["recordId"], **good} for each in event["records"]])
    put(aws, b"x")
    await aws.advance(seconds=500)
    assert b"y" in (await objects(aws)).values()


def update(aws: Aws, **more: Any) -> Any:
    described = aws.firehose.describe_delivery_stream({"DeliveryStreamName": NAME})["DeliveryStreamDescription"]
    return lambda: aws.firehose.update_destination(
        {
            "DeliveryStreamName": NAME,
            "CurrentDeliveryStreamVersionId": described["VersionId"],
            "DestinationId": "destinationId-000000000001",
            "ExtendedS3DestinationUpdate": more,
        }
    )


async def test_a_backup_is_not_turned_off_again(aws: Aws) -> None:
    await make(aws)
    await update(aws, S3BackupMode="Enabled", S3BackupUpdate=destination(Prefix="raw/"))()
    error = await refused(update(aws, S3BackupMode="Disabled"))
    assert (error.code, error.message) == (
        "InvalidArgumentException",
        "S3 backup cannot be disabled once it is enabled.",
    )
    await update(aws, Prefix="still/")()


async def test_dynamic_partitioning_is_chosen_when_the_stream_is_made(aws: Aws) -> None:
    await make(aws)
    processing = {
        "Enabled": True,
        "Processors": [processor("MetadataExtraction", JsonParsingEngine="JQ-1.6", MetadataExtractionQuery="{a: .a}")],
    }
    more = {**PARTITIONED, "Prefix": "!{partitionKeyFromQuery:a}/", "ProcessingConfiguration": processing}
    error = await refused(update(aws, **more))
    assert error.message == "Dynamic partitioning cannot be enabled for an existing stream."
