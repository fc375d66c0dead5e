"""Destinations: where other accounts may send their logs, and who may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.logs import forwarding, limits, paging, refusals
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import Destination, LogsState

Request = Mapping[str, Any]


async def put_destination(call: Call, request: Request) -> dict[str, Any]:
    """Make a destination, or point it elsewhere: its stream must take a test message."""
    refusals.check_model(call, request)
    name, target = request["destinationName"], request["targetArn"]
    kind = forwarding.kind_of(target)
    if kind not in ("kinesis", "firehose"):
        raise invalid("Invalid targetArn.", Fact("request", "targetArn", target))
    held = call.state(LogsState).destinations.get(name)
    tags = limits.checked_tags(held.tags if held is not None else {}, request.get("tags") or {})
    made = Destination(
        name,
        call.account,
        call.region,
        target,
        request["roleArn"],
        held.created_ms if held is not None else call.now,
        held.policy if held is not None else "",
        tags,
    )
    await forwarding.check_target(call, made)
    call.state(LogsState).destinations.put(name, made)
    call.changed("logs.DestinationSet", made.arn, targetArn=target, roleArn=made.role)
    return {"destination": _shown(made)}


def put_destination_policy(call: Call, request: Request) -> dict[str, Any]:
    """Say which accounts may send their logs to a destination."""
    refusals.check_model(call, request)
    destination = _found(call, request["destinationName"])
    try:
        parse(request["accessPolicy"], "resource")
    except PolicySyntaxError as error:
        raise invalid(error.message, Fact("request", "accessPolicy", request["accessPolicy"])) from error
    destination.policy = request["accessPolicy"]
    call.state(LogsState).destinations.touch(destination.name)
    call.changed("logs.DestinationPolicySet", destination.arn, Policy=destination.policy)
    return {}


def delete_destination(call: Call, request: Request) -> dict[str, Any]:
    """Take a destination away."""
    refusals.check_model(call, request)
    destination = _found(call, request["destinationName"])
    call.state(LogsState).destinations.delete(destination.name)
    call.changed("logs.DestinationDeleted", destination.arn)
    return {}


def describe_destinations(call: Call, request: Request) -> dict[str, Any]:
    """A page of the account's destinations, in order of name."""
    refusals.check_model(call, request)
    prefix = request.get("DestinationNamePrefix") or ""
    found = sorted(call.state(LogsState).destinations.values(), key=lambda each: each.name)
    found = [each for each in found if each.name.startswith(prefix)]
    limit = request.get("limit") or limits.LIST_PAGE
    page, token = paging.page(found, lambda each: each.name, limit, request.get("nextToken"))
    return {"destinations": [_shown(each) for each in page], **token}


def _found(call: Call, name: str) -> Destination:
    destination = call.state(LogsState).destinations.get(name)
    if destination is None:
        raise refusals.not_found("destination", call.arn("logs", f"destination:{name}"))
    return destination


def _shown(each: Destination) -> dict[str, Any]:
    told: dict[str, Any] = {
        "destinationName": each.name,
        "targetArn": each.target,
        "roleArn": each.role,
        "arn": each.arn,
        "creationTime": each.created_ms,
    }
    return told | ({"accessPolicy": each.policy} if each.policy else {})
