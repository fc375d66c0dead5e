"""CloudWatch Logs through the AWS CLI and boto3: events put, followed, searched, and refused."""

from __future__ import annotations

import json
import select
import subprocess
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from clients.running import ACCOUNT, REFUSED, ROOT_KEYS, Cloud, found_tool, policy

pytestmark = [pytest.mark.client]


def put(cloud: Cloud, group: str, *messages: str, stream: str = "s") -> None:
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": message} for message in messages]
    cloud.client("logs").put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def make(cloud: Cloud, group: str, stream: str = "s") -> Any:
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    return logs


@pytest.mark.needs("aws")
def test_the_cli_filters_and_tails_what_was_put(cloud: Cloud) -> None:
    make(cloud, "/cli/app")
    put(cloud, "/cli/app", "GET /orders 200", "ERROR no such order")
    found = cloud.aws("logs", "filter-log-events", "--log-group-name", "/cli/app", "--filter-pattern", "ERROR")
    assert [event["message"] for event in found["events"]] == ["ERROR no such order"]


@pytest.mark.slow
@pytest.mark.needs("aws")
def test_the_cli_follows_new_events(cloud: Cloud) -> None:
    version = cloud.run(found_tool("aws") or "aws", "--version", keys=ROOT_KEYS)
    if "aws-cli/2" not in version:
        pytest.skip("`aws logs tail` is the AWS CLI's from version 2 on")
    make(cloud, "/cli/followed")
    put(cloud, "/cli/followed", "before")
    command = [found_tool("aws") or "aws", "logs", "tail", "/cli/followed", "--follow", "--format", "short"]
    environment = cloud.environment | cloud.aimed(ROOT_KEYS) | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, cwd=cloud.home, stdout=subprocess.PIPE, text=True) as tail:
        try:
            assert tail.stdout is not None
            assert "before" in tail.stdout.readline()
            put(cloud, "/cli/followed", "after")
            assert "after" in tail.stdout.readline()
        finally:
            tail.kill()


def test_following_as_logs_tail_does_sees_each_event_once(cloud: Cloud) -> None:
    """`aws logs tail --follow` asks again from the last time it has seen, and leaves out the ids that it knows."""
    logs = make(cloud, "/followed")
    seen: dict[str, str] = {}
    start_ms = int(time.time() * 1000) - 60_000
    for round_ in range(3):
        put(cloud, "/followed", f"round {round_}")
        for page in logs.get_paginator("filter_log_events").paginate(
            logGroupIdentifier="/followed", startTime=start_ms, interleaved=True
        ):
            for event in page["events"]:
                assert seen.get(event["eventId"], event["message"]) == event["message"]
                seen[event["eventId"]] = event["message"]
                start_ms = max(start_ms, event["timestamp"])
    assert list(seen.values()) == ["round 0", "round 1", "round 2"]


def test_live_tail_sends_what_matches_as_it_comes(cloud: Cloud) -> None:
    make(cloud, "/live")
    logs = cloud.client("logs", inject_host_prefix=False)
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/live"
    stream = logs.start_live_tail(logGroupIdentifiers=[arn], logEventFilterPattern="ERROR")["responseStream"]
    events = iter(stream)
    assert next(events)["sessionStart"]["logGroupIdentifiers"] == [arn]
    put(cloud, "/live", "fine", "ERROR broken")
    seen: list[str] = []
    until = time.monotonic() + 10
    while not seen and time.monotonic() < until:
        seen = [each["message"] for each in next(events)["sessionUpdate"]["sessionResults"]]
    stream.close()
    assert seen == ["ERROR broken"]


@pytest.mark.slow
@pytest.mark.needs("aws")
def test_the_cli_prints_a_live_tail(cloud: Cloud) -> None:
    """Both versions of the CLI have `start-live-tail`; it puts `streaming-` before the host unless told not to."""
    make(cloud, "/printed")
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/printed"
    command = [found_tool("aws") or "aws", "logs", "start-live-tail", "--log-group-identifiers", arn]
    more = {"AWS_DISABLE_HOST_PREFIX_INJECTION": "true", "PYTHONUNBUFFERED": "1"}
    environment = cloud.environment | cloud.aimed(ROOT_KEYS) | more
    with subprocess.Popen(command, env=environment, cwd=cloud.home, stdout=subprocess.PIPE, text=True) as tail:
        try:
            assert tail.stdout is not None
            until = time.monotonic() + 30
            # When the session has begun it does not say: something comes every now and then.
            while not select.select([tail.stdout], [], [], 0.5)[0] and time.monotonic() < until:
                put(cloud, "/printed", "hello from the tail")
            assert "hello from the tail" in tail.stdout.readline()
        finally:
            tail.kill()


def test_paginators_come_to_an_end(cloud: Cloud) -> None:
    logs = make(cloud, "/paged")
    put(cloud, "/paged", *[f"line {n}" for n in range(250)])
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/paged", PaginationConfig={"PageSize": 100})
    assert [len(page["events"]) for page in pages] == [100, 100, 50]
    groups = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 1})
    assert "/paged" in [group["logGroupName"] for page in groups for group in page["logGroups"]]


def test_a_subscription_to_a_function_that_is_not_there_is_refused_in_awss_words(cloud: Cloud) -> None:
    logs = make(cloud, "/subscribed")
    with pytest.raises(ClientError) as refused:
        logs.put_subscription_filter(
            logGroupName="/subscribed",
            filterName="f",
            filterPattern="",
            destinationArn=f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:nobody",
        )
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"
    assert refused.value.response["Error"]["Message"].startswith("Could not execute the lambda function.")


