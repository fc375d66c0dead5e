"""The alarms that target tracking policies own: made, fitted to the capacity, and evaluated every minute.

CloudWatch is not built: these rows stand for the alarms that AWS makes there, with their names, thresholds and rules.
A table's or an index's policy has four; those on provisioned capacity have the others fitted anew after somebody else
changed it. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.applicationautoscaling import limits, metrics
from foulweather.services.applicationautoscaling.consumption import Consumption
from foulweather.services.applicationautoscaling.records import Alarm, AlarmKind, AlarmState, Policy, Target
from foulweather.services.applicationautoscaling.state import ScalingState

SILENT = "InsufficientData"


def make(call: Call, state: ScalingState, target: Target, policy: Policy) -> None:
    """Give a policy the alarms that its configuration wants, and take away the others."""
    kinds: list[AlarmKind] = ["AlarmHigh"]
    if not policy.config.get("DisableScaleIn"):
        kinds.append("AlarmLow")
    if metrics.is_predefined(policy):
        kinds.extend(("ProvisionedCapacityHigh", "ProvisionedCapacityLow"))
    held: dict[AlarmKind, Alarm] = {alarm.kind: alarm for alarm in state.alarms_of(policy)}
    remove(state, [alarm for kind, alarm in held.items() if kind not in kinds])
    for kind in kinds:
        if kind not in held:
            name = f"TargetTracking-{target.resource_id}-{kind}-{call.world.ids.uuid()}"
            held[kind] = Alarm(
                name=name,
                policy=policy.key,
                kind=kind,
                metric="",
                threshold=0,
                periods=0,
                period_s=0,
                for_units=0,
                since_ms=call.now,
            )
            state.alarms.put(name, held[kind])
    policy.alarms = [held[kind].name for kind in kinds]
    fit(state, target, policy)


def remove(state: ScalingState, alarms: list[Alarm]) -> None:
    """Delete alarms."""
    for alarm in alarms:
        state.alarms.delete(alarm.name)


def fit_all(state: ScalingState, target: Target) -> None:
    """Fit the alarms of a target's policies to its capacity."""
    for policy in state.policies_of(target):
        fit(state, target, policy)


def fit(state: ScalingState, target: Target, policy: Policy) -> None:
    """Set thresholds for the capacity that the target has."""
    for alarm in state.alarms_of(policy):
        alarm.for_units = target.units
        if alarm.kind.startswith("Provisioned"):
            alarm.metric, alarm.threshold = f"Provisioned{target.direction}CapacityUnits", target.units
            alarm.periods, alarm.period_s = 3, 300
        else:
            _fit_to_metric(alarm, target, policy)
        state.alarms.touch(alarm.name)


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


def evaluate(call: Call, state: ScalingState, target: Target, policy: Policy, alarm: Alarm, minute: int) -> list[float]:
    """Set an alarm's state by the minutes that end with one, and give the datapoints there are, oldest first."""
    consumption = call.world.state(Consumption)
    minutes = range(minute - alarm.periods + 1, minute + 1)
    values = [metrics.value_at(policy, target, state, consumption, each) for each in minutes]
    there = [value for value in values if value is not None]
    _set(call, state, target, alarm, _state_of(alarm, there), there)
    if not there and alarm.kind == "AlarmLow" and target.units > target.min_units and alarm.told != SILENT:
        alarm.told = SILENT
        state.alarms.touch(alarm.name)
        _explain_silence(call, target, alarm)
    return there


def _state_of(alarm: Alarm, there: list[float]) -> AlarmState:
    """Missing data is `missing`: without any datapoint there is insufficient data; some do not suffice for ALARM.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    """
    if not there:
        return "INSUFFICIENT_DATA"
    is_high = alarm.kind == "AlarmHigh"
    if not all(value > alarm.threshold if is_high else value < alarm.threshold for value in there):
        return "OK"
    return "ALARM" if len(there) == alarm.periods else alarm.state


def _set(call: Call, state: ScalingState, target: Target, alarm: Alarm, found: AlarmState, there: list[float]) -> None:
    if found == alarm.state:
        return
    before, alarm.state = alarm.state, found
    alarm.since_ms, alarm.told = call.now, ""
    state.alarms.touch(alarm.name)
    call.happened(
        "application-autoscaling.AlarmStateChanged",
        alarm.arn(target),
        alarm=alarm.name,
        before=before,
        after=found,
        datapoints=there,
        threshold=alarm.threshold,
    )


def _explain_silence(call: Call, target: Target, alarm: Alarm) -> None:
    facts = (
        Fact(alarm.arn(target), "StateValue", alarm.state),
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
