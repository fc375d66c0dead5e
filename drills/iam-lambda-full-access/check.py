"""Shipments are booked, and the role may do nothing beyond that."""

from __future__ import annotations

from stack import FUNCTION, INDEX, OTHER, OTHER_SECRET, ROLE, table_arn

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.drilling.load.functions import LOGGING, allowed, function_arn, function_of, unserved
from foulweather.drilling.load.storage import wide_role
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """The audit's simulation."""
    if not allowed(lab, ROLE, "dynamodb:DeleteTable", table_arn(lab, OTHER)):
        return None
    return unmended(f"{ROLE} may delete every table.", Fact(ROLE, "may", "dynamodb:DeleteTable"))


def check(lab: Lab) -> Why | None:
    """Bookings, then what the role may."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    return unserved(lab, "warehouse", since_ms) or _release(lab) or _role(lab)


def _release(lab: Lab) -> Why | None:
    if lab.struck_at_ms and function_of(lab, FUNCTION)["Configuration"]["CodeSha256"] != lab.notes["release"]:
        return unmended("The release is gone: nothing is marked as printed any more.")
    return None


def _role(lab: Lab) -> Why | None:
    role = function_of(lab, FUNCTION)["Configuration"]["Role"]
    if role != f"arn:aws:iam::{lab.account}:role/{ROLE}":
        told = f"{FUNCTION} works by another role now."
        return unmended(told, shown(lab, function_arn(lab, FUNCTION), "Role", role))
    own, other = table_arn(lab), table_arn(lab, OTHER)
    beyond = {
        "delete the table Shipments": ("dynamodb:DeleteTable", own),
        "change the table Shipments": ("dynamodb:UpdateTable", own),
        "delete shipments": ("dynamodb:DeleteItem", own),
        "scan all shipments": ("dynamodb:Scan", own),
        "scan the index": ("dynamodb:Scan", f"{own}/index/{INDEX}"),
        "delete the table Salaries": ("dynamodb:DeleteTable", other),
        "read salaries": ("dynamodb:GetItem", other),
        "query salaries": ("dynamodb:Query", other),
        "write salaries": ("dynamodb:PutItem", other),
        "read another secret": ("secretsmanager:GetSecretValue", lab.notes["secrets"][OTHER_SECRET]),
        "decrypt whatever is under the key": ("kms:Decrypt", lab.notes["key"]),
    }
    for told, (action, resource) in beyond.items():
        if allowed(lab, ROLE, action, resource):
            return unmended(f"Shipments are booked, but {ROLE} can {told}.", Fact(ROLE, "may", told))
    return wide_role(lab, ROLE, but=LOGGING)
