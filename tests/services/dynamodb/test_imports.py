from __future__ import annotations

import gzip
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import limits
from harness import Aws
from services.dynamodb.tables import attribute, definition, item, key

BY_PLACE = {"IndexName": "place", "KeySchema": [key("place")], "Projection": {"ProjectionType": "ALL"}}


def put(aws: Aws, name: str, body: str | bytes) -> None:
    body = body.encode() if isinstance(body, str) else body
    aws.s3.put_object({"Bucket": "imports", "Key": name, "Body": body})


def begin(aws: Aws, how: str = "DYNAMODB_JSON", name: str = "orders", **more: Any) -> dict[str, Any]:
    request = {
        "S3BucketSource": {"S3Bucket": "imports", "S3KeyPrefix": "data/"},
        "InputFormat": how,
        "TableCreationParameters": definition(name),
        **more,
    }
    return aws.dynamodb.import_table(request)["ImportTableDescription"]


async def ended(aws: Aws, begun: dict[str, Any]) -> dict[str, Any]:
    await aws.advance(ms=limits.TRANSFER_MS)
    return aws.dynamodb.describe_import({"ImportArn": begun["ImportArn"]})["ImportTableDescription"]


def items(aws: Aws, **more: Any) -> list[dict[str, Any]]:
    return sorted(aws.dynamodb.scan({"TableName": "orders", **more})["Items"], key=lambda each: each["pk"]["S"])


async def test_a_table_is_made_of_lines_of_json(aws: Aws) -> None:
    aws.s3.create_bucket({"Bucket": "imports"})
    first = '{"Item":{"pk":{"S":"a"},"n":{"N":"1.0"},"b":{"B":"AAE="},"l":{"L":[{"BS":["Ag=="]}]}}}\n'
    put(aws, "data/1.json.gz", gzip.compress(first.encode()))
    put(aws, "data/2.json.gz", gzip.compress(b'{"Item":{"pk":{"S":"b"}}}\n\n{"Item":{"sk":{"S":"b"}}}\nno json\n'))
    put(aws, "other/3.json.gz", b"not read")
    begun = begin(aws, InputCompressionType="GZIP")
    assert aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["TableStatus"] == "CREATING"
    told = await ended(aws, begun)
    assert (told["ImportStatus"], told["ProcessedItemCount"], told["ImportedItemCount"], told["ErrorCount"]) == (
        "COMPLETED",
        4,
        2,
        2,
    )
    assert items(aws) == [
        {"pk": {"S": "a"}, "n": {"N": "1"}, "b": {"B": b"\0\1"}, "l": {"L": [{"BS": [b"\2"]}]}},
        item("b"),
    ]


async def test_rows_of_csv_have_the_types_of_keys_and_strings_else(aws: Aws) -> None:
    aws.s3.create_bucket({"Bucket": "imports"})
    put(aws, "data/rows.csv", 'pk;place;n\na;1;7\nb;2;"x;y"\nc;three;1\nd;4\n')
    parameters = {
        **definition(GlobalSecondaryIndexes=[BY_PLACE]),
        "AttributeDefinitions": [attribute("pk"), attribute("place", "N")],
    }
    options = {"Csv": {"Delimiter": ";"}}
    told = await ended(aws, begin(aws, "CSV", TableCreationParameters=parameters, InputFormatOptions=options))
    assert (told["ImportedItemCount"], told["ErrorCount"]) == (2, 2)
    assert items(aws, IndexName="place") == [
        {"pk": {"S": "a"}, "place": {"N": "1"}, "n": {"S": "7"}},
        {"pk": {"S": "b"}, "place": {"N": "2"}, "n": {"S": "x;y"}},
    ]


async def test_what_was_exported_can_be_imported(aws: Aws) -> None:
    aws.s3.create_bucket({"Bucket": "imports"})
    aws.dynamodb.create_table(definition("source"))
    await aws.advance(ms=limits.CREATE_MS)
    recovery = {"PointInTimeRecoveryEnabled": True}
    aws.dynamodb.update_continuous_backups({"TableName": "source", "PointInTimeRecoverySpecification": recovery})
    given = [{**item(f"p{n}", n=n), "set": {"NS": ["1", "2"]}, "x": {"M": {"y": {"NULL": True}}}} for n in range(9)]
    for each in given:
        aws.dynamodb.put_item({"TableName": "source", "Item": each})
    arn = aws.dynamodb.describe_table({"TableName": "source"})["Table"]["TableArn"]
    export = aws.dynamodb.export_table_to_point_in_time({"TableArn": arn, "S3Bucket": "imports"})["ExportDescription"]
    await aws.advance(ms=limits.TRANSFER_MS)
    folder = f"AWSDynamoDB/{export['ExportArn'].rpartition('/')[2]}/data/"
    source = {"S3Bucket": "imports", "S3KeyPrefix": folder}
    told = await ended(aws, begin(aws, InputCompressionType="GZIP", S3BucketSource=source))
    assert (told["ImportedItemCount"], told["ErrorCount"]) == (9, 0)
    assert items(aws) == given


async def test_an_import_of_no_bucket_fails_and_leaves_an_empty_table(aws: Aws) -> None:
    told = await ended(aws, begin(aws))
    assert (told["ImportStatus"], told["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert items(aws) == []


async def test_formats_that_are_not_built_say_so_and_names_are_taken_once(aws: Aws) -> None:
    for more in ({"InputFormat": "ION"}, {"InputCompressionType": "ZSTD"}):
        with pytest.raises(AwsError) as refused:
            begin(aws, **more)
        assert refused.value.status == 501
    begun = begin(aws, ClientToken="once")
    assert begin(aws, ClientToken="once")["ImportArn"] == begun["ImportArn"]
    with pytest.raises(AwsError) as refused:
        begin(aws, ClientToken="once", InputCompressionType="GZIP")
    assert refused.value.code == "ImportConflictException"
    with pytest.raises(AwsError) as refused:
        begin(aws, ClientToken="twice")
    assert refused.value.code == "ResourceInUseException"
    assert len(aws.dynamodb.list_imports()["ImportSummaryList"]) == 1
