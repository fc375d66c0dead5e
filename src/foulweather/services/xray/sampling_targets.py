"""How much each client samples: its part of a rule's reservoir, until it reports again.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sampling.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.sampling import Rule, Sampling
from foulweather.services.xray import paging

Request = Mapping[str, Any]
# SDKs report every ten seconds (xray-api-sampling): who has been silent for longer than its target holds is gone.
INTERVAL_S = 10
TARGET_MS = 15_000


def get_sampling_targets(call: Call, request: Request) -> dict[str, Any]:
    """Take what clients report of their sampling, and tell them how much to sample next."""
    if request.get("SamplingBoostStatisticsDocuments"):
        raise not_implemented("xray", "GetSamplingTargets.SamplingBoostStatisticsDocuments")
    state = call.state(Sampling)
    rules = {rule.name: rule for rule in state.in_order(call.account, call.region)}
    targets: list[dict[str, Any]] = []
    unknown: list[dict[str, Any]] = []
    for report in request["SamplingStatisticsDocuments"]:
        rule = rules.get(report["RuleName"])
        if rule is None:
            told = {"ErrorCode": "400", "Message": "Unknown rule"}
            unknown.append({"RuleName": report["RuleName"], **told})
            continue
        counted = report["RequestCount"], report["SampledCount"], report.get("BorrowCount") or 0
        state.count(rule.name, report["Timestamp"], *counted)
        targets.append(_target(call, state, rule, report["ClientID"]))
    modified_ms = max(rule.modified_ms for rule in rules.values())
    return {
        "SamplingTargetDocuments": targets,
        "LastRuleModification": modified_ms,
        "UnprocessedStatistics": unknown,
    }


def get_sampling_statistic_summaries(call: Call, request: Request) -> dict[str, Any]:
    """What each rule decided in the last ten minutes, in periods of ten seconds."""
    state = call.state(Sampling)
    listed, more = paging.page(
        [(name, count) for name, counts in sorted(state.counts.items()) for count in counts], request
    )
    summaries = [
        {
            "RuleName": name,
            "Timestamp": count.at_ms,
            "RequestCount": count.requests,
            "BorrowCount": count.borrowed,
            "SampledCount": count.sampled,
        }
        for name, count in listed
    ]
    return {"SamplingStatisticSummaries": summaries, **more}


def _target(call: Call, state: Sampling, rule: Rule, client: str) -> dict[str, Any]:
    """A client's part: the reservoir in equal parts, what is left over to those who came first."""
    seen = state.clients.setdefault(rule.name, {})
    seen[client] = call.now
    for other in [other for other, at_ms in seen.items() if call.now - at_ms > TARGET_MS]:
        del seen[other]
    share, left = divmod(rule.reservoir, len(seen))
    return {
        "RuleName": rule.name,
        "FixedRate": float(rule.rate),
        "ReservoirQuota": share + (1 if list(seen).index(client) < left else 0),
        "ReservoirQuotaTTL": call.now + TARGET_MS,
        "Interval": INTERVAL_S,
    }
