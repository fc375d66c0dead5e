"""Batch jobs: run by themselves, as their role may, and report."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gates.people import allow, role, trust, user
from harness import ACCOUNT, Aws
from services.s3.s3_calls import BUCKET, keys, new_bucket, put, refused

TAG = {"S3PutObjectTagging": {"TagSet": [{"Key": "team", "Value": "red"}]}}
TRUSTED = trust({"Service": "batchoperations.s3.amazonaws.com"})


def prepared(aws: Aws, *statements: dict[str, Any]) -> dict[str, Any]:
    new_bucket(aws)
    put(aws, "a")
    put(aws, "b c")
    etag = put(aws, "manifest.csv", f"{BUCKET},a\n{BUCKET},b+c\n{BUCKET},gone\n".encode())["ETag"]
    made = role(aws, "batch", TRUSTED, *(statements or (allow("s3:*"),)))
    return {
        "AccountId": ACCOUNT,
        "Operation": TAG,
        "ClientRequestToken": "t",
        "Priority": 10,
        "RoleArn": made,
        "Manifest": {
            "Spec": {"Format": "S3BatchOperations_CSV_20180820", "Fields": ["Bucket", "Key"]},
            "Location": {"ObjectArn": f"arn:aws:s3:::{BUCKET}/manifest.csv", "ETag": etag},
        },
        "Report": {
            "Enabled": True,
            "Bucket": f"arn:aws:s3:::{BUCKET}",
            "Prefix": "reports",
            "Format": "Report_CSV_20180820",
            "ReportScope": "AllTasks",
        },
    }


def described(aws: Aws, job: str) -> dict[str, Any]:
    return aws.s3control.describe_job({"AccountId": ACCOUNT, "JobId": job})["Job"]


async def test_a_job_works_through_its_manifest_and_reports(aws: Aws) -> None:
    job = aws.s3control.create_job(prepared(aws))["JobId"]
    assert described(aws, job)["Status"] == "New"
    await aws.advance(seconds=2)
    shown = described(aws, job)
    assert shown["Status"] == "Complete"
    assert shown["ProgressSummary"] == {
        "TotalNumberOfTasks": 3,
        "NumberOfTasksSucceeded": 2,
        "NumberOfTasksFailed": 1,
    }
    assert aws.s3.get_object_tagging({"Bucket": BUCKET, "Key": "b c"})["TagSet"] == [{"Key": "team", "Value": "red"}]
    summary_key = f"reports/job-{job}/manifest.json"
    summary = json.loads(aws.s3.get_object({"Bucket": BUCKET, "Key": summary_key})["Body"])
    failed = next(one for one in summary["Results"] if one["TaskExecutionStatus"] == "failed")
    line = aws.s3.get_object({"Bucket": BUCKET, "Key": failed["Key"]})["Body"].decode()
    assert line == f"{BUCKET},gone,,failed,NoSuchKey,404,The specified key does not exist.\n"


async def test_objects_are_copied_under_a_prefix(aws: Aws) -> None:
    copy = {"S3PutObjectCopy": {"TargetResource": f"arn:aws:s3:::{BUCKET}", "TargetKeyPrefix": "copies"}}
    aws.s3control.create_job({**prepared(aws), "Operation": copy})
    await aws.advance(seconds=2)
    listed = aws.s3.list_objects_v2({"Bucket": BUCKET, "Prefix": "copies/"})
    assert keys(listed) == ["copies/a", "copies/b c"]


async def test_tasks_fail_of_what_the_role_may_not(aws: Aws) -> None:
    rights = allow(["s3:GetObject", "s3:PutObject"])
    job = aws.s3control.create_job(prepared(aws, rights))["JobId"]
    await aws.advance(seconds=2)
    assert described(aws, job)["ProgressSummary"]["NumberOfTasksFailed"] == 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("trust", "AccessDenied"),
        ("etag", "InvalidManifest"),
        ("manifest", "AccessDenied"),
    ],
)
async def test_a_job_fails_whose_manifest_cannot_be_read(aws: Aws, change: str, code: str) -> None:
    request = prepared(aws, *((allow("s3:PutObject"),) if change == "manifest" else ()))
    if change == "trust":
        request["RoleArn"] = role(aws, "other", trust({"Service": "lambda.amazonaws.com"}), allow("s3:*"))
    if change == "etag":
        request["Manifest"]["Location"]["ETag"] = "0" * 32
    job = aws.s3control.create_job(request)["JobId"]
    await aws.advance(seconds=2)
    shown = described(aws, job)
    assert shown["Status"] == "Failed"
    assert shown["FailureReasons"][0]["FailureCode"] == code


async def test_a_job_waits_for_its_confirmation_and_may_be_cancelled(aws: Aws) -> None:
    request = {**prepared(aws), "ConfirmationRequired": True}
    job = aws.s3control.create_job(request)["JobId"]
    assert aws.s3control.create_job(request)["JobId"] == job
    error = refused(aws.s3control.create_job, {**request, "Priority": 1})
    assert error.code == "IdempotencyException"
    await aws.advance(seconds=2)
    assert described(aws, job)["Status"] == "Suspended"
    named = {"AccountId": ACCOUNT, "JobId": job}
    assert aws.s3control.update_job_priority({**named, "Priority": 3})["Priority"] == 3
    aws.s3control.update_job_status({**named, "RequestedJobStatus": "Ready"})
    await aws.advance(seconds=1)
    assert described(aws, job)["Status"] == "Complete"
    error = refused(aws.s3control.update_job_status, {**named, "RequestedJobStatus": "Cancelled"})
    assert error.code == "JobStatusException"
    (listed,) = aws.s3control.list_jobs({"AccountId": ACCOUNT, "JobStatuses": ["Complete"]})["Jobs"]
    assert listed["Operation"] == "S3PutObjectTagging"


@pytest.mark.parametrize(
    "more",
    [
        {"Operation": {"LambdaInvoke": {"FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:f"}}},
        {"Operation": {"S3PutObjectCopy": {"TargetResource": "arn:aws:s3:::b", "RedirectLocation": "/x"}}},
        {"Manifest": None, "ManifestGenerator": {"S3JobManifestGenerator": {}}},
    ],
)
def test_what_is_not_built_is_refused_when_the_job_is_made(aws: Aws, more: dict[str, Any]) -> None:
    assert refused(aws.s3control.create_job, {**prepared(aws), **more}).status == 501


def test_whoever_makes_a_job_must_be_allowed_to_pass_its_role(aws: Aws) -> None:
    request = prepared(aws)
    error = refused(user(aws, "alice", allow("s3:*")).s3control.create_job, request)
    assert "iam:PassRole" in error.message
