"""The partner's collector gets every report; nobody else gets a session of the role."""

from __future__ import annotations

from typing import Any, cast

from stack import ROLE, Partner, Stock

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import DAY_MS, MINUTE_MS, Lab
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

GRACE_MS = 5 * MINUTE_MS
PAST_GRACE_MS = 45 * MINUTE_MS


def _trust(lab: Lab) -> Fact:
    try:
        document = lab.client("iam").get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    except AwsError as error:
        document = error.message
    return shown(lab, lab.notes["role"], "AssumeRolePolicyDocument", document)


def _outside(lab: Lab) -> Any:
    return lab.apps.get("outside")


def symptom(lab: Lab) -> Why | None:
    """Reports that somebody has taken off the queue, and not the partner."""
    taken = _outside(lab).taken if _outside(lab) is not None else {}
    if len(taken) < 4:
        return None
    return unmended(
        f"{len(taken)} reports left the queue, and the partner has none of them.",
        _trust(lab),
        Fact(lab.notes["role"], "sessions of accounts that are not the partner's", lab.notes["stranger"]),
    )


def check(lab: Lab) -> Why | None:
    """The partner's traffic first, then who else came in, then what the role may do."""
    since_ms = lab.settling_since(lab.now_ms - DAY_MS)
    partner, stock = cast(Partner, lab.apps["partner"]), cast(Stock, lab.apps["stock"])
    refused = [run.told for run in partner.runs_since(since_ms) if run.error]
    if refused:
        return unmended(f"The partner cannot collect: {refused[-1]}", _trust(lab))
    came_in = (
        sorted({who for at_ms, who in _outside(lab).came_in if at_ms > since_ms}) if _outside(lab) is not None else []
    )
    if came_in:
        more = f" ({len(came_in)} ways in all)" if len(came_in) > 1 else ""
        return unmended(f"The role still lets others in: {came_in[0]}{more}.", _trust(lab))
    due_ms = lab.now_ms - (GRACE_MS if lab.struck_at_ms else PAST_GRACE_MS)
    missing = [n for n, at_ms in stock.written.items() if since_ms < at_ms <= due_ms and n not in partner.got]
    if missing:
        return unmended(f"{len(missing)} reports did not reach the partner in time.", _trust(lab))
    return _beyond(lab)


def _beyond(lab: Lab) -> Why | None:
    """The role may collect, and no more than that."""
    may = lab.client("iam").simulate_principal_policy(
        PolicySourceArn=lab.notes["role"],
        ActionNames=["sqs:DeleteQueue", "sqs:SetQueueAttributes", "iam:UpdateAssumeRolePolicy"],
    )
    allowed = [one["EvalActionName"] for one in may["EvaluationResults"] if one["EvalDecision"] == "allowed"]
    if allowed:
        cause = f"The partner collects, but its role may now {', '.join(allowed)} as well."
        return unmended(cause, shown(lab, lab.notes["role"], "policies", allowed))
    return None
