"""Grants as authorization sees them: each a policy of one statement, beside the key policy."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.policy.principal import Principal
from foulweather.services.kms.state import Grant, Key, KmsState

Context = Mapping[str, str]
NO_CONTEXT: Context = {}


def grants_for(
    state: KmsState, key: Key, principal: Principal, operation: str, context: Context, request: Mapping[str, Any]
) -> tuple[Held, ...]:
    """The grants of a principal on a key that allow an operation, and those that nearly do.

    A constraint that holds is left out of the statement, so that the statement is the same each time;
    one that does not hold stays in it, for the reasons of the denial.
    """
    if not state.grants_of.get(key.id):
        return ()
    found: list[Held] = []
    for name in _names(principal):
        for grant in state.grants_to.get((key.id, name), {}).values():
            if operation == "CreateGrant" and not _passes_on(grant, request):
                continue
            failing = _failing(grant, context) if operation in _WITH_CONTEXT else {}
            held = _policy(state, key, grant) if not failing else _constrained(key, grant, failing)
            found.append(held)
    return tuple(found)


_WITH_CONTEXT = frozenset(
    (
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
    )
)
"""The operations that constraints apply to: those that take an encryption context."""


def retiring(state: KmsState, key: Key, grant_id: str, principal: Principal) -> tuple[Held, ...]:
    """What lets a principal retire a grant: being named in it for that."""
    grant = state.grants_of.get(key.id, {}).get(grant_id)
    if grant is None:
        return ()
    held: list[Held] = []
    if grant.retiring in _names(principal):
        held.append(_held(key, grant, grant.retiring, ["RetireGrant"], {}))
    if grant.grantee in _names(principal):
        held.append(_policy(state, key, grant))
    return tuple(held)


def _names(principal: Principal) -> Sequence[str]:
    """As whom a principal may be granted something: itself, its role, its account."""
    names = [principal.arn]
    if principal.role_arn and principal.role_arn != principal.arn:
        names.append(principal.role_arn)
    if principal.account:
        root = f"arn:aws:iam::{principal.account}:root"
        if root != principal.arn:
            names.append(root)
    return names


def _passes_on(grant: Grant, request: Mapping[str, Any]) -> bool:
    """Whether a grant that allows CreateGrant allows this one: no more operations, no fewer constraints.

    https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html
    """
    if not set(request.get("Operations") or ()) <= set(grant.operations):
        return False
    constraints: Mapping[str, Any] = request.get("Constraints") or {}
    subset: Context | None = constraints.get("EncryptionContextSubset") or None
    equals: Context | None = constraints.get("EncryptionContextEquals") or None
    if grant.equals is not None:
        return equals == grant.equals
    if grant.subset is not None:
        wanted = equals if equals is not None else subset
        return wanted is not None and grant.subset.items() <= wanted.items()
    return True


def _failing(grant: Grant, context: Context) -> dict[str, dict[str, Any]]:
    """The constraints of a grant that an encryption context does not meet, as conditions that do not hold."""
    wanted = grant.equals if grant.equals is not None else grant.subset
    if wanted is None:
        return {}
    for name, value in wanted.items():
        if name not in context:
            return {"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": [name]}}
        if context[name] != value:
            return {"StringEquals": {f"kms:EncryptionContext:{name}": value}}
    if grant.equals is not None and len(context) != len(wanted):
        return {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": list(wanted)}}
    return {}


def _policy(state: KmsState, key: Key, grant: Grant) -> Held:
    found = state.grant_policies.get(grant.id)
    if found is None:
        found = _held(key, grant, grant.grantee, grant.operations, {})
        state.grant_policies[grant.id] = found
    return found


def _constrained(key: Key, grant: Grant, conditions: dict[str, dict[str, Any]]) -> Held:
    return _held(key, grant, grant.grantee, grant.operations, conditions)


def _held(
    key: Key, grant: Grant, principal: str, operations: Sequence[str], conditions: dict[str, dict[str, Any]]
) -> Held:
    kind = "Service" if principal.endswith(".amazonaws.com") else "AWS"
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {kind: principal},
        "Action": [f"kms:{operation}" for operation in operations],
        "Resource": key.arn,
    }
    if conditions:
        statement["Condition"] = conditions
    text = json.dumps({"Version": "2012-10-17", "Id": grant.id, "Statement": [statement]})
    return Held(grant.id, "resource", parse(text, "resource"))
