"""The nearest statement, extended by the one element in which it differs from a request."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from foulweather.gates import successors
from foulweather.gates.documents import (
    Document,
    document_of,
    listed,
    sid_for,
    with_edited,
    with_statement,
)
from foulweather.kernel.call import Call
from foulweather.policy.evaluate import Failure, Held, NearMiss, Verdict

LISTING_KEYS = frozenset({"s3:prefix", "s3:delimiter", "s3:max-keys"})
"""Keys of requests that list a bucket, and of no others.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""
_EXTENSIBLE_KEYS = frozenset(
    {
        *("aws:sourcearn", "aws:principalarn", "aws:requestedregion", "s3:prefix", "kms:viaservice"),
        *("aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc", "aws:sourcevpce"),
    }
)
"""Keys whose list can have one value more without letting in a whole account or organization."""
_NETWORK_KEYS = frozenset({"aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc", "aws:sourcevpce"})
_LISTING_ACTIONS = "s3:list"


class Extended(NamedTuple):
    """A policy and the document that it should have."""

    held: Held
    document: Document


def never_has(action: str, key: str) -> bool:
    """Whether no request of an action ever has a condition key."""
    return key.lower() in LISTING_KEYS and not action.lower().startswith(_LISTING_ACTIONS)


def near(call: Call, verdict: Verdict) -> list[NearMiss]:
    """The statements that came near, nearest first; those for other principals only where there are no others.

    Who was deleted, and has the caller's name, is no other principal.
    """
    missed = verdict.nearly
    return [miss for miss in missed if "Principal" not in miss.failed or means_caller(call, verdict, miss)] or missed


def means_caller(call: Call, verdict: Verdict, miss: NearMiss) -> bool:
    """Whether a statement names the one who had the caller's name, and was deleted."""
    held = policy_of(verdict, miss)
    found = successors.mentioned(call, held, miss.statement) if held is not None else []
    wanted = [one for failure in miss.failures if failure.element == "Principal" for one in failure.wanted]
    return any(one.unique_id in wanted and successors.is_caller(call, one) for one in found)


def policy_of(verdict: Verdict, miss: NearMiss) -> Held | None:
    """The policy that a statement is of."""
    policies = verdict.policies
    held = [*policies.identity, *policies.session, *(each for level in policies.scps + policies.rcps for each in level)]
    held += [each for each in (policies.boundary, policies.resource, *policies.grants) if each is not None]
    return next((each for each in held if each.source == miss.source), None)


def extended(call: Call, verdict: Verdict) -> Extended | None:
    """The nearest statement's policy, so that the statement covers the request; None where it differs too much."""
    own = [miss for miss in near(call, verdict) if miss.kind == verdict.kind]
    miss = own[0] if own else None
    held = policy_of(verdict, miss) if miss is not None else None
    if miss is None or held is None or not _is_editable(verdict, held) or len(miss.failed) != 1:
        return None
    document = document_of(held)
    written: Document = document["Statement"][miss.statement]
    (element,) = miss.failed
    if element == "Condition":
        found = _with_split(document, written, verdict, miss) or _with_values(document, written, verdict, miss)
    elif element == "Principal":
        found = _with_principal(call, document, written, miss)
    elif verdict.kind in ("resource-based", "role trust") and not miss.names_caller:
        found = None  # it would let in others than the caller
    elif element == "Action":
        found = _with_action(document, written, verdict, miss)
    else:
        found = _with_resource(document, written, verdict, miss)
    return Extended(held, found) if found is not None else None


def _is_editable(verdict: Verdict, held: Held) -> bool:
    """Whether a policy is the caller's alone, or the one that must allow the request in any case."""
    if verdict.kind == "identity-based":
        return held.source.startswith("inline:")
    return verdict.kind in ("resource-based", "role trust", "permissions boundary")


def _with_action(document: Document, written: Document, verdict: Verdict, miss: NearMiss) -> Document | None:
    action = verdict.ask.action
    service = f"{action.partition(':')[0].lower()}:"
    actions = listed(written.get("Action", []))
    is_everywhere = verdict.kind not in ("resource-based", "role trust") and "*" in listed(written.get("Resource", "*"))
    of_listings = any(key.lower() in LISTING_KEYS for tests in _conditions(written).values() for key in tests)
    if not actions or is_everywhere or of_listings or not all(one.lower().startswith(service) for one in actions):
        return None
    return with_edited(document, miss.statement, Action=[*actions, action])


