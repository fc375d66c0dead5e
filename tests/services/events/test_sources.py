"""Other services' events on the default bus, and targets that are other services'."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.world.world import World
from harness import ACCOUNT, START_MS, Aws, new_aws
from services.events.bridged import Bridge


async def test_a_parameter_that_changes_is_told(aws: Aws, bridge) -> None:
    queue = bridge.reaching(pattern={"source": ["aws.ssm"], "detail": {"operation": ["Create"]}})
    answer = aws.ssm.put_parameter({"Name": "/shop/url", "Value": "x", "Type": "String"})
    if not isinstance(answer, dict):
        await answer
    await aws.advance(seconds=1)
    (event,) = bridge.bodies(queue)
    assert event["detail-type"] == "Parameter Store Change"
    assert event["detail"] == {"operation": "Create", "name": "/shop/url", "type": "String"}
    assert event["resources"] == [f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/shop/url"]


async def test_an_alarm_that_changes_its_state_is_told(aws: Aws, bridge) -> None:
    queue = bridge.reaching(pattern={"detail-type": ["CloudWatch Alarm State Change"]})
    aws.cloudwatch.put_metric_alarm(
        {"AlarmName": "hot", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60,
         "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold"}
    )  # fmt: skip
    aws.cloudwatch.set_alarm_state({"AlarmName": "hot", "StateValue": "ALARM", "StateReason": "test"})
    await aws.advance(seconds=1)
    (event,) = bridge.bodies(queue)
    assert (event["source"], event["detail"]["alarmName"]) == ("aws.cloudwatch", "hot")
    assert (event["detail"]["state"]["value"], event["detail"]["previousState"]["value"]) == (
        "ALARM",
        "INSUFFICIENT_DATA",
    )
    assert event["detail"]["state"]["reason"] == "test"
    (metric,) = event["detail"]["configuration"]["metrics"]
    assert metric["metricStat"] == {
        "metric": {"namespace": "n", "name": "m", "dimensions": {}},
        "period": 60,
        "stat": "Sum",
    }


async def test_a_bucket_that_tells_eventbridge_of_its_objects(aws: Aws, bridge) -> None:
    queue = bridge.reaching(pattern={"source": ["aws.s3"], "detail": {"bucket": {"name": ["photos"]}}})
    aws.s3.create_bucket({"Bucket": "photos"})
    configuration = {"Bucket": "photos", "NotificationConfiguration": {"EventBridgeConfiguration": {}}}
    for answer in (
        aws.s3.put_bucket_notification_configuration(configuration),
        aws.s3.put_object({"Bucket": "photos", "Key": "cat.png", "Body": b"meow"}),
    ):
        if not isinstance(answer, dict) and answer is not None:
            await answer
    await aws.advance(seconds=10)
    (event,) = bridge.bodies(queue)
    assert event["detail-type"] == "Object Created"
    assert event["detail"]["object"]["key"] == "cat.png"


async def test_a_topic_is_published_to_under_its_policy(aws: Aws, bridge) -> None:
    rule = bridge.rule()
    topic = aws.sns.create_topic({"Name": "news"})["TopicArn"]
    bridge.target(topic)
    bridge.put()
    await aws.advance(seconds=1)
    assert len(aws.events("events.FailedInvocation")) == 1
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish",
               "Resource": topic, "Condition": {"ArnEquals": {"aws:SourceArn": rule}}}  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.sns.set_topic_attributes({"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy})
    bridge.put()
    await aws.advance(seconds=1)
    assert [event.facts["succeeded"] for event in aws.events("events.Invoked")] == [False, True]


async def test_a_log_group_gets_the_event_in_a_stream_of_its_own(aws: Aws, bridge) -> None:
    bridge.rule()
    group = "/aws/events/orders"
    aws.logs.create_log_group({"logGroupName": group})
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
               "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{arn}:*"}  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.logs.put_resource_policy({"policyName": "events", "policyDocument": policy})
    bridge.target(arn)
    bridge.put({"n": 5})
    await aws.advance(seconds=1)
    (event,) = aws.logs.filter_log_events({"logGroupName": group})["events"]
    assert json.loads(event["message"])["detail"] == {"n": 5}


async def test_what_is_under_way_survives_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    bridge = Bridge(aws)
    queue = bridge.reaching()
    bridge.rule("timer", ScheduleExpression="rate(1 hour)")
    bridge.target(queue, "timer", id="2")
    bridge.put()
    aws.world.close()
    again = new_aws(world=World(seed=1, mode="held", start_ms=START_MS, directory=tmp_path))
    await again.advance(seconds=10)
    assert len(Bridge(again).received(queue)) == 1
    assert again.events_.describe_rule({"Name": "timer"})["ScheduleExpression"] == "rate(1 hour)"
    assert [due.action for due in again.world.agenda.dues()] == ["events.keep_time"]


async def test_a_stream_takes_events_with_the_rules_role_by_the_partition_key_of_the_event(aws: Aws, bridge) -> None:
    bridge.rule()
    aws.kinesis.create_stream({"StreamName": "clicks", "ShardCount": 1})
    await aws.advance(seconds=60)
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/clicks"
    with pytest.raises(AwsError, match="RoleArn is required for target"):
        bridge.target(arn)
    role = bridge.role("bridge", "events.amazonaws.com", "kinesis:PutRecord")
    bridge.target(arn, RoleArn=role, KinesisParameters={"PartitionKeyPath": "$.detail.user"})
    bridge.put({"user": "ann"})
    await aws.advance(seconds=1)
    asked = {"StreamARN": arn, "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = aws.kinesis.get_shard_iterator(asked)["ShardIterator"]
    (record,) = aws.kinesis.get_records({"ShardIterator": iterator})["Records"]
    assert record["PartitionKey"] == "ann"
    assert json.loads(record["Data"])["detail"] == {"user": "ann"}


async def test_a_composite_alarm_and_what_it_was_before_are_told(aws: Aws, bridge) -> None:
    queue = bridge.reaching(pattern={"source": ["aws.cloudwatch"], "resources": [{"suffix": ":alarm:any"}]})
    aws.cloudwatch.put_metric_alarm(
        {"AlarmName": "hot", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60,
         "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold"}
    )  # fmt: skip
    aws.cloudwatch.put_composite_alarm({"AlarmName": "any", "AlarmRule": "ALARM(hot)", "AlarmDescription": "d"})
    aws.cloudwatch.set_alarm_state({"AlarmName": "hot", "StateValue": "ALARM", "StateReason": "test"})
    await aws.advance(seconds=5)
    last = bridge.bodies(queue)[-1]["detail"]
    assert last["configuration"] == {"description": "d", "alarmRule": "ALARM(hot)"}
    assert last["state"]["value"] == "ALARM"
    assert last["previousState"]["reason"]
