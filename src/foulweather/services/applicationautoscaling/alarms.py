"""The alarms that target tracking policies own: made in CloudWatch, fitted to the capacity, and heard when they change.

A table's or an index's policy has four; those on provisioned capacity have the others fitted anew after somebody else
changed it. They are put and deleted in a session of the target's role, and CloudWatch evaluates them as any other.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.applicationautoscaling import limits, metrics
from foulweather.services.applicationautoscaling.records import Alarm, AlarmKind, Policy, Target
from foulweather.services.applicationautoscaling.roles import acting_for
from foulweather.services.applicationautoscaling.state import ScalingState

SILENT = "InsufficientData"
Waiting = list[Awaitable[Any]]
"""Answers of CloudWatch that are not there yet, for something holds them up."""


def make(call: Call, state: ScalingState, target: Target, policy: Policy) -> Waiting:
    """Give a policy the alarms that its configuration wants, and take away the others."""
    kinds: list[AlarmKind] = ["AlarmHigh"]
    if not policy.config.get("DisableScaleIn"):
        kinds.append("AlarmLow")
    if metrics.is_predefined(policy):
        kinds.extend(("ProvisionedCapacityHigh", "ProvisionedCapacityLow"))
    before = state.alarms_of(policy)
    held: dict[AlarmKind, Alarm] = {alarm.kind: alarm for alarm in before}
    for kind in kinds:
        if kind not in held:
            name = f"TargetTracking-{target.resource_id}-{kind}-{call.world.ids.uuid()}"
            held[kind] = Alarm(
                name=name, policy=policy.key, kind=kind, metric="", threshold=0, periods=0, period_s=0, for_units=0
            )
    wanted = [held[kind] for kind in kinds]
    for alarm in wanted:
        fit(alarm, target, policy)
    # First what CloudWatch may refuse: an operation that is refused has changed nothing.
    waiting = _put(call, target, policy, wanted)
    for alarm in wanted:
        state.alarms.put(alarm.name, alarm)
    policy.alarms = [alarm.name for alarm in wanted]
    return waiting + remove(call, state, target, [alarm for alarm in before if alarm.kind not in kinds])


def remove(call: Call, state: ScalingState, target: Target, alarms: list[Alarm]) -> Waiting:
    """Delete alarms; what CloudWatch refuses is put on record, and they stay there."""
    for alarm in alarms:
        state.alarms.delete(alarm.name)
    if not alarms:
        return []
    try:
        port = acting_for(call, target, "DeleteAlarms").cloudwatch
        answer = port.delete_alarms({"AlarmNames": [alarm.name for alarm in alarms]})
    except AwsError as error:
        _explain(call, target, "The alarms of a policy could not be deleted.", error)
        return []
    return [answer] if inspect.isawaitable(answer) else []


async def fit_all(call: Call, state: ScalingState, target: Target) -> None:
    """Fit the alarms of a target's policies to its capacity."""
    for policy in state.policies_of(target):
        alarms = state.alarms_of(policy)
        for alarm in alarms:
            fit(alarm, target, policy)
            state.alarms.touch(alarm.name)
        try:
            for answer in _put(call, target, policy, alarms):
                await answer
        except AwsError as error:
            _explain(call, target, f"The alarms of policy {policy.name} could not be fitted to the capacity.", error)


def _explain(call: Call, target: Target, cause: str, error: AwsError) -> None:
    facts = (call.fact(target.resource_arn, f"{target.direction}CapacityUnits", target.units),)
    call.explain("PutMetricAlarm", target.resource_arn, Why("failed", cause, facts, because=(error.why,)), error.code)


def fit(alarm: Alarm, target: Target, policy: Policy) -> None:
    """Set an alarm's threshold for the capacity that the target has."""
    alarm.for_units = target.units
    if alarm.kind.startswith("Provisioned"):
        alarm.metric, alarm.threshold = f"Provisioned{target.direction}CapacityUnits", target.units
        alarm.periods, alarm.period_s = 3, 300
    else:
        _fit_to_metric(alarm, target, policy)


