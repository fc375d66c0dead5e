"""Scaling policies: put, described, deleted.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.applicationautoscaling import alarms, limits, metrics, steps
from foulweather.services.applicationautoscaling.paging import page
from foulweather.services.applicationautoscaling.records import Policy, Target
from foulweather.services.applicationautoscaling.roles import when_answered
from foulweather.services.applicationautoscaling.state import ScalingState

Request = Mapping[str, Any]
CONFIGURATIONS = {
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "StepScaling": "StepScalingPolicyConfiguration",
    "PredictiveScaling": "PredictiveScalingPolicyConfiguration",
}


def put_scaling_policy(call: Call, request: Request) -> dict[str, Any] | Awaitable[dict[str, Any]]:
    """Make a policy, or change one, and give the alarms that it owns."""
    if request.get("PredictiveScalingPolicyConfiguration") or request.get("PolicyType") == "PredictiveScaling":
        raise not_implemented("application-autoscaling", "PutScalingPolicy.PredictiveScalingPolicyConfiguration")
    state = call.state(ScalingState)
    namespace, dimension = request["ServiceNamespace"], request["ScalableDimension"]
    target = state.registered(namespace, request["ResourceId"], dimension)
    held = state.policies.get(f"{target.key} {request['PolicyName']}")
    kind, config = _configured(request, held)
    if kind == "StepScaling":
        steps.check(config)
        if namespace in steps.UNSUPPORTED:
            raise _no_steps(target, namespace)
    else:
        _check_tracking(target, config)
        _check_others(state, target, request["PolicyName"], config)
    if held is None and len(state.policies_of(target)) >= limits.POLICIES_MAX:
        raise limits.exceeded("Scaling policies per scalable target", limits.POLICIES_MAX)
    policy = held or Policy(
        id=call.world.ids.uuid(),
        name=request["PolicyName"],
        target=target.key,
        type=kind,
        config={},
        created_ms=call.now,
    )
    before, policy.config = policy.config, config
    waiting: alarms.Waiting = []
    if kind == "TargetTrackingScaling":
        try:
            waiting = alarms.make(call, state, target, policy)
        except AwsError as error:
            policy.config = before
            for alarm in state.alarms_of(policy):
                alarms.fit(alarm, target, policy)
            raise _refused_by_cloudwatch(error) from None
    state.policies.put(policy.key, policy)
    arn = policy.arn(target)
    call.changed("application-autoscaling.PolicyPut", arn, PolicyType=kind, **config)
    return when_answered(waiting, {"PolicyARN": arn, "Alarms": _alarms(state, target, policy)})


def _refused_by_cloudwatch(error: AwsError) -> AwsError:
    """A metric that cannot be an alarm's is not valid here; what else goes wrong is a failed access."""
    if error.code in ("ValidationError", "InvalidParameterValue", "InvalidParameterCombination"):
        return limits.invalid(error.message).because(error.why)
    if error.status == 501:
        return error
    return AwsError("FailedResourceAccessException", error.message).because(error.why)


def _configured(request: Request, held: Policy | None) -> tuple[str, dict[str, Any]]:
    """A policy's type and configuration, as asked for or as it is."""
    kind: str | None = request.get("PolicyType") or (held.type if held is not None else None)
    given = [each for each, member in CONFIGURATIONS.items() if request.get(member) is not None]
    if kind is None:
        raise limits.invalid("PolicyType must be specified when creating a scaling policy")
    if held is not None and held.type != kind:
        raise limits.invalid(
            f"The policy type of {held.name} cannot be changed from {held.type} to {kind}",
            *limits.facts(PolicyType=kind),
        )
    if any(each != kind for each in given):
        member = CONFIGURATIONS[next(each for each in given if each != kind)]
        raise limits.invalid(f"{member} cannot be specified for policy type {kind}", *limits.facts(PolicyType=kind))
    if given:
        return kind, dict(request[CONFIGURATIONS[kind]])
    if held is None:
        raise limits.invalid(f"{CONFIGURATIONS[kind]} must be specified for policy type {kind}")
    return kind, held.config


