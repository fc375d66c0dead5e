"""Queries and configurations as requests bring them, checked.

https://docs.aws.amazon.com/resource-groups/latest/APIReference/API_ResourceQuery.html
https://docs.aws.amazon.com/ARG/latest/userguide/about-slg-types.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.resourcegroups import limits
from foulweather.services.resourcegroups.state import APPLICATION, GENERIC, Query

ALL_SUPPORTED: Final = "AWS::AllSupported"
_TYPE: Final = re.compile(r"AWS::[a-zA-Z0-9]+::\w+")
_TAG_FILTERS: Final = "TAG_FILTERS_1_0"
_TYPES: Final = "ResourceTypeFilters"
_TAGS: Final = "TagFilters"
_PARAMETERS: Final = {"allowed-resource-types", "deletion-protection"}
_DELETION: Final = ("ALWAYS", "UNLESS_EMPTY")


def query(call_operation: str, given: Mapping[str, Any]) -> Query:
    """A resource query."""
    if given["Type"] != _TAG_FILTERS:
        # No stack of CloudFormation could be asked for its resources.
        raise not_implemented("resource-groups", f"{call_operation}.ResourceQuery={given['Type']}")
    text: str = given["Query"]
    try:
        parsed: Any = json.loads(text)
    except ValueError:
        raise _no_query("it is not JSON", text) from None
    if not isinstance(parsed, dict):
        raise _no_query("it is no JSON object", text)
    whole = cast("dict[str, Any]", parsed)
    if unknown := sorted(set(whole) - {_TYPES, _TAGS}):
        raise _no_query(f"{unknown[0]} is not known", text)
    types = _strings(whole.get(_TYPES), _TYPES, text)
    if not types or not all(each == ALL_SUPPORTED or _TYPE.fullmatch(each) for each in types):
        raise _no_query(f"{_TYPES} has no valid type of resource", text)
    filters: Any = whole.get(_TAGS, [])
    if not isinstance(filters, list) or len(cast("list[Any]", filters)) > limits.TAG_FILTERS_MAX:
        raise _no_query(f"{_TAGS} is no list of up to {limits.TAG_FILTERS_MAX}", text)
    return Query(given["Type"], text, types, [_filter(each, text) for each in cast("list[Any]", filters)])


def configuration(call_operation: str, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A group's configuration; what no service here would heed is not taken."""
    for item in given:
        if item["Type"] not in (GENERIC, APPLICATION):
            raise not_implemented("resource-groups", f"{call_operation}.Configuration={item['Type']}")
        for parameter in item.get("Parameters", ()):
            if item["Type"] == APPLICATION or parameter["Name"] not in _PARAMETERS:
                raise limits.bad(
                    f"{parameter['Name']} is not a valid parameter of {item['Type']}.",
                    Fact("request", "Configuration", dict(parameter)),
                )
            wrong = [each for each in parameter.get("Values", ()) if each not in _DELETION]
            if parameter["Name"] == "deletion-protection" and wrong:
                raise limits.bad(
                    "The value of deletion-protection must be ALWAYS or UNLESS_EMPTY.",
                    Fact("request", "Configuration", dict(parameter)),
                )
    return [dict(item) for item in given]


def _filter(given: Any, text: str) -> tuple[str, list[str]]:
    if not isinstance(given, dict):
        raise _no_query(f"{_TAGS} has what is no JSON object", text)
    item = cast("dict[str, Any]", given)
    key = item.get("Key")
    if not isinstance(key, str) or not key:
        raise _no_query(f"{_TAGS} has no Key", text)
    return key, _strings(item.get("Values", []), "Values", text)


def _strings(given: Any, name: str, text: str) -> list[str]:
    items = cast("list[Any]", given) if isinstance(given, list) else None
    if items is None or not all(isinstance(each, str) for each in items):
        raise _no_query(f"{name} is no list of strings", text)
    return [str(each) for each in items]


def _no_query(said: str, text: str) -> Exception:
    return limits.bad(f"Query not valid: {said}.", Fact("request", "Query", text))
