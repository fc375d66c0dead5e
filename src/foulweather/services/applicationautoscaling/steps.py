"""Step scaling: the steps of a policy, and the capacity that a breach leads to.

AWS does not support it for DynamoDB, Lambda, Keyspaces, MSK, ElastiCache, Neptune and Comprehend
(https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html, PolicyType), so that of
what is built nothing takes it yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from foulweather.services.applicationautoscaling import limits

UNSUPPORTED = frozenset({"dynamodb", "comprehend", "lambda", "cassandra", "kafka", "elasticache", "neptune"})


def check(config: Mapping[str, Any]) -> None:
    """Refuse steps that overlap, leave a gap or an end open, or adjust in a way that there is not."""
    kind, steps = config.get("AdjustmentType"), list(config.get("StepAdjustments") or [])
    if kind is None:
        raise limits.invalid("AdjustmentType must be specified for a step scaling policy")
    if not steps:
        raise limits.invalid("At least one step adjustment must be specified for a step scaling policy")
    if len(steps) > limits.STEPS_MAX:
        raise limits.exceeded("Step adjustments per step scaling policy", limits.STEPS_MAX)
    if config.get("MinAdjustmentMagnitude") is not None and kind != "PercentChangeInCapacity":
        raise limits.invalid("MinAdjustmentMagnitude can only be specified with PercentChangeInCapacity")
    if config.get("Cooldown", 0) < 0:
        raise limits.invalid("Cooldown must be greater than or equal to 0")
    for step in steps:
        lower, upper = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
        if lower is None and upper is None:
            if len(steps) > 1:
                raise limits.invalid("The upper and lower bound can't be null in the same step adjustment")
            raise limits.invalid("At least one of the bounds of a step adjustment must be specified")
        if lower is not None and upper is not None and lower >= upper:
            raise limits.invalid("The upper bound must be greater than the lower bound", *limits.facts(step=step))
        if kind == "ExactCapacity" and step["ScalingAdjustment"] < 0:
            raise limits.invalid("ScalingAdjustment must be non-negative for ExactCapacity", *limits.facts(step=step))
    _check_ranges(steps)


def _check_ranges(steps: list[dict[str, Any]]) -> None:
    """The four rules of StepAdjustment (API reference)."""
    infinite = float("inf")
    ranges = sorted(
        (step.get("MetricIntervalLowerBound", -infinite), step.get("MetricIntervalUpperBound", infinite))
        for step in steps
    )
    for (_, upper), (lower, _) in pairwise(ranges):
        if upper > lower:
            raise limits.invalid("Step adjustment intervals can't overlap", *limits.facts(StepAdjustments=steps))
        if upper < lower:
            raise limits.invalid("There can't be gaps between step adjustment intervals", *limits.facts(steps=steps))
    least, most = ranges[0][0], ranges[-1][1]
    if -infinite < least < 0:
        raise limits.invalid(
            "If one step adjustment has a negative lower bound, there must be one with a null lower bound",
            *limits.facts(StepAdjustments=steps),
        )
    if 0 < most < infinite:
        raise limits.invalid(
            "If one step adjustment has a positive upper bound, there must be one with a null upper bound",
            *limits.facts(StepAdjustments=steps),
        )


def wanted(config: Mapping[str, Any], current: int, value: float, threshold: float) -> int | None:
    """The capacity that a breach leads to, or None when no step covers it.

    Above the threshold a lower bound is inclusive and an upper one exclusive; below it is the other way round.
    """
    difference = value - threshold
    for step in config["StepAdjustments"]:
        lower = step.get("MetricIntervalLowerBound", float("-inf"))
        upper = step.get("MetricIntervalUpperBound", float("inf"))
        is_in = lower <= difference < upper if difference >= 0 else lower < difference <= upper
        if is_in:
            return _adjusted(config, current, step["ScalingAdjustment"])
    return None


def _adjusted(config: Mapping[str, Any], current: int, adjustment: int) -> int:
    kind = config["AdjustmentType"]
    if kind == "ExactCapacity":
        return adjustment
    if kind == "ChangeInCapacity":
        return current + adjustment
    # "Values greater than 1 are rounded down. Values between 0 and 1 are rounded to 1. Values between 0 and -1 are
    # rounded to -1. Values less than -1 are rounded up": step-scaling-policy-overview.html, Scaling adjustment types
    magnitude = abs(current * adjustment) // 100
    magnitude = max(magnitude, config.get("MinAdjustmentMagnitude", 1), 1)
    return current + (magnitude if adjustment > 0 else -magnitude if adjustment < 0 else 0)
