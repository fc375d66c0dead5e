"""Every quota of EventBridge Scheduler, and the words of its refusals.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Rate
from foulweather.kernel.why import Fact

# "Number of schedules: 1,000,000", "Number of schedule groups: 500".
SCHEDULES_MAX: Final = 1_000_000
GROUPS_MAX: Final = 500
TAGS_MAX: Final = 50
RETRIES_MAX: Final = 185
AGE_S_MAX: Final = 86_400
FIRST_RETRY_MS: Final = 1_000
RETRY_MS_MAX: Final = 480_000
PAST_MS_MAX: Final = 300_000

_THROTTLED: Final = ("ThrottlingException", "Rate exceeded", 429)
RATES: dict[str, Rate] = {
    **{name: Rate(1_000, 1_000, *_THROTTLED) for name in ("CreateSchedule", "UpdateSchedule", "DeleteSchedule")},
    "GetSchedule": Rate(1_000, 1_000, *_THROTTLED),
    **{name: Rate(10, 10, *_THROTTLED) for name in ("CreateScheduleGroup", "DeleteScheduleGroup")},
}


def retry_delay_ms(retry: int) -> int:
    """The delay before a retry (the first is number 0): it doubles up to eight minutes.

    AWS backs off exponentially, without a formula; these delays are exact, so that a held clock can be advanced to
    them.
    """
    return min(FIRST_RETRY_MS << min(retry, 20), RETRY_MS_MAX)


def invalid(message: str, **facts: Any) -> AwsError:
    """A request that cannot be meant."""
    return AwsError(
        "ValidationException", message, 400, facts=tuple(Fact("request", name, value) for name, value in facts.items())
    )


def missing(kind: str, name: str) -> AwsError:
    """There is no such schedule or group."""
    return AwsError(
        "ResourceNotFoundException", f"{kind} {name} does not exist.", 404, facts=(Fact(name, "exists", False),)
    )


def exists(kind: str, name: str) -> AwsError:
    """There is one of that name."""
    return AwsError("ConflictException", f"{kind} {name} already exists.", 409, facts=(Fact(name, "exists", True),))


def too_many(name: str, value: int, most: int) -> AwsError:
    """A quota is used up."""
    return AwsError(
        "ServiceQuotaExceededException",
        f"{name} limit exceeded: {most}",
        402,
        facts=(Fact("account", name, value), Fact("quota", name, most)),
    )


def checked_tags(tags: Sequence[Mapping[str, str]], held: Mapping[str, str]) -> dict[str, str]:
    """Tags added to those that a group has."""
    made = dict(held)
    for tag in tags:
        if tag["Key"].lower().startswith("aws:"):
            raise invalid("Tag keys starting with 'aws:' are reserved for system use", Key=tag["Key"])
        made[tag["Key"]] = tag["Value"]
    if len(made) > TAGS_MAX:
        raise invalid(f"A resource can have at most {TAGS_MAX} tags.", Tags=len(made))
    return made
