"""What users of a table with auto scaling see when its load rises and falls."""

from __future__ import annotations

import json

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.applicationautoscaling.scaling_calls import (
    ROLE,
    ROLE_ARN,
    TABLE_ARN,
    WRITES,
    activities,
    load,
    overwhelm,
    reasons,
    refused,
    register,
    scaling,
    table,
    track,
    units,
)


async def test_a_policy_has_the_four_alarms_of_a_table_with_their_thresholds(aws: Aws) -> None:
    from foulweather.services.applicationautoscaling.state import ScalingState

    await table(aws, write=100)
    await register(aws)
    told = track(aws)
    kinds = [alarm["AlarmName"].removeprefix("TargetTracking-table/orders-")[:-37] for alarm in told["Alarms"]]
    assert kinds == ["AlarmHigh", "AlarmLow", "ProvisionedCapacityHigh", "ProvisionedCapacityLow"]
    assert told["Alarms"][0]["AlarmARN"].startswith("arn:aws:cloudwatch:us-east-1:111122223333:alarm:TargetTracking-")
    high, low, *_ = aws.world.state(ScalingState, aws.account, aws.region).alarms.values()
    # 100 WCU at 70 %: 70 a second for two minutes, 50 a second for fifteen.
    assert (high.threshold, high.periods, high.period_s) == (70 * 60, 2, 60)
    assert (low.threshold, low.periods, low.period_s) == (50 * 60, 15, 60)


async def test_a_table_is_scaled_out_after_two_minutes_above_its_target(aws: Aws) -> None:
    await table(aws, write=10)
    await register(aws)
    track(aws)
    began_ms = aws.now
    await _burst(aws, 900)
    await aws.advance(seconds=60)
    await _burst(aws, 900)
    await aws.advance(seconds=60)
    assert units(aws) == 10, "the second minute's metric is not there yet"
    await aws.advance(seconds=30)
    assert units(aws) == 22  # 900 units in a minute are 15 a second: 70 % of 21.4
    assert aws.now - began_ms == 150_000


async def test_one_minute_above_the_target_is_not_enough(aws: Aws) -> None:
    await table(aws, write=10)
    await register(aws)
    track(aws)
    for units_now in (900, 300, 900, 300):
        await _burst(aws, units_now)
        await aws.advance(seconds=60)
    await aws.advance(seconds=45)
    assert units(aws) == 10


