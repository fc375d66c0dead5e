"""Which events a trail or an event data store selects, by basic and by advanced event selectors.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from foulweather.services.cloudtrail import event_names, touched
from foulweather.services.cloudtrail.records import Recorded

Selector = Mapping[str, Any]
Matches = Callable[["Facts"], bool]
BASIC_TYPES: Final = frozenset({"AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"})
_EVERYTHING: Final = {
    "AWS::S3::Object": ("arn:aws:s3", "arn:aws:s3:::"),
    "AWS::Lambda::Function": ("arn:aws:lambda",),
    "AWS::DynamoDB::Table": ("arn:aws:dynamodb",),
}
DEFAULT: Final[list[dict[str, Any]]] = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
]


class Facts:
    """What selectors ask of an event, found when asked."""

    def __init__(self, event: Recorded) -> None:
        self.event = event
        self.is_data = event.is_data
        self.is_read = event.is_read
        self._arns: tuple[str, tuple[str, ...]] | None = None

    @property
    def source(self) -> str:
        """The eventSource."""
        return event_names.source(self.event.service)

    @property
    def resources(self) -> tuple[str, tuple[str, ...]]:
        """The type of the resources of a data event, and their ARNs (or the beginnings of ARNs)."""
        if self._arns is None:
            arns = touched.data_arns(self.event)
            self._arns = event_names.data_type(self.event.service, arns[0] if arns else ""), arns
        return self._arns

    def values(self, field: str) -> Sequence[str]:
        """The values of a field: several for resources.ARN, none where the event has no such field."""
        event = self.event
        match field:
            case "eventCategory":
                return ("Data" if self.is_data else "Management",)
            case "readOnly":
                return ("true" if self.is_read else "false",)
            case "eventName":
                return (event_names.event_name(event.service, event.operation),)
            case "eventSource":
                return (self.source,)
            case "eventType":
                return ("AwsServiceEvent" if event.is_of_service else "AwsApiCall",)
            case "resources.type":
                return (self.resources[0],)
            case "resources.ARN":
                return self.resources[1]
            case "userIdentity.arn":
                return (event.arn,) if event.arn.startswith("arn:") else ()
            case "sessionCredentialFromConsole":
                return ("false",)
            case "errorCode":
                return (event.error,) if event.error else ()
            case "vpcEndpointId":
                return (event.vpc_endpoint,) if event.vpc_endpoint else ()
            case _:
                return ()


class Selection:
    """Compiled selectors."""

    def __init__(self, basic: Sequence[Selector], advanced: Sequence[Selector]) -> None:
        self._matches: list[Matches] = [_advanced(each) for each in advanced] or [_basic(each) for each in basic]
        self.data_types = frozenset(kind for each in (*basic, *advanced) for kind in _data_types(each))
        self.selects_management = any(_selects_management(each) for each in (*basic, *advanced))

    def selects(self, facts: Facts) -> bool:
        """Whether any selector matches."""
        if not (self.data_types if facts.is_data else self.selects_management):
            return False
        return any(matches(facts) for matches in self._matches)


def _data_types(selector: Selector) -> Sequence[str]:
    """The resource types whose data events a selector may select."""
    if "FieldSelectors" not in selector:
        return [resource["Type"] for resource in selector.get("DataResources") or ()]
    if "Data" not in _category(selector):
        return ()
    # "For resources.type, you can only use the Equals operator", and every selector of data events has one.
    fields: Sequence[Selector] = selector["FieldSelectors"]
    return next(each["Equals"] for each in fields if each["Field"] == "resources.type")


def _selects_management(selector: Selector) -> bool:
    if "FieldSelectors" in selector:
        return "Management" in _category(selector)
    return bool(selector.get("IncludeManagementEvents", True))


def _category(selector: Selector) -> Sequence[str]:
    fields: Sequence[Selector] = selector["FieldSelectors"]
    return next((each.get("Equals") or () for each in fields if each["Field"] == "eventCategory"), ())


def _basic(selector: Selector) -> Matches:
    kind = selector.get("ReadWriteType", "All")
    has_management = selector.get("IncludeManagementEvents", True)
    excluded: frozenset[str] = frozenset(selector.get("ExcludeManagementEventSources") or ())
    by_type: dict[str, list[str]] = {}
    for resource in selector.get("DataResources") or ():
        by_type.setdefault(resource["Type"], []).extend(resource["Values"])

    def matches(facts: Facts) -> bool:
        if kind != "All" and facts.is_read != (kind == "ReadOnly"):
            return False
        if not facts.is_data:
            return has_management and facts.source not in excluded
        of_type, arns = facts.resources
        values = by_type.get(of_type)
        return values is not None and any(_covers(of_type, value, arn) for value in values for arn in arns)

    return matches


def _covers(of_type: str, value: str, arn: str) -> bool:
    """Whether a value of DataResources covers a resource: S3's are prefixes, the others whole ARNs."""
    if value in _EVERYTHING[of_type]:
        return True
    return arn.startswith(value) if of_type == "AWS::S3::Object" else arn == value


def _advanced(selector: Selector) -> Matches:
    tests = [_field(each) for each in selector["FieldSelectors"]]
    return lambda facts: all(test(facts) for test in tests)


def _field(selector: Selector) -> Matches:
    """All operators of a field must hold; of an operator's values any, and of a negated operator's none."""
    field = selector["Field"]
    equals, starts = selector.get("Equals"), tuple(selector.get("StartsWith") or ())
    ends = tuple(selector.get("EndsWith") or ())
    not_equals: frozenset[str] = frozenset(selector.get("NotEquals") or ())
    not_starts = tuple(selector.get("NotStartsWith") or ())
    not_ends = tuple(selector.get("NotEndsWith") or ())

    def matches(facts: Facts) -> bool:
        values = facts.values(field)
        return (
            (not equals or any(value in equals for value in values))
            and (not starts or any(value.startswith(starts) for value in values))
            and (not ends or any(value.endswith(ends) for value in values))
            and not any(value in not_equals for value in values)
            and not (not_starts and any(value.startswith(not_starts) for value in values))
            and not (not_ends and any(value.endswith(not_ends) for value in values))
        )

    return matches
