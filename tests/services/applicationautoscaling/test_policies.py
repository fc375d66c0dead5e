from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.applicationautoscaling import steps
from harness import Aws
from services.applicationautoscaling.scaling_calls import (
    WRITES,
    load,
    overwhelm,
    refused,
    register,
    scaling,
    table,
    track,
    units,
)

PREDEFINED = {"PredefinedMetricType": "DynamoDBWriteCapacityUtilization"}
READS = {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}
CONSUMED = {
    "Namespace": "AWS/DynamoDB",
    "MetricName": "ConsumedWriteCapacityUnits",
    "Dimensions": [{"Name": "TableName", "Value": "orders"}],
}
PROVISIONED = {**CONSUMED, "MetricName": "ProvisionedWriteCapacityUnits"}


def steps_of(*steps: tuple[float | None, float | None, int], **config: Any) -> dict[str, Any]:
    """A step scaling configuration of (lower, upper, adjustment)."""
    members = ("MetricIntervalLowerBound", "MetricIntervalUpperBound", "ScalingAdjustment")
    adjustments = [
        {name: value for name, value in zip(members, step, strict=True) if value is not None} for step in steps
    ]
    return {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": adjustments, **config}


async def test_a_policy_is_described_as_it_was_put(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    put = track(aws, ScaleInCooldown=60)
    (policy,) = scaling(aws).describe_scaling_policies({"ServiceNamespace": "dynamodb", "PolicyNames": ["track"]})[
        "ScalingPolicies"
    ]
    assert policy["PolicyARN"] == put["PolicyARN"]
    assert ":resource/dynamodb/table/orders:policyName/track" in put["PolicyARN"]
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "TargetValue": 70.0,
        "ScaleInCooldown": 60,
        "PredefinedMetricSpecification": PREDEFINED,
    }
    assert policy["Alarms"] == put["Alarms"]
    assert track(aws, 50.0)["Alarms"] == put["Alarms"]
    scaling(aws).delete_scaling_policy({**WRITES, "PolicyName": "track"})
    with refused("ObjectNotFoundException", "No scaling policy found for service namespace: dynamodb"):
        scaling(aws).delete_scaling_policy({**WRITES, "PolicyName": "track"})


async def test_a_policy_needs_a_registered_target(aws: Aws) -> None:
    await table(aws)
    with refused("ObjectNotFoundException", "No scalable target registered for service namespace: dynamodb, resource"):
        track(aws)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"TargetValue": 95, "PredefinedMetricSpecification": PREDEFINED}, "between 20 and 90"),
        ({"TargetValue": 70}, "Exactly one of"),
        (
            {"TargetValue": 70, "PredefinedMetricSpecification": READS},
            "is not supported for scalable dimension",
        ),
        (
            {"TargetValue": 70, "PredefinedMetricSpecification": {**PREDEFINED, "ResourceLabel": "app/x"}},
            "ResourceLabel cannot be specified",
        ),
        ({"TargetValue": 70, "PredefinedMetricSpecification": PREDEFINED, "ScaleInCooldown": -1}, "ScaleInCooldown"),
        ({"PredefinedMetricSpecification": PREDEFINED}, "targetValue' failed to satisfy constraint: Member must not"),
        ({"TargetValue": 70, "CustomizedMetricSpecification": CONSUMED}, "must have Statistic"),
    ],
)  # fmt: skip
async def test_a_configuration_that_does_not_fit_is_refused(aws: Aws, config: dict[str, Any], words: str) -> None:
    await table(aws)
    await register(aws)
    with refused("ValidationException", words):
        put(aws, config)


def put(aws: Aws, config: dict[str, Any], name: str = "p") -> dict[str, Any]:
    return scaling(aws).put_scaling_policy(
        {
            **WRITES,
            "PolicyName": name,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": config,
        }
    )


