"""Each charge is in the log, by Lambda's own hand, and the role has nothing else by it."""

from __future__ import annotations

from stack import FUNCTION, GROUP, KEPT_DAYS, ROLE

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load.functions import LOGGING, allowed, caller, unserved
from foulweather.drilling.load.storage import wide_role
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

SILENT_MS = 10 * MINUTE_MS


def _reported(lab: Lab, since_ms: int) -> int:
    """How many invocations the log reports since then."""
    request = {"logGroupName": GROUP, "startTime": since_ms, "filterPattern": '"REPORT RequestId"'}
    found, token = 0, ""
    while True:
        page = lab.client("logs").filter_log_events(**request, **({"nextToken": token} if token else {}))
        found += len(page["events"])
        token = page.get("nextToken", "")
        if not token:
            return found


def symptom(lab: Lab) -> Why | None:
    """Ten minutes of charges, and not a line."""
    since_ms = lab.struck_at_ms or lab.now_ms
    charged = len(caller(lab, "till").served_since(since_ms))
    if lab.now_ms - since_ms < SILENT_MS or not charged or _reported(lab, since_ms):
        return None
    return unmended(f"{charged} cards were charged, and {GROUP} has no line of it.", Fact(GROUP, "events", 0))


def check(lab: Lab) -> Why | None:
    """Traffic, then the log, then what the role may."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    unwell = unserved(lab, "till", since_ms)
    if unwell is not None:
        return unwell
    charged = len(caller(lab, "till").served_since(since_ms))
    try:
        reported = _reported(lab, since_ms + 1)
        group = lab.client("logs").describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"][0]
    except AwsError as error:
        return unmended(f"The log is gone: {error.message}", Fact(GROUP, "exists", False), because=[error.why])
    if reported < charged:
        told = f"{charged} cards were charged, and {reported} of these are in the log."
        return unmended(told, Fact(GROUP, "events", reported))
    if group.get("retentionInDays") != KEPT_DAYS:
        kept = shown(lab, group["arn"], "retentionInDays", group.get("retentionInDays"))
        return unmended("The log is not kept for a year any more.", kept)
    for told, action in {"read": "logs:FilterLogEvents", "delete": "logs:DeleteLogGroup"}.items():
        if allowed(lab, ROLE, action, f"arn:aws:logs:{lab.region}:{lab.account}:log-group:{GROUP}:*"):
            return unmended(f"Charges are logged, but {FUNCTION} can {told} its log now.", Fact(ROLE, "may", action))
    return wide_role(lab, ROLE, but=LOGGING)
