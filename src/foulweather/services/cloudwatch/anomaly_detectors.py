"""Anomaly detectors: what is learned of a metric, and when not to learn.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAnomalyDetector.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.cloudwatch import bands, limits, paging, refusals, settling, stats
from foulweather.services.cloudwatch.records import Detector
from foulweather.services.cloudwatch.state import Metric, WatchState, Window

Request = Mapping[str, Any]
LISTED = 100
_MEMBERS = ("Namespace", "MetricName", "Dimensions", "Stat")


def put_anomaly_detector(call: Call, request: Request) -> dict[str, Any]:
    """Make a detector on a metric, or set what its learning leaves out."""
    wanted = _detector(call, request)
    configuration: dict[str, Any] = request.get("Configuration") or {}
    ranges: list[dict[str, int]] = configuration.get("ExcludedTimeRanges") or []
    for each in ranges:
        if each.get("StartTime") is None or each.get("EndTime") is None or each["StartTime"] >= each["EndTime"]:
            raise refusals.invalid("The StartTime of an excluded time range must be before its EndTime.")
    wanted.configuration = configuration
    if request.get("MetricCharacteristics") is not None:
        raise not_implemented("cloudwatch", "PutAnomalyDetector.MetricCharacteristics")
    state = call.state(WatchState)
    state.detectors.put(wanted.key, wanted)
    state.bands.clear()
    call.changed("cloudwatch.AnomalyDetectorPut", _arn(call, wanted), Configuration=configuration)
    return {}


def delete_anomaly_detector(call: Call, request: Request) -> dict[str, Any]:
    """Take a detector away; bands can still be computed, without what it left out."""
    wanted = _detector(call, request)
    state = call.state(WatchState)
    if wanted.key not in state.detectors:
        raise AwsError("ResourceNotFoundException", "The anomaly detector does not exist.", 404,
                       facts=refusals.facts(detector=wanted.key))  # fmt: skip
    state.detectors.delete(wanted.key)
    state.bands.clear()
    call.changed("cloudwatch.AnomalyDetectorDeleted", _arn(call, wanted), Configuration=None)
    return {}


def describe_anomaly_detectors(call: Call, request: Request) -> dict[str, Any]:
    """The detectors, and how far each has learned."""
    types: list[str] = request.get("AnomalyDetectorTypes") or ["SINGLE_METRIC"]
    settling.settle(call.world)
    state = call.state(WatchState)
    given: list[dict[str, str]] = request.get("Dimensions") or []
    pairs = sorted((each["Name"], each["Value"]) for each in given)
    found = [
        each
        for each in state.detectors.values()
        if "SINGLE_METRIC" in types
        and request.get("Namespace") in (None, each.namespace)
        and request.get("MetricName") in (None, each.name)
        and (not pairs or pairs == [tuple(pair) for pair in each.dimensions])
    ]
    listed, token = paging.page(found, request.get("NextToken"), request.get("MaxResults") or LISTED)
    told = [_shown(call, state, each) for each in listed]
    return {"AnomalyDetectors": told, **({"NextToken": token} if token is not None else {})}


def _detector(call: Call, request: Request) -> Detector:
    if request.get("MetricMathAnomalyDetector"):
        raise not_implemented("cloudwatch", f"{call.operation}.MetricMathAnomalyDetector")
    single: Mapping[str, Any] | None = request.get("SingleMetricAnomalyDetector")
    outer = [name for name in _MEMBERS if request.get(name) is not None]
    if single is not None and outer:
        raise refusals.combination(
            f"The parameters {outer[0]} and SingleMetricAnomalyDetector are mutually exclusive.", parameters=outer
        )
    given = single if single is not None else request
    if given.get("AccountId") not in (None, call.account):
        raise not_implemented("cloudwatch", f"{call.operation}.SingleMetricAnomalyDetector.AccountId")
    for name in ("Namespace", "MetricName", "Stat"):
        if not given.get(name):
            raise refusals.missing(name)
    if stats.parsed(given["Stat"]) is None:
        raise refusals.invalid(f"The value {given['Stat']} for parameter Stat is not supported.")
    dimensions = limits.checked_dimensions(given.get("Dimensions") or [], "Dimensions")
    key = "|".join((given["Namespace"], given["MetricName"], given["Stat"], *(f"{n}={v}" for n, v in dimensions)))
    return Detector(
        key=key,
        namespace=given["Namespace"],
        name=given["MetricName"],
        dimensions=list(dimensions),
        stat=given["Stat"],
        made_ms=call.now,
    )


def _shown(call: Call, state: WatchState, detector: Detector) -> dict[str, Any]:
    metric = {
        "Namespace": detector.namespace,
        "MetricName": detector.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in detector.dimensions],
        "Stat": detector.stat,
    }
    watched = Metric(detector.namespace, detector.name, tuple((name, value) for name, value in detector.dimensions))
    window = Window(call.now - bands.LEARNED_MS, call.now, call.now)
    count = len(state.read(watched, None, 300, window))
    value = "TRAINED" if count >= bands.POINTS_MIN else "TRAINED_INSUFFICIENT_DATA" if count else "PENDING_TRAINING"
    return {**metric, "Configuration": detector.configuration, "StateValue": value,
            "SingleMetricAnomalyDetector": metric}  # fmt: skip


def _arn(call: Call, detector: Detector) -> str:
    return call.arn("cloudwatch", f"anomaly-detector:{detector.key}")
