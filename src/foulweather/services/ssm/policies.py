"""Parameter policies: expiry, notice of expiry, notice of no change, each by the clock.

https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-policies.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.ssm import limits, refusals
from foulweather.services.ssm.state import Parameter, Policy, Version

_UNIT_MS: Mapping[str, int] = {"Days": 86_400_000, "Hours": 3_600_000}
_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "Expiration": ("Timestamp",),
    "ExpirationNotification": ("Before", "Unit"),
    "NoChangeNotification": ("After", "Unit"),
}


def checked(call: Call, text: str) -> list[Policy]:
    """The policies of a JSON text; `[]`, `{}` and `[{}]` stand for none."""
    try:
        given: Any = json.loads(text)
    except ValueError:
        raise refusals.invalid("Policies must be a JSON array.", Policies=text) from None
    whole = cast("list[Any]", given) if isinstance(given, list) else [given]
    listed = [each for each in whole if each]
    if len(listed) > limits.POLICIES_MAX:
        raise refusals.refused(
            "PoliciesLimitExceededException",
            f"You specified more than the maximum number of allowed policies for the parameter. The maximum is "
            f"{limits.POLICIES_MAX}.",
            policies=len(listed),
        )
    parsed = [_checked_one(each) for each in listed]
    expiries = [attributes for kind, attributes in parsed if kind == "Expiration"]
    if len(expiries) > 1 or (not expiries and any(kind == "ExpirationNotification" for kind, _ in parsed)):
        raise refusals.refused(
            "IncompatiblePolicyException",
            "There is a conflict in the policies specified for this parameter: one Expiration policy at most, and "
            "ExpirationNotification only with it.",
            Policies=text,
        )
    expiry_ms = _timestamp(expiries[0]) if expiries else 0
    if expiries and expiry_ms <= call.now:
        raise _bad_attribute("Timestamp", "must be in the future", expiries[0]["Timestamp"])
    found: list[Policy] = []
    for each, (kind, attributes) in zip(listed, parsed, strict=True):
        due_ms = expiry_ms
        if kind == "ExpirationNotification":
            due_ms = expiry_ms - _span(attributes, "Before")
        elif kind == "NoChangeNotification":
            due_ms = call.now + _span(attributes, "After")
        found.append(Policy(kind, json.dumps(each, separators=(",", ":")), due_ms))
    return found


def kept(call: Call, version: Version) -> list[Policy]:
    """The policies of the version before, for a new one that says nothing of them: no change counts anew."""
    found: list[Policy] = []
    for policy in version.policies:
        attributes: Mapping[str, Any] = json.loads(policy.text)["Attributes"]
        is_of_change = policy.kind == "NoChangeNotification"
        due_ms = call.now + _span(attributes, "After") if is_of_change else policy.due_ms
        found.append(Policy(policy.kind, policy.text, due_ms, "Pending" if is_of_change else policy.status))
    return found


def plan(call: Call, parameter: Parameter, version: Version) -> None:
    """Put a version's policies on the agenda; those of versions before it do nothing any more."""
    parameter.round += 1
    for index, policy in enumerate(version.policies):
        if policy.status == "Pending":
            due = {"name": parameter.name, "round": parameter.round, "index": index}
            call.later(max(policy.due_ms, call.now), "ssm.apply_policy", **due)


def _checked_one(given: Any) -> tuple[str, Mapping[str, Any]]:
    policy = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    kind = policy.get("Type")
    if not isinstance(kind, str) or kind not in _ATTRIBUTES:
        raise refusals.refused(
            "InvalidPolicyTypeException",
            "The policy type isn't supported. Parameter Store supports the following policy types: Expiration, "
            "ExpirationNotification, and NoChangeNotification.",
            Type=kind,
        )
    if policy.get("Version") != "1.0":
        raise _bad_attribute("Version", "must be 1.0", policy.get("Version"))
    if not isinstance(policy.get("Attributes"), dict):
        raise _bad_attribute("Attributes", "must be there", policy.get("Attributes"))
    attributes = cast("dict[str, Any]", policy["Attributes"])
    for name in _ATTRIBUTES[kind]:
        if not isinstance(attributes.get(name), str):
            raise _bad_attribute(name, "must be there, as a string", attributes.get(name))
    if kind == "Expiration":
        _timestamp(attributes)
    else:
        _span(attributes, _ATTRIBUTES[kind][0])
    return kind, attributes


def _timestamp(attributes: Mapping[str, Any]) -> int:
    text: str = attributes["Timestamp"]
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not None:
            return int(found.timestamp()) * 1000
    except ValueError:
        pass
    raise _bad_attribute("Timestamp", "must be like 2026-12-02T21:34:33.000Z", text)


def _span(attributes: Mapping[str, Any], name: str) -> int:
    count, unit = attributes[name], attributes["Unit"]
    if not count.isdecimal() or int(count) < 1:
        raise _bad_attribute(name, "must be a whole number", count)
    if unit not in _UNIT_MS:
        raise _bad_attribute("Unit", "must be Days or Hours", unit)
    return int(count) * _UNIT_MS[unit]


def _bad_attribute(name: str, what: str, value: Any) -> AwsError:
    return refusals.refused(
        "InvalidPolicyAttributeException",
        f"A policy attribute or its value is invalid: {name} {what}.",
        **{name: value},
    )
