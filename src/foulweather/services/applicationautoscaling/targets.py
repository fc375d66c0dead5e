"""Scalable targets: registered, changed, described, deregistered.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.applicationautoscaling import acting, alarms, dimensions, limits
from foulweather.services.applicationautoscaling.paging import page
from foulweather.services.applicationautoscaling.records import SUSPENSIONS, Target
from foulweather.services.applicationautoscaling.roles import answered, ensure_role, when_answered
from foulweather.services.applicationautoscaling.state import ScalingState

_ROLE = re.compile(r"arn:aws:iam::\d{12}:role/[\w+=,.@/-]+")
_DENIED = ("AccessDeniedException", "AccessDenied")

Request = Mapping[str, Any]


async def register_scalable_target(call: Call, request: Request) -> dict[str, Any]:
    """Make a table's or an index's capacity a scalable target, or change its bounds and what is suspended.

    RoleARN is not what tables are scaled by: "If the service supports service-linked roles, Application Auto Scaling
    uses a service-linked role, which it creates if it does not yet exist."
    """
    namespace, resource_id, dimension = _named(request)
    dimensions.check_target(namespace, resource_id, dimension)
    state = call.state(ScalingState)
    held = state.target(resource_id, dimension)
    low, high = request.get("MinCapacity"), request.get("MaxCapacity")
    if held is not None:
        low, high = held.min_units if low is None else low, held.max_units if high is None else high
    low, high = limits.checked_bounds(low, high)
    role = request.get("RoleARN")
    if role is not None and not _ROLE.fullmatch(role):
        raise limits.invalid(f"Unable to assume IAM role: {role}", *limits.facts(RoleARN=role))
    tags: dict[str, str] = dict(request.get("Tags") or {})
    limits.check_tags(tags)
    if held is not None and tags:
        raise limits.invalid("Tags can only be specified when a scalable target is created; use TagResource")
    if held is None and len(state.targets) >= limits.TARGETS_MAX:
        raise limits.exceeded("Scalable targets for dynamodb", limits.TARGETS_MAX)
    target = Target(
        id="" if held is None else held.id,
        account=call.account,
        region=call.region,
        namespace=namespace,
        resource_id=resource_id,
        dimension=dimension,
        min_units=low,
        max_units=high,
        role_arn="",
        created_ms=call.now,
        tags=tags,
    )
    now = await _existing(call, target)
    await _check_may_update(call, target)
    target.role_arn = await ensure_role(call)
    # The role was waited for, perhaps: somebody else may have registered the target meanwhile.
    held = state.target(resource_id, dimension)
    if held is None:
        target.id = call.world.ids.hex(36)
        held = target
    held.min_units, held.max_units, held.role_arn = low, high, target.role_arn
    suspended: dict[str, bool] = request.get("SuspendedState") or {}
    held.suspended = {**held.suspended, **suspended}
    held.units = now.units(held)
    state.targets.put(held.key, held)
    facts = {name: request[name] for name in ("Tags",) if request.get(name)}
    facts |= suspended
    call.changed("application-autoscaling.TargetRegistered", held.arn, MinCapacity=low, MaxCapacity=high, **facts)
    # "If the specified resource is not active in the target service, this operation does not change [its] capacity."
    if now.is_active and not now.is_on_demand and not low <= held.units <= high:
        call.later(call.now + limits.ADJUST_MS, "application-autoscaling.adjust", target=held.key)
    return {"ScalableTargetARN": held.arn}


async def _existing(call: Call, target: Target) -> acting.Provisioned:
    """What the table has now, seen in the caller's name."""
    port = call.forwarded("application-autoscaling").dynamodb
    try:
        table = (await answered(port.describe_table({"TableName": target.table})))["Table"]
    except AwsError as error:
        if error.code in _DENIED:
            raise _missing("dynamodb:DescribeTable", error) from None
        if error.code == "ResourceNotFoundException":
            raise limits.invalid(f"DynamoDB table does not exist: {target.resource_id}").because(error.why) from None
        raise
    found = acting.provisioned(target, table)
    if found is None:
        raise limits.invalid(
            f"DynamoDB index does not exist: {target.resource_id}", call.fact(target.resource_arn, "IndexName", None)
        )
    return found


async def _check_may_update(call: Call, target: Target) -> None:
    """Find out whether the caller may update the table, by a request that changes nothing.

    "we issue a series of calls to validate the IAM permissions": a request with parameters that will not do is refused
    as invalid where the caller has the permission, and is denied where not.
    https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_permission_validation.html
    """
    if call.principal.kind == "root":  # has every permission, and no use for a refusal in its traces
        return
    try:
        await answered(call.forwarded("application-autoscaling").dynamodb.update_table({"TableName": target.table}))
    except AwsError as error:
        if error.code in _DENIED:
            raise _missing("dynamodb:UpdateTable", error) from None


def _missing(permission: str, error: AwsError) -> AwsError:
    return limits.invalid(f"User is missing the following permissions: {permission}").because(error.why)


def deregister_scalable_target(call: Call, request: Request) -> dict[str, Any] | Awaitable[dict[str, Any]]:
    """Forget a scalable target, with its policies, their alarms and its scheduled actions; its capacity stays."""
    state = call.state(ScalingState)
    target = state.registered(*_named(request), words="found for")
    waiting: alarms.Waiting = []
    for policy in state.policies_of(target):
        waiting += alarms.remove(call, state, target, state.alarms_of(policy))
        state.policies.delete(policy.key)
    for action in state.scheduled_of(target):
        call.world.agenda.cancel(action.due)
        state.scheduled.delete(action.key)
    state.targets.delete(target.key)
    call.changed("application-autoscaling.TargetDeregistered", target.arn, MinCapacity=None, MaxCapacity=None)
    return when_answered(waiting, {})


def describe_scalable_targets(call: Call, request: Request) -> dict[str, Any]:
    """The scalable targets of a namespace."""
    ids, dimension = request.get("ResourceIds"), request.get("ScalableDimension")
    if dimension is not None and not ids:
        raise limits.invalid("ResourceIds must be specified with ScalableDimension")
    found = [
        _shape(target)
        for target in call.state(ScalingState).targets.values()
        if target.namespace == request["ServiceNamespace"]
        and (not ids or target.resource_id in ids)
        and dimension in (None, target.dimension)
    ]
    return page(request, "ScalableTargets", found)


def _named(request: Request) -> tuple[str, str, str]:
    return request["ServiceNamespace"], request["ResourceId"], request["ScalableDimension"]


def _shape(target: Target) -> dict[str, Any]:
    return {
        "ServiceNamespace": target.namespace,
        "ResourceId": target.resource_id,
        "ScalableDimension": target.dimension,
        "MinCapacity": target.min_units,
        "MaxCapacity": target.max_units,
        "RoleARN": target.role_arn,
        "CreationTime": target.created_ms,
        "SuspendedState": {name: target.is_suspended(name) for name in SUSPENSIONS},
        "ScalableTargetARN": target.arn,
    }