@pytest.mark.needs("aws")
def test_the_cli_puts_a_metric_filter_and_tries_its_pattern(cloud: Cloud) -> None:
    make(cloud, "/counted")
    cloud.aws(
        *("logs", "put-metric-filter", "--log-group-name", "/counted", "--filter-name", "RootUse"),
        *("--filter-pattern", '{ ($.userIdentity.type = "Root") && ($.eventType != "AwsServiceEvent") }'),
        *("--metric-transformations", "metricName=RootUse,metricNamespace=Trail,metricValue=1,defaultValue=0"),
    )
    (described,) = cloud.aws("logs", "describe-metric-filters", "--log-group-name", "/counted")["metricFilters"]
    assert described["metricTransformations"][0]["defaultValue"] == 0.0
    event = json.dumps({"userIdentity": {"type": "Root"}, "eventType": "AwsApiCall"})
    tried = cloud.aws(
        *("logs", "test-metric-filter", "--filter-pattern", described["filterPattern"]),
        *("--log-event-messages", event),
    )
    assert tried["matches"][0]["extractedValues"] == {"$.userIdentity.type": "Root", "$.eventType": "AwsApiCall"}
    ended = cloud.ran(
        *(found_tool("aws") or "aws", "logs", "put-metric-filter", "--log-group-name", "/counted"),
        *("--filter-name", "bad", "--filter-pattern", "{ $.a = }"),
        *("--metric-transformations", "metricName=M,metricNamespace=N,metricValue=1"),
        keys=ROOT_KEYS,
    )
    assert ended.returncode in REFUSED
    assert "InvalidParameterException" in ended.stderr


def test_a_query_goes_from_its_start_to_its_records(cloud: Cloud) -> None:
    logs = make(cloud, "/queried")
    put(cloud, "/queried", '{"level":"ERROR","n":1}', '{"level":"INFO"}')
    now = int(time.time())
    asked = {"logGroupName": "/queried", "startTime": now - 60, "endTime": now + 60}
    query = logs.start_query(queryString="fields @message, n | filter level = 'ERROR'", **asked)["queryId"]
    until = time.monotonic() + 10
    answer = logs.get_query_results(queryId=query)
    while answer["status"] != "Complete" and time.monotonic() < until:
        time.sleep(0.1)
        answer = logs.get_query_results(queryId=query)
    (row,) = answer["results"]
    found = {each["field"]: each["value"] for each in row}
    assert (found["n"], answer["statistics"]["recordsScanned"]) == ("1", 2.0)
    assert logs.get_log_record(logRecordPointer=found["@ptr"])["logRecord"]["level"] == "ERROR"
    assert logs.describe_queries(logGroupName="/queried")["queries"][0]["queryId"] == query
    assert logs.list_log_groups_for_query(queryId=query)["logGroupIdentifiers"] == ["/queried"]
    fields = logs.get_log_group_fields(logGroupName="/queried")["logGroupFields"]
    assert {"name": "level", "percent": 100} in fields
    with pytest.raises(ClientError) as refused:
        logs.start_query(queryString="fields @message | nonsense", **asked)
    told = refused.value.response
    assert told["Error"]["Code"] == "MalformedQueryException"
    assert told["queryCompileError"]["location"]["startCharOffset"] > 0


def test_what_is_listed_has_awss_shapes(cloud: Cloud) -> None:
    """What is no member of AWS's answers does not pass the wire: each listing is asked once with something in it."""
    logs = make(cloud, "/listed")
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/listed"
    logs.put_index_policy(logGroupIdentifier=arn, policyDocument='{"Fields":["a"]}')
    put(cloud, "/listed", '{"a":1}')
    (index,) = logs.describe_field_indexes(logGroupIdentifiers=[arn])["fieldIndexes"]
    assert (index["fieldIndexName"], index["type"]) == ("a", "FIELD_INDEX")
    assert logs.describe_index_policies(logGroupIdentifiers=[arn])["indexPolicies"][0]["source"] == "LOG_GROUP"
    listed = logs.list_log_groups(logGroupNamePattern="^/listed")["logGroups"]
    assert [group["logGroupArn"] for group in listed] == [arn]
    assert logs.describe_log_groups(logGroupIdentifiers=["/listed"])["logGroups"][0]["logGroupArn"] == arn
    table = logs.create_lookup_table(lookupTableName="users", tableBody="id,name\n1,Ada\n")["lookupTableArn"]
    assert logs.describe_lookup_tables()["lookupTables"][0]["recordsCount"] == 1
    assert logs.get_lookup_table(lookupTableArn=table)["tableBody"] == "id,name\n1,Ada\n"
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="exported")
    allowed = {"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}}
    statements = [
        allowed | {"Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::exported"},
        allowed | {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::exported/*"},
    ]
    s3.put_bucket_policy(Bucket="exported", Policy=policy(*statements))
    now = int(time.time() * 1000)
    request = {"logGroupName": "/listed", "fromTime": 0, "to": now, "destination": "exported", "taskName": "t"}
    task = logs.create_export_task(**request)["taskId"]
    (shown,) = logs.describe_export_tasks(taskId=task)["exportTasks"]
    assert (shown["taskName"], shown["destinationPrefix"]) == ("t", "exportedlogs")
    old = logs.put_log_events(
        logGroupName="/listed", logStreamName="s", logEvents=[{"timestamp": now - 15 * 86_400_000, "message": "x"}]
    )
    assert old["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    made = logs.put_resource_policy(
        resourceArn=arn, policyDocument=policy(allowed | {"Action": "logs:*", "Resource": "*"})
    )
    assert (
        made["revisionId"]
        == logs.describe_resource_policies(policyScope="RESOURCE")["resourcePolicies"][0]["revisionId"]
    )
    logs.tag_resource(resourceArn=arn, tags={"a": "b"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "b"}
