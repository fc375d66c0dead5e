"""Scheduled queries: run by the clock in their role, and what became of their results."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import ACCOUNT, Aws
from services.logs.log_calls import GROUP, make, put
from services.logs.test_exports import BUCKET, body, bucket

QUERIES = f"arn:aws:iam::{ACCOUNT}:role/queries"
DELIVERS = f"arn:aws:iam::{ACCOUNT}:role/delivers"
HOUR_S = 3_600


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def role(aws: Aws, name: str, *actions: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
    aws.iam.create_role({"RoleName": name, "AssumeRolePolicyDocument": document(trust)})
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    aws.iam.put_role_policy({"RoleName": name, "PolicyName": "p", "PolicyDocument": document(allowed)})


def request(**more: Any) -> dict[str, Any]:
    s3 = {"destinationIdentifier": f"s3://{BUCKET}/results/", "roleArn": DELIVERS}
    return {
        "name": "errors",
        "queryLanguage": "CWLI",
        "queryString": "filter @message like /ERROR/ | stats count(*) as n",
        "logGroupIdentifiers": [GROUP],
        "scheduleExpression": "cron(0 * * * ? *)",
        "startTimeOffset": HOUR_S,
        "executionRoleArn": QUERIES,
        "destinationConfiguration": {"s3Configuration": s3},
        **more,
    }


def history(aws: Aws, **more: Any) -> list[dict[str, Any]]:
    asked = {"identifier": "errors", "startTime": 0, "endTime": aws.now, **more}
    return aws.logs.get_scheduled_query_history(asked)["triggerHistory"]


async def test_results_are_written_to_s3_every_hour(aws: Aws) -> None:
    make(aws)
    await bucket(aws, lets_in=False)
    role(aws, "queries", "logs:StartQuery", "logs:GetQueryResults")
    role(aws, "delivers", "s3:PutObject")
    arn = aws.logs.create_scheduled_query(request())["scheduledQueryArn"]
    await aws.advance(seconds=1)
    put(aws, "ERROR one", "fine", "ERROR two")
    await aws.advance(seconds=HOUR_S + 10)
    (run,) = history(aws)
    assert (run["executionStatus"], run["triggeredTimestamp"] % 3_600_000) == ("Complete", 0)
    (told,) = run["destinations"]
    key = told["processedIdentifier"].removeprefix(f"s3://{BUCKET}/")
    assert (told["status"], key) == ("COMPLETE", f"results/errors/{run['queryId']}.json")
    assert json.loads(await body(aws, key))["results"] == [[{"field": "n", "value": "2"}]]
    shown = aws.logs.get_scheduled_query({"identifier": arn})
    assert (shown["lastExecutionStatus"], shown["lastTriggeredTime"]) == ("Complete", run["triggeredTimestamp"])
    await aws.advance(seconds=HOUR_S)
    assert len(history(aws)) == 2
    assert history(aws, executionStatuses=["Failed"]) == []
    aws.logs.update_scheduled_query({**request(state="DISABLED"), "identifier": "errors"} | {"name": None})
    await aws.advance(seconds=HOUR_S)
    assert len(history(aws)) == 2
    aws.logs.delete_scheduled_query({"identifier": arn})
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        aws.logs.get_scheduled_query({"identifier": "errors"})


@pytest.mark.parametrize(
    ("actions", "query", "status", "words"),
    [
        (("logs:GetQueryResults",), "fields @message", "Failed", "logs:StartQuery"),
        (("logs:*",), "fields |", "InvalidQuery", "unexpected symbol"),
    ],
)
async def test_a_run_that_fails_says_why(
    aws: Aws, actions: tuple[str, ...], query: str, status: str, words: str
) -> None:
    make(aws)
    role(aws, "queries", *actions)
    aws.logs.create_scheduled_query(request(queryString=query))
    await aws.advance(seconds=HOUR_S + 10)
    (run,) = history(aws)
    assert (run["executionStatus"], words in run["errorMessage"]) == (status, True)
    (listed,) = aws.logs.list_scheduled_queries({})["scheduledQueries"]
    assert (listed["name"], listed["lastExecutionStatus"]) == ("errors", status)


async def test_results_that_cannot_be_delivered_are_told_with_their_run(aws: Aws) -> None:
    make(aws)
    role(aws, "queries", "logs:*")
    role(aws, "delivers", "sqs:*")
    await bucket(aws, lets_in=False)
    aws.logs.create_scheduled_query(request())
    await aws.advance(seconds=HOUR_S + 10)
    (run,) = history(aws)
    (told,) = run["destinations"]
    assert (run["executionStatus"], told["status"]) == ("Complete", "CLIENT_ERROR")
    assert "s3:PutObject" in told["errorMessage"]


async def test_a_schedule_begins_and_ends_when_it_says(aws: Aws) -> None:
    make(aws)
    role(aws, "queries", "logs:*")
    begins, ends = aws.now + 2 * HOUR_S * 1000, aws.now + 4 * HOUR_S * 1000
    more = {"scheduleStartTime": begins, "scheduleEndTime": ends, "timezone": "Europe/Berlin"}
    aws.logs.create_scheduled_query(request(**more))
    await aws.advance(seconds=8 * HOUR_S)
    assert [run["triggeredTimestamp"] for run in reversed(history(aws))] == [begins, begins + 3_600_000, ends]


def test_refusals_come_in_order(aws: Aws) -> None:
    make(aws)
    for more, code in (
        ({"queryLanguage": "SQL"}, "NotImplemented"),
        ({"scheduleExpression": "rate(1 hour)"}, "ValidationException"),
        ({"scheduleExpression": "cron(0 * * *)"}, "ValidationException"),
        ({"timezone": "Mars/Base"}, "ValidationException"),
        ({"logGroupIdentifiers": ["/none"]}, "ResourceNotFoundException"),
        ({"logGroupIdentifiers": None}, "ValidationException"),
        ({"name": "no spaces"}, "ValidationException"),
        ({"scheduleStartTime": 5, "scheduleEndTime": 5}, "ValidationException"),
    ):
        with pytest.raises(AwsError, match=code):
            aws.logs.create_scheduled_query(request(**more))
    arn = aws.logs.create_scheduled_query(request(tags={"team": "a"}))["scheduledQueryArn"]
    assert aws.logs.list_tags_for_resource({"resourceArn": arn}) == {"tags": {"team": "a"}}
    with pytest.raises(AwsError, match="ConflictException"):
        aws.logs.create_scheduled_query(request())
    statement = {"Effect": "Allow", "Action": "logs:CreateScheduledQuery", "Resource": "*"}
    aws.iam.create_user({"UserName": "u"})
    aws.iam.put_user_policy({"UserName": "u", "PolicyName": "p", "PolicyDocument": document(statement)})
    user_id = aws.iam.get_user({"UserName": "u"})["User"]["UserId"]
    user = aws.as_principal(Principal("user", f"arn:aws:iam::{ACCOUNT}:user/u", ACCOUNT, user_id))
    with pytest.raises(AwsError, match="iam:PassRole"):
        user.logs.create_scheduled_query(request(name="other"))
