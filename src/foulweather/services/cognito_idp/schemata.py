"""Schemata: the standard attributes, as a pool wants them, and its own.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html#user-pool-settings-custom-attributes
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, refusals
from foulweather.services.cognito_idp.records import Attribute


def extended(
    schema: Mapping[str, Attribute], given: Iterable[Mapping[str, Any]], *, is_addition: bool = False
) -> dict[str, Attribute]:
    """A schema with the attributes of a request."""
    found = dict(schema)
    for each in given:
        name = each.get("Name")
        if not name:
            raise refusals.invalid("Attribute name is required.", Fact("request", "Name", name))
        if name in found and not is_addition and not name.startswith(("custom:", "dev:")):
            found[name] = _standard(found[name], each)
            continue
        own = name if name.startswith(("custom:", "dev:custom:")) else f"custom:{name}"
        if each.get("DeveloperOnlyAttribute") and not own.startswith("dev:"):
            own = f"dev:{own}"
        if own in found:
            raise refusals.invalid(f"{own}: Existing attribute already has name {own}.", Fact("request", "Name", name))
        found[own] = _own(own, each)
    if sum(name.startswith(("custom:", "dev:")) for name in found) > limits.CUSTOM_ATTRIBUTES:
        raise refusals.invalid(
            f"Number of custom attributes exceeds the limit of {limits.CUSTOM_ATTRIBUTES}.",
            Fact("request", "attributes", len(found)),
        )
    return found


def _standard(held: Attribute, given: Mapping[str, Any]) -> Attribute:
    kind = given.get("AttributeDataType", held.type)
    if kind != held.type:
        raise refusals.invalid(
            f"You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute "
            f"{held.name}",
            Fact("request", "AttributeDataType", kind),
        )
    least, most = _bounds(given, held.type)
    is_mutable = bool(given.get("Mutable", held.is_mutable))
    is_required = bool(given.get("Required", held.is_required))
    return Attribute(held.name, held.type, is_mutable, is_required, False, least or held.least, most or held.most)


def _own(name: str, given: Mapping[str, Any]) -> Attribute:
    if given.get("Required"):
        raise refusals.invalid(
            "Required custom attributes are not supported currently.", Fact("request", f"{name} Required", True)
        )
    kind: str = given.get("AttributeDataType", "String")
    least, most = _bounds(given, kind)
    is_developer_only = bool(given.get("DeveloperOnlyAttribute"))
    return Attribute(name, kind, bool(given.get("Mutable", True)), False, is_developer_only, least, most)


def _bounds(given: Mapping[str, Any], kind: str) -> tuple[str | None, str | None]:
    text: Mapping[str, str] = given.get("StringAttributeConstraints") or {}
    number: Mapping[str, str] = given.get("NumberAttributeConstraints") or {}
    least, most = (
        (text.get("MinLength"), text.get("MaxLength"))
        if kind == "String"
        else (number.get("MinValue"), number.get("MaxValue"))
    )
    for bound in (least, most):
        if bound is not None and not bound.lstrip("-").isdigit():
            raise refusals.invalid("Attribute constraints must be numbers.", Fact("request", "constraint", bound))
    if least is not None and most is not None and int(least) > int(most):
        raise refusals.invalid("The minimum must not be above the maximum.", Fact("request", "constraint", least))
    if kind == "String" and most is not None and int(most) > limits.CUSTOM_ATTRIBUTE_LENGTH:
        raise refusals.invalid(
            f"MaxLength must be at most {limits.CUSTOM_ATTRIBUTE_LENGTH}.", Fact("request", "MaxLength", most)
        )
    return least, most