async def test_the_activity_tells_what_was_done_and_why_in_the_roles_name(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    alarm = track(aws)["Alarms"][0]["AlarmName"]
    await overwhelm(aws)
    (activity,) = activities(aws)
    assert activity["StatusCode"] == "Successful"
    assert activity["Description"] == "Setting write capacity units to 22."
    assert activity["Cause"] == f"monitor alarm {alarm} in state ALARM triggered policy track"
    assert activity["StatusMessage"] == (
        "Successfully set write capacity units to 22. Change successfully fulfilled by dynamodb."
    )
    assert activity["EndTime"] - activity["StartTime"] == 10_000
    (change,) = aws.events("dynamodb.TableUpdated")
    assert change.principal == f"arn:aws:sts::111122223333:assumed-role/{ROLE}/AutoScaling-UpdateTable"


def _units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


async def test_while_the_table_is_updating_the_activity_is_in_progress(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    track(aws)
    for _ in range(2):
        await _burst(aws, 900)
        await aws.advance(seconds=60)
    await aws.advance(seconds=31)
    (activity,) = activities(aws)
    assert activity["StatusCode"] == "InProgress"
    assert "EndTime" not in activity
    await aws.advance(seconds=10)
    assert activities(aws)[0]["StatusCode"] == "Successful"


async def _burst(aws: Aws, count: int) -> None:
    for n in range(count // 300):
        item = {"pk": {"S": f"k{n}"}, "body": {"S": "x" * (300 * 1024 - 20)}}
        aws.dynamodb.put_item({"TableName": "orders", "Item": item})


async def test_a_second_scale_out_waits_for_the_cooldown_unless_it_is_larger(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    track(aws, ScaleOutCooldown=600)
    await overwhelm(aws, 900)
    assert units(aws) == 22
    await aws.advance(seconds=15)
    for _ in range(3):
        await _burst(aws, 1200)
        await aws.advance(seconds=60)
    # 20 a second want 29, seven more than there are; the first scale-out added twelve.
    assert units(aws) == 22
    (why,) = [why for why in reasons(aws, "ScaleOut") if "ScaleOutCooldown" in why.cause]
    assert why.decision == "delayed"
    assert any(fact.property == "ScaleOutCooldown" and fact.set_by is not None for fact in why.facts)
    await aws.advance(seconds=600)
    for _ in range(3):
        await _burst(aws, 1200)
        await aws.advance(seconds=60)
    assert units(aws) == 29


async def test_a_larger_scale_out_does_not_wait(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    track(aws, ScaleOutCooldown=600)
    await overwhelm(aws, 600)
    assert units(aws) == 15
    await aws.advance(seconds=15)
    for _ in range(3):
        await _burst(aws, 1200)
        await aws.advance(seconds=60)
    assert units(aws) == 29


async def test_a_table_is_scaled_in_after_fifteen_minutes_of_little_load(aws: Aws) -> None:
    await table(aws, write=100)
    await register(aws)
    track(aws)
    await load(aws, 63, 14)
    await aws.advance(seconds=45)
    assert units(aws) == 100
    await aws.advance(seconds=15)
    await load(aws, 63, 15)
    await aws.advance(seconds=45)
    assert units(aws) == 5  # its minimum; 63 a minute would want 2


async def test_a_scale_in_waits_for_its_cooldown(aws: Aws) -> None:
    await table(aws, write=100)
    await register(aws)
    track(aws, ScaleInCooldown=1800)
    await load(aws, 390, 16)
    assert units(aws) == 10
    await load(aws, 60, 20)
    assert units(aws) == 10
    assert any("ScaleInCooldown" in why.cause for why in reasons(aws, "ScaleIn"))
    await load(aws, 60, 15)
    assert units(aws) == 5


async def test_a_table_without_any_traffic_is_not_scaled_in(aws: Aws) -> None:
    await table(aws, write=100)
    await register(aws)
    track(aws)
    for _ in range(24):
        await _burst(aws, 300)  # sixty a second: below fifty, the low alarm would begin
        await aws.advance(seconds=5)
    await aws.advance(seconds=3600)
    assert units(aws) == 100
    (why,) = reasons(aws, "ScaleIn")
    assert "was not used for 15 minutes" in why.cause
    await aws.advance(seconds=60)  # the call that told the units was counted, and woke the alarms once more
    assert len(aws.world.agenda) == 0, "nothing is evaluated while there is nothing to see"


async def test_scale_in_that_is_disabled_has_no_low_alarm(aws: Aws) -> None:
    await table(aws, write=100)
    await register(aws)
    told = track(aws, DisableScaleIn=True)
    assert not any("AlarmLow" in alarm["AlarmName"] for alarm in told["Alarms"])
    await load(aws, 60, 17)
    assert units(aws) == 100


async def test_at_the_maximum_capacity_the_reason_and_the_remedy_are_told_once(aws: Aws) -> None:
    await table(aws)
    arn = await register(aws, 5, 12)
    track(aws)
    await overwhelm(aws)
    assert units(aws) == 12
    await aws.advance(seconds=15)
    for _ in range(4):
        await _burst(aws, 300)
        await _burst(aws, 300)
        await aws.advance(seconds=60)
    assert units(aws) == 12
    (why,) = [why for why in reasons(aws, "ScaleOut") if "maximum capacity of 12" in why.cause]
    assert any(fact.resource == arn and fact.property == "MaxCapacity" and fact.set_by for fact in why.facts)
    assert "register-scalable-target" in why.remedy[0]
    assert "--max-capacity" in why.remedy[0]
    (not_scaled,) = [one for one in activities(aws, all_of_them=True) if one.get("NotScaledReasons")]
    assert not_scaled["NotScaledReasons"] == [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 12}]
    assert not_scaled["Description"] == "Attempting to scale due to alarm triggered"
    assert not any(one.get("NotScaledReasons") for one in activities(aws))


async def test_scaling_out_that_is_suspended_is_explained_and_resumes(aws: Aws) -> None:
    await table(aws)
    await register(aws, SuspendedState={"DynamicScalingOutSuspended": True})
    track(aws)
    await overwhelm(aws)
    assert units(aws) == 10
    assert activities(aws) == []
    (why,) = reasons(aws, "ScaleOut")
    assert why.facts[0].property == "DynamicScalingOutSuspended"
    assert why.facts[0].set_by is not None
    await register(aws, None, None, SuspendedState={"DynamicScalingOutSuspended": False})
    await aws.advance(seconds=15)
    await overwhelm(aws)
    assert units(aws) == 22


async def test_a_policy_that_forbids_the_update_fails_the_activity_with_the_denial(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    track(aws)
    statement = {"Effect": "Deny", "Principal": {"AWS": ROLE_ARN}, "Action": "dynamodb:UpdateTable", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.dynamodb.put_resource_policy({"ResourceArn": TABLE_ARN, "Policy": policy})
    await overwhelm(aws)
    assert units(aws) == 10
    (activity,) = activities(aws)
    assert activity["StatusCode"] == "Failed"
    assert activity["StatusMessage"].startswith("Failed to set write capacity units to 22. Reason: User: arn:aws:sts::")
    (why,) = reasons(aws, "ScaleOut")
    assert why.first_cause().decision == "denied"


async def test_without_its_role_nothing_is_scaled_until_it_is_made_again(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    track(aws)
    aws.iam.delete_service_linked_role({"RoleName": ROLE})
    await overwhelm(aws)
    assert units(aws) == 10
    assert activities(aws)[0]["StatusMessage"].endswith(f"Reason: Unable to assume IAM role: {ROLE_ARN}")
    assert "create-service-linked-role" in reasons(aws, "ScaleOut")[0].remedy[0]
    await register(aws)
    await aws.advance(seconds=15)
    await overwhelm(aws)
    assert units(aws) == 22


async def test_an_update_waits_for_a_table_that_is_updating(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    track(aws)
    for _ in range(2):
        await _burst(aws, 900)
        await aws.advance(seconds=60)
    await aws.advance(seconds=25)
    aws.dynamodb.update_table({"TableName": "orders", "ProvisionedThroughput": _units(6, 10)})
    await aws.advance(seconds=5)
    (pending,) = activities(aws)
    assert pending["StatusCode"] == "Pending"
    (why,) = [why for why in reasons(aws, "UpdateTable") if why.decision == "delayed"]
    assert "Table is being updated" in why.first_cause().cause
    await aws.advance(seconds=25)
    assert activities(aws)[0]["StatusCode"] == "Successful"
    described = aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["ProvisionedThroughput"]
    assert (described["ReadCapacityUnits"], described["WriteCapacityUnits"]) == (6, 22)


async def test_reads_and_writes_that_rise_together_are_scaled_one_after_the_other(aws: Aws) -> None:
    await table(aws, read=5, write=10)
    await register(aws)
    track(aws)
    reads = {**WRITES, "ScalableDimension": "dynamodb:table:ReadCapacityUnits"}
    await register(aws, **reads)
    metric = {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}
    config = {"TargetValue": 50, "PredefinedMetricSpecification": metric}
    scaling(aws).put_scaling_policy(
        {
            **reads,
            "PolicyName": "reads",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": config,
        }
    )
    for _ in range(2):
        await _burst(aws, 900)
        for _ in range(4):
            key = {"pk": {"S": "k0"}}
            aws.dynamodb.get_item({"TableName": "orders", "Key": key, "ConsistentRead": True})
        await aws.advance(seconds=60)
    await aws.advance(seconds=30)
    assert [one["StatusCode"] for one in activities(aws)] == ["Pending", "InProgress"]
    await aws.advance(seconds=30)
    assert [one["StatusCode"] for one in activities(aws)] == ["Successful", "Successful"]
    described = aws.dynamodb.describe_table({"TableName": "orders"})["Table"]["ProvisionedThroughput"]
    # 300 read units in a minute are 5 a second: 50 % of ten.
    assert (described["ReadCapacityUnits"], described["WriteCapacityUnits"]) == (10, 22)


async def test_an_on_demand_table_has_no_capacity_to_set(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    track(aws)
    aws.dynamodb.update_table({"TableName": "orders", "BillingMode": "PAY_PER_REQUEST"})
    await aws.advance(seconds=60)
    await overwhelm(aws)
    (activity,) = activities(aws, all_of_them=True)
    assert activity["NotScaledReasons"][0]["Code"] == "TargetServicePutResourceAsUnscalable"
    assert "on-demand mode" in reasons(aws, "ScaleOut")[0].cause


async def test_a_fifth_decrease_in_a_day_is_refused_and_the_activity_fails(aws: Aws) -> None:
    await table(aws, write=100)
    await register(aws)
    track(aws)
    for write in (99, 98, 97, 96):
        aws.dynamodb.update_table({"TableName": "orders", "ProvisionedThroughput": _units(5, write)})
        await aws.advance(seconds=15)
    await load(aws, 60, 16)
    assert units(aws) == 96
    assert activities(aws)[0]["StatusCode"] == "Failed"
    assert "Provisioned throughput decreases are limited" in activities(aws)[0]["StatusMessage"]
    assert [why.decision for why in reasons(aws, "ScaleIn")] == ["failed"]
    await load(aws, 60, 3)
    assert len(activities(aws)) > 2
    assert len(reasons(aws, "ScaleIn")) == 1, "the same reason is told once"


async def test_alarms_are_fitted_to_a_capacity_that_somebody_else_set(aws: Aws) -> None:
    from foulweather.services.applicationautoscaling.state import ScalingState

    await table(aws)
    await register(aws)
    track(aws)
    aws.dynamodb.update_table({"TableName": "orders", "ProvisionedThroughput": _units(5, 50)})
    await aws.advance(seconds=14 * 60)
    high = next(iter(aws.world.state(ScalingState, aws.account, aws.region).alarms.values()))
    assert high.threshold == 420
    await aws.advance(seconds=60)
    assert high.threshold == 2100


async def test_a_global_index_is_scaled_by_what_it_uses_itself(aws: Aws) -> None:
    index = {
        "IndexName": "by-day",
        "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        "ProvisionedThroughput": _units(5, 10),
    }
    names = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "day")]
    await table(aws, write=1000, AttributeDefinitions=names, GlobalSecondaryIndexes=[index])
    place = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": "table/orders/index/by-day",
        "ScalableDimension": "dynamodb:index:WriteCapacityUnits",
    }
    await scaling(aws).register_scalable_target({**place, "MinCapacity": 5, "MaxCapacity": 100})
    metric = {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}
    config = {"TargetValue": 50, "PredefinedMetricSpecification": metric}
    scaling(aws).put_scaling_policy(
        {
            **place,
            "PolicyName": "index",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": config,
        }
    )
    for minute in range(2):
        for n in range(3):
            body = {"S": "x" * (200 * 1024 - 40)}
            item = {"pk": {"S": f"{minute} {n}"}, "day": {"S": f"d{n}"}, "body": body}
            aws.dynamodb.put_item({"TableName": "orders", "Item": item})
        await aws.advance(seconds=60)
    await aws.advance(seconds=45)
    described = aws.dynamodb.describe_table({"TableName": "orders"})["Table"]
    (index_now,) = described["GlobalSecondaryIndexes"]
    assert index_now["ProvisionedThroughput"]["WriteCapacityUnits"] == 20
    assert described["ProvisionedThroughput"]["WriteCapacityUnits"] == 1000


async def test_throttles_of_a_spike_end_when_the_table_has_been_scaled_out(aws: Aws) -> None:
    """ddb-throttled-provisioned: 50 WCU, evenly spread keys, target 70 %."""
    await table(aws, read=100, write=50)
    await register(aws, 50, 1000)
    track(aws, ScaleOutCooldown=60, ScaleInCooldown=60)

    async def spike(minutes: int) -> int:
        throttled = 0
        for _ in range(minutes * 6):
            for n in range(10):  # 10 items of 100 units in ten seconds: 100 units a second
                item = {"pk": {"S": f"k{n}"}, "body": {"S": "x" * (100 * 1024 - 20)}}
                try:
                    aws.dynamodb.put_item({"TableName": "orders", "Item": item})
                except AwsError as error:
                    throttled += error.code == "ProvisionedThroughputExceededException"
            await aws.advance(seconds=10)
        return throttled

    await spike(3)
    assert units(aws) >= 140
    assert await spike(3) == 0


async def test_what_a_deregistered_target_left_is_gone(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    track(aws)
    scaling(aws).deregister_scalable_target(WRITES)
    assert scaling(aws).describe_scaling_policies({"ServiceNamespace": "dynamodb"})["ScalingPolicies"] == []
    await overwhelm(aws)
    assert units(aws) == 10
    assert len(aws.world.agenda) == 0
    with refused("ObjectNotFoundException", "No scalable target found for service namespace: dynamodb"):
        scaling(aws).deregister_scalable_target(WRITES)
