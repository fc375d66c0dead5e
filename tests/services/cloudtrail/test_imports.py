from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT
from services.cloudtrail.audited import BUCKET, Audited
from services.cloudtrail.test_lake import rows, store

ROLE = f"arn:aws:iam::{ACCOUNT}:role/copies"
DAY_S = 86_400
KEY = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/01/02/{ACCOUNT}_CloudTrail_us-east-1_20260102T0005Z_abc.json.gz"


def role(audited: Audited, *actions: str) -> None:
    def document(statement: dict[str, Any]) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    trusted = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}
    audited.aws.iam.create_role({"RoleName": "copies", "AssumeRolePolicyDocument": document(trusted)})
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    audited.aws.iam.put_role_policy({"RoleName": "copies", "PolicyName": "p", "PolicyDocument": document(allowed)})


def copier(audited: Audited) -> str:
    role(audited, "s3:ListBucket", "s3:GetBucketAcl", "s3:GetObject")
    return store(audited, StartIngestion=False)


def request(lake: str, uri: str = f"s3://{BUCKET}", **given: Any) -> dict[str, Any]:
    source = {"S3LocationUri": uri, "S3BucketRegion": "us-east-1", "S3BucketAccessRoleArn": ROLE}
    arn = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:eventdatastore/{lake}"
    return {"Destinations": [arn], "ImportSource": {"S3": source}, **given}


def start(audited: Audited, asked: dict[str, Any]) -> dict[str, Any]:
    return audited.run(audited.aws.cloudtrail.start_import(asked))


def told(audited: Audited, import_id: str) -> dict[str, Any]:
    return audited.aws.cloudtrail.get_import({"ImportId": import_id})


def put(audited: Audited, body: bytes, key: str = KEY) -> None:
    audited.run(audited.aws.s3.put_object({"Bucket": BUCKET, "Key": key, "Body": body}))


def log_file(name: str, time: str = "2026-01-01T00:00:01Z") -> bytes:
    record = {"eventVersion": "1.11", "eventTime": time, "eventName": name, "requestParameters": {"a": {"b": 1}}}
    return gzip.compress(json.dumps({"Records": [record]}).encode())


def test_what_a_trail_delivered_is_brought_into_a_store_that_was_made_later(audited: Audited) -> None:
    audited.logging_trail()
    for name in ("orders", "bills"):
        audited.aws.sqs.create_queue({"QueueName": name})
    audited.advance(seconds=1200)
    lake = copier(audited)
    begun = start(audited, request(lake))
    assert begun["ImportStatus"] == "INITIALIZING"
    with pytest.raises(AwsError) as caught:
        start(audited, request(lake))
    assert caught.value.code == "AccountHasOngoingImportException"
    audited.advance(seconds=10)
    found = told(audited, begun["ImportId"])
    assert found["ImportStatus"] == "COMPLETED"
    statistics = found["ImportStatistics"]
    assert statistics["FilesCompleted"] == len(audited.objects())
    assert statistics["PrefixesFound"] == statistics["PrefixesCompleted"] == 1
    assert statistics["EventsCompleted"] == len(audited.delivered())
    queues = rows(
        audited,
        f"SELECT eventName, element_at(requestParameters, 'queueName') AS queue, userIdentity.type FROM {lake} "
        "WHERE eventSource = 'sqs.amazonaws.com' ORDER BY queue",
    )
    assert queues == [
        {"eventName": "CreateQueue", "queue": "bills", "type": "Root"},
        {"eventName": "CreateQueue", "queue": "orders", "type": "Root"},
    ]
    listed = audited.aws.cloudtrail.list_imports({"ImportStatus": "COMPLETED"})["Imports"]
    assert [each["ImportId"] for each in listed] == [begun["ImportId"]]


def test_a_file_that_is_none_fails_the_import_and_is_read_again_when_it_is_taken_up(audited: Audited) -> None:
    lake = copier(audited)
    put(audited, b"no gzip")
    put(audited, log_file("Other"), KEY.replace("_abc", "_def"))
    put(audited, b"a digest", KEY.replace("CloudTrail", "CloudTrail-Digest"))
    import_id = start(audited, request(lake))["ImportId"]
    audited.advance(seconds=10)
    found = told(audited, import_id)
    assert (found["ImportStatus"], found["ImportStatistics"]["FailedEntries"]) == ("FAILED", 1)
    (failure,) = audited.aws.cloudtrail.list_import_failures({"ImportId": import_id})["Failures"]
    assert (failure["Location"], failure["Status"]) == (f"s3://{BUCKET}/{KEY}", "FAILED")

    put(audited, log_file("Mended"))
    start(audited, {"ImportId": import_id})
    audited.advance(seconds=10)
    assert told(audited, import_id)["ImportStatus"] == "COMPLETED"
    (failure,) = audited.aws.cloudtrail.list_import_failures({"ImportId": import_id})["Failures"]
    assert failure["Status"] == "SUCCEEDED"
    names = [row["eventName"] for row in rows(audited, f"SELECT eventName FROM {lake} ORDER BY eventName")]
    assert names == ["Mended", "Other"]


def test_files_of_other_times_and_events_that_are_too_old_are_passed_over(audited: Audited) -> None:
    lake = copier(audited)
    put(audited, log_file("Old", "2024-01-01T00:00:00Z"))
    put(audited, log_file("Later"), KEY.replace("20260102", "20260105"))
    import_id = start(audited, request(lake, EndEventTime=1_767_400_000_000))["ImportId"]
    audited.advance(seconds=10)
    statistics = told(audited, import_id)["ImportStatistics"]
    assert (statistics["FilesCompleted"], statistics["EventsCompleted"]) == (1, 0)


def test_a_stopped_import_reads_no_more_until_it_is_taken_up(audited: Audited) -> None:
    lake = copier(audited)
    put(audited, log_file("One"))
    import_id = start(audited, request(lake))["ImportId"]
    assert audited.aws.cloudtrail.stop_import({"ImportId": import_id})["ImportStatus"] == "STOPPED"
    audited.advance(seconds=10)
    assert told(audited, import_id)["ImportStatistics"]["FilesCompleted"] == 0
    start(audited, {"ImportId": import_id})
    audited.advance(seconds=10)
    assert told(audited, import_id)["ImportStatistics"]["FilesCompleted"] == 1


@pytest.mark.parametrize(
    ("uri", "actions"),
    [(f"s3://{BUCKET}", ["s3:GetBucketAcl"]), ("s3://nowhere-at-all", ["s3:*"]), ("http://a", ["s3:*"])],
)
def test_a_source_that_cannot_be_read_is_refused(audited: Audited, uri: str, actions: list[str]) -> None:
    role(audited, *actions)
    lake = store(audited)
    with pytest.raises(AwsError) as caught:
        start(audited, request(lake, uri))
    assert caught.value.code == "InvalidImportSourceException"
    assert audited.aws.cloudtrail.list_imports({})["Imports"] == []


def test_an_import_that_is_not_there_is_not_found(audited: Audited) -> None:
    for operation in ("get_import", "stop_import", "list_import_failures", "start_import"):
        with pytest.raises(AwsError) as caught:
            audited.run(getattr(audited.aws.cloudtrail, operation)({"ImportId": "0" * 36}))
        assert caught.value.code == "ImportNotFoundException"