def _fit_to_metric(alarm: Alarm, target: Target, policy: Policy) -> None:
    goal: float = policy.config["TargetValue"]
    is_high = alarm.kind == "AlarmHigh"
    alarm.period_s = 60
    alarm.periods = limits.LOW_MINUTES
    if metrics.is_predefined(policy):
        percent = goal if is_high else goal - limits.LOW_BELOW_PERCENT
        alarm.metric = f"Consumed{target.direction}CapacityUnits"
        alarm.threshold = target.units * alarm.period_s * percent / 100
        if is_high:
            alarm.periods = limits.HIGH_MINUTES
    else:
        alarm.metric = "CustomizedMetricSpecification"
        alarm.threshold = goal if is_high else goal * limits.CUSTOM_LOW_PERCENT / 100
        if is_high:
            alarm.periods = limits.CUSTOM_HIGH_MINUTES


# --- in CloudWatch


def _put(call: Call, target: Target, policy: Policy, alarms: Sequence[Alarm]) -> Waiting:
    waiting: Waiting = []
    port = acting_for(call, target, "PutMetricAlarm").cloudwatch
    for alarm in alarms:
        answer = port.put_metric_alarm(_request(target, policy, alarm))
        if inspect.isawaitable(answer):
            waiting.append(answer)
    return waiting


def _request(target: Target, policy: Policy, alarm: Alarm) -> dict[str, Any]:
    is_high = alarm.kind.endswith("High")
    request: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.arn(target)}.",
        "ActionsEnabled": True,
        "AlarmActions": [policy.arn(target)],
        "EvaluationPeriods": alarm.periods,
        "Threshold": float(alarm.threshold),
        "ComparisonOperator": "GreaterThanThreshold" if is_high else "LessThanThreshold",
    }
    if metrics.is_predefined(policy):
        pairs = {"TableName": target.table, **({"GlobalSecondaryIndexName": target.index} if target.index else {})}
        request |= {
            "Namespace": "AWS/DynamoDB",
            "MetricName": alarm.metric,
            "Dimensions": [{"Name": name, "Value": value} for name, value in pairs.items()],
            "Statistic": "Average" if alarm.kind.startswith("Provisioned") else "Sum",
            "Period": alarm.period_s,
        }
        return request
    custom: dict[str, Any] = policy.config["CustomizedMetricSpecification"]
    queries: list[dict[str, Any]] | None = custom.get("Metrics")
    if not queries:
        names = ("Namespace", "MetricName", "Dimensions", "Statistic", "Unit")
        return {**request, "Period": alarm.period_s, **{name: custom[name] for name in names if custom.get(name)}}
    request["Metrics"] = [_query(query, alarm.period_s) for query in queries]
    return request


def _query(query: dict[str, Any], period_s: int) -> dict[str, Any]:
    stat: dict[str, Any] | None = query.get("MetricStat")
    return {**query, "MetricStat": {**stat, "Period": period_s}} if stat else query


# --- what CloudWatch tells


def noted_state(call: Call, state: ScalingState, name: str, found: str) -> None:
    """An alarm has another state."""
    alarm = state.alarms.get(name)
    policy = state.policies.get(alarm.policy) if alarm is not None else None
    if alarm is None or policy is None:
        return
    alarm.told = ""
    state.alarms.touch(name)
    target = state.targets[policy.target]
    is_silent = found == "INSUFFICIENT_DATA" and alarm.kind == "AlarmLow"
    if is_silent and target.units > target.min_units:
        alarm.told = SILENT
        _explain_silence(call, target, alarm)


def _explain_silence(call: Call, target: Target, alarm: Alarm) -> None:
    facts = (
        Fact(alarm.arn(target), "StateValue", "INSUFFICIENT_DATA"),
        Fact(target.resource_arn, alarm.metric, None),
        call.fact(target.resource_arn, f"{target.direction}CapacityUnits", target.units),
    )
    cause = (
        f"{target.resource_arn} was not used for {alarm.periods} minutes: there is no datapoint of {alarm.metric} that "
        f"could be below the target, and so the policy does not scale in."
    )
    remedy = (
        f"aws application-autoscaling register-scalable-target --service-namespace {target.namespace} "
        f"--resource-id {target.resource_id} --scalable-dimension {target.dimension} --max-capacity {target.min_units}",
    )
    call.explain("ScaleIn", target.resource_arn, Why("dropped", cause, facts, remedy), SILENT)
