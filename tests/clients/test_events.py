"""EventBridge and its Scheduler through boto3: what the codecs make of every answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from clients.running import ACCOUNT, Cloud

pytestmark = pytest.mark.client


def test_buses_rules_archives_and_replays(cloud: Cloud) -> None:
    events = cloud.client("events")
    arn = events.create_event_bus(Name="own", Description="d", LogConfig={"Level": "OFF"})["EventBusArn"]
    events.update_event_bus(Name="own", Description="e")
    shown = events.describe_event_bus(Name=arn)
    assert (shown["Arn"], shown["Description"]) == (arn, "e")
    assert isinstance(shown["CreationTime"], datetime)
    rule = events.put_rule(Name="r", EventBusName="own", EventPattern='{"source":["s"]}')["RuleArn"]
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
    put = events.put_targets(Rule="r", EventBusName="own", Targets=[{"Id": "1", "Arn": queue}])
    assert (put["FailedEntryCount"], put["FailedEntries"]) == (0, [])
    assert events.list_rule_names_by_target(TargetArn=queue, EventBusName="own")["RuleNames"] == ["r"]
    events.tag_resource(ResourceARN=rule, Tags=[{"Key": "k", "Value": "v"}])
    events.untag_resource(ResourceARN=rule, TagKeys=["x"])
    assert events.list_tags_for_resource(ResourceARN=rule)["Tags"] == [{"Key": "k", "Value": "v"}]
    archive = events.create_archive(ArchiveName="a", EventSourceArn=arn)["ArchiveArn"]
    events.update_archive(ArchiveName="a", RetentionDays=3)
    now = datetime.now(UTC)
    entry = {"Source": "s", "DetailType": "t", "Detail": "{}", "EventBusName": "own", "Time": now, "Resources": ["x"]}
    assert "EventId" in events.put_events(Entries=[entry])["Entries"][0]
    assert events.list_archives(EventSourceArn=arn)["Archives"][0]["EventCount"] == 1
    events.start_replay(
        ReplayName="p",
        EventSourceArn=archive,
        EventStartTime=now - timedelta(hours=1),
        EventEndTime=now + timedelta(hours=1),
        Destination={"Arn": arn},
    )
    assert events.describe_replay(ReplayName="p")["ReplayArn"].endswith(":replay/p")
    assert [each["ReplayName"] for each in events.list_replays()["Replays"]] == ["p"]
    assert events.list_targets_by_rule(Rule="r", EventBusName="own")["Targets"] == [{"Id": "1", "Arn": queue}]
    events.remove_targets(Rule="r", EventBusName="own", Ids=["1"])
    events.delete_rule(Name="r", EventBusName="own")
    events.delete_archive(ArchiveName="a")
    events.delete_event_bus(Name="own")
    with pytest.raises(ClientError) as refused:
        events.describe_rule(Name="r")
    assert refused.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": "Rule r does not exist.",
    }


def test_groups_and_schedules(cloud: Cloud) -> None:
    scheduler, iam = cloud.client("scheduler"), cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="clock", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    group = scheduler.create_schedule_group(Name="g", Tags=[{"Key": "k", "Value": "v"}])["ScheduleGroupArn"]
    assert scheduler.get_schedule_group(Name="g")["State"] == "ACTIVE"
    assert scheduler.list_tags_for_resource(ResourceArn=group)["Tags"] == [{"Key": "k", "Value": "v"}]
    scheduler.tag_resource(ResourceArn=group, Tags=[{"Key": "l", "Value": "w"}])
    scheduler.untag_resource(ResourceArn=group, TagKeys=["k"])
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    asked = {
        "Name": "s",
        "GroupName": "g",
        "ScheduleExpression": "rate(1 hour)",
        "StartDate": start,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", "RoleArn": role, "Input": "{}"},
    }
    arn = scheduler.create_schedule(**asked)["ScheduleArn"]
    assert scheduler.update_schedule(**asked)["ScheduleArn"] == arn
    shown = scheduler.get_schedule(Name="s", GroupName="g")
    assert (shown["StartDate"], shown["ScheduleExpressionTimezone"]) == (start, "UTC")
    assert shown["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
    assert [each["Arn"] for each in scheduler.list_schedules(GroupName="g")["Schedules"]] == [arn]
    scheduler.delete_schedule(Name="s", GroupName="g")
    scheduler.delete_schedule_group(Name="g")
    with pytest.raises(ClientError) as refused:
        scheduler.get_schedule(Name="s")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert refused.value.response["Error"]["Message"] == "Schedule s does not exist."
