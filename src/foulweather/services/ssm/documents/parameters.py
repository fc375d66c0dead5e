"""The parameters that documents declare, and what is given for them.

https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from foulweather.kernel.java_patterns import compiled
from foulweather.services.ssm.refusals import invalid_document

_TYPES: Final = ("String", "StringList", "Integer", "Boolean", "MapList", "StringMap")
# Types of Automation parameters that hold a resource's id or ARN, such as List<AWS::EC2::Instance::Id>.
_RESOURCE_TYPE: Final = re.compile(r"(List<)?AWS::[A-Za-z0-9:]+>?")
_NAME: Final = re.compile(r"[A-Za-z0-9_]{1,50}")
_SIZES: Final = ("minItems", "maxItems", "minChars", "maxChars")


def checked(document: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """A document's parameters by name, each with a type that there is and a default that fits."""
    given: Any = document.get("parameters") or {}
    if not isinstance(given, dict):
        raise invalid_document("Document parameters must be a map.")
    found = cast("dict[Any, Any]", given)
    for name, parameter in found.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise invalid_document(f'Parameter name "{name}" is invalid.')
        _check_declaration(name, cast("dict[str, Any]", parameter) if isinstance(parameter, dict) else {})
    return found


def defaults_of(parameter: Mapping[str, Any]) -> list[str]:
    """A parameter's default, as it would be given."""
    default = parameter["default"]
    if is_list(parameter) and isinstance(default, list):
        return [as_text(each) for each in cast("list[Any]", default)]
    return [as_text(default)]


def is_list(parameter: Mapping[str, Any]) -> bool:
    """Whether a parameter takes several values."""
    kind: str = parameter["type"]
    return kind == "StringList" or kind.startswith("List<")


def typed(parameter: Mapping[str, Any], texts: Sequence[str]) -> Any:
    """What is given for a parameter, by its type."""
    kind: str = parameter["type"]
    if is_list(parameter):
        return list(texts)
    text = texts[0] if texts else ""
    if kind == "Integer":
        return int(text)
    if kind == "Boolean":
        if text.lower() not in ("true", "false"):
            raise ValueError(text)
        return text.lower() == "true"
    if kind in ("StringMap", "MapList"):
        found: Any = json.loads(text) if text else ({} if kind == "StringMap" else [])
        if not isinstance(found, dict if kind == "StringMap" else list):
            raise ValueError(text)
        return cast("Any", found)
    return text


def problem(name: str, parameter: Mapping[str, Any], texts: Sequence[str]) -> str:
    """Why a parameter does not take what is given for it; empty when it does."""
    if not is_list(parameter) and len(texts) != 1:
        return f"Parameter {name} takes one value."
    try:
        typed(parameter, texts)
    except (ValueError, RecursionError):
        return f"The value of parameter {name} is not of type {parameter['type']}."
    allowed = parameter.get("allowedValues")
    if allowed is not None and any(text not in [as_text(each) for each in allowed] for text in texts):
        return f"The value of parameter {name} is not one of its allowedValues."
    pattern = _pattern(parameter.get("allowedPattern"))
    if pattern is not None and any(not pattern.search(text) for text in texts):
        return f"The value of parameter {name} does not match its allowedPattern."
    for least, most, size in (("minItems", "maxItems", len(texts)), *(("minChars", "maxChars", len(t)) for t in texts)):
        if size < parameter.get(least, 0) or size > parameter.get(most, size):
            return f"The value of parameter {name} is not within {least} and {most}."
    return ""


def as_text(value: Any) -> str:
    """A value within a text."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _check_declaration(name: str, parameter: Mapping[str, Any]) -> None:
    kind = parameter.get("type")
    if not isinstance(kind, str) or (kind not in _TYPES and not _RESOURCE_TYPE.fullmatch(kind)):
        raise invalid_document(f'Parameter "{name}" has an invalid type: {kind}.')
    if not isinstance(parameter.get("allowedValues", []), list):
        raise invalid_document(f'allowedValues of parameter "{name}" must be a list.')
    for key in _SIZES:
        if not isinstance(parameter.get(key, 0), int):
            raise invalid_document(f'{key} of parameter "{name}" must be a number.')
    pattern = parameter.get("allowedPattern")
    if pattern is not None and _pattern(pattern) is None:
        raise invalid_document(f'allowedPattern of parameter "{name}" is no regular expression.')
    if "default" in parameter and (parameter["default"] != "" or kind in ("Integer", "Boolean")):
        words = problem(name, parameter, defaults_of(parameter))
        if words:
            raise invalid_document(f"{words} Its default does not fit.")


def _pattern(text: Any) -> Any:
    if not isinstance(text, str):
        return None
    try:
        return compiled(text)
    except ValueError:
        return None