async def test_a_metric_has_one_policy(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    track(aws)
    with refused("ValidationException", "Only one TargetTrackingScaling policy for a given metric specification"):
        track(aws, 50.0, name="other")


async def test_a_forecast_policy_is_not_made_up(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    with refused("NotImplemented", "PredictiveScaling"):
        scaling(aws).put_scaling_policy({**WRITES, "PolicyName": "p", "PolicyType": "PredictiveScaling"})


async def test_a_metric_of_ones_own_is_followed(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    told = track(aws, 10.0, CustomizedMetricSpecification={
        "Namespace": "Shop", "MetricName": "Orders", "Statistic": "Average", "Dimensions": []})  # fmt: skip
    assert len(told["Alarms"]) == 2
    for _ in range(3):
        aws.cloudwatch.put_metric_data({"Namespace": "Shop", "MetricData": [{"MetricName": "Orders", "Value": 20}]})
        await aws.advance(seconds=60)
    await aws.advance(seconds=30)
    assert units(aws) == 20, "twice the target"


async def test_its_alarms_are_cloudwatchs(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    told = track(aws)
    names = [alarm["AlarmName"] for alarm in told["Alarms"]]
    alarms = aws.cloudwatch.describe_alarms({"AlarmNames": names})["MetricAlarms"]
    assert {alarm["AlarmName"]: alarm["AlarmArn"] for alarm in alarms} == {
        alarm["AlarmName"]: alarm["AlarmARN"] for alarm in told["Alarms"]
    }
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(told["PolicyARN"],)}
    await overwhelm(aws)
    high = aws.cloudwatch.describe_alarms({"AlarmNames": names[:1]})["MetricAlarms"][0]
    assert high["StateValue"] == "ALARM"
    assert high["Threshold"] == pytest.approx(22 * 60 * 0.7), "fitted to the new capacity"
    scaling(aws).delete_scaling_policy({**WRITES, "PolicyName": "track"})
    assert aws.cloudwatch.describe_alarms({"AlarmNames": names})["MetricAlarms"] == []


async def test_a_metric_that_cloudwatch_refuses_changes_nothing(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    with refused("ValidationException", "Unknown function"):
        track(aws, CustomizedMetricSpecification=math("WHAT(m1)"))
    assert scaling(aws).describe_scaling_policies({"ServiceNamespace": "dynamodb"})["ScalingPolicies"] == []
    assert aws.cloudwatch.describe_alarms({})["MetricAlarms"] == []


def math(expression: str) -> dict[str, Any]:
    """A customized metric of an expression over what is consumed (m1) and provisioned (m2)."""
    stats = [
        {"Id": name, "ReturnData": False, "MetricStat": {"Metric": metric, "Stat": "Sum"}}
        for name, metric in (("m1", CONSUMED), ("m2", PROVISIONED))
    ]
    return {"Metrics": [*stats, {"Id": "e1", "Expression": expression, "ReturnData": True}]}


async def test_metric_math_is_followed(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    told = track(aws, 70.0, CustomizedMetricSpecification=math("(m1 / PERIOD(m1)) / m2 * 100"))
    assert len(told["Alarms"]) == 2
    await overwhelm(aws)
    assert units(aws) == 10, "other metrics take three minutes"
    await aws.advance(seconds=75)
    for _ in range(3):
        for n in range(3):
            item = {"pk": {"S": f"k{n}"}, "body": {"S": "x" * (300 * 1024 - 20)}}
            aws.dynamodb.put_item({"TableName": "orders", "Item": item})
        await aws.advance(seconds=60)
    await aws.advance(seconds=45)
    assert units(aws) == 22  # 150 % of ten units, at a target of 70 %


async def test_a_single_metric_of_dynamodb_is_followed(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    track(aws, 150.0, CustomizedMetricSpecification={**CONSUMED, "Statistic": "Sum"})
    await load(aws, 300, 4)
    assert units(aws) == 20  # twice the target at ten units


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("m1 +", "Error in expression"),
        ("m3 * 2", "Undefined variable: m3"),
        ("e1 + 1", "refer to each other in a circle"),
        ("m1 $", "Err"),
    ],
)
async def test_expressions_that_do_not_parse_are_refused(aws: Aws, expression: str, words: str) -> None:
    await table(aws)
    await register(aws)
    with refused("ValidationException", words):
        track(aws, CustomizedMetricSpecification=math(expression))


# --- steps


async def test_step_scaling_is_not_for_tables(aws: Aws) -> None:
    await table(aws)
    await register(aws)
    with refused("ValidationException", "StepScaling is not supported for service namespace: dynamodb"):
        _put_steps(aws, steps_of((0, None, 5)))


def _put_steps(aws: Aws, config: dict[str, Any]) -> None:
    scaling(aws).put_scaling_policy(
        {**WRITES, "PolicyName": "s", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": config}
    )


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "AdjustmentType must be specified"),
        (steps_of(), "At least one step adjustment"),
        (steps_of((None, None, 1)), "At least one of the bounds"),
        (steps_of((5, 5, 1)), "greater than the lower bound"),
        (steps_of((0, 10, 1), (5, None, 2)), "can't overlap"),
        (steps_of((0, 10, 1), (20, None, 2)), "gaps"),
        (steps_of((0, 10, 1)), "null upper bound"),
        (steps_of((-10, 0, 1)), "null lower bound"),
        (steps_of((0, None, 1), MinAdjustmentMagnitude=2), "MinAdjustmentMagnitude can only"),
        (steps_of((0, None, -1), AdjustmentType="ExactCapacity"), "non-negative"),
    ],
)
async def test_steps_are_without_gaps_and_overlaps(aws: Aws, config: dict[str, Any], words: str) -> None:
    await table(aws)
    await register(aws)
    with refused("ValidationException", words):
        _put_steps(aws, config)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(50, 11), (59, 11), (60, 13), (1000, 13), (49, 9), (40, 9), (39, 9), (30, 9)],
)
def test_above_the_threshold_a_lower_bound_is_inclusive(value: float, wanted: int) -> None:
    config = steps_of((None, 0, -1), (0, 10, 1), (10, None, 3))
    assert steps.wanted(config, 10, value, 50) == wanted


