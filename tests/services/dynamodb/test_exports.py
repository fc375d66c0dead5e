from __future__ import annotations

import gzip
import json
from base64 import b64encode
from hashlib import md5
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from foulweather.services.dynamodb import limits
from harness import ACCOUNT, Aws
from services.dynamodb.tables import item, made

TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"
RECOVERS = {"TableName": "orders", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}


def read(aws: Aws, key: str) -> bytes:
    return bytes(aws.s3.get_object({"Bucket": "exports", "Key": key})["Body"])


def export(aws: Aws, **more: Any) -> dict[str, Any]:
    return aws.dynamodb.export_table_to_point_in_time({"TableArn": TABLE, "S3Bucket": "exports", **more})[
        "ExportDescription"
    ]


def described(aws: Aws, arn: str) -> dict[str, Any]:
    return aws.dynamodb.describe_export({"ExportArn": arn})["ExportDescription"]


def lines(aws: Aws, told: dict[str, Any]) -> list[dict[str, Any]]:
    """Every line of an export's data, by way of its manifests, their checksums proved."""
    folder = told["ExportManifest"].rpartition("/")[0]
    for name in ("manifest-summary", "manifest-files"):
        checksum = b64encode(md5(read(aws, f"{folder}/{name}.json")).digest())
        assert read(aws, f"{folder}/{name}.checksum") == checksum
    summary = json.loads(read(aws, told["ExportManifest"]))
    assert summary["itemCount"] == told["ItemCount"]
    found: list[dict[str, Any]] = []
    for line in read(aws, summary["manifestFilesS3Key"]).splitlines():
        about = json.loads(line)
        body = read(aws, about["dataFileS3Key"])
        assert b64encode(md5(body).digest()).decode() == about["md5Checksum"]
        held = [json.loads(each) for each in gzip.decompress(body).splitlines()]
        assert len(held) == about["itemCount"]
        found += held
    return found


async def ready(aws: Aws) -> None:
    await made(aws)
    aws.s3.create_bucket({"Bucket": "exports"})
    aws.dynamodb.update_continuous_backups(RECOVERS)


async def test_a_full_export_is_the_table_as_it_was(aws: Aws) -> None:
    await ready(aws)
    for n in range(20):
        aws.dynamodb.put_item({"TableName": "orders", "Item": {**item(f"p{n}", n=n), "b": {"B": b"\0\1"}}})
    at_ms = aws.now
    await aws.advance(seconds=1)
    aws.dynamodb.delete_item({"TableName": "orders", "Key": item("p0")})
    begun = export(aws, ExportTime=at_ms, S3Prefix="nightly")
    assert begun["ExportStatus"] == "IN_PROGRESS"
    await aws.advance(ms=limits.TRANSFER_MS)
    told = described(aws, begun["ExportArn"])
    assert (told["ExportStatus"], told["ItemCount"]) == ("COMPLETED", 20)
    assert told["ExportManifest"].startswith("nightly/AWSDynamoDB/")
    items = sorted((line["Item"] for line in lines(aws, told)), key=lambda each: int(each["n"]["N"]))
    assert items == [{**item(f"p{n}", n=n), "b": {"B": "AAE="}} for n in range(20)]
    listed = aws.dynamodb.list_exports({"TableArn": TABLE})["ExportSummaries"]
    assert [each["ExportArn"] for each in listed] == [begun["ExportArn"]]


async def test_an_incremental_export_is_what_changed(aws: Aws) -> None:
    await ready(aws)
    for pk in ("kept", "changed", "gone"):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item(pk)})
    await aws.advance(seconds=1)
    from_ms = aws.now
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("changed", n=2)})
    aws.dynamodb.delete_item({"TableName": "orders", "Key": item("gone")})
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("new")})
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("brief")})
    aws.dynamodb.delete_item({"TableName": "orders", "Key": item("brief")})
    await aws.advance(ms=limits.EXPORT_WINDOW_MIN_MS)
    specification = {"ExportFromTime": from_ms, "ExportToTime": aws.now}
    begun = export(aws, ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=specification)
    await aws.advance(ms=limits.TRANSFER_MS)
    found = {line["Keys"]["pk"]["S"]: line for line in lines(aws, described(aws, begun["ExportArn"]))}
    assert set(found) == {"changed", "gone", "new"}
    assert found["changed"]["OldImage"] == item("changed")
    assert found["changed"]["NewImage"] == item("changed", n=2)
    assert "NewImage" not in found["gone"]
    assert "OldImage" not in found["new"]


async def test_a_table_whose_past_is_not_kept_is_not_exported(aws: Aws) -> None:
    await made(aws)
    with pytest.raises(AwsError) as refused:
        export(aws)
    assert refused.value.code == "PointInTimeRecoveryUnavailableException"
    aws.dynamodb.update_continuous_backups(RECOVERS)
    with pytest.raises(AwsError) as refused:
        export(aws, ExportTime=aws.now - 1)
    assert refused.value.code == "InvalidExportTimeException"
    with pytest.raises(AwsError) as refused:
        export(aws, ExportFormat="ION")
    assert refused.value.status == 501


async def test_an_export_to_no_bucket_fails_and_says_why(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.update_continuous_backups(RECOVERS)
    begun = export(aws)
    await aws.advance(ms=limits.TRANSFER_MS)
    told = described(aws, begun["ExportArn"])
    assert (told["ExportStatus"], told["FailureCode"]) == ("FAILED", "S3NoSuchBucket")


async def test_an_export_writes_in_its_caller_s_name(aws: Aws) -> None:
    await ready(aws)
    aws.iam.create_user({"UserName": "clerk"})
    statement = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.iam.put_user_policy({"UserName": "clerk", "PolicyName": "p", "PolicyDocument": document})
    clerk = aws.as_principal(Principal("user", f"arn:aws:iam::{ACCOUNT}:user/clerk", ACCOUNT, "AIDACLERK"))
    begun = export(clerk)
    await aws.advance(ms=limits.TRANSFER_MS)
    assert described(aws, begun["ExportArn"])["FailureCode"] == "S3AccessDenied"


async def test_a_client_token_begins_one_export(aws: Aws) -> None:
    await ready(aws)
    first = export(aws, ClientToken="once")
    await aws.advance(seconds=1)
    assert export(aws, ClientToken="once")["ExportArn"] == first["ExportArn"]
    with pytest.raises(AwsError) as refused:
        export(aws, ClientToken="once", S3Prefix="other")
    assert refused.value.code == "ExportConflictException"


async def test_exports_are_listed_page_by_page(aws: Aws) -> None:
    await ready(aws)
    begun = [export(aws)["ExportArn"] for _ in range(3)]
    told = aws.dynamodb.list_exports({"MaxResults": 2})
    more = aws.dynamodb.list_exports({"MaxResults": 2, "NextToken": told["NextToken"]})
    assert "NextToken" not in more
    assert sorted(each["ExportArn"] for each in told["ExportSummaries"] + more["ExportSummaries"]) == sorted(begun)
