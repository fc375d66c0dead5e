from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from foulweather.policy.principal import Principal
from foulweather.services.cloudwatch import muting
from foulweather.services.cloudwatch.records import MuteRule
from harness import ACCOUNT, START_MS, Aws
from services.cloudwatch.watching import alarm, refused, state

HOUR_MS = 3_600_000
NOW = "at(2026-01-01T00:00)"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:pages"


def mute(aws: Aws, name: str = "night", expression: str = NOW, duration: str = "PT1H", **given: Any) -> None:
    schedule = {"Expression": expression, "Duration": duration}
    if "Timezone" in given:
        schedule["Timezone"] = given.pop("Timezone")
    request = {"Name": name, "Rule": {"Schedule": schedule}, "MuteTargets": {"AlarmNames": ["slow"]}, **given}
    aws.cloudwatch.put_alarm_mute_rule(request)


def acting(aws: Aws) -> None:
    aws.sns.create_topic({"Name": "pages"})
    alarm(aws, AlarmActions=[TOPIC], OKActions=[TOPIC], TreatMissingData="ignore")
    put_in(aws, "OK")


def put_in(aws: Aws, value: str) -> None:
    aws.cloudwatch.set_alarm_state({"AlarmName": "slow", "StateValue": value, "StateReason": "by hand"})


def actions(aws: Aws) -> list[str]:
    """What the alarm did, the first first."""
    request = {"HistoryItemType": "Action", "ScanBy": "TimestampAscending"}
    items = aws.cloudwatch.describe_alarm_history(request)["AlarmHistoryItems"]
    return [json.loads(each["HistoryData"])["actionState"] for each in items]


async def settled(aws: Aws) -> None:
    acting(aws)
    await aws.advance(seconds=1)
    assert actions(aws) == ["Succeeded"]


async def test_an_alarm_that_is_back_when_the_window_ends_does_nothing(aws: Aws) -> None:
    await settled(aws)
    mute(aws)
    put_in(aws, "ALARM")
    await aws.advance(seconds=600)
    assert (state(aws), actions(aws)) == ("ALARM", ["Succeeded", "Muted"])
    put_in(aws, "OK")
    await aws.advance(seconds=4000)
    assert actions(aws) == ["Succeeded", "Muted", "Muted"]


async def test_an_alarm_that_is_still_in_alarm_when_the_window_ends_acts_then(aws: Aws) -> None:
    await settled(aws)
    mute(aws)
    put_in(aws, "ALARM")
    await aws.advance(seconds=3590)
    assert actions(aws) == ["Succeeded", "Muted"]
    await aws.advance(seconds=10)
    assert actions(aws) == ["Succeeded", "Muted", "Succeeded"]


async def test_of_two_rules_the_one_that_ends_last_counts(aws: Aws) -> None:
    await settled(aws)
    mute(aws)
    mute(aws, "longer", duration="PT2H")
    put_in(aws, "ALARM")
    await aws.advance(seconds=7190)
    assert actions(aws) == ["Succeeded", "Muted"]
    await aws.advance(seconds=10)
    assert actions(aws) == ["Succeeded", "Muted", "Succeeded"]


async def test_deleting_the_rule_lets_its_alarms_act_at_once(aws: Aws) -> None:
    await settled(aws)
    mute(aws)
    put_in(aws, "ALARM")
    await aws.advance(seconds=10)
    aws.cloudwatch.delete_alarm_mute_rule({"AlarmMuteRuleName": "night"})
    aws.cloudwatch.delete_alarm_mute_rule({"AlarmMuteRuleName": "night"})
    await aws.advance(seconds=1)
    assert actions(aws) == ["Succeeded", "Muted", "Succeeded"]


async def test_what_was_in_alarm_before_the_window_is_not_told_again(aws: Aws) -> None:
    await settled(aws)
    put_in(aws, "ALARM")
    await aws.advance(seconds=1)
    mute(aws)
    await aws.advance(seconds=7200)
    assert actions(aws) == ["Succeeded", "Succeeded"]


async def test_outside_of_its_windows_a_rule_mutes_nothing(aws: Aws) -> None:
    await settled(aws)
    mute(aws, expression="cron(0 2 * * *)", duration="PT4H")
    put_in(aws, "ALARM")
    await aws.advance(seconds=1)
    assert actions(aws) == ["Succeeded", "Succeeded"]
    assert told(aws)["Status"] == "SCHEDULED"
    await aws.advance(seconds=7200)
    assert told(aws)["Status"] == "ACTIVE"


def told(aws: Aws, name: str = "night") -> dict[str, Any]:
    return aws.cloudwatch.get_alarm_mute_rule({"AlarmMuteRuleName": name})


