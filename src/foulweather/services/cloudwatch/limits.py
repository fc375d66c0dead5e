"""CloudWatch's quotas, and what is checked against them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html and the API reference.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, get_args

from foulweather.kernel import validation
from foulweather.kernel.call import Call
from foulweather.kernel.model import ServiceModel
from foulweather.kernel.service import Rate
from foulweather.services.cloudwatch import refusals
from foulweather.services.cloudwatch.units import Unit

DATA_MAX: Final = 1000
VALUES_MAX: Final = 150
DIMENSIONS_MAX: Final = 30
PAST_MS: Final = 14 * 86_400_000
FUTURE_MS: Final = 2 * 3_600_000
QUERIES_MAX: Final = 500
DATAPOINTS_MAX: Final = 1440
POINTS_A_PAGE: Final = 100_800
METRICS_A_PAGE: Final = 500
ALARMS_A_PAGE: Final = 100
ALARM_METRICS_MAX: Final = 10
TAGS_MAX: Final = 50
HISTORY_MS: Final = 30 * 86_400_000
HIGH_PERIODS: Final = (10, 20, 30)
UNITS: Final[frozenset[str]] = frozenset(get_args(Unit))
_UNIT_SET = ", ".join(get_args(Unit))

_THROTTLED = "Rate exceeded"
RATES: Final[dict[str, Rate]] = {
    "PutMetricData": Rate(500, 1000, "Throttling", _THROTTLED),
    "GetMetricData": Rate(50, 100, "Throttling", _THROTTLED),
    "GetMetricStatistics": Rate(400, 800, "Throttling", _THROTTLED),
    "ListMetrics": Rate(25, 50, "Throttling", _THROTTLED),
    "PutMetricAlarm": Rate(3, 30, "Throttling", _THROTTLED),
    "DescribeAlarms": Rate(9, 90, "Throttling", _THROTTLED),
    "GetDashboard": Rate(10, 20, "Throttling", _THROTTLED),
    "PutDashboard": Rate(10, 20, "Throttling", _THROTTLED),
    "ListDashboards": Rate(10, 20, "Throttling", _THROTTLED),
    "DeleteDashboards": Rate(10, 20, "Throttling", _THROTTLED),
}


def check_model(call: Call, request: Mapping[str, Any]) -> None:
    """Refuse what breaks the model's constraints, in the words that AWS's services share."""
    violations = validation.check(ServiceModel.load("cloudwatch").operation(call.operation), dict(request))
    if violations:
        raise validation.coral_error(violations, code="ValidationError")


def checked_value(value: float, path: str) -> float:
    """A value that CloudWatch takes: between -2^360 and 2^360, and a number."""
    if math.isnan(value) or math.isinf(value):
        raise refusals.invalid(f"The value {value} for parameter {path} is invalid.")
    if abs(value) > 2.0**360:
        raise refusals.invalid(f"The value {value} for parameter {path} is invalid.")
    return float(value)


def checked_unit(unit: str | None, path: str) -> str:
    """A unit of those that there are."""
    if unit is None:
        return "None"
    if unit not in UNITS:
        raise refusals.invalid(f"The parameter {path} must be a value in the set [ {_UNIT_SET} ].", Unit=unit)
    return unit


def checked_time(at_ms: int, now_ms: int, path: str) -> int:
    """A time of the last two weeks or the next two hours."""
    if at_ms < now_ms - PAST_MS:
        raise refusals.invalid(f"The parameter {path} must specify a time within the past two weeks.")
    if at_ms > now_ms + FUTURE_MS:
        raise refusals.invalid(f"The parameter {path} must specify a time no more than two hours in the future.")
    return at_ms


@lru_cache(maxsize=4096)
def _is_pair(name: str, value: str) -> bool:
    return len(name) <= 255 and len(value) <= 1024 and name.isascii() and value.isascii() and name[0] != ":"


def checked_dimensions(given: list[dict[str, str]], path: str) -> tuple[tuple[str, str], ...]:
    """Dimensions by name."""
    if len(given) > DIMENSIONS_MAX:
        raise refusals.invalid(f"The collection {path} must not have a size greater than {DIMENSIONS_MAX}.")
    pairs: list[tuple[str, str]] = []
    for number, each in enumerate(given, 1):
        name, value = each.get("Name"), each.get("Value")
        if not name or name.isspace():
            raise refusals.missing(f"{path}.member.{number}.Name")
        if not value or value.isspace():
            raise refusals.missing(f"{path}.member.{number}.Value")
        if not _is_pair(name, value):
            raise refusals.invalid(
                f"The value {name}={value} for parameter {path}.member.{number} is invalid.", Name=name
            )
        pairs.append((name, value))
    if len(pairs) > 1:
        pairs.sort()
        if len({name for name, _ in pairs}) < len(pairs):
            raise refusals.invalid(f"No two dimensions in {path} may have the same name.", Dimensions=given)
    return tuple(pairs)


def checked_period(period_s: int, path: str) -> int:
    """A period: 1, 5, 10, 20, 30 seconds or a multiple of 60."""
    if period_s in (1, 5, 10, 20, 30) or (period_s >= 60 and period_s % 60 == 0):
        return period_s
    raise refusals.validation(f"The value {period_s} for parameter {path} is not valid. Period must be 1, 5, 10, 20, "
                              "30, or a multiple of 60.", Period=period_s)  # fmt: skip
