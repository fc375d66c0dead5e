"""Changing a capacity: the activity from Pending to its end, in a session of the service-linked role.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.applicationautoscaling import alarms, limits
from foulweather.services.applicationautoscaling.records import Activity, Policy, Status, Target
from foulweather.services.applicationautoscaling.roles import acting_for, answered
from foulweather.services.applicationautoscaling.state import ScalingState

BUSY = "ActivityInProgress"
UNSCALABLE = "TargetServicePutResourceAsUnscalable"
NOT_YET = frozenset({"ResourceInUseException", "ThrottlingException"})


class Provisioned(NamedTuple):
    """What a table or an index is provisioned with, and whether it can be changed now."""

    read_units: int
    write_units: int
    is_active: bool
    is_on_demand: bool

    def units(self, target: Target) -> int:
        """The capacity in a target's own dimension."""
        return self.read_units if target.direction == "Read" else self.write_units


def provisioned(target: Target, table: dict[str, Any]) -> Provisioned | None:
    """What DescribeTable tells of a target's table or index; None when there is no such index."""
    holder: dict[str, Any] | None = table
    if target.index:
        indexes: list[dict[str, Any]] = table.get("GlobalSecondaryIndexes") or []
        holder = next((each for each in indexes if each["IndexName"] == target.index), None)
    if holder is None:
        return None
    units = holder["ProvisionedThroughput"]
    mode: dict[str, Any] = table.get("BillingModeSummary") or {}
    is_on_demand = mode.get("BillingMode") == "PAY_PER_REQUEST"
    is_active = table["TableStatus"] == "ACTIVE" and holder.get("IndexStatus", "ACTIVE") == "ACTIVE"
    return Provisioned(units["ReadCapacityUnits"], units["WriteCapacityUnits"], is_active, is_on_demand)


async def seen(call: Call, target: Target) -> Provisioned:
    """What the target is provisioned with, as its role sees it."""
    port = acting_for(call, target, "DescribeTable").dynamodb
    table = (await answered(port.describe_table({"TableName": target.table})))["Table"]
    found = provisioned(target, table)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"DynamoDB index does not exist: {target.resource_id}")
    return found


async def attempt(
    call: Call, state: ScalingState, target: Target, wanted: int, cause: str, policy: Policy | None = None
) -> str:
    """Begin to set a target's capacity, within its bounds; empty, or the code of why nothing was begun."""
    wanted = min(max(wanted, target.min_units), target.max_units)
    before = state.activities.get(target.activity)
    if before is not None and (before.status == "InProgress" or before.wanted == wanted):
        return BUSY
    activity = _new(call, target, wanted, cause, policy)
    try:
        now = await seen(call, target)
    except AwsError as error:
        _failed(call, state, target, activity, error)
        return ""
    _note_units(state, target, now.units(target))
    if now.is_on_demand:
        return UNSCALABLE
    if wanted == target.units:
        return _at(target)
    if before is not None:
        _end(call, state, target, before, "Overridden", f"Overridden by activity {activity.id}.")
    await _update(call, state, target, activity, now)
    return ""


async def retry(call: Call, state: ScalingState, target: Target, activity: Activity) -> None:
    """Try again what DynamoDB was not ready for."""
    try:
        now = await seen(call, target)
    except AwsError as error:
        _failed(call, state, target, activity, error)
        return
    _note_units(state, target, now.units(target))
    activity.wanted = min(max(activity.wanted, target.min_units), target.max_units)
    if now.is_on_demand:
        _end(call, state, target, activity, "Unfulfilled", "The table is in on-demand mode.")
    elif activity.wanted == target.units:
        _end(call, state, target, activity, "Successful", _done(target, activity))
    else:
        await _update(call, state, target, activity, now)


async def fulfil(call: Call, state: ScalingState, target: Target, activity: Activity) -> None:
    """See whether DynamoDB has carried an update out, and end its activity if so."""
    try:
        now = await seen(call, target)
    except AwsError as error:
        _failed(call, state, target, activity, error)
        return
    if not now.is_active:
        _later(call, "fulfil", target, activity, limits.LOOK_MS)
        return
    _note_units(state, target, now.units(target))
    if target.units == activity.wanted:
        _end(call, state, target, activity, "Successful", _done(target, activity))
    else:
        words = f"Somebody else has set {target.units_named} to {target.units}."
        _end(call, state, target, activity, "Unfulfilled", words)
    await alarms.fit_all(call, state, target)


async def _update(call: Call, state: ScalingState, target: Target, activity: Activity, now: Provisioned) -> None:
    """Ask for the new capacity; the other direction stays as it is."""
    activity.before = target.units
    read, write = now.read_units, now.write_units
    is_read = target.direction == "Read"
    units = {
        "ReadCapacityUnits": activity.wanted if is_read else read,
        "WriteCapacityUnits": write if is_read else activity.wanted,
    }
    request: dict[str, Any] = {"TableName": target.table}
    if target.index:
        update = {"IndexName": target.index, "ProvisionedThroughput": units}
        request["GlobalSecondaryIndexUpdates"] = [{"Update": update}]
    else:
        request["ProvisionedThroughput"] = units
    _keep(call, state, target, activity)
    # It is pending until there is an answer; if the process ends first, it is tried again.
    guarded = _later(call, "retry", target, activity, limits.RETRY_MS)
    try:
        await answered(acting_for(call, target, "UpdateTable").dynamodb.update_table(request))
    except AwsError as error:
        if error.code in NOT_YET:
            _pend(call, state, target, activity, error)
        else:
            _failed(call, state, target, activity, error)
        return
    finally:
        call.world.agenda.cancel(guarded)
    activity.status = "InProgress"
    activity.message = (
        f"Successfully set {target.units_named} to {activity.wanted}. "
        f"Waiting for change to be fulfilled by {target.namespace}."
    )
    _note_units(state, target, activity.wanted)
    state.activities.touch(activity.id)
    _happened(call, target, activity)
    _later(call, "fulfil", target, activity, limits.LOOK_MS)