async def test_a_rule_is_told_as_it_was_put(aws: Aws) -> None:
    alarm(aws)
    mute(aws, Description="at night", Timezone="Europe/Berlin", expression="cron(0 23 * * *)",
         StartDate=START_MS + HOUR_MS, ExpireDate=START_MS + 48 * HOUR_MS,
         Tags=[{"Key": "a", "Value": "b"}])  # fmt: skip
    arn = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm-mute-rule:night"
    assert told(aws) == {
        "Name": "night",
        "AlarmMuteRuleArn": arn,
        "Description": "at night",
        "Rule": {"Schedule": {"Expression": "cron(0 23 * * *)", "Duration": "PT1H", "Timezone": "Europe/Berlin"}},
        "MuteTargets": {"AlarmNames": ["slow"]},
        "StartDate": START_MS + HOUR_MS,
        "ExpireDate": START_MS + 48 * HOUR_MS,
        "Status": "SCHEDULED",
        "LastUpdatedTimestamp": START_MS,
        "MuteType": "RECURRING",
    }
    assert aws.cloudwatch.list_tags_for_resource({"ResourceARN": arn})["Tags"] == [{"Key": "a", "Value": "b"}]
    await aws.advance(seconds=49 * 3600)
    assert told(aws)["Status"] == "EXPIRED"


async def test_rules_are_listed_by_alarm_and_status(aws: Aws) -> None:
    alarm(aws)
    alarm(aws, "other")
    mute(aws)
    mute(aws, "later", expression="cron(0 2 * * SUN)", MuteTargets={"AlarmNames": ["other"]})

    def listed(**given: Any) -> list[str]:
        found = aws.cloudwatch.list_alarm_mute_rules(given)["AlarmMuteRuleSummaries"]
        return [each["AlarmMuteRuleArn"].rpartition(":")[2] for each in found]

    assert listed() == ["later", "night"]
    assert listed(AlarmName="slow") == ["night"]
    assert listed(Statuses=["SCHEDULED"]) == ["later"]
    assert listed(MaxRecords=1) == ["later"]
    refused("ResourceNotFoundException", aws.cloudwatch.list_alarm_mute_rules, {"AlarmName": "none"})
    refused("ResourceNotFoundException", aws.cloudwatch.get_alarm_mute_rule, {"AlarmMuteRuleName": "none"})
    await aws.advance(seconds=2 * 3600)
    assert listed(Statuses=["EXPIRED"]) == ["night"]


@pytest.mark.parametrize(
    "given",
    [
        {"expression": "cron(0 2 * *)"},
        {"expression": "cron(0/5 2 * * *)"},
        {"expression": "cron(0 2 * * 9)"},
        {"expression": "rate(1 hour)"},
        {"expression": "at(2026-13-01T00:00)"},
        {"duration": "PT30S"},
        {"duration": "P16D"},
        {"duration": "P"},
        {"Timezone": "Mars/Olympus"},
        {"ExpireDate": START_MS - 1},
        {"MuteTargets": {"AlarmNames": ["none"]}},
    ],
)
def test_what_cannot_be_a_rule_is_refused(aws: Aws, given: dict[str, Any]) -> None:
    alarm(aws)
    refused("ValidationError", lambda request: mute(aws, **request), given)
    assert aws.cloudwatch.list_alarm_mute_rules()["AlarmMuteRuleSummaries"] == []


@pytest.mark.parametrize(
    ("expression", "timezone", "at", "is_muted"),
    [
        ("cron(0 18 * * FRI)", "", "2026-01-02T18:30", True),
        ("cron(0 18 * * 5)", "", "2026-01-02T18:30", True),
        ("cron(0 18 * * 7)", "", "2026-01-04T18:30", True),
        ("cron(0 18 * * 1-4)", "", "2026-01-02T18:30", False),
        ("cron(0 18 1 * SUN)", "", "2026-01-01T18:30", True),
        ("cron(0 18 1 * SUN)", "", "2026-01-04T18:30", True),
        ("cron(0 18 1 * SUN)", "", "2026-01-05T18:30", False),
        ("cron(0 18 * * *)", "America/New_York", "2026-01-05T23:30", True),
        ("cron(0 18 * * *)", "America/New_York", "2026-01-05T18:30", False),
        ("at(2026-01-05T18:00)", "", "2026-01-05T19:00", False),
    ],
)
def test_windows_begin_by_standard_cron_and_last_their_duration(
    expression: str, timezone: str, at: str, is_muted: bool
) -> None:
    rule = MuteRule(name="r", arn="", expression=expression, duration="PT1H", timezone=timezone)
    at_ms = int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()) * 1000
    assert (muting.ends_ms(rule, at_ms) is not None) is is_muted


def test_who_mutes_needs_the_permission_on_the_rule_and_on_each_alarm(aws: Aws) -> None:
    alarm(aws)
    made = aws.iam.create_user({"UserName": "ann"})["User"]
    own = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm-mute-rule:*"
    allowed = {"Effect": "Allow", "Action": "cloudwatch:PutAlarmMuteRule", "Resource": own}
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": json.dumps(policy)})
    ann = aws.as_principal(Principal("user", made["Arn"], ACCOUNT, made["UserId"]))
    error = refused("AccessDenied", lambda request: mute(ann, **request), {})
    assert "alarm:slow" in error.message
    mute(ann, MuteTargets={"AlarmNames": []})