def _no_steps(target: Target, namespace: str) -> AwsError:
    return limits.invalid(
        f"Policy type StepScaling is not supported for service namespace: {namespace}, "
        f"scalable dimension: {target.dimension}",
        *limits.facts(PolicyType="StepScaling", ServiceNamespace=namespace),
        remedy=("aws application-autoscaling put-scaling-policy --policy-type TargetTrackingScaling ...",),
    )


def _check_tracking(target: Target, config: Mapping[str, Any]) -> None:
    goal = config["TargetValue"]
    if not abs(goal) <= limits.TARGET_VALUE_MAX:
        raise limits.invalid("TargetValue must be in the range of -2^360 to 2^360", *limits.facts(TargetValue=goal))
    metrics.check(target, config)
    if "PredefinedMetricSpecification" in config:
        least, most = limits.UTILIZATION_MIN, limits.UTILIZATION_MAX
        if not least <= goal <= most:
            raise limits.invalid(
                f"TargetValue must be between {least} and {most} for dynamodb", *limits.facts(TargetValue=goal)
            )
    elif goal <= 0:
        raise limits.invalid("TargetValue must be greater than 0", *limits.facts(TargetValue=goal))
    for name in ("ScaleOutCooldown", "ScaleInCooldown"):
        if config.get(name, 0) < 0:
            raise limits.invalid(f"{name} must be greater than or equal to 0", *limits.facts(**{name: config[name]}))


def _check_others(state: ScalingState, target: Target, name: str, config: Mapping[str, Any]) -> None:
    """A target has one target tracking policy for a metric."""
    for other in state.policies_of(target):
        if other.name != name and all(
            other.config.get(each) == config.get(each)
            for each in ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
        ):
            raise limits.invalid(
                "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
                *limits.facts(PolicyName=other.name),
            )


def delete_scaling_policy(call: Call, request: Request) -> dict[str, Any] | Awaitable[dict[str, Any]]:
    """Delete a policy, and the alarms that it owns."""
    state = call.state(ScalingState)
    namespace, resource_id, dimension = (request[n] for n in ("ServiceNamespace", "ResourceId", "ScalableDimension"))
    target = state.target(resource_id, dimension)
    policy = state.policies.get(f"{target.key} {request['PolicyName']}") if target is not None else None
    if target is None or policy is None or target.namespace != namespace:
        raise limits.not_found("No scaling policy found for", namespace, resource_id, dimension)
    waiting = alarms.remove(call, state, target, state.alarms_of(policy))
    state.policies.delete(policy.key)
    call.changed("application-autoscaling.PolicyDeleted", policy.arn(target), PolicyType=None)
    return when_answered(waiting, {})


def describe_scaling_policies(call: Call, request: Request) -> dict[str, Any]:
    """The policies of a namespace."""
    names, resource_id, dimension = (request.get(n) for n in ("PolicyNames", "ResourceId", "ScalableDimension"))
    if dimension is not None and resource_id is None:
        raise limits.invalid("ResourceId must be specified with ScalableDimension")
    state = call.state(ScalingState)
    found = [
        _shape(state, target, policy)
        for policy in state.policies.values()
        if (target := state.targets[policy.target]).namespace == request["ServiceNamespace"]
        and (not names or policy.name in names)
        and resource_id in (None, target.resource_id)
        and dimension in (None, target.dimension)
    ]
    return page(request, "ScalingPolicies", found)


def _alarms(state: ScalingState, target: Target, policy: Policy) -> list[dict[str, Any]]:
    return [{"AlarmName": alarm.name, "AlarmARN": alarm.arn(target)} for alarm in state.alarms_of(policy)]


def _shape(state: ScalingState, target: Target, policy: Policy) -> dict[str, Any]:
    return {
        "PolicyARN": policy.arn(target),
        "PolicyName": policy.name,
        "ServiceNamespace": target.namespace,
        "ResourceId": target.resource_id,
        "ScalableDimension": target.dimension,
        "PolicyType": policy.type,
        CONFIGURATIONS[policy.type]: policy.config,
        "Alarms": _alarms(state, target, policy),
        "CreationTime": policy.created_ms,
    }
