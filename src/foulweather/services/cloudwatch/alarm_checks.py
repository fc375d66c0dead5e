"""What PutMetricAlarm refuses.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.cloudwatch import insights, limits, queries, refusals, stats, syntax

Request = Mapping[str, Any]
MISSING = ("breaching", "notBreaching", "ignore", "missing")
BANDED = ("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold")
_OF_A_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit")
DAY_S = 86_400
WEEK_S = 7 * DAY_S


def check_actions(call: Call, request: Request) -> None:
    """Refuse actions that are no ARNs, or of another region."""
    for member in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        actions: list[str] = request.get(member) or []
        for arn in actions:
            parts = arn.split(":", 5)
            if len(parts) < 6 or parts[0] != "arn":
                raise refusals.validation(f"Invalid arn syntax: {arn}", **{member: arn})
            if parts[2] in ("sns", "lambda", "autoscaling", "ssm") and parts[3] != call.region:
                raise refusals.validation(
                    f"Invalid region {parts[3]} specified. Only {call.region} is supported.", **{member: arn}
                )


def check_alarm(call: Call, request: Request) -> None:
    """Refuse what cannot be an alarm."""
    for name in ("EvaluationCriteria", "EvaluationInterval"):
        if request.get(name) is not None:
            raise not_implemented("cloudwatch", f"PutMetricAlarm.{name}")
    check_actions(call, request)
    for name in ("EvaluationPeriods", "ComparisonOperator"):
        if request.get(name) is None:
            raise _required(name)
    treatment = request.get("TreatMissingData")
    if treatment is not None and treatment not in MISSING:
        raise refusals.validation(
            f"The value '{treatment}' for parameter TreatMissingData must be one of [{', '.join(MISSING)}].",
            TreatMissingData=treatment,
        )
    if (request.get("DatapointsToAlarm") or 1) > request["EvaluationPeriods"]:
        raise refusals.validation(
            "DatapointsToAlarm must be less than or equal to EvaluationPeriods.",
            DatapointsToAlarm=request["DatapointsToAlarm"],
            EvaluationPeriods=request["EvaluationPeriods"],
        )
    _check_threshold(request)
    asked = request.get("Metrics")
    if asked is not None:
        _check_metrics(request, asked)
        period_s = period_of(request)
    else:
        _check_metric(request)
        period_s = request["Period"]
    covered_s = period_s * request["EvaluationPeriods"]
    if covered_s > (WEEK_S if period_s >= 3600 else DAY_S):
        words = "seven days (EvaluationPeriods * Period must be <= 604800)"
        if period_s < 3600:
            words = "a day (EvaluationPeriods * Period must be <= 86400)"
        raise refusals.validation(
            f"Metrics cannot be checked across more than {words}.",
            Period=period_s,
            EvaluationPeriods=request["EvaluationPeriods"],
        )


def _required(name: str) -> AwsError:
    return refusals.validation(f"The parameter {name} is required.")


def _check_threshold(request: Request) -> None:
    banded = request["ComparisonOperator"] in BANDED
    has_band = request.get("ThresholdMetricId") is not None
    if banded != has_band:
        raise refusals.validation(
            "ThresholdMetricId must be specified with the comparison operators of anomaly detection models, and only "
            "with them.",
            ComparisonOperator=request["ComparisonOperator"],
            ThresholdMetricId=request.get("ThresholdMetricId"),
        )
    if not has_band and request.get("Threshold") is None:
        raise _required("Threshold")
    if has_band and request.get("Threshold") is not None:
        raise refusals.validation("Threshold and ThresholdMetricId are mutually exclusive.")


def _check_metric(request: Request) -> None:
    for name in ("MetricName", "Namespace", "Period"):
        if request.get(name) is None:
            raise _required(name)
    simple, extended = request.get("Statistic"), request.get("ExtendedStatistic")
    if (simple is None) == (extended is None):
        raise refusals.validation("Exactly one of Statistic and ExtendedStatistic must be specified.")
    if extended is not None and (extended in stats.SIMPLE or stats.parsed(extended) is None):
        raise refusals.validation(f"The value {extended} for parameter ExtendedStatistic is not supported.")
    low = request.get("EvaluateLowSampleCountPercentile")
    if low is not None and low not in ("evaluate", "ignore"):
        raise refusals.validation(f"Option {low} is not supported. Supported options for parameter "
                                  "EvaluateLowSampleCountPercentile are evaluate and ignore.")  # fmt: skip
    period_s = request["Period"]
    if period_s not in limits.HIGH_PERIODS and (period_s < 60 or period_s % 60):
        raise refusals.validation("Period must be 10, 20, 30, or a multiple of 60.", Period=period_s)
    limits.checked_dimensions(request.get("Dimensions") or [], "Dimensions")


def _check_metrics(request: Request, asked: Sequence[Mapping[str, Any]]) -> None:
    given = [name for name in _OF_A_METRIC if request.get(name) is not None]
    if given:
        raise refusals.validation(f"The parameters {given[0]} and Metrics are mutually exclusive.", parameters=given)
    if not asked:
        raise refusals.validation("The collection Metrics must not be empty.")
    queries.check(asked, "Metrics")
    if sum(query.get("MetricStat") is not None for query in asked) > limits.ALARM_METRICS_MAX:
        raise refusals.validation(f"An alarm can have at most {limits.ALARM_METRICS_MAX} metrics.")
    for query in asked:
        text = query.get("Expression") or ""
        if insights.is_query(text):
            if insights.parsed(text).group:
                raise not_implemented("cloudwatch", "PutMetricAlarm.Metrics with GROUP BY")
        elif text and "SEARCH" in syntax.calls(syntax.parsed(text)):
            raise refusals.validation("SEARCH is not supported on Metric Alarms.", Expression=text)
    band = request.get("ThresholdMetricId")
    returned = [query["Id"] for query in asked if query.get("ReturnData", True)]
    if band is not None and band not in [query["Id"] for query in asked]:
        raise refusals.validation(f"ThresholdMetricId {band} is none of the Ids in Metrics.", ThresholdMetricId=band)
    if len([each for each in returned if each != band]) != 1:
        raise refusals.validation("Exactly one element of the metrics list should return data.", returned=returned)


def period_of(config: Request) -> int:
    """An alarm's period: of its metric, or the longest of its metrics'."""
    asked: Sequence[Mapping[str, Any]] | None = config.get("Metrics")
    if not asked:
        return config["Period"]
    return max(
        query["MetricStat"]["Period"] if query.get("MetricStat") else query.get("Period") or 0 for query in asked
    ) or 60  # fmt: skip
