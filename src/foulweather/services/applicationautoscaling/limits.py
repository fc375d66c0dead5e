"""Quotas and times of Application Auto Scaling, and the words of its refusals.

Quotas: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-quotas.html.
The words of "No scalable target registered for", "DynamoDB table does not exist", "Unsupported service namespace…",
"User is missing the following permissions" and "Invalid schedule expression. Details" are AWS's as its users report
them; AWS documents the conditions of the other refusals, not their words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

TARGETS_MAX: Final = 5_000
POLICIES_MAX: Final = 50
SCHEDULED_MAX: Final = 200
STEPS_MAX: Final = 20
TAGS_MAX: Final = 50
PAGE_MAX: Final = 50
ACTIVITIES_MS: Final = 42 * 86_400_000
UNITS_MAX: Final = 2_147_483_647

# Between two looks at whether DynamoDB has carried out an update, or has become free for one; not documented.
LOOK_MS: Final = 5_000
RETRY_MS: Final = 10_000
ADJUST_MS: Final = 1_000
# The alarms on provisioned capacity have three periods of five minutes: DynamoDB tells that metric every five minutes.
REPROVISIONED_MS: Final = 900_000

# "two consecutive minutes": provisioned-capacity-mode.html, above. "20% or more below the target for 15 consecutive
# minutes (50 RCUs)" of a table with 100 RCU and a target of 70 %: https://repost.aws/knowledge-center/dynamodb-auto-scaling
HIGH_MINUTES: Final = 2
LOW_MINUTES: Final = 15
LOW_BELOW_PERCENT: Final = 20
# "You can set the auto scaling target utilization values between 20 and 90 percent for your read and write capacity":
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html
UTILIZATION_MIN: Final = 20
UTILIZATION_MAX: Final = 90
# Other metrics: three minutes above the target, fifteen below nine tenths of it, as the alarms that AWS makes are.
CUSTOM_HIGH_MINUTES: Final = 3
CUSTOM_LOW_PERCENT: Final = 90
STEP_COOLDOWN_S: Final = 300
TARGET_VALUE_MAX: Final = 2.0**360


def facts(**members: Any) -> tuple[Fact, ...]:
    """What a request said, as facts."""
    return tuple(Fact("request", name, value) for name, value in members.items())


def invalid(message: str, *because: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """The request is not valid."""
    return AwsError("ValidationException", message, facts=because, remedy=remedy)


def not_found(words: str, namespace: str, resource_id: str, dimension: str) -> AwsError:
    """What a request needs is not there."""
    message = f"{words} service namespace: {namespace}, resource ID: {resource_id}, scalable dimension: {dimension}"
    remedy = (
        f"aws application-autoscaling register-scalable-target --service-namespace {namespace} "
        f"--resource-id {resource_id} --scalable-dimension {dimension} --min-capacity ... --max-capacity ..."
    )
    return AwsError(
        "ObjectNotFoundException",
        message,
        facts=facts(ResourceId=resource_id, ScalableDimension=dimension),
        remedy=(remedy,) if "target registered" in words else (),
    )


def exceeded(what: str, most: int) -> AwsError:
    """A quota is used up."""
    return AwsError(
        "LimitExceededException",
        f"{what} limit exceeded. The limit is {most}.",
        facts=(Fact("quota", what, most),),
        remedy=("aws service-quotas request-service-quota-increase --service-code application-autoscaling ...",),
    )


def checked_bounds(min_units: int | None, max_units: int | None) -> tuple[int, int]:
    """The capacities between which a target may be scaled."""
    if min_units is None or max_units is None:
        raise invalid("Both MinCapacity and MaxCapacity must be specified when registering a new scalable target")
    for name, units in (("MinCapacity", min_units), ("MaxCapacity", max_units)):
        check_units(name, units)
    if max_units < min_units:
        raise invalid(
            "Maximum capacity cannot be less than minimum capacity",
            *facts(MinCapacity=min_units, MaxCapacity=max_units),
        )
    return min_units, max_units


def check_units(name: str, units: int | None) -> None:
    """One capacity: a table and an index have a unit at least."""
    if units is not None and not 1 <= units <= UNITS_MAX:
        raise invalid(f"{name} must be greater than or equal to 1 for dynamodb", *facts(**{name: units}))


def check_tags(tags: Mapping[str, str], held: int = 0) -> None:
    """Tags that are to be set; those whose keys begin with aws: are AWS's."""
    reserved = sorted(key for key in tags if key.lower().startswith("aws:"))
    if reserved:
        raise invalid(f"Tag keys cannot start with aws: {', '.join(reserved)}", *facts(Tags=reserved))
    if max(held, len(tags)) > TAGS_MAX:
        raise AwsError(
            "TooManyTagsException",
            f"A scalable target can have at most {TAGS_MAX} tags.",
            facts=facts(Tags=max(held, len(tags))),
        )
