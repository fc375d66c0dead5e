"""When associations run: `rate(30 minutes)`, `cron(0 2 ? * SUN *)`, `at(2026-01-01T00:00:00)`, all in UTC.

https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from foulweather.kernel.cron import Cron

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON: Final = re.compile(r"cron\((.+)\)")
_AT: Final = re.compile(r"at\((.+)\)")
_UNIT_MS: Final[Mapping[str, int]] = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
# "The minimum interval is 30 minutes": CreateAssociation, ScheduleExpression.
_RATE_MS_MIN: Final = 30 * 60_000


def next_ms(expression: str, after_ms: int, offset_days: int = 0) -> int:
    """When a schedule is due next after a time; 0 when it never is. ValueError tells what is no schedule.

    A cron schedule may have an offset: that many days after each of its days.
    """
    offset_ms = offset_days * _UNIT_MS["day"]
    if offset_ms and not expression.startswith("cron("):
        raise ValueError("an offset is for a cron schedule only")
    if rate := _RATE.fullmatch(expression):
        span_ms = int(rate[1]) * _UNIT_MS[rate[2]]
        if span_ms < _RATE_MS_MIN:
            raise ValueError("the shortest rate is 30 minutes")
        return after_ms + span_ms
    if at := _AT.fullmatch(expression):
        when = datetime.fromisoformat(at[1])
        at_ms = int((when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()) * 1000
        return at_ms if at_ms > after_ms else 0
    cron = _CRON.fullmatch(expression)
    if cron is None:
        raise ValueError("a schedule is rate(...), cron(...) or at(...)")
    fields = cron[1].split()
    if len(fields) == 7:  # seconds may lead, and are 0
        if fields[0] != "0":
            raise ValueError("the seconds of a cron expression are 0")
        del fields[0]
    found = Cron(" ".join(fields)).next_ms(after_ms - offset_ms)
    return found + offset_ms if found else 0
