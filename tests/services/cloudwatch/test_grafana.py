"""What Grafana's CloudWatch data source asks, as its documentation describes it.

https://grafana.com/docs/grafana/latest/datasources/aws-cloudwatch/query-editor/ (ids, match exact, labels, SQL)
https://grafana.com/docs/grafana/latest/datasources/aws-cloudwatch/template-variables/ (dimension keys and values)
https://grafana.com/docs/grafana/latest/datasources/aws-cloudwatch/configure/ (the actions that its policy needs)
"""

from __future__ import annotations

from typing import Any

import pytest

from harness import Aws
from services.cloudwatch.watching import alarm

HOUR_MS = 3_600_000


@pytest.fixture
async def queues(aws: Aws) -> Aws:
    for name, count in (("orders", 3), ("mails", 1)):
        url = aws.sqs.create_queue({"QueueName": name})["QueueUrl"]
        for _ in range(count):
            aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x"})
    await aws.advance(seconds=300)
    return aws


def asked(aws: Aws, *queries: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """A panel's request: descending, with the browser's zone for its labels."""
    request = {
        "MetricDataQueries": list(queries),
        "StartTime": aws.now - HOUR_MS,
        "EndTime": aws.now,
        "ScanBy": "TimestampAscending",
        "LabelOptions": {"Timezone": "+0200"},
        **more,
    }
    return aws.cloudwatch.get_metric_data(request)["MetricDataResults"]


SENT = {"Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesSent"}


async def test_a_metric_that_matches_exactly_is_a_statistic_of_it(queues: Aws) -> None:
    metric = {**SENT, "Dimensions": [{"Name": "QueueName", "Value": "orders"}]}
    label = "${PROP('MetricName')} of ${PROP('Dim.QueueName')}, max ${MAX}"
    (told,) = asked(
        queues,
        {"Id": "queryA", "Label": label, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"},
         "ReturnData": True},
    )  # fmt: skip
    assert (told["Id"], told["Label"]) == ("queryA", "NumberOfMessagesSent of orders, max 3")
    assert sum(told["Values"]) == 3


async def test_a_wildcard_is_a_search_and_each_line_has_its_label(queues: Aws) -> None:
    search = """REMOVE_EMPTY(SEARCH('{"AWS/SQS","QueueName"} MetricName="NumberOfMessagesSent"', 'Sum', 60))"""
    told = asked(
        queues, {"Id": "queryA", "Expression": search, "Label": "${PROP('Dim.QueueName')}", "ReturnData": True}
    )
    assert {line["Label"]: sum(line["Values"]) for line in told} == {"orders": 3, "mails": 1}


async def test_values_of_a_template_variable_are_searched_by_or(queues: Aws) -> None:
    search = (
        """SEARCH('{"AWS/SQS","QueueName"} MetricName="NumberOfMessagesSent" "QueueName"=("orders" OR "nothing")', """
        """'Sum', 60)"""
    )
    told = asked(queues, {"Id": "queryA", "Expression": search, "ReturnData": True})
    assert [sum(line["Values"]) for line in told] == [3]


async def test_metric_math_goes_by_the_ids_of_other_queries(queues: Aws) -> None:
    def sent(query_id: str, name: str) -> dict[str, Any]:
        metric = {**SENT, "Dimensions": [{"Name": "QueueName", "Value": name}]}
        return {"Id": query_id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False}

    (told,) = asked(
        queues, sent("a", "orders"), sent("b", "mails"), {"Id": "queryC", "Expression": "a+b", "ReturnData": True}
    )
    assert (told["Id"], sum(told["Values"])) == ("queryC", 4)


async def test_metrics_insights_is_sql(queues: Aws) -> None:
    text = 'SELECT SUM(NumberOfMessagesSent) FROM SCHEMA("AWS/SQS", QueueName) GROUP BY QueueName ORDER BY SUM() DESC'
    told = asked(queues, {"Id": "queryA", "Expression": text, "Period": 60, "ReturnData": True})
    assert [sum(line["Values"]) for line in told] == [3, 1]


async def test_its_variables_are_lists_of_metrics(queues: Aws) -> None:
    listed = queues.cloudwatch.list_metrics({"Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesSent"})["Metrics"]
    assert {pair["Value"] for metric in listed for pair in metric["Dimensions"]} == {"orders", "mails"}
    filters = [{"Name": "QueueName", "Value": "orders"}]
    keys = queues.cloudwatch.list_metrics({"Namespace": "AWS/SQS", "Dimensions": filters})["Metrics"]
    assert {pair["Name"] for metric in keys for pair in metric["Dimensions"]} == {"QueueName"}


async def test_long_lists_come_in_pages(aws: Aws) -> None:
    for start in range(0, 1200, 400):
        data = [
            {"MetricName": "m", "Dimensions": [{"Name": "n", "Value": str(n)}], "Value": 1}
            for n in range(start, start + 400)
        ]
        aws.cloudwatch.put_metric_data({"Namespace": "Shop", "MetricData": data})
    found, token = set[str](), None
    for size in (500, 500, 200):
        page = aws.cloudwatch.list_metrics({"Namespace": "Shop", **({"NextToken": token} if token else {})})
        assert len(page["Metrics"]) == size
        found |= {metric["Dimensions"][0]["Value"] for metric in page["Metrics"]}
        token = page.get("NextToken")
    assert token is None
    assert len(found) == 1200


async def test_annotations_are_the_histories_of_alarms(aws: Aws) -> None:
    """By a metric (DescribeAlarmsForMetric) or by prefixes (DescribeAlarms), then DescribeAlarmHistory of each."""
    alarm(aws)
    aws.cloudwatch.set_alarm_state({"AlarmName": "slow", "StateValue": "ALARM", "StateReason": "a test"})
    wanted = {"Namespace": "Shop", "MetricName": "Latency", "Statistic": "Maximum", "Period": 60}
    assert [each["AlarmName"] for each in aws.cloudwatch.describe_alarms_for_metric(wanted)["MetricAlarms"]] == ["slow"]
    prefixed = aws.cloudwatch.describe_alarms({"AlarmNamePrefix": "sl", "MaxRecords": 100})["MetricAlarms"]
    assert [each["AlarmName"] for each in prefixed] == ["slow"]
    history = aws.cloudwatch.describe_alarm_history(
        {"AlarmName": "slow", "StartDate": aws.now - HOUR_MS, "EndDate": aws.now + 1000, "MaxRecords": 100}
    )["AlarmHistoryItems"]
    assert "StateUpdate" in {item["HistoryItemType"] for item in history}


# --- logs


@pytest.fixture
def logged(aws: Aws) -> Aws:
    for group in ("/shop/web", "/shop/jobs"):
        aws.logs.create_log_group({"logGroupName": group})
        aws.logs.create_log_stream({"logGroupName": group, "logStreamName": "one"})
    events = [{"timestamp": aws.now + n, "message": f'{{"level": "{"ERROR" if n % 3 else "INFO"}"}}'} for n in range(6)]
    aws.logs.put_log_events({"logGroupName": "/shop/web", "logStreamName": "one", "logEvents": events})
    return aws


async def queried(aws: Aws, text: str, **more: Any) -> list[dict[str, str]]:
    """A panel of logs: the query begins with the fields that Grafana links by, and is asked for until it is done."""
    links = "ltrim(@log) as __log__grafana_internal__,ltrim(@logStream) as __logstream__grafana_internal__"
    request = {
        "logGroupIdentifiers": [f"arn:aws:logs:us-east-1:{aws.account}:log-group:/shop/web"],
        "startTime": aws.now // 1000 - 3600,
        "endTime": aws.now // 1000 + 60,
        "queryString": f"fields @timestamp,{links}|{text}",
        "limit": 1000,
        **more,
    }
    query = {"queryId": aws.logs.start_query(request)["queryId"]}
    while (answer := aws.logs.get_query_results(query))["status"] in ("Scheduled", "Running"):
        await aws.advance(seconds=1)
    assert answer["status"] == "Complete"
    return [{each["field"]: each["value"] for each in row} for row in answer["results"]]


async def test_a_panel_of_logs_has_group_and_stream_of_each_line(logged: Aws) -> None:
    rows = await queried(logged, "fields @message | filter level = 'ERROR' | sort @timestamp desc | limit 20")
    assert len(rows) == 4
    assert {row["__log__grafana_internal__"] for row in rows} == {f"{logged.account}:/shop/web"}
    assert {row["__logstream__grafana_internal__"] for row in rows} == {"one"}


async def test_logs_as_a_time_series_are_stats_by_bin(logged: Aws) -> None:
    rows = await queried(logged, "stats count(*) as n by bin(60s)")
    assert [row["n"] for row in rows] == ["6"]


def test_a_query_that_is_left_is_stopped(logged: Aws) -> None:
    request = {
        "logGroupNames": ["/shop/web"],
        "startTime": logged.now // 1000 - 60,
        "endTime": logged.now // 1000,
        "queryString": "fields @message",
    }
    query = {"queryId": logged.logs.start_query(request)["queryId"]}
    assert logged.logs.stop_query(query) == {"success": True}
    assert logged.logs.get_query_results(query)["status"] == "Cancelled"


def test_log_groups_are_offered_by_what_is_in_their_names(logged: Aws) -> None:
    def names(**by: Any) -> list[str]:
        return [each["logGroupName"] for each in logged.logs.describe_log_groups({"limit": 50, **by})["logGroups"]]

    assert names(logGroupNamePattern="jobs") == ["/shop/jobs"]
    assert names(logGroupNamePrefix="/shop/") == ["/shop/jobs", "/shop/web"]


def test_the_context_of_a_line_is_what_its_stream_has_around_it(logged: Aws) -> None:
    stream = {"logGroupName": "/shop/web", "logStreamName": "one", "limit": 2}
    at = logged.logs.get_log_events({**stream, "startFromHead": True})["events"][1]["timestamp"]
    before = logged.logs.get_log_events({**stream, "endTime": at, "startFromHead": False})["events"]
    after = logged.logs.get_log_events({**stream, "startTime": at + 1, "startFromHead": True})["events"]
    assert ([each["timestamp"] - at for each in before], [each["timestamp"] - at for each in after]) == ([-1], [1, 2])


async def test_fields_of_a_group_are_offered(logged: Aws) -> None:
    await logged.advance(seconds=1)
    found = logged.logs.get_log_group_fields({"logGroupName": "/shop/web"})["logGroupFields"]
    assert {each["name"] for each in found} >= {"@message", "@timestamp", "level"}


def test_resource_arns_are_a_variable(queues: Aws) -> None:
    url = queues.sqs.get_queue_url({"QueueName": "orders"})["QueueUrl"]
    queues.sqs.tag_queue({"QueueUrl": url, "Tags": {"team": "shop"}})
    request = {"ResourceTypeFilters": ["sqs"], "TagFilters": [{"Key": "team", "Values": ["shop"]}]}
    found = queues.resourcegroupstaggingapi.get_resources(request)["ResourceTagMappingList"]
    assert [each["ResourceARN"].rpartition(":")[2] for each in found] == ["orders"]


def test_the_data_source_is_tested_by_a_metric_and_a_group(aws: Aws) -> None:
    """What "Save & test" asks; neither needs to be there."""
    assert aws.cloudwatch.list_metrics({"Namespace": "AWS/Billing", "MetricName": "EstimatedCharges"})["Metrics"] == []
    assert aws.logs.describe_log_groups({"limit": 1})["logGroups"] == []
