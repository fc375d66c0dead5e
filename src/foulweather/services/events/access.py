"""Which permission each operation needs, on what.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.events.destination_state import DestinationsState
from foulweather.services.events.naming import place_of, rule_of_arn
from foulweather.services.events.sending import PRINCIPAL
from foulweather.services.events.source_state import source_arn
from foulweather.services.events.state import DEFAULT, EventsState

Request = Mapping[str, Any]
Keys = Mapping[str, str | list[str]]


def _bus(call: Call, named: str | None) -> Resource:
    if named and named.startswith("arn:") and named.count(":") < 5:
        return Resource(named, call.account)
    place = place_of(call, named)
    state = call.state(EventsState, place.account, place.region)
    bus = state.bus(place.name, place.account, place.region)
    if bus is None:
        return Resource(place.arn, place.account)
    return Resource(place.arn, place.account, state.policy_of(bus), bus.tags)


def bus_in(member: str) -> Callable[[Call, Request], Sequence[Resource]]:
    """The bus that a member names; without it, the default one."""

    def find(call: Call, request: Request) -> Sequence[Resource]:
        return (_bus(call, request.get(member)),)

    return find


def rule_in(member: str) -> Callable[[Call, Request], Sequence[Resource]]:
    """The rule that a member names, on the bus of the request; the bus's policy has a say over it."""

    def find(call: Call, request: Request) -> Sequence[Resource]:
        bus = _bus(call, request.get("EventBusName"))
        start, _, bus_name = bus.arn.rpartition(":event-bus/")
        name = request.get(member) or ""
        key = f"{bus_name}/{name}"
        rule = call.state(EventsState, bus.account).rules.get(key)
        rest = name if bus_name == DEFAULT else key
        return (Resource(f"{start}:rule/{rest}", bus.account, bus.policy, {} if rule is None else rule.tags),)

    return find


def named(kind: str, member: str) -> Callable[[Call, Request], Sequence[Resource]]:
    """The archive or replay that a member names."""

    def find(call: Call, request: Request) -> Sequence[Resource]:
        return (Resource(call.arn("events", f"{kind}/{request.get(member) or '*'}"), call.account),)

    return find


def source_in(member: str) -> Callable[[Call, Request], Sequence[Resource]]:
    """The partner event source that a member names: its ARN has no account."""

    def find(call: Call, request: Request) -> Sequence[Resource]:
        return (Resource(source_arn(call.region, request.get(member) or "*"), call.account),)

    return find


def tagged_resource(call: Call, request: Request) -> Sequence[Resource]:
    """The bus or rule whose tags it is about."""
    arn = request.get("ResourceARN") or "*"
    state = call.state(EventsState)
    if ":rule/" in arn:
        rule = rule_of_arn(state, arn)
        return (Resource(arn, call.account, None, {} if rule is None else rule.tags),)
    return (_bus(call, arn) if ":event-bus/" in arn else Resource(arn, call.account),)


def _first_entry(call: Call, request: Request) -> Sequence[Resource]:
    return (_bus(call, request["Entries"][0].get("EventBusName")),)


def _entry_keys(entry: Request) -> dict[str, str | list[str]]:
    keys: dict[str, str | list[str]] = {"events:eventbusinvocation": "false"}
    if entry.get("Source"):
        keys["events:source"] = entry["Source"]
    if entry.get("DetailType"):
        keys["events:detail-type"] = entry["DetailType"]
    return keys


def _first_keys(call: Call, request: Request) -> Keys:
    return _entry_keys(request["Entries"][0])


def _other_entries(call: Call, request: Request) -> Sequence[Permission]:
    """Each entry is judged by its own bus, source and detail type; those alike are judged once."""
    entries = request["Entries"]
    if len(entries) == 1:
        return ()
    different = {(each.get("EventBusName"), each.get("Source"), each.get("DetailType")): each for each in entries}
    return [
        Permission("events:PutEvents", _bus(call, each.get("EventBusName")), _entry_keys(each))
        for each in different.values()
        if each is not entries[0]
    ]


def _rule_keys(call: Call, request: Request) -> Keys:
    """The keys that tell what a rule matches, and the tags that it is made with."""
    keys = dict(_tagging(call, request))
    try:
        pattern: Any = json.loads(request.get("EventPattern") or "{}")
    except ValueError:
        return keys
    if isinstance(pattern, dict):
        for name in ("source", "detail-type"):
            wanted: Any = cast("dict[str, Any]", pattern).get(name)
            if isinstance(wanted, list):
                keys[f"events:{name}"] = [each for each in cast("list[Any]", wanted) if isinstance(each, str)]
    return keys


def _target_keys(call: Call, request: Request) -> Keys:
    return {"events:targetarn": [target["Arn"] for target in request.get("Targets") or ()]}


def _roles_of_targets(call: Call, request: Request) -> Sequence[Permission]:
    roles = dict.fromkeys(target["RoleArn"] for target in request.get("Targets") or () if target.get("RoleArn"))
    return [_passed(role) for role in roles]


def _role_of_rule(call: Call, request: Request) -> Sequence[Permission]:
    needed = [_passed(request["RoleArn"])] if request.get("RoleArn") else []
    if request.get("Tags"):
        needed.append(Permission("events:TagResource", rule_in("Name")(call, request)[0], _tagging(call, request)))
    return needed


def _tags_of_bus(call: Call, request: Request) -> Sequence[Permission]:
    if not request.get("Tags"):
        return ()
    return (Permission("events:TagResource", _bus(call, request.get("Name")), _tagging(call, request)),)


def _passed(role: str) -> Permission:
    account = role.split(":")[4] if role.count(":") >= 5 else ""
    return Permission("iam:PassRole", Resource(role, account), {"iam:passedtoservice": PRINCIPAL})


