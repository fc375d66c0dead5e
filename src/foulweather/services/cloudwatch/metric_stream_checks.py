"""What PutMetricStream refuses.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricStream.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.cloudwatch import refusals, stats

Request = Mapping[str, Any]
FORMATS: Final = ("json", "opentelemetry0.7", "opentelemetry1.0")
FILTERS_MAX: Final = 1000
CONFIGURATIONS_MAX: Final = 100
METRICS_MAX: Final = 100
STATISTICS_MAX: Final = 20
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_PRINTABLE = re.compile(r"[ -~]{1,255}")
_PERCENTILE = re.compile(r"p\d+(\.\d+)?")


def check_name(request: Request) -> None:
    """Refuse a request without a stream's name, or with one that cannot be one."""
    name = request.get("Name")
    if not name:
        raise refusals.missing("Name")
    if _NAME.fullmatch(name) is None:
        raise refusals.invalid(f"The value {name} for parameter Name is invalid.", Name=name)


def check(call: Call, request: Request) -> None:
    """Refuse what cannot be a metric stream."""
    check_name(request)
    for name in ("FirehoseArn", "RoleArn", "OutputFormat"):
        if not request.get(name):
            raise refusals.missing(name)
    if request["OutputFormat"] not in FORMATS:
        raise refusals.invalid(
            f"The parameter OutputFormat must be a value in the set [ {', '.join(FORMATS)} ].",
            OutputFormat=request["OutputFormat"],
        )
    if request.get("IncludeFilters") and request.get("ExcludeFilters"):
        raise refusals.combination("IncludeFilters and ExcludeFilters are mutually exclusive.")
    _check_arns(call, request)
    for member in ("IncludeFilters", "ExcludeFilters"):
        _check_filters(member, request.get(member) or [])
    _check_statistics(request)
    if request.get("IncludeLinkedAccountsMetrics"):
        raise not_implemented("cloudwatch", "PutMetricStream.IncludeLinkedAccountsMetrics")


def _check_arns(call: Call, request: Request) -> None:
    """Both have to be of the stream's account, and the delivery stream of its Region."""
    firehose, role = request["FirehoseArn"], request["RoleArn"]
    parts = firehose.split(":", 5)
    whole = call.arn("firehose", "deliverystream/")
    if len(parts) < 6 or not firehose.startswith(whole) or len(firehose) == len(whole):
        raise refusals.invalid(f"The value {firehose} for parameter FirehoseArn is invalid.", FirehoseArn=firehose)
    if not role.startswith(f"arn:aws:iam::{call.account}:role/"):
        raise refusals.invalid(f"The value {role} for parameter RoleArn is invalid.", RoleArn=role)


def _check_filters(member: str, filters: Sequence[Mapping[str, Any]]) -> None:
    if len(filters) > FILTERS_MAX:
        raise refusals.invalid(f"The collection {member} must not have a size greater than {FILTERS_MAX}.")
    names = 0
    for number, each in enumerate(filters, 1):
        path = f"{member}.member.{number}"
        _check_text(each.get("Namespace"), f"{path}.Namespace")
        given: list[str] = each.get("MetricNames") or []
        names += max(1, len(given))
        for place, name in enumerate(given, 1):
            _check_text(name, f"{path}.MetricNames.member.{place}")
    # "Each metric stream can include up to 1000 filters": the names of a namespace count each.
    if names > FILTERS_MAX:
        raise refusals.invalid(f"The collection {member} must not name more than {FILTERS_MAX} metrics.", names=names)


def _check_text(value: str | None, path: str) -> None:
    if not value or value.isspace():
        raise refusals.missing(path)
    if _PRINTABLE.fullmatch(value) is None or value.startswith(":"):
        raise refusals.invalid(f"The value {value} for parameter {path} is invalid.")


def _check_statistics(request: Request) -> None:
    given: list[dict[str, Any]] = request.get("StatisticsConfigurations") or []
    is_json = request["OutputFormat"] == "json"
    if len(given) > CONFIGURATIONS_MAX:
        raise refusals.invalid(
            f"The collection StatisticsConfigurations must not have a size greater than {CONFIGURATIONS_MAX}."
        )
    for number, each in enumerate(given, 1):
        path = f"StatisticsConfigurations.member.{number}"
        for member, most in (("IncludeMetrics", METRICS_MAX), ("AdditionalStatistics", STATISTICS_MAX)):
            held: list[Any] = each.get(member) or []
            if not held:
                raise refusals.missing(f"{path}.{member}")
            if len(held) > most:
                raise refusals.invalid(f"The collection {path}.{member} must not have a size greater than {most}.")
        for place, metric in enumerate(each["IncludeMetrics"], 1):
            for name in ("Namespace", "MetricName"):
                _check_text(metric.get(name), f"{path}.IncludeMetrics.member.{place}.{name}")
        for name in each["AdditionalStatistics"]:
            is_known = name not in stats.SIMPLE and stats.parsed(name) is not None
            # "If the OutputFormat is opentelemetry1.0 or opentelemetry0.7, the only valid values are p??."
            if not is_known or not (is_json or _PERCENTILE.fullmatch(name)):
                raise refusals.invalid(
                    f"The value {name} for parameter {path}.AdditionalStatistics is invalid.",
                    AdditionalStatistics=name,
                    OutputFormat=request["OutputFormat"],
                )
