"""API calls as CloudTrail records them, on the default bus: only under a trail that logs, only for rules that wait."""

from __future__ import annotations

import inspect
import json
from typing import Any

from harness import ACCOUNT, Aws

LOGS = "audit-bucket"
VIA = {"detail-type": ["AWS API Call via CloudTrail"], "source": ["aws.iam"]}


async def done(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer


async def log(aws: Aws) -> None:
    """A trail that logs to a bucket."""
    service = {"Service": "cloudtrail.amazonaws.com"}
    bucket = f"arn:aws:s3:::{LOGS}"
    read = {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": bucket}
    write = {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": f"{bucket}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [read, write]})
    await done(aws.s3.create_bucket({"Bucket": LOGS}))
    await done(aws.s3.put_bucket_policy({"Bucket": LOGS, "Policy": policy}))
    made = {"Name": "main", "S3BucketName": LOGS, "IsMultiRegionTrail": True}
    await done(aws.cloudtrail.create_trail(made))
    aws.cloudtrail.start_logging({"Name": "main"})


async def test_a_call_that_a_trail_records_reaches_a_rule_that_waits_for_it(aws: Aws, bridge) -> None:
    await log(aws)
    queue = bridge.reaching(pattern={**VIA, "detail": {"eventName": ["CreateUser"]}})
    await aws.advance(seconds=60)
    aws.iam.create_user({"UserName": "eve"})
    aws.iam.create_group({"GroupName": "g"})
    aws.iam.list_users({})
    await aws.advance(seconds=1_200)
    (event,) = bridge.bodies(queue)
    assert (event["source"], event["account"], event["time"]) == ("aws.iam", ACCOUNT, "2026-01-01T00:01:00Z")
    assert event["detail"]["requestParameters"] == {"userName": "eve"}
    aws.iam.create_user({"UserName": "mallory"})
    await aws.advance(seconds=1_200)
    assert [each["detail"]["requestParameters"]["userName"] for each in bridge.bodies(queue)] == ["mallory"]


async def test_without_a_trail_nothing_comes(aws: Aws, bridge) -> None:
    queue = bridge.reaching(pattern=VIA)
    aws.iam.create_user({"UserName": "eve"})
    await aws.advance(seconds=3_600)
    assert bridge.received(queue) == []


async def test_reads_come_only_to_a_rule_in_the_state_for_all_management_events(aws: Aws, bridge) -> None:
    await log(aws)
    pattern = {**VIA, "detail": {"eventName": ["ListUsers"]}}
    plain, every = bridge.reaching("plain", pattern), bridge.reaching("every", pattern)
    state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
    bridge.rule("every", pattern, State=state)
    await aws.advance(seconds=60)
    aws.iam.list_users({})
    await aws.advance(seconds=1_200)
    assert bridge.received(plain) == []
    assert [event["detail"]["readOnly"] for event in bridge.bodies(every)] == [True]


async def test_a_world_without_such_rules_looks_nothing_up(aws: Aws, bridge) -> None:
    await log(aws)
    bridge.reaching()
    aws.iam.create_user({"UserName": "eve"})
    await aws.advance(seconds=1_200)
    assert [due for due in aws.world.agenda.dues() if due.action == "events.look_up"] == []
