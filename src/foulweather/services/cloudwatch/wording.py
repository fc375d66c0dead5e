"""What an alarm says of its state: StateReason and StateReasonData.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cloudwatch import history
from foulweather.services.cloudwatch.alarm_checks import BANDED, period_of
from foulweather.services.cloudwatch.datapoints import Point, is_breaching
from foulweather.services.cloudwatch.records import AlarmValue

_WORDS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
    "LessThanLowerOrGreaterThanUpperThreshold": "less than the lower thresholds or greater than the upper thresholds",
    "LessThanLowerThreshold": "less than the lower thresholds",
    "GreaterThanUpperThreshold": "greater than the upper thresholds",
}


def _shown(value: float) -> str:
    return repr(float(value))


def reason(config: Mapping[str, Any], points: list[Point], found: AlarmValue) -> str:
    """Why an alarm has a new state, as AWS words it."""
    count = config["EvaluationPeriods"]
    needed = config.get("DatapointsToAlarm") or count
    treatment = (config.get("TreatMissingData") or "missing").capitalize()
    if treatment == "Notbreaching":
        treatment = "NonBreaching"
    if not points:
        if found == "INSUFFICIENT_DATA":
            return f"Insufficient Data: {_plural(count, 'datapoint')} {'was' if count == 1 else 'were'} unknown."
        return (
            f"Threshold Crossed: no datapoints were received for {_plural(count, 'period')} and "
            f"{_plural(count, 'missing datapoint')} {'was' if count == 1 else 'were'} treated as [{treatment}]."
        )
    told = [point for point in points if is_breaching(config, point) == (found == "ALARM")] or points
    listed = ", ".join(
        f"{_shown(point.value)} ({datetime.fromtimestamp(point.at_ms // 1000, UTC):%d/%m/%y %H:%M:%S})"
        for point in told[:5]
    )
    verb = "was" if len(told) == 1 else "were"
    negation = "" if found == "ALARM" else "not "
    words = _WORDS[config["ComparisonOperator"]]
    if config["ComparisonOperator"] in BANDED:
        edges = ", ".join(_shown(point.low if "Lower" in words else point.high) for point in told[:5])
        end = f"{verb} {negation}{words} [{edges}]"
    else:
        end = f"{verb} {negation}{words} the threshold ({_shown(config['Threshold'])})"
    limit = needed if found == "ALARM" else count - needed + 1
    sides = "OK -> ALARM" if found == "ALARM" else "ALARM -> OK"
    heading = f"{len(told)} out of the last {len(points)} datapoints [{listed}] {end}"
    return f"Threshold Crossed: {heading} (minimum {_plural(limit, 'datapoint')} for {sides} transition)."


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def reason_data(call: Call, config: Mapping[str, Any], points: list[Point]) -> str:
    """The datapoints that led to a state, as JSON."""
    data: dict[str, Any] = {"version": "1.0", "queryDate": history.stamp(call.now)}
    if points:
        data["startDate"] = history.stamp(points[-1].at_ms)
    if config.get("Statistic") or config.get("ExtendedStatistic"):
        data["statistic"] = config.get("Statistic") or config["ExtendedStatistic"]
    data["period"] = period_of(config)
    data["recentDatapoints"] = [point.value for point in reversed(points)]
    if config.get("Threshold") is not None:
        data["threshold"] = config["Threshold"]
    elif points:
        data["recentLowerThresholds"] = [point.low for point in reversed(points)]
        data["recentUpperThresholds"] = [point.high for point in reversed(points)]
    data["evaluatedDatapoints"] = [
        {"timestamp": history.stamp(point.at_ms), "sampleCount": point.samples, "value": point.value}
        for point in points
    ]
    return json.dumps(data)[:4000]
