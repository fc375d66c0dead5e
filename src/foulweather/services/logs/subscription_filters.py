"""Subscription filters: set once their destination has taken a test message, listed, taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.logs import (
    enriching,
    forwarding,
    limits,
    naming,
    paging,
    patterns,
    refusals,
    selecting,
    subscribing,
)
from foulweather.services.logs.state import STANDARD, LogGroup, LogsState, SubscriptionFilter

Request = Mapping[str, Any]


async def put_subscription_filter(call: Call, request: Request) -> dict[str, Any]:
    """Have the events to come that match a pattern sent to a function or a stream."""
    refusals.check_model(call, request)
    limits.check_not_given("PutSubscriptionFilter", request, "emitSystemFields")
    pattern = patterns.checked(request["filterPattern"])
    destination: str = request["destinationArn"]
    kind = subscribing.checked_kind(call, destination, request.get("roleArn") or "")
    selection = selecting.checked(request.get("fieldSelectionCriteria") or "")
    group = naming.require_group(call, request["logGroupName"], STANDARD)
    of_transformed = enriching.check_transformed(call, group, request)
    state, name = call.state(LogsState), request["filterName"]
    held = state.subscription_filters.get(f"{group.name}:{name}")
    if held is None and len(state.subscription_filters_of(group.name)) >= limits.SUBSCRIPTION_FILTERS_MAX:
        raise refusals.over_limit("subscription filters", limits.SUBSCRIPTION_FILTERS_MAX, group.arn)
    patterns.check_regexes(state, group, pattern, name)
    made = SubscriptionFilter(
        group.name,
        name,
        request["filterPattern"],
        destination,
        call.now if held is None else held.created_ms,
        request.get("roleArn") or "",
        request.get("distribution") or "ByLogStream",
        of_transformed,
        selection,
    )
    if kind == "logs":
        subscribing.check_allowed(call, destination)
    await forwarding.check_destination(call, group, made)
    _put(call, state, naming.require_group(call, group.name), made)  # the group may be gone since
    return {}


def _put(call: Call, state: LogsState, group: LogGroup, made: SubscriptionFilter) -> None:
    state.subscription_filters.put(made.row, made)
    state.changed(group.name)
    call.changed(
        "logs.SubscriptionFilterSet",
        group.arn,
        subscriptionFilter=made.name,
        filterPattern=made.pattern,
        destinationArn=made.destination,
    )


def delete_subscription_filter(call: Call, request: Request) -> dict[str, Any]:
    """Take a subscription filter away."""
    refusals.check_model(call, request)
    group = naming.require_group(call, request["logGroupName"])
    state, name = call.state(LogsState), request["filterName"]
    key = f"{group.name}:{name}"
    if key not in state.subscription_filters:
        raise refusals.not_found("subscription filter", name)
    state.subscription_filters.delete(key)
    state.changed(group.name)
    call.changed("logs.SubscriptionFilterDeleted", group.arn, subscriptionFilter=name)
    return {}


def describe_subscription_filters(call: Call, request: Request) -> dict[str, Any]:
    """A page of a group's subscription filters."""
    refusals.check_model(call, request)
    group = naming.require_group(call, request["logGroupName"], STANDARD)
    prefix = request.get("filterNamePrefix") or ""
    found = [each for each in call.state(LogsState).subscription_filters_of(group.name) if each.name.startswith(prefix)]
    limit = request.get("limit") or limits.LIST_PAGE
    page, token = paging.page(found, lambda each: each.name, limit, request.get("nextToken"))
    return {"subscriptionFilters": [_shown(each) for each in page], **token}


def _shown(each: SubscriptionFilter) -> dict[str, Any]:
    told: dict[str, Any] = {
        "filterName": each.name,
        "logGroupName": each.group,
        "filterPattern": each.pattern,
        "destinationArn": each.destination,
        "distribution": each.distribution,
        "applyOnTransformedLogs": each.of_transformed,
        "creationTime": each.created_ms,
    }
    more = {"roleArn": each.role, "fieldSelectionCriteria": each.selection}
    return told | {name: value for name, value in more.items() if value}