def _with_resource(document: Document, written: Document, verdict: Verdict, miss: NearMiss) -> Document | None:
    resources = listed(written.get("Resource", []))
    if not resources:
        return None
    return with_edited(
        document, miss.statement, Resource=[*resources, resource_beside(verdict.ask.resource, resources)]
    )


def _with_principal(call: Call, document: Document, written: Document, miss: NearMiss) -> Document | None:
    caller, principals = call.principal, written.get("Principal")
    if caller.kind in ("service", "federated", "anonymous") or not isinstance(principals, dict):
        return None
    names = cast("dict[str, Any]", principals)
    if "AWS" not in names:
        return None
    more = {**names, "AWS": [*listed(names["AWS"]), caller.role_arn or caller.arn]}
    return with_edited(document, miss.statement, Principal=more)


def _with_values(document: Document, written: Document, verdict: Verdict, miss: NearMiss) -> Document | None:
    """Each condition that fails lists the request's value too."""
    conditions = {operator: dict(tests) for operator, tests in _conditions(written).items()}
    for failure in miss.failures:
        tests = conditions.get(failure.operator, {})
        if failure.key not in tests or not _is_extensible(verdict, miss, failure):
            return None
        actual = (failure.actual or ("",))[0]
        is_address = failure.operator.lower().startswith("ipaddress")
        tests[failure.key] = [*listed(tests[failure.key]), network_of(actual) if is_address else actual]
    return with_edited(document, miss.statement, Condition=conditions)


def _is_extensible(verdict: Verdict, miss: NearMiss, failure: Failure) -> bool:
    key, operator = failure.key.lower(), failure.operator.lower()
    if key not in _EXTENSIBLE_KEYS or len(failure.actual or ()) != 1 or "not" in operator or ":" in operator:
        return False
    is_for_all = verdict.kind in ("resource-based", "role trust") and not miss.names_caller
    return operator.startswith(("string", "arn", "ipaddress")) and not (is_for_all and key in _NETWORK_KEYS)


def _with_split(document: Document, written: Document, verdict: Verdict, miss: NearMiss) -> Document | None:
    """A statement of its own for an action that never has the key of a condition, as s3:GetObject has no s3:prefix."""
    action, resource = verdict.ask.action, verdict.ask.resource
    if not all(never_has(action, failure.key) for failure in miss.failures):
        return None
    gone = {(failure.operator, failure.key) for failure in miss.failures}
    conditions = {
        operator: left
        for operator, tests in _conditions(written).items()
        if (left := {key: value for key, value in tests.items() if (operator, key) not in gone})
    }
    bucket = resource.partition("/")[0]
    prefixes = [
        one.rstrip("*") for failure in miss.failures if failure.key.lower() == "s3:prefix" for one in failure.wanted
    ]
    kept = [f"{bucket}/{one}*" for one in prefixes if one and resource.startswith(f"{bucket}/{one}")]
    split: Document = {**written, "Sid": sid_for(action), "Action": action, "Condition": conditions}
    split["Resource"] = kept[0] if len(kept) == 1 else kept or written.get("Resource", "*")
    split.pop("NotAction", None)
    if kept:
        split.pop("NotResource", None)
    elif "NotResource" in written:
        del split["Resource"]
    if not conditions:
        del split["Condition"]
    actions = listed(written.get("Action", []))
    left = [one for one in actions if one.lower() != action.lower()]
    if left and len(left) < len(actions):
        document = with_edited(document, miss.statement, Action=left)
    return with_statement(document, split)


def _conditions(written: Document) -> dict[str, dict[str, Any]]:
    return written.get("Condition", {})


def network_of(address: str) -> str:
    """The network of one address alone, as conditions write it."""
    return f"{address}/{128 if ':' in address else 32}"


def resource_beside(arn: str, written: list[str]) -> str:
    """A request's resource, as wide as what a statement lists already.

    Of a bucket whose ARN alone is written, every object; else of an object the objects under the same first
    prefix, unless single keys are written.
    """
    bucket, slash, _ = arn.partition("/")
    if not arn.startswith("arn:aws:s3:::") or not slash:
        return arn
    same = [one for one in written if one == bucket or one.startswith(f"{bucket}/")]
    if same and all(one == bucket for one in same):
        return f"{bucket}/*"
    if same and not any("*" in one for one in same):
        return arn
    return objects_beside(arn)


def objects_beside(arn: str) -> str:
    """An object's resource with the others under its first prefix; whatever else, itself."""
    bucket, _, key = arn.partition("/")
    first, slash, _ = key.partition("/")
    return f"{bucket}/{first}/*" if slash and arn.startswith("arn:aws:s3:::") else arn
