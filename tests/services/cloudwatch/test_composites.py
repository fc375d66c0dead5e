"""Composite alarms: rules, cycles, and actions held back by a suppressor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from foulweather.services.cloudwatch import rules
from foulweather.world.world import World
from harness import Aws, new_aws
from services.cloudwatch.watching import alarm, put, refused, state, told

TOPIC = "arn:aws:sns:us-east-1:111122223333:pages"


def compose(aws: Aws, rule: str, name: str = "whole", **given: object) -> None:
    aws.cloudwatch.put_composite_alarm({"AlarmName": name, "AlarmRule": rule, **given})


def set_state(aws: Aws, name: str, value: str) -> None:
    aws.cloudwatch.set_alarm_state({"AlarmName": name, "StateValue": value, "StateReason": "a test"})


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("ALARM(a)", True), ("OK(a)", False), ("ALARM(a) AND ALARM(b)", False), ("ALARM(a) OR ALARM(b)", True),
        ('ALARM("a") AND NOT ALARM(b)', True), ("NOT (ALARM(a) OR ALARM(b))", False), ("TRUE", True),
        ("FALSE OR ALARM(a)", True), ("INSUFFICIENT_DATA(c)", True), ("ALARM(b) OR ALARM(a) AND OK(b)", True),
        ("AT_LEAST(1, ALARM, (a, b, c))", True), ("AT_LEAST(2,ALARM,(a,b,c))", False),
        ('AT_LEAST(2, NOT ALARM, ("a", "b", c))', True), ("AT_LEAST(34%, OK, (a, b, c))", False),
        ("AT_LEAST(33%, OK, (a, b, c)) AND NOT OK(a)", True), ("at_least(50%, not ok, (a, b))", True),
    ],
)  # fmt: skip
def test_what_a_rule_decides(rule: str, expected: bool) -> None:
    states = {"a": "ALARM", "b": "OK", "c": "INSUFFICIENT_DATA"}
    assert rules.parsed(rule).decides(lambda name: states[name]) is expected


@pytest.mark.parametrize(
    "rule",
    ["", "ALARM", "ALARM()", "ALARM(a", "ALARM(a) ALARM(b)", "AND ALARM(a)", "WRONG(a)", "AT_LEAST(3, OK, (a, b))",
     "AT_LEAST(1, UP, (a))", "AT_LEAST(1, OK, a)", "AT_LEAST(101%, OK, (a, b))", "AT_LEAST(1, OK, ())",
     "AT_LEAST(1, OK, (a)"],
)  # fmt: skip
def test_what_is_no_rule(aws: Aws, rule: str) -> None:
    alarm(aws, "a")
    alarm(aws, "b")
    with pytest.raises(AwsError) as caught:
        compose(aws, rule)
    assert caught.value.code == "ValidationError"


def test_a_composite_of_at_least_so_many_names_them_as_its_children(aws: Aws) -> None:
    for name in ("a", "b"):
        alarm(aws, name)
    refused("ValidationError", lambda request: compose(aws, request["rule"]), {"rule": "AT_LEAST(1, OK, (a, none))"})
    compose(aws, "AT_LEAST(2, ALARM, (a, b))")
    listed = aws.cloudwatch.describe_alarms({"ChildrenOfAlarmName": "whole"})["MetricAlarms"]
    assert [each["AlarmName"] for each in listed] == ["a", "b"]


async def test_a_composite_follows_its_children(aws: Aws) -> None:
    alarm(aws, "a")
    alarm(aws, "b")
    compose(aws, "ALARM(a) AND ALARM(b)")
    await aws.advance(ms=1)
    assert state(aws, "whole") == "OK"
    set_state(aws, "a", "ALARM")
    assert state(aws, "whole") == "OK"
    set_state(aws, "b", "ALARM")
    assert state(aws, "whole") == "ALARM"
    assert told(aws, "whole")["StateReason"].startswith(
        "arn:aws:cloudwatch:us-east-1:111122223333:alarm:b transitioned to ALARM at Thursday 01 January, 2026"
    )
    set_state(aws, "a", "OK")
    assert state(aws, "whole") == "OK"


async def test_composites_of_composites(aws: Aws) -> None:
    alarm(aws, "a")
    compose(aws, "ALARM(a)", "inner")
    compose(aws, "ALARM(inner)", "outer")
    await aws.advance(ms=1)
    set_state(aws, "a", "ALARM")
    assert state(aws, "outer") == "ALARM"
    tree = aws.cloudwatch.describe_alarms({"ChildrenOfAlarmName": "outer"})
    assert [each["AlarmName"] for each in tree["CompositeAlarms"]] == ["inner"]
    tree = aws.cloudwatch.describe_alarms({"ParentsOfAlarmName": "a"})
    assert [each["AlarmName"] for each in tree["CompositeAlarms"]] == ["inner"]


def test_a_rule_of_alarms_that_are_not_there_is_refused(aws: Aws) -> None:
    error = refused(
        "ValidationError", aws.cloudwatch.put_composite_alarm, {"AlarmName": "whole", "AlarmRule": "ALARM(nobody)"}
    )
    assert "[nobody] in the alarm rule do not exist" in error.message


async def test_a_cycle_is_evaluated_once_around(aws: Aws) -> None:
    alarm(aws, "a", TreatMissingData="ignore")
    compose(aws, "ALARM(a)", "one")
    compose(aws, "NOT ALARM(one)", "two")
    compose(aws, "ALARM(a) AND NOT ALARM(two)", "one")
    await aws.advance(ms=1)
    set_state(aws, "a", "ALARM")
    assert {state(aws, "one"), state(aws, "two")} <= {"ALARM", "OK"}


def test_an_alarm_that_a_composite_goes_by_cannot_be_deleted(aws: Aws) -> None:
    alarm(aws, "a")
    compose(aws, "ALARM(a)")
    error = refused("ValidationError", aws.cloudwatch.delete_alarms, {"AlarmNames": ["a"]})
    assert error.message == "Cannot delete a as there are composite alarm(s) depending on it."
    aws.cloudwatch.delete_alarms({"AlarmNames": ["a", "whole"]})
    aws.cloudwatch.delete_alarms({"AlarmNames": ["a"]})
    assert aws.cloudwatch.describe_alarms({"AlarmTypes": ["CompositeAlarm", "MetricAlarm"]})["MetricAlarms"] == []


async def test_alarms_survive_a_restart_and_go_on(tmp_path: Path) -> None:
    first = new_aws(directory=tmp_path / "world")
    alarm(first, "a")
    compose(first, "ALARM(a)")
    await first.advance(seconds=40)
    first.world.close()
    second = new_aws(world=World(directory=tmp_path / "world"))
    put(second, 500)
    await second.advance(seconds=60)
    assert (state(second, "a"), state(second, "whole")) == ("ALARM", "ALARM")


def test_publishing_can_be_allowed_by_namespace(aws: Aws) -> None:
    user = aws.iam.create_user({"UserName": "app"})["User"]
    statement = {
        "Effect": "Allow",
        "Action": "cloudwatch:PutMetricData",
        "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": "Shop"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.iam.put_user_policy({"UserName": "app", "PolicyName": "publish", "PolicyDocument": document})
    app = aws.as_principal(Principal("user", user["Arn"], aws.account, user["UserId"]))
    put(app, 1)
    request = {"Namespace": "Other", "MetricData": [{"MetricName": "M", "Value": 1.0}]}
    refused("AccessDenied", app.cloudwatch.put_metric_data, request)


async def suppressed(aws: Aws) -> None:
    aws.sns.create_topic({"Name": "pages"})
    alarm(aws, "a", TreatMissingData="ignore")
    alarm(aws, "maintenance", TreatMissingData="ignore")
    compose(
        aws,
        "ALARM(a)",
        AlarmActions=[TOPIC],
        ActionsSuppressor="maintenance",
        ActionsSuppressorWaitPeriod=120,
        ActionsSuppressorExtensionPeriod=180,
    )
    await aws.advance(ms=1)


def published(aws: Aws) -> int:
    return len(aws.events("sns.MessagePublished"))


async def test_actions_wait_for_the_suppressor_and_then_are_carried_out(aws: Aws) -> None:
    await suppressed(aws)
    set_state(aws, "a", "ALARM")
    assert told(aws, "whole")["ActionsSuppressedBy"] == "WaitPeriod"
    await aws.advance(seconds=119)
    assert published(aws) == 0
    await aws.advance(seconds=2)
    assert published(aws) == 1
    assert "ActionsSuppressedBy" not in told(aws, "whole")


async def test_actions_are_dropped_while_the_suppressor_is_in_alarm_and_follow_after_the_extension(aws: Aws) -> None:
    await suppressed(aws)
    set_state(aws, "maintenance", "ALARM")
    set_state(aws, "a", "ALARM")
    assert told(aws, "whole")["ActionsSuppressedBy"] == "Alarm"
    await aws.advance(seconds=3600)
    assert published(aws) == 0
    set_state(aws, "maintenance", "OK")
    assert told(aws, "whole")["ActionsSuppressedBy"] == "ExtensionPeriod"
    await aws.advance(seconds=181)
    assert published(aws) == 1


async def test_an_alarm_that_ends_while_its_actions_wait_tells_nobody(aws: Aws) -> None:
    await suppressed(aws)
    set_state(aws, "a", "ALARM")
    await aws.advance(seconds=60)
    set_state(aws, "a", "OK")
    await aws.advance(seconds=600)
    assert published(aws) == 0


def test_a_suppressor_cannot_be_deleted(aws: Aws) -> None:
    alarm(aws, "a")
    alarm(aws, "maintenance")
    compose(
        aws,
        "ALARM(a)",
        ActionsSuppressor="maintenance",
        ActionsSuppressorWaitPeriod=1,
        ActionsSuppressorExtensionPeriod=1,
    )
    refused("ValidationError", aws.cloudwatch.delete_alarms, {"AlarmNames": ["maintenance"]})