def test_below_the_threshold_an_upper_bound_is_inclusive() -> None:
    config = steps_of((None, -10, -3), (-10, 0, -1))
    assert steps.wanted(config, 10, 40, 50) == 7
    assert steps.wanted(config, 10, 41, 50) == 9
    assert steps.wanted(config, 10, 51, 50) is None


@pytest.mark.parametrize(
    ("current", "percent", "magnitude", "wanted"),
    [(4, 25, 1, 5), (4, 25, 2, 6), (10, 33, 1, 13), (3, 10, 1, 4), (3, -10, 1, 2), (10, -33, 1, 7), (10, 0, 1, 10)],
)
def test_percentages_are_rounded_towards_the_capacity_but_never_to_nothing(
    current: int, percent: int, magnitude: int, wanted: int
) -> None:
    config = steps_of((0, None, percent), AdjustmentType="PercentChangeInCapacity", MinAdjustmentMagnitude=magnitude)
    assert steps.wanted(config, current, 51, 50) == wanted


async def test_an_alarm_of_cloudwatch_executes_a_step_policy(aws: Aws) -> None:
    """No service that is built takes step policies: this one is put down by hand to show the reaction."""
    from foulweather.services.applicationautoscaling.records import Policy
    from foulweather.services.applicationautoscaling.state import ScalingState

    await table(aws)
    await register(aws)
    state = aws.world.state(ScalingState, aws.account, aws.region)
    (target,) = state.targets.values()
    config = steps_of((0, 10, 2), (10, None, 8), Cooldown=300)
    policy = Policy(id="1", name="s", target=target.key, type="StepScaling", config=config, created_ms=aws.now)
    state.policies.put(policy.key, policy)

    async def alarm(value: float) -> int:
        facts = {"action": policy.arn(target), "alarm": "busy", "value": value, "threshold": 100}
        arn = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:busy"
        place = (aws.account, aws.region)
        aws.world.journal.append(aws.now, "cloudwatch.AlarmAction", *place, arn, "cloudwatch.amazonaws.com", "", facts)
        await aws.advance(seconds=15)
        return units(aws)

    assert await alarm(105) == 12
    assert await alarm(105) == 12, "in its cooldown"
    assert await alarm(120) == 20, "larger than the first"
    assert await alarm(90) == 20, "no step covers it"
    await aws.advance(seconds=300)
    assert await alarm(105) == 22
