"""Event selectors as a request gives them, checked by CloudTrail's rules.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import limits
from foulweather.services.cloudtrail.refusals import refused
from foulweather.services.cloudtrail.selecting import BASIC_TYPES

Selector = Mapping[str, Any]
OPERATORS: Final = ("Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith")
# "The only supported sources are kms.amazonaws.com and rdsdata.amazonaws.com."
EXCLUDABLE: Final = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})
_VALUES: Final = {
    "AWS::S3::Object": re.compile(r"arn:aws:s3(:::)?|arn:aws:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.*"),
    "AWS::Lambda::Function": re.compile(r"arn:aws:lambda|arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[\w$-]+"),
    "AWS::DynamoDB::Table": re.compile(r"arn:aws:dynamodb|arn:aws:dynamodb:[a-z0-9-]+:\d{12}:table/[\w.-]+"),
}
_TRAIL_MANAGEMENT: Final = frozenset({"eventCategory", "readOnly", "eventSource"})
_STORE_MANAGEMENT: Final = frozenset({"eventName", "eventType", "sessionCredentialFromConsole", "userIdentity.arn"})
_DATA: Final = frozenset(
    {"eventCategory", "eventName", "eventSource", "eventType", "readOnly", "resources.type", "resources.ARN"}
    | {"sessionCredentialFromConsole", "userIdentity.arn"}
)
_NETWORK: Final = frozenset({"eventCategory", "eventSource", "eventName", "errorCode", "vpcEndpointId"})
# Event data stores alone take these, and nothing but the category with them.
_OTHER_CATEGORIES: Final = frozenset({"Insight", "ConfigurationItem", "Evidence", "ActivityAuditLog"})
_EQUALS_ONLY: Final = frozenset({"eventCategory", "readOnly", "resources.type", "sessionCredentialFromConsole"})
_TYPE = re.compile(r"AWS::[A-Za-z0-9]+::[A-Za-z0-9]+")


def _invalid(message: str, *facts: Fact) -> AwsError:
    return refused("InvalidEventSelectors", message, *facts)


# --- basic


def checked_basic(given: Sequence[Selector]) -> list[dict[str, Any]]:
    """Basic selectors with what is not said filled in."""
    if not 1 <= len(given) <= limits.SELECTORS_MAX:
        message = f"You can specify between 1 and {limits.SELECTORS_MAX} event selectors for a trail."
        raise _invalid(message, Fact("request", "EventSelectors", len(given)))
    selectors = [_checked_basic(each) for each in given]
    count = sum(
        len([value for value in resource["Values"] if value.count(":") > 2 and value != "arn:aws:s3:::"])
        for selector in selectors
        for resource in selector["DataResources"]
    )
    if count > limits.DATA_RESOURCES_MAX:
        message = (
            f"The total number of data resources cannot exceed {limits.DATA_RESOURCES_MAX} across all event selectors."
        )
        raise _invalid(message, Fact("request", "data resources", count))
    return selectors


def _checked_basic(selector: Selector) -> dict[str, Any]:
    kind = selector.get("ReadWriteType", "All")
    resources = [_checked_resource(each) for each in selector.get("DataResources") or ()]
    has_management = selector.get("IncludeManagementEvents", True)
    excluded: list[str] = list(selector.get("ExcludeManagementEventSources") or ())
    for source in excluded:
        if source not in EXCLUDABLE:
            message = f"Value {source} for ExcludeManagementEventSources is invalid."
            raise _invalid(message, Fact("request", "ExcludeManagementEventSources", source))
    if excluded and not has_management:
        message = "ExcludeManagementEventSources cannot be specified when IncludeManagementEvents is false."
        raise _invalid(message, Fact("request", "IncludeManagementEvents", False))
    return {
        "ReadWriteType": kind,
        "IncludeManagementEvents": has_management,
        "DataResources": resources,
        "ExcludeManagementEventSources": excluded,
    }


def _checked_resource(resource: Selector) -> dict[str, Any]:
    of_type = str(resource.get("Type") or "")
    if of_type not in BASIC_TYPES:
        message = f"Value {of_type} for DataResources.Type is invalid."
        raise _invalid(
            message,
            Fact("request", "DataResources.Type", of_type),
            Fact("basic event selectors", "resource types", sorted(BASIC_TYPES)),
        )
    values: list[str] = list(resource.get("Values") or ())
    if not values:
        raise _invalid("DataResources.Values cannot be empty.", Fact("request", "DataResources.Values", values))
    for value in values:
        # In so many words: https://github.com/aws-samples/aws-security-reference-architecture-examples/issues/335
        if not _VALUES[of_type].fullmatch(value) or value.endswith("*"):
            message = f"Value {value} for DataResources.Values is invalid."
            raise _invalid(message, Fact("request", "DataResources.Values", value))
    return {"Type": of_type, "Values": values}


# --- advanced


def checked_advanced(given: Sequence[Selector], *, is_store: bool) -> list[dict[str, Any]]:
    """Advanced selectors, as they are kept."""
    conditions = sum(
        len(field.get(operator) or ())
        for selector in given
        for field in selector.get("FieldSelectors") or ()
        for operator in OPERATORS
    )
    if conditions > limits.CONDITIONS_MAX:
        message = (
            f"The total number of conditions cannot exceed {limits.CONDITIONS_MAX} across all advanced event selectors."
        )
        raise _invalid(message, Fact("request", "conditions", conditions))
    return [_checked_advanced(each, is_store=is_store) for each in given]


def _checked_advanced(selector: Selector, *, is_store: bool) -> dict[str, Any]:
    fields: list[Selector] = list(selector.get("FieldSelectors") or ())
    by_name: dict[str, Selector] = {}
    for field in fields:
        if field["Field"] in by_name:
            message = f"Field {field['Field']} can be used only once in an advanced event selector."
            raise _invalid(message, Fact("request", "Field", field["Field"]))
        by_name[field["Field"]] = field
        _check_operators(field)
    category = _only(by_name, "eventCategory")
    allowed = _allowed(category, is_store=is_store)
    for name in by_name:
        if name not in allowed:
            message = f"Field {name} is not supported for event category {category}."
            raise _invalid(message, Fact("request", "Field", name))
    if category == "Data":
        of_type = _only(by_name, "resources.type")
        if not _TYPE.fullmatch(of_type):
            message = f"Value {of_type} for resources.type is invalid."
            raise _invalid(message, Fact("request", "resources.type", of_type))
    if category == "NetworkActivity":
        _only(by_name, "eventSource")
    if category == "Management" and not is_store and "eventSource" in by_name:
        _check_excluded(by_name["eventSource"])
    if "readOnly" in by_name and _only(by_name, "readOnly") not in ("true", "false"):
        message = "The value of the readOnly field must be true or false."
        raise _invalid(message, Fact("request", "readOnly", by_name["readOnly"].get("Equals")))
    kept: dict[str, Any] = {"Name": selector["Name"]} if selector.get("Name") is not None else {}
    names = ("Field", *OPERATORS)
    kept["FieldSelectors"] = [{name: each[name] for name in names if each.get(name)} for each in fields]
    return kept


def _allowed(category: str, *, is_store: bool) -> frozenset[str]:
    if category == "Management":
        return _TRAIL_MANAGEMENT | _STORE_MANAGEMENT if is_store else _TRAIL_MANAGEMENT
    if category == "Data":
        return _DATA
    if category == "NetworkActivity":
        return _NETWORK
    if is_store and category in _OTHER_CATEGORIES:
        return frozenset({"eventCategory"})
    raise _invalid(f"Value {category} for eventCategory is invalid.", Fact("request", "eventCategory", category))


def _check_operators(field: Selector) -> None:
    name = field["Field"]
    used = [operator for operator in OPERATORS if field.get(operator)]
    if not used:
        message = f"Field {name} must have at least one operator."
        raise _invalid(message, Fact("request", "Field", name))
    if name in _EQUALS_ONLY and used != ["Equals"]:
        message = f"Field {name} can only use the Equals operator."
        raise _invalid(message, Fact("request", f"operators of {name}", used))
    for operator in used:
        values: list[str] = field[operator]
        if any("*" in value for value in values) and name != "resources.ARN":
            # "Selectors don't support the use of wildcards like *."
            message = f"Wildcards are not supported in the values of field {name}."
            raise _invalid(message, Fact("request", name, values))


def _check_excluded(field: Selector) -> None:
    used = [operator for operator in OPERATORS if field.get(operator)]
    if used != ["NotEquals"] or not EXCLUDABLE.issuperset(field["NotEquals"]):
        message = "The eventSource field can only be set to NotEquals kms.amazonaws.com or rdsdata.amazonaws.com."
        raise _invalid(message, Fact("request", "eventSource", {each: field[each] for each in used}))


def _only(by_name: Mapping[str, Selector], name: str) -> str:
    values: list[str] = list(by_name.get(name, {}).get("Equals") or ())
    if len(values) != 1:
        raise _invalid(
            f"The {name} field is required and must have exactly one value.", Fact("request", name, values or None)
        )
    return values[0]
