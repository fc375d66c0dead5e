"""What a message carries beside its body: its attributes, checked and counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.services.sqs import limits

ATTRIBUTES_MAX = 10
NAME_CHARACTERS_MAX = 256
Attributes = Mapping[str, Mapping[str, Any]]

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_TYPE = re.compile(r"(String|Number|Binary)(\..+)?", re.DOTALL)
# X-Ray Developer Guide, "Tracing header": Root, and optionally Parent, Sampled, Self, Lineage and others, as key=value.
_TRACE = re.compile(r"\s*[A-Za-z][A-Za-z0-9_-]*=[^;]*(;\s*[A-Za-z][A-Za-z0-9_-]*=[^;]*)*;?\s*")


def checked_attributes(attributes: Attributes) -> tuple[dict[str, dict[str, Any]], int]:
    """A message's attributes as they are kept, and how many bytes they count."""
    if len(attributes) > ATTRIBUTES_MAX:
        raise _invalid(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{ATTRIBUTES_MAX}]."
        )
    kept: dict[str, dict[str, Any]] = {}
    size = 0
    for name, attribute in attributes.items():
        _check_name(name)
        data_type, member, value = _checked_value("user", name, attribute)
        kept[name] = {"DataType": data_type, member: value}
        size += (
            len(name.encode()) + len(data_type.encode()) + len(value if isinstance(value, bytes) else value.encode())
        )
    return kept, size


def checked_trace_header(attributes: Attributes) -> str:
    """The X-Ray trace header, the only system attribute that a sender may set."""
    for name in attributes:
        if name != "AWSTraceHeader":
            raise _invalid(f"Message system attribute name '{name}' is invalid.")
    attribute = attributes.get("AWSTraceHeader")
    if attribute is None:
        return ""
    data_type, _, value = _checked_value("system", "AWSTraceHeader", attribute)
    if data_type != "String":
        raise _invalid("The message system attribute 'AWSTraceHeader' must have the type 'String'.")
    if not _TRACE.fullmatch(value):
        raise _invalid("The message system attribute 'AWSTraceHeader' is not a valid X-Ray trace header.")
    return value


def selected(attributes: dict[str, dict[str, Any]], names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The attributes that a receiver asks for: by name, by prefix (`bar.*`), or all (`All`, `.*`)."""
    chosen: set[str] = set()
    for name in names:
        if name in ("All", ".*"):
            return attributes
        if name.endswith(".*"):
            chosen.update(each for each in attributes if each.startswith(name[:-2]))
        elif name in attributes:
            chosen.add(name)
    return {name: value for name, value in attributes.items() if name in chosen}


def checked_selectors(names: Iterable[str]) -> None:
    """Refuse names that no attribute could have."""
    for name in names:
        if name not in ("All", ".*"):
            _check_name(name.removesuffix(".*"))


def _check_name(name: str) -> None:
    if not name or len(name) > NAME_CHARACTERS_MAX:
        raise _invalid(f"Message (user) attribute name must be 1 to {NAME_CHARACTERS_MAX} characters long.")
    if name.lower().startswith(("aws.", "amazon.")):
        raise _invalid(f"Message (user) attribute name '{name}' uses a reserved prefix: AWS. or Amazon.")
    if not _NAME.fullmatch(name) or name.startswith(".") or name.endswith(".") or ".." in name:
        raise _invalid(
            f"Message (user) attribute name '{name}' can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), "
            "and period (.), must not start or end with a period, and must not have successive periods."
        )


def _checked_value(kind: str, name: str, attribute: Mapping[str, Any]) -> tuple[str, str, Any]:
    data_type = attribute.get("DataType")
    if not data_type:
        raise _invalid(f"The message ({kind}) attribute '{name}' must contain a non-empty message attribute type.")
    for unused in ("StringListValues", "BinaryListValues"):
        if attribute.get(unused):
            raise not_implemented("sqs", f"MessageAttributeValue.{unused}")
    match = _TYPE.fullmatch(data_type)
    if match is None or len(data_type) > NAME_CHARACTERS_MAX:
        raise _invalid(
            f"The type of message ({kind}) attribute '{name}' is invalid. "
            "You must use only the following supported type prefixes: Binary, Number, String."
        )
    member, of_type = ("BinaryValue", "Binary") if match[1] == "Binary" else ("StringValue", "String")
    other = "StringValue" if member == "BinaryValue" else "BinaryValue"
    if attribute.get(other):
        raise _invalid(f"The message ({kind}) attribute '{name}' with type '{match[1]}' must use field '{of_type}'.")
    value = attribute.get(member)
    if not value:
        raise _invalid(f"The message ({kind}) attribute '{name}' must contain a non-empty value of type '{of_type}'.")
    if member == "StringValue":
        limits.check_characters(value)
    if match[1] == "Number":
        _check_number(kind, name, value)
    return data_type, member, value


def _check_number(kind: str, name: str, value: str) -> None:
    """Up to 38 digits of precision, between 10^-128 and 10^+126 (Developer Guide, message attribute data types)."""
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise _invalid(f"Can't cast the value of message ({kind}) attribute '{name}' to a number.")
    digits = number.as_tuple().digits
    magnitude = number.adjusted()
    if number and (magnitude > 126 or magnitude < -128 or len(digits) > 38):
        raise _invalid(f"Number attribute value {value} should be in range (-10**128..10**126).")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)
