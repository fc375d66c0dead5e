"""Every job does its work, and the roles that were idle for ninety days are gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from stack import NEW_ROLE, Job

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import DAY_MS, Lab
from foulweather.kernel.why import Fact, Why

IDLE_MS = 90 * DAY_MS
EXPECTED = 23
SHOWN_MAX = 5


def symptom(lab: Lab) -> Why | None:
    """The review counts what has been idle for more than ninety days."""
    idle = [role for role in _roles(lab) if lab.now_ms - _last_ms(role) > IDLE_MS]
    if len(idle) < EXPECTED:
        return None
    return unmended(f"{len(idle)} roles have not been used for more than 90 days.", *_facts(lab, idle))


def check(lab: Lab) -> Why | None:
    """The jobs first, then what is left."""
    return _broken(lab) or _left(lab)


def _broken(lab: Lab) -> Why | None:
    """Whether a job cannot run any more; each is run once."""
    there = {role["RoleName"]: role for role in _roles(lab)}
    for app in lab.apps.values():
        assert isinstance(app, Job)
        new = there.get(NEW_ROLE)
        if app.name == NEW_ROLE and new is not None and (new["RolePolicyList"] or new["AttachedManagedPolicies"]):
            continue  # it begins next week: a run now would show it as used
        error = app.refused()
        if error is not None:
            what = "its role is gone" if app.name not in there else f"its role does not work any more: {error}"
            told = " It was made six days ago: not used yet is not unused." if app.name == NEW_ROLE else ""
            return unmended(
                f"The job {app.name} cannot run, {what}.{told}",
                shown(
                    lab,
                    f"arn:aws:iam::{lab.account}:role/{app.name}",
                    "RoleName",
                    app.name if app.name in there else None,
                ),
                *_facts(lab, [role for role in there.values() if lab.now_ms - _last_ms(role) > IDLE_MS]),
                because=[error.why],
            )
    return None


def _left(lab: Lab) -> Why | None:
    """Whether roles of the list are there still; being used by somebody since does not take one off it."""
    since = lab.notes["idle_since"]
    left = [
        role
        for role in _roles(lab)
        if lab.now_ms - _last_ms(role) > IDLE_MS
        or (role["RoleName"] in since and lab.now_ms - since[role["RoleName"]] > IDLE_MS)
    ]
    if not left:
        return None
    bare = [role for role in left if not role["AttachedManagedPolicies"] and not role["RolePolicyList"]]
    told = " A role without policies can still be assumed, and be given some again." if len(bare) == len(left) else ""
    names = ", ".join(role["RoleName"] for role in left[:SHOWN_MAX]) + (" and others" if len(left) > SHOWN_MAX else "")
    return unmended(f"{len(left)} idle roles are still there: {names}.{told}", *_facts(lab, left))


def _roles(lab: Lab) -> list[dict[str, Any]]:
    """All roles but AWS's own, with their last use."""
    iam, found, marker = lab.client("iam"), [], {}
    while True:
        page = iam.get_account_authorization_details(Filter=["Role"], **marker)
        found += page["RoleDetailList"]
        if not page.get("IsTruncated"):
            return [role for role in found if not role["Path"].startswith("/aws-service-role/")]
        marker = {"Marker": page["Marker"]}


def _last_ms(role: dict[str, Any]) -> int:
    """When a role was last used; one that never was is counted from its making."""
    return role.get("RoleLastUsed", {}).get("LastUsedDate", role["CreateDate"])


def _facts(lab: Lab, roles: list[dict[str, Any]]) -> list[Fact]:
    facts: list[Fact] = []
    for role in roles[:SHOWN_MAX]:
        used = role.get("RoleLastUsed", {}).get("LastUsedDate")
        at = None if used is None else datetime.fromtimestamp(used // 1000, UTC).isoformat()
        facts.append(shown(lab, role["Arn"], "RoleLastUsed", at))
    return facts
