"""What Grafana's CloudWatch data source asks, as its documentation describes it.

https://grafana.com/docs/grafana/latest/datasources/aws-cloudwatch/query-editor/ (ids, match exact, labels, SQL)
https://grafana.com/docs/grafana/latest/datasources/aws-cloudwatch/template-variables/ (dimension keys and values)
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
