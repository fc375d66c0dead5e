"""Users come from a CSV file, as time goes by."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.services.cognito_idp import traffic
from harness import ACCOUNT, Aws
from services.cognito_idp.signing import Pool, new_pool

ROLE = f"arn:aws:iam::{ACCOUNT}:role/import"


def log_role(aws: Aws) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "cognito-idp.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws.iam.create_role({"RoleName": "import", "AssumeRolePolicyDocument": document})
    allowed = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.iam.put_role_policy({"RoleName": "import", "PolicyName": "logs", "PolicyDocument": policy})


async def put(aws: Aws, url: str, body: bytes) -> int:
    parts = urlsplit(url)
    answer: Any = traffic.answer(aws.pipeline, HttpRequest("PUT", parts.path, parts.query, [], body))
    response: HttpResponse = await answer
    return response.status


def table(pool: Pool, *rows: dict[str, str]) -> bytes:
    written = io.StringIO()
    columns = pool.idp.get_csv_header({"UserPoolId": pool.id})["CSVHeader"]
    writer = csv.DictWriter(written, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


def person(name: str, **more: str) -> dict[str, str]:
    found = {"cognito:username": name, "cognito:mfa_enabled": "FALSE", "email": f"{name}@example.com"}
    return {**found, "email_verified": "TRUE", **more}


async def test_users_are_imported_who_then_set_a_password(aws: Aws) -> None:
    log_role(aws)
    pool = await new_pool(aws, AutoVerifiedAttributes=["email"])
    await pool.user("old")
    asked = {"UserPoolId": pool.id, "JobName": "all", "CloudWatchLogsRoleArn": ROLE}
    job = pool.idp.create_user_import_job(asked)["UserImportJob"]
    where = {"UserPoolId": pool.id, "JobId": job["JobId"]}
    with pytest.raises(AwsError) as raised:
        pool.idp.start_user_import_job(where)
    assert raised.value.code == "PreconditionNotMetException"
    people = [person(f"user{number}") for number in range(60)]
    file = table(pool, *people, person("old"), person("odd", email_verified="FALSE"))
    assert await put(aws, job["PreSignedUrl"] + "0", file) == 403
    assert await put(aws, job["PreSignedUrl"], file) == 200
    assert pool.idp.start_user_import_job(where)["UserImportJob"]["Status"] == "Pending"
    await aws.advance(seconds=1)
    assert pool.idp.describe_user_import_job(where)["UserImportJob"]["Status"] == "InProgress"
    with pytest.raises(AwsError) as raised:
        await pool.idp.update_user_pool({"UserPoolId": pool.id})
    assert raised.value.code == "UserImportInProgressException"
    await aws.advance(seconds=1)
    done = pool.idp.describe_user_import_job(where)["UserImportJob"]
    assert (done["Status"], done["ImportedUsers"], done["SkippedUsers"], done["FailedUsers"]) == ("Succeeded", 60, 1, 1)
    group = f"/aws/cognito/userpools/{pool.id}/shop"
    lines = [event["message"] for event in aws.logs.filter_log_events({"logGroupName": group})["events"]]
    assert lines[0] == "[SUCCEEDED] Line Number 2 - The import succeeded."
    assert lines[-2] == "[SKIPPED] Line Number 62 - The user already exists."
    with pytest.raises(AwsError) as raised:
        await pool.sign_in("user7", "Correct-horse-1")
    assert raised.value.code == "PasswordResetRequiredException"
    await pool.users.forgot_password({"ClientId": pool.client, "Username": "user7"})
    confirm = {"ConfirmationCode": pool.code(), "Password": "Correct-horse-1"}
    await pool.users.confirm_forgot_password({"ClientId": pool.client, "Username": "user7", **confirm})
    await pool.sign_in("user7")


async def test_a_job_fails_without_its_role_and_expires_when_nobody_starts_it(aws: Aws) -> None:
    pool = await new_pool(aws, AutoVerifiedAttributes=["email"])
    asked = {"UserPoolId": pool.id, "JobName": "all", "CloudWatchLogsRoleArn": ROLE}
    job = pool.idp.create_user_import_job(asked)["UserImportJob"]
    where = {"UserPoolId": pool.id, "JobId": job["JobId"]}
    assert await put(aws, job["PreSignedUrl"], table(pool, person("ann"))) == 200
    pool.idp.start_user_import_job(where)
    await aws.advance(seconds=1)
    assert pool.idp.describe_user_import_job(where)["UserImportJob"]["Status"] == "Failed"
    late = pool.idp.create_user_import_job(asked)["UserImportJob"]
    await aws.advance(seconds=900)
    assert await put(aws, late["PreSignedUrl"], table(pool, person("ann"))) == 403
    await aws.advance(seconds=86_400)
    assert [
        each["Status"]
        for each in pool.idp.list_user_import_jobs({"UserPoolId": pool.id, "MaxResults": 9})["UserImportJobs"]
    ].count("Expired") == 1
