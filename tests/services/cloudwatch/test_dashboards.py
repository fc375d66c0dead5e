"""Dashboards: bodies, names, what is refused."""

from __future__ import annotations

import json

from harness import Aws
from services.cloudwatch.watching import refused

BODY = json.dumps(
    {
        "widgets": [
            {
                "type": "metric", "x": 0, "y": 0, "width": 12, "height": 6,
                "properties": {"metrics": [["AWS/SQS", "NumberOfMessagesSent", "QueueName", "orders"]],
                               "region": "us-east-1"},
            },
            {"type": "text", "properties": {"markdown": "# Orders"}},
        ]
    }
)  # fmt: skip


def test_a_dashboard_is_put_got_listed_and_deleted(aws: Aws) -> None:
    assert aws.cloudwatch.put_dashboard({"DashboardName": "Orders", "DashboardBody": BODY}) == {
        "DashboardValidationMessages": []
    }
    told = aws.in_region("eu-west-1").cloudwatch.get_dashboard({"DashboardName": "Orders"})
    assert told == {
        "DashboardName": "Orders",
        "DashboardArn": f"arn:aws:cloudwatch::{aws.account}:dashboard/Orders",
        "DashboardBody": BODY,
    }
    (entry,) = aws.cloudwatch.list_dashboards({"DashboardNamePrefix": "Ord"})["DashboardEntries"]
    assert (entry["Size"], entry["LastModified"]) == (len(BODY), aws.now)
    aws.cloudwatch.delete_dashboards({"DashboardNames": ["Orders"]})
    assert aws.cloudwatch.list_dashboards({})["DashboardEntries"] == []
    refused("DashboardNotFoundError", aws.cloudwatch.get_dashboard, {"DashboardName": "Orders"})


def test_bodies_that_are_wrong_are_told_where(aws: Aws) -> None:
    def faults(body: object) -> list[str]:
        text = body if isinstance(body, str) else json.dumps(body)
        request = {"DashboardName": "Orders", "DashboardBody": text}
        error = refused("DashboardInvalidInputError", aws.cloudwatch.put_dashboard, request)
        return [each["DataPath"] for each in error.members["dashboardValidationMessages"]]

    assert faults("no json") == ["/"]
    assert faults({}) == ["/"]
    assert faults({"widgets": [{"type": "chart", "properties": {}}]}) == ["/widgets/0/type"]
    assert faults({"widgets": [{"type": "text", "properties": {}}]}) == ["/widgets/0/properties"]
    assert faults({"widgets": [{"type": "metrics", "properties": {}}]}) == ["/widgets/0/type"]
    assert faults({"widgets": [{"type": "custom", "properties": {}}]}) == ["/widgets/0/properties"]
    shown = {"region": "us-east-1", "metrics": [["AWS/SQS", "x"], ["..."], [{"expression": "SUM(METRICS())"}]]}
    assert faults({"widgets": [{"type": "metric", "properties": {**shown, "view": "cake"}}]}) == [
        "/widgets/0/properties/view"
    ]
    shown["metrics"] = [["AWS/SQS"]]
    assert faults({"widgets": [{"type": "metric", "properties": shown}]}) == ["/widgets/0/properties/metrics/0"]
    assert faults({"widgets": [{"type": "text", "x": 24, "properties": {"markdown": ""}}]}) == ["/widgets/0/x"]
    assert aws.cloudwatch.list_dashboards({})["DashboardEntries"] == []


def test_a_widget_without_region_is_doubtful_but_taken(aws: Aws) -> None:
    body = json.dumps({"widgets": [{"type": "metric", "properties": {"metrics": [["AWS/SQS", "x"]]}}]})
    told = aws.cloudwatch.put_dashboard({"DashboardName": "Orders", "DashboardBody": body})
    assert [each["DataPath"] for each in told["DashboardValidationMessages"]] == ["/widgets/0/properties"]


def test_widgets_of_every_type_are_taken(aws: Aws) -> None:
    shown = {"region": "us-east-1", "metrics": [["AWS/SQS", "x"], ["..."], [{"expression": "SUM(METRICS())"}]]}
    widgets = [
        {"type": "metric", "properties": {**shown, "view": "pie"}},
        {"type": "custom", "properties": {"endpoint": "arn:aws:lambda:us-east-1:111122223333:function:draw"}},
        {"type": "explorer", "properties": {"metrics": [], "labels": []}},
        {"type": "alarm", "properties": {"alarms": []}},
        {"type": "log", "properties": {"query": "SOURCE 'x' | fields @message", "region": "us-east-1"}},
    ]
    body = json.dumps({"widgets": widgets})
    told = aws.cloudwatch.put_dashboard({"DashboardName": "Orders", "DashboardBody": body})
    assert told == {"DashboardValidationMessages": []}


def test_names_have_no_blanks(aws: Aws) -> None:
    refused("DashboardInvalidInputError", aws.cloudwatch.put_dashboard, {"DashboardName": "a b", "DashboardBody": BODY})


def test_as_many_as_possible_are_deleted(aws: Aws) -> None:
    aws.cloudwatch.put_dashboard({"DashboardName": "Orders", "DashboardBody": BODY})
    refused("DashboardNotFoundError", aws.cloudwatch.delete_dashboards, {"DashboardNames": ["other", "Orders"]})
    assert aws.cloudwatch.list_dashboards({})["DashboardEntries"] == []
