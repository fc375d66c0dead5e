"""The two capacity modes, and a provisioned table that follows its load between 100 and 1,000 units."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import refused
from catalog.tables import TABLE, item, orders, query, table
from foulweather.testing import Aws

READS = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": f"table/{TABLE}",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
}
TRACKING = {
    "TargetValue": 70.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
    "ScaleOutCooldown": 60,
    "ScaleInCooldown": 60,
}
UNITS = {"ReadCapacityUnits": 100, "WriteCapacityUnits": 100}


def switch(client: Any, aws: Aws, mode: str) -> None:
    more = {"ProvisionedThroughput": UNITS} if mode == "PROVISIONED" else {}
    client.update_table(TableName=TABLE, BillingMode=mode, **more)
    assert table(client)["TableStatus"] == "UPDATING"
    aws.advance("10m")
    assert table(client)["TableStatus"] == "ACTIVE"


def test_the_mode_is_switched_by_update_table_and_items_stay(aws: Aws) -> None:
    client = orders(aws, read=100, write=100)
    client.put_item(TableName=TABLE, Item=item("a"))
    assert "BillingModeSummary" not in table(client)
    switch(client, aws, "PAY_PER_REQUEST")
    told = table(client)
    assert told["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    provisioned = told["ProvisionedThroughput"]
    assert (provisioned["ReadCapacityUnits"], provisioned["WriteCapacityUnits"]) == (0, 0)
    switch(client, aws, "PROVISIONED")
    told = table(client)
    assert told["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert told["ProvisionedThroughput"]["ReadCapacityUnits"] == 100
    assert client.get_item(TableName=TABLE, Key=item("a"))["Item"] == item("a")


def test_provisioned_wants_units_and_on_demand_takes_none(aws: Aws) -> None:
    client = orders(aws)
    error = refused(client.update_table, TableName=TABLE, BillingMode="PROVISIONED")
    assert error["Code"] == "ValidationException"
    error = refused(client.update_table, TableName=TABLE, BillingMode="PAY_PER_REQUEST", ProvisionedThroughput=UNITS)
    assert error["Code"] == "ValidationException"


def test_on_demand_is_switched_to_four_times_in_24_hours(aws: Aws) -> None:
    client = orders(aws, read=100, write=100)
    for _ in range(4):
        switch(client, aws, "PAY_PER_REQUEST")
        switch(client, aws, "PROVISIONED")
    error = refused(client.update_table, TableName=TABLE, BillingMode="PAY_PER_REQUEST")
    assert error["Code"] == "LimitExceededException"
    aws.advance("24h")
    switch(client, aws, "PAY_PER_REQUEST")


@pytest.fixture
def scaled(aws: Aws) -> Any:
    client = orders(aws, read=100, write=100)
    scaling = aws.client("application-autoscaling")
    scaling.register_scalable_target(**READS, MinCapacity=100, MaxCapacity=1000)
    scaling.put_scaling_policy(
        **READS,
        PolicyName="reads",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=TRACKING,
    )
    for n in range(250):
        client.put_item(TableName=TABLE, Item=item("busy", f"{n:03}", body="x" * 4_000))
        if n % 100 == 99:
            aws.advance("10s")
    return client


def minute_of_reads(client: Any, aws: Aws, requests: int) -> None:
    """So many reads of a megabyte within a minute: 246 units each."""
    for _ in range(requests):
        query(client, "pk = :p", values={":p": "busy"}, Select="COUNT", ConsistentRead=True)
        aws.advance(60_000 // requests)


def units(client: Any) -> int:
    return table(client)["ProvisionedThroughput"]["ReadCapacityUnits"]


def the_policy(aws: Aws) -> dict[str, Any]:
    scaling = aws.client("application-autoscaling")
    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]
    return policy


@pytest.mark.usefixtures("scaled")
def test_a_target_tracking_policy_has_alarms_of_its_own(aws: Aws) -> None:
    policy = the_policy(aws)
    assert policy["TargetTrackingScalingPolicyConfiguration"] == TRACKING
    kinds = [alarm["AlarmName"].removeprefix(f"TargetTracking-table/{TABLE}-")[:-37] for alarm in policy["Alarms"]]
    assert kinds == ["AlarmHigh", "AlarmLow", "ProvisionedCapacityHigh", "ProvisionedCapacityLow"]


@pytest.mark.usefixtures("scaled")
def test_its_alarms_are_in_cloudwatch(aws: Aws) -> None:
    policy = the_policy(aws)
    named = {alarm["AlarmName"]: alarm["AlarmARN"] for alarm in policy["Alarms"]}
    alarms = aws.client("cloudwatch").describe_alarms(AlarmNames=list(named))["MetricAlarms"]
    assert {alarm["AlarmName"]: alarm["AlarmArn"] for alarm in alarms} == named
    high = next(alarm for alarm in alarms if "AlarmHigh" in alarm["AlarmName"])
    assert (high["MetricName"], high["Statistic"]) == ("ConsumedReadCapacityUnits", "Sum")
    assert high["Threshold"] == 70 * 60, "70 % of 100 units, of sixty seconds"
    assert high["AlarmActions"] == [policy["PolicyARN"]]


def test_reads_above_seventy_percent_raise_the_table_within_minutes_and_never_above_the_maximum(
    aws: Aws, scaled: Any
) -> None:
    for _ in range(4):
        minute_of_reads(scaled, aws, 23)
    aws.advance("1m")
    after = units(scaled)
    assert 100 < after <= 1000
    scaling = aws.client("application-autoscaling")
    activity = scaling.describe_scaling_activities(ServiceNamespace="dynamodb")["ScalingActivities"][-1]
    assert activity["StatusCode"] == "Successful"
    assert "AlarmHigh" in activity["Cause"]


def test_little_load_lowers_it_after_fifteen_minutes_not_below_the_minimum(aws: Aws, scaled: Any) -> None:
    for _ in range(4):
        minute_of_reads(scaled, aws, 23)
    aws.advance("1m")
    raised = units(scaled)
    for minute in range(25):
        minute_of_reads(scaled, aws, 1)
        if minute < 13:
            assert units(scaled) >= raised
    assert units(scaled) == 100


def test_an_on_demand_table_has_nothing_to_scale(aws: Aws) -> None:
    orders(aws)
    scaling = aws.client("application-autoscaling")
    assert refused(scaling.register_scalable_target, **READS, MinCapacity=1000, MaxCapacity=100)["Code"] == (
        "ValidationException"
    )
    scaling.register_scalable_target(**READS, MinCapacity=100, MaxCapacity=1000)
    aws.advance("30m")
    told = table(aws.client("dynamodb"))
    assert told["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert told["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
