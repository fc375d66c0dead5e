"""Tag policies: how the tags of an organization's resources are to be written.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_example-tag-policies.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.organizations import refusals
from foulweather.services.organizations.inheritance import ALLOWED, ASSIGN, OPERATORS, SETTERS

_TAGS: Final = "tags"
_KEY: Final = "tag_key"
_VALUE: Final = "tag_value"
_ENFORCED: Final = "enforced_for"
# The services that refuse what is written wrong, and for which types. Whoever asks for more is told, not put off.
_ENFORCING: Final = ("sns:topic", "sns:*", "sns:ALL_SUPPORTED")
# Nothing here reports what lacks a tag.
_NOT_BUILT: Final = ("report_required_tag_for",)


def check(content: str) -> None:
    """Refuse what is no tag policy."""
    try:
        document: Any = json.loads(content)
    except ValueError:
        raise refusals.malformed("it is not JSON") from None
    whole = _object(document, "the policy")
    if set(whole) != {_TAGS}:
        raise refusals.malformed("a tag policy has the one element tags")
    for name, given in _object(whole[_TAGS], _TAGS).items():
        if name == ALLOWED:
            continue
        if name in OPERATORS:
            raise refusals.malformed(f"{name} does not stand beside policy keys")
        _check_policy_key(name, _object(given, name))


def _check_policy_key(name: str, given: Mapping[str, Any]) -> None:
    for part, setting in given.items():
        if part == ALLOWED:
            continue
        if part in _NOT_BUILT:
            raise not_implemented("organizations", f"TAG_POLICY.{part}")
        if part not in (_KEY, _VALUE, _ENFORCED):
            raise refusals.malformed(f"{part} is not known in a policy key")
        for operator, value in _object(setting, part).items():
            if operator not in OPERATORS:
                raise refusals.malformed(f"{operator} is no inheritance operator")
            if operator in SETTERS:
                _check_value(name, part, operator, value)


def _check_value(name: str, part: str, operator: str, value: Any) -> None:
    if part == _KEY:
        if operator != ASSIGN or not isinstance(value, str):
            raise refusals.malformed(f"{_KEY} takes one string, by {ASSIGN}")
        if value.lower() != name.lower():
            raise refusals.malformed(f"the tag key {value} differs from the policy key {name} by more than case")
        return
    values = cast("list[Any]", value) if isinstance(value, list) else None
    if values is None or not all(isinstance(each, str) for each in values):
        raise refusals.malformed(f"{part} takes a list of strings")
    if part == _ENFORCED:
        for each in values:
            if each not in _ENFORCING:
                raise not_implemented("organizations", f"TAG_POLICY.{_ENFORCED}={each}")
        return
    if any(str(each).count("*") > 1 for each in values):
        raise refusals.malformed("a tag value has one wildcard at most")


def _object(given: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise _no_object(name)
    return cast("Mapping[str, Any]", given)


def _no_object(name: str) -> AwsError:
    return refusals.malformed(f"{name} is no JSON object")
