"""OpsItems, shown and listed.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeOpsItems.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.ssm.opsitems import limits, naming
from foulweather.services.ssm.opsitems.state import ISSUE, OpsItem, OpsItemsState
from foulweather.services.ssm.paging import page

Request = Mapping[str, Any]
Passes = Callable[[OpsItem], bool]
# By which operators each key can be asked for.
_EQUAL: Final = ("Equal",)
_TEXT: Final = ("Equal", "Contains")
_TIME: Final = ("GreaterThan", "LessThan")
_OPERATORS: Final[Mapping[str, tuple[str, ...]]] = {
    "Status": _EQUAL,
    "CreatedBy": _TEXT,
    "Source": _TEXT,
    "Priority": _EQUAL,
    "Title": _TEXT,
    "OpsItemId": _EQUAL,
    "CreatedTime": _TIME,
    "LastModifiedTime": _TIME,
    "OperationalDataKey": _EQUAL,
    "OperationalDataValue": _TEXT,
    "OperationalData": _EQUAL,
    "ResourceId": ("Contains",),
    "AutomationId": _EQUAL,
    "Category": _EQUAL,
    "Severity": _EQUAL,
    "OpsItemType": _EQUAL,
    "AccountId": _EQUAL,
}


def get_ops_item(call: Call, request: Request) -> dict[str, Any]:
    """All about an OpsItem."""
    _, item = naming.require(call, request["OpsItemId"], request.get("OpsItemArn") or "")
    shown: dict[str, Any] = {"Notifications": [], "RelatedOpsItems": [], **item.members}
    return {"OpsItem": shown | _told(item) | {"Version": str(item.version), "OpsItemArn": item.arn}}


def describe_ops_items(call: Call, request: Request) -> dict[str, Any]:
    """The OpsItems that filters find."""
    passes = [_filter(each) for each in request.get("OpsItemFilters") or ()]
    items = call.state(OpsItemsState).items.values()
    found = [each for each in items if all(one(each) for one in passes)]
    found.sort(key=lambda each: -each.created_ms)
    some, more = page(found, request, limits.PAGE)
    return {"OpsItemSummaries": [_summary(each) for each in some], **more}


def list_ops_item_related_items(call: Call, request: Request) -> dict[str, Any]:
    """What OpsItems have to do with: one of them, or all."""
    items = list(call.state(OpsItemsState).items.values())
    wanted = request.get("OpsItemId")
    pairs = [(item, each) for item in items if not wanted or item.id == wanted for each in item.related]
    for given in request.get("Filters") or ():
        values = list(given["Values"])
        match given["Key"]:
            case "ResourceType":
                pairs = [pair for pair in pairs if pair[1].resource_type in values]
            case "AssociationId":
                pairs = [pair for pair in pairs if pair[1].id in values]
            case _:
                pairs = [pair for pair in pairs if pair[1].uri in values]
    some, more = page(pairs, request, limits.PAGE)
    shown = [
        {
            "OpsItemId": item.id,
            "AssociationId": each.id,
            "ResourceType": each.resource_type,
            "AssociationType": each.association_type,
            "ResourceUri": each.uri,
            "CreatedBy": {"Arn": each.created_by},
            "CreatedTime": each.created_ms,
            "LastModifiedBy": {"Arn": each.created_by},
            "LastModifiedTime": each.created_ms,
        }
        for item, each in some
    ]
    return {"Summaries": shown, **more}


def _told(item: OpsItem) -> dict[str, Any]:
    return {
        "OpsItemId": item.id,
        "OpsItemType": ISSUE,
        "Status": item.status,
        "CreatedBy": item.created_by,
        "CreatedTime": item.created_ms,
        "LastModifiedBy": item.modified_by,
        "LastModifiedTime": item.modified_ms,
    }


def _summary(item: OpsItem) -> dict[str, Any]:
    shown = {name: value for name, value in item.members.items() if name not in ("Description", "RelatedOpsItems")}
    data: dict[str, Any] = item.members["OperationalData"]
    # Only what is searchable is shown to those who may list OpsItems and not open them.
    shown["OperationalData"] = {key: each for key, each in data.items() if each.get("Type") == "SearchableString"}
    return shown | _told(item)


def _filter(given: Mapping[str, Any]) -> Passes:
    key, values, operator = given["Key"], list(given["Values"]), given["Operator"]
    if key not in _OPERATORS:
        raise not_implemented("ssm", f"DescribeOpsItems.OpsItemFilters.{key}")
    if operator not in _OPERATORS[key]:
        raise limits.invalid(f"The operator {operator} isn't supported for {key}.", OpsItemFilters=given)
    if operator in _TIME:
        return _by_time(key, values, operator)
    if key == "OperationalData":
        return _by_data(values)
    if operator == "Contains":
        return lambda each: any(value in held for held in _held(each, key) for value in values)
    return lambda each: any(held in values for held in _held(each, key))


def _held(item: OpsItem, key: str) -> list[str]:
    """What an OpsItem has of what a filter asks for."""
    data: dict[str, Any] = item.members["OperationalData"]
    searched = {name: each for name, each in data.items() if each.get("Type") == "SearchableString"}
    match key:
        case "OperationalDataKey":
            return list(searched)
        case "OperationalDataValue":
            return [each["Value"] for each in searched.values()]
        case "ResourceId":
            return [str(each.get("arn")) for each in json.loads(data.get("/aws/resources", {}).get("Value") or "[]")]
        case "AutomationId":
            automations = json.loads(data.get("/aws/automations", {}).get("Value") or "[]")
            return [str(each.get("automationId")) for each in automations]
        case "AccountId":
            return [item.account]
        case _:
            found = (item.members | _told(item)).get(key)
            return [] if found is None else [str(found)]


def _by_data(values: list[str]) -> Passes:
    wanted: list[tuple[str, str]] = []
    for text in values:
        try:
            one = json.loads(text)
            wanted.append((one["key"], one["value"]))
        except (ValueError, KeyError, TypeError):
            words = 'OperationalData filters have the form {"key":"key_name","value":"a_value"}.'
            raise limits.invalid(words, OpsItemFilters=text) from None

    def passes(item: OpsItem) -> bool:
        data: dict[str, Any] = item.members["OperationalData"]
        return any(data.get(key, {}).get("Value") == value for key, value in wanted)

    return passes


def _by_time(key: str, values: list[str], operator: str) -> Passes:
    try:
        at_ms = int(datetime.fromisoformat(values[0]).timestamp()) * 1000
    except (ValueError, IndexError):
        raise limits.invalid(f"The value of {key} isn't a time.", OpsItemFilters=values) from None
    is_later = operator == "GreaterThan"

    def passes(item: OpsItem) -> bool:
        held_ms = item.created_ms if key == "CreatedTime" else item.modified_ms
        return held_ms > at_ms if is_later else held_ms < at_ms

    return passes
