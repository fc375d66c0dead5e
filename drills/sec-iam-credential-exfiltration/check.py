"""Nothing that the thief found or made opens anything; the pipeline has a key of its own; each customer arrives."""

from __future__ import annotations

from typing import Any, cast

from stack import EXPORTS, USER, Crm, Pipeline, Shop

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import DAY_MS, MINUTE_MS, Lab
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

GRACE_MS = 7 * MINUTE_MS
PAST_GRACE_MS = 45 * MINUTE_MS


def _thief(lab: Lab) -> Any:
    return lab.apps.get("somebody")


def _keys(lab: Lab) -> list[Fact]:
    """The user's access keys, with who made them."""
    arn = f"arn:aws:iam::{lab.account}:user/{USER}"
    try:
        held = lab.client("iam").list_access_keys(UserName=USER)["AccessKeyMetadata"]
    except AwsError as error:
        return [Fact(arn, "UserName", error.code)]
    return [shown(lab, arn, f"AccessKey:{one['AccessKeyId']}", one["Status"]) for one in held]


def symptom(lab: Lab) -> Why | None:
    """Customers that left the queue, and not for the CRM."""
    thief = _thief(lab)
    stolen = thief.stolen if thief is not None else {}
    if len(stolen) < 4:
        return None
    return unmended(
        f"{len(stolen)} customers left the queue {EXPORTS}, and the CRM has none of them.",
        Fact(lab.queue_arn(EXPORTS), "messages received from 198.51.100.23", len(stolen)),
    )


def check(lab: Lab) -> Why | None:
    """Who came in since, then our own programs, then what is left lying about."""
    since_ms = lab.settling_since(lab.now_ms - DAY_MS)
    thief = _thief(lab)
    came_in = [what for at_ms, what in thief.came_in if at_ms > since_ms] if thief is not None else []
    if came_in:
        ways = sorted(set(came_in))
        more = f" ({len(ways)} ways in all)" if len(ways) > 1 else ""
        return unmended(f"Somebody still comes in: with {ways[0]}{more}.", *_keys(lab))
    return _programs(lab, since_ms) or _left(lab)


def _programs(lab: Lab, since_ms: int) -> Why | None:
    pipeline, crm, shop = (lab.apps[name] for name in ("pipeline", "crm", "shop"))
    for app in (cast(Pipeline, pipeline), cast(Crm, crm)):
        error = app.failed_since(since_ms)
        if error is not None:
            return unmended(f"The {app.name} has stopped: {error}", *_keys(lab), because=[error.why])
        if not app.runs_since(since_ms):
            return unmended(f"The {app.name} did not run.", Fact(app.name, "runs", 0))
    due_ms = lab.now_ms - (GRACE_MS if lab.struck_at_ms else PAST_GRACE_MS)
    exported, got = cast(Shop, shop).exported, cast(Crm, crm).got
    missing = [n for n, at_ms in exported.items() if since_ms < at_ms <= due_ms and n not in got]
    if missing:
        return unmended(f"{len(missing)} customers did not reach the CRM in time.", *_keys(lab))
    return None


def _left(lab: Lab) -> Why | None:
    """Keys that nobody of ours signs with, and the first one in any case."""
    if not lab.struck_at_ms:
        return None
    own = lab.apps["pipeline"].settings["key"]
    facts = _keys(lab)
    if own == lab.notes["first_key"]:
        return unmended("The pipeline still signs with the key that leaked.", *facts)
    others = [one for one in facts if one.value == "Active" and one.property != f"AccessKey:{own}"]
    if others:
        return unmended("The user has an active key that none of our programs signs with.", *others)
    return None
