"""Users are found by number and by address, and the role may do nothing beyond that."""

from __future__ import annotations

from stack import FUNCTION, INDEX, OTHER, ROLE, table_arn

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.drilling.load.functions import (
    LOGGING,
    allowed,
    failing,
    function_arn,
    function_of,
    unserved,
)
from foulweather.drilling.load.storage import wide_role
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Five users who were not found."""
    return failing(lab, "website", "{} users were not found")


def check(lab: Lab) -> Why | None:
    """Traffic, then what the role may."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    return unserved(lab, "website", since_ms) or _release(lab) or _role(lab)


def _release(lab: Lab) -> Why | None:
    """Whoever asks for no index needs no permission for it: the release stays."""
    if not lab.struck_at_ms:
        return None
    digest = function_of(lab, FUNCTION)["Configuration"]["CodeSha256"]
    if digest != lab.notes["release"]:
        return unmended("Nobody is found by address: the release is gone.", Fact(FUNCTION, "CodeSha256", digest))
    return None


def _role(lab: Lab) -> Why | None:
    role = function_of(lab, FUNCTION)["Configuration"]["Role"]
    if role != f"arn:aws:iam::{lab.account}:role/{ROLE}":
        told = f"{FUNCTION} works by another role now."
        return unmended(told, shown(lab, function_arn(lab, FUNCTION), "Role", role))
    users, payments = table_arn(lab), table_arn(lab, OTHER)
    beyond = {
        "scan all users": ("dynamodb:Scan", users),
        "scan the index": ("dynamodb:Scan", f"{users}/index/{INDEX}"),
        "delete users": ("dynamodb:DeleteItem", users),
        "query payments": ("dynamodb:Query", payments),
        "read payments": ("dynamodb:GetItem", payments),
    }
    for told, (action, resource) in beyond.items():
        if allowed(lab, ROLE, action, resource):
            return unmended(f"Users are found, but {ROLE} can {told} now.", Fact(ROLE, "may", told))
    return wide_role(lab, ROLE, but=LOGGING)
