"""How much of a usage plan's quota a key has used, day by day, and what remains of a period.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from foulweather.services.apigateway.stage_records import Extension, Quota, Usage, UsagePlan
from foulweather.services.apigateway.state import RestState


def day_of(now_ms: int) -> date:
    """The day of a time, in UTC."""
    return datetime.fromtimestamp(now_ms // 1000, UTC).date()


def period_of(quota: Quota, day: date) -> date:
    """The first day of the period that a day is in.

    A week begins on the day of its offset (0 is Sunday), a month on the day after its offset (0 is the first).
    """
    if quota.period == "WEEK":
        return day - timedelta(days=(day.isoweekday() - quota.offset) % 7)
    if quota.period == "MONTH":
        begins = day.replace(day=quota.offset + 1)
        if begins <= day:
            return begins
        return (begins.replace(day=1) - timedelta(days=1)).replace(day=quota.offset + 1)
    return day


def used(state: RestState, plan: UsagePlan, key_id: str, begins: date, ends: date) -> int:
    """A key's requests from a day to another, both counted."""
    total, day = 0, begins
    while day <= ends:
        row = state.usage.get(f"{plan.id}/{key_id}/{day}")
        total += 0 if row is None else row.used
        day += timedelta(days=1)
    return total


def remaining(state: RestState, plan: UsagePlan, key_id: str, day: date) -> int:
    """How many more requests a plan with a quota allows a key after a day, in the period of that day."""
    assert plan.quota is not None
    begins = period_of(plan.quota, day)
    extension = state.extensions.get(f"{plan.id}/{key_id}")
    more = extension.allowed if extension is not None and extension.period_ms == _ms(begins) else 0
    return max(0, plan.quota.limit + more - used(state, plan, key_id, begins, day))


def count(state: RestState, plan: UsagePlan, key_id: str, now_ms: int) -> None:
    """Count one request of a key; it is written with whatever is written next."""
    row = f"{plan.id}/{key_id}/{day_of(now_ms)}"
    held = state.usage.get(row)
    if held is None:
        state.usage.put_later(row, Usage(used=1))
    else:
        held.used += 1
        state.usage.touch_later(row)


def extend(state: RestState, plan: UsagePlan, key_id: str, day: date, left: int) -> None:
    """Let so many requests remain to a key in the period of a day."""
    assert plan.quota is not None
    begins = period_of(plan.quota, day)
    allowed = left - plan.quota.limit + used(state, plan, key_id, begins, day)
    state.extensions.put(f"{plan.id}/{key_id}", Extension(period_ms=_ms(begins), allowed=allowed))


def _ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