def _tagging(call: Call, request: Request) -> Keys:
    tags: list[Request] = request.get("Tags") or []
    if not tags:
        return {}
    keys: dict[str, str | list[str]] = {"aws:tagkeys": [tag["Key"] for tag in tags]}
    return keys | {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags}


def _untagging(call: Call, request: Request) -> Keys:
    return {"aws:tagkeys": list(request.get("TagKeys") or [])}


def kept(kind: str, member: str = "Name") -> Callable[[Call, Request], Sequence[Resource]]:
    """The connection or API destination that a name stands for, or an ARN."""

    def find(call: Call, request: Request) -> Sequence[Resource]:
        given: str = request.get(member) or ""
        if given.startswith("arn:"):
            return (Resource(given, call.account),)
        state = call.state(DestinationsState)
        found = (state.connections if kind == "connection" else state.destinations).get(given)
        rest = f"{kind}/{given or '*'}/*"
        return (Resource(call.arn("events", rest) if found is None else found.arn, call.account),)

    return find


_connection, _destination = kept("connection"), kept("api-destination")
_source = source_in("Name")
_archive, _replay, _rule = named("archive", "ArchiveName"), named("replay", "ReplayName"), rule_in("Name")

ACCESS: dict[str, Access] = {
    "ActivateEventSource": Access("events:ActivateEventSource", _source),
    "CancelReplay": Access("events:CancelReplay", _replay),
    "CreateApiDestination": Access("events:CreateApiDestination", _destination),
    "CreateArchive": Access("events:CreateArchive", _archive),
    "CreateConnection": Access("events:CreateConnection", _connection),
    "CreateEventBus": Access("events:CreateEventBus", bus_in("Name"), _tagging, _tags_of_bus),
    "CreatePartnerEventSource": Access("events:CreatePartnerEventSource", _source),
    "DeactivateEventSource": Access("events:DeactivateEventSource", _source),
    "DeauthorizeConnection": Access("events:DeauthorizeConnection", _connection),
    "DeleteApiDestination": Access("events:DeleteApiDestination", _destination),
    "DeleteArchive": Access("events:DeleteArchive", _archive),
    "DeleteConnection": Access("events:DeleteConnection", _connection),
    "DeleteEventBus": Access("events:DeleteEventBus", bus_in("Name")),
    "DeletePartnerEventSource": Access("events:DeletePartnerEventSource", _source),
    "DeleteRule": Access("events:DeleteRule", _rule),
    "DescribeApiDestination": Access("events:DescribeApiDestination", _destination, is_read=True),
    "DescribeArchive": Access("events:DescribeArchive", _archive, is_read=True),
    "DescribeConnection": Access("events:DescribeConnection", _connection, is_read=True),
    "DescribeEventBus": Access("events:DescribeEventBus", bus_in("Name"), is_read=True),
    "DescribeEventSource": Access("events:DescribeEventSource", _source, is_read=True),
    "DescribePartnerEventSource": Access("events:DescribePartnerEventSource", _source, is_read=True),
    "DescribeReplay": Access("events:DescribeReplay", _replay, is_read=True),
    "DescribeRule": Access("events:DescribeRule", _rule, is_read=True),
    "DisableRule": Access("events:DisableRule", _rule),
    "EnableRule": Access("events:EnableRule", _rule),
    "ListApiDestinations": Access("events:ListApiDestinations", is_read=True),
    "ListArchives": Access("events:ListArchives", is_read=True),
    "ListConnections": Access("events:ListConnections", is_read=True),
    "ListEventBuses": Access("events:ListEventBuses", is_read=True),
    "ListEventSources": Access("events:ListEventSources", is_read=True),
    "ListPartnerEventSourceAccounts": Access(
        "events:ListPartnerEventSourceAccounts", source_in("EventSourceName"), is_read=True
    ),
    "ListPartnerEventSources": Access("events:ListPartnerEventSources", is_read=True),
    "ListReplays": Access("events:ListReplays", is_read=True),
    "ListRuleNamesByTarget": Access("events:ListRuleNamesByTarget", is_read=True),
    "ListRules": Access("events:ListRules", bus_in("EventBusName"), is_read=True),
    "ListTagsForResource": Access("events:ListTagsForResource", tagged_resource, is_read=True),
    "ListTargetsByRule": Access("events:ListTargetsByRule", rule_in("Rule"), is_read=True),
    "PutEvents": Access("events:PutEvents", _first_entry, _first_keys, _other_entries, is_data=True),
    "PutPartnerEvents": Access("events:PutPartnerEvents", is_data=True),
    "PutPermission": Access("events:PutPermission", bus_in("EventBusName")),
    "PutRule": Access("events:PutRule", _rule, _rule_keys, _role_of_rule),
    "PutTargets": Access("events:PutTargets", rule_in("Rule"), _target_keys, _roles_of_targets),
    "RemovePermission": Access("events:RemovePermission", bus_in("EventBusName")),
    "RemoveTargets": Access("events:RemoveTargets", rule_in("Rule")),
    "StartReplay": Access("events:StartReplay", _replay),
    "TagResource": Access("events:TagResource", tagged_resource, _tagging),
    "TestEventPattern": Access("events:TestEventPattern", is_read=True),
    "UntagResource": Access("events:UntagResource", tagged_resource, _untagging),
    "UpdateApiDestination": Access("events:UpdateApiDestination", _destination),
    "UpdateArchive": Access("events:UpdateArchive", _archive),
    "UpdateConnection": Access("events:UpdateConnection", _connection),
    "UpdateEventBus": Access("events:UpdateEventBus", bus_in("Name")),
}
