"""Destinations: where other accounts may send their logs, and who may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.logs import forwarding, limits, paging, refusals
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import Destination, LogsState

Request = Mapping[str, Any]


def put_destination(call: Call, request: Request) -> dict[str, Any]:
    """Make a destination, or point it elsewhere: its stream must be there."""
    refusals.check_model(call, request)
    name, target = request["destinationName"], request["targetArn"]
    kind = forwarding.kind_of(target)
    if kind not in ("kinesis", "firehose"):
        raise invalid("Invalid targetArn.", Fact("request", "targetArn", target))
    if call.pipeline.services.find(kind) is None:
        raise invalid(
            f"Could not deliver test message to specified {kind.capitalize()} stream. Check if the given "
            f"{kind} stream is in ACTIVE state.",
            Fact(target, "exists", False),
            Fact(f"foulweather:{kind}", "implemented", False),
        )
    # Until a stream has taken a message of another account's filter, a destination would promise too much.
    raise not_implemented("logs", f"PutDestination to {kind} ({name})")


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