def _new(call: Call, target: Target, wanted: int, cause: str, policy: Policy | None) -> Activity:
    return Activity(
        id=call.world.ids.uuid(),
        target=target.key,
        namespace=target.namespace,
        resource_id=target.resource_id,
        dimension=target.dimension,
        description=f"Setting {target.units_named} to {wanted}.",
        cause=cause,
        started_ms=call.now,
        wanted=wanted,
        before=target.units,
        policy="" if policy is None else policy.key,
    )


def _keep(call: Call, state: ScalingState, target: Target, activity: Activity) -> None:
    if activity.id not in state.activities:
        state.add_activity(activity, call.now)
    if target.key in state.targets:  # it may have been deregistered meanwhile
        target.activity = activity.id
        state.targets.touch(target.key)


def _pend(call: Call, state: ScalingState, target: Target, activity: Activity, error: AwsError) -> None:
    """Wait until the table can be changed again, and say once that it is waited for."""
    if not activity.message:
        cause = f"{target.resource_arn} cannot be changed now; {activity.description} is tried again."
        facts = (Fact(target.resource_arn, "wanted", activity.wanted),)
        why = Why("delayed", cause, facts, (), (error.why,))
        call.explain("UpdateTable", target.resource_arn, why, error.code)
    activity.status, activity.message = "Pending", error.message
    state.activities.touch(activity.id)
    _later(call, "retry", target, activity, limits.RETRY_MS)


def _failed(call: Call, state: ScalingState, target: Target, activity: Activity, error: AwsError) -> None:
    """Give an activity up, with the reason for which it was refused."""
    _keep(call, state, target, activity)
    message = f"Failed to set {target.units_named} to {activity.wanted}. Reason: {error.message}"
    _end(call, state, target, activity, "Failed", message)
    if target.failure == message:
        return
    target.failure = message
    if target.key in state.targets:
        state.targets.touch(target.key)
    facts = (
        Fact(target.resource_arn, "wanted", activity.wanted),
        call.fact(target.resource_arn, f"{target.direction}CapacityUnits", target.units),
        Fact(target.arn, "RoleARN", target.role_arn),
    )
    operation = "ScaleIn" if activity.wanted < target.units else "ScaleOut"
    why = Why("failed", message, facts, error.why.remedy, (error.why,))
    call.explain(operation, target.resource_arn, why, error.code)


def _end(call: Call, state: ScalingState, target: Target, activity: Activity, status: Status, message: str) -> None:
    activity.status, activity.message, activity.ended_ms = status, message, call.now
    state.activities.touch(activity.id)
    if target.activity == activity.id and target.key in state.targets:
        target.activity = ""
        state.targets.touch(target.key)
    if status == "Successful" and target.failure:
        target.failure = ""
        if target.key in state.targets:
            state.targets.touch(target.key)
    policy = state.policies.get(activity.policy)
    if policy is not None and status == "Successful":
        if activity.wanted > activity.before:
            # "the scale-in cooldown period stops and doesn't complete" (target-tracking-scaling-policy-overview.html)
            policy.out_ms, policy.out_by, policy.in_ms = call.now, activity.wanted - activity.before, 0
        else:
            policy.in_ms = call.now
        state.policies.touch(policy.key)
    _happened(call, target, activity)


def _happened(call: Call, target: Target, activity: Activity) -> None:
    call.happened(
        "application-autoscaling.ScalingActivity",
        target.resource_arn,
        activity=activity.id,
        status=activity.status,
        wanted=activity.wanted,
        before=activity.before,
        cause=activity.cause,
    )


def _note_units(state: ScalingState, target: Target, units: int) -> None:
    if target.units != units and target.key in state.targets:
        target.units = units
        state.targets.touch(target.key)
    target.units = units


def _at(target: Target) -> str:
    """Why a target is left where it is: the code of a NotScaledReason."""
    if target.units == target.max_units:
        return "AlreadyAtMaxCapacity"
    return "AlreadyAtMinCapacity" if target.units == target.min_units else "AlreadyAtDesiredCapacity"


def _done(target: Target, activity: Activity) -> str:
    done = f"Successfully set {target.units_named} to {activity.wanted}."
    return f"{done} Change successfully fulfilled by {target.namespace}."


def _later(call: Call, action: str, target: Target, activity: Activity, delay_ms: int) -> int:
    return call.later(
        call.world.clock.now_ms + delay_ms,
        f"application-autoscaling.{action}",
        target=target.key,
        activity=activity.id,
    )
