"""What a software vendor does as a partner: it offers sources to accounts, and puts events on their partner buses.

AWS lets accounts do so that have become partners; here every account may, so that a vendor can try it out.
https://docs.aws.amazon.com/eventbridge/latest/onboarding/amazon_eventbridge_partner_onboarding_guide.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Why
from foulweather.services.events import paging, refusals, routing
from foulweather.services.events.consignments import Outgoing, put_each
from foulweather.services.events.envelopes import detail_of, made
from foulweather.services.events.source_state import (
    ACTIVE,
    DELETED,
    EventSource,
    PartnerSource,
    SourcesState,
    await_customer,
    end,
    source_arn,
)
from foulweather.services.events.state import EventsState

Request = Mapping[str, Any]


def create_partner_event_source(call: Call, request: Request) -> dict[str, Any]:
    """Offer a source to an account, which has two weeks to make a bus of its name."""
    name, account = request["Name"], request["Account"]
    state, customer = call.state(SourcesState), call.state(SourcesState, account)
    before = customer.offered.get(name)
    if before is not None and before.state != DELETED:
        raise refusals.exists("Event source", name)
    source = EventSource(name, call.account, call.now)
    await_customer(call, customer, source)
    partner = state.made.get(name) or PartnerSource(name, [])
    partner.accounts.append(account)
    state.made.put(name, partner)
    arn = source_arn(call.region, name)
    call.changed("events.PartnerEventSourceCreated", arn, Account=account)
    return {"EventSourceArn": arn}


def delete_partner_event_source(call: Call, request: Request) -> dict[str, Any]:
    """Take a source from an account; taking one that is not there is no error."""
    name, account = request["Name"], request["Account"]
    customer = call.state(SourcesState, account)
    source = customer.offered.get(name)
    if source is not None and source.partner == call.account and source.state != DELETED:
        end(call, customer, source, has_bus=name in call.state(EventsState, account).buses)
    return {}


def describe_partner_event_source(call: Call, request: Request) -> dict[str, Any]:
    """A source that this account offers."""
    return _shown(call, _require(call, request["Name"]))


def list_partner_event_sources(call: Call, request: Request) -> dict[str, Any]:
    """The sources that this account offers, by the beginning of their names."""
    offered, prefix = call.state(SourcesState).made, request["NamePrefix"]
    listed, more = paging.page([offered[name] for name in sorted(offered) if name.startswith(prefix)], request)
    return {"PartnerEventSources": [_shown(call, source) for source in listed], **more}


def list_partner_event_source_accounts(call: Call, request: Request) -> dict[str, Any]:
    """The accounts that a source is offered to, and what they make of it."""
    source = _require(call, request["EventSourceName"])
    listed, more = paging.page(sorted(source.accounts), request)
    return {"PartnerEventSourceAccounts": [_account(call, source, each) for each in listed], **more}


def put_partner_events(call: Call, request: Request) -> dict[str, Any]:
    """Put events on the partner buses of a source's accounts; an entry that cannot be one fails by itself."""
    entries: list[Request] = request["Entries"]
    size, failed, results = put_each(call, entries, _put)
    call.happened("events.PutPartnerEvents", call.resource, entries=len(entries), failed=failed, bytes=size)
    return {"FailedEntryCount": failed, "Entries": results}


def _put(call: Call, entry: Request, outgoing: Outgoing) -> dict[str, str]:
    lacking = refusals.of_entry(entry)
    if lacking is not None:
        return lacking
    source = call.state(SourcesState).made.get(entry["Source"])
    if source is None:
        return refusals.NOT_YOUR_SOURCE
    detail = detail_of(entry["Detail"])
    if detail is None:
        return refusals.MALFORMED
    id = call.world.ids.uuid()
    for account in source.accounts:
        offered = call.state(SourcesState, account).offered[source.name]
        state = call.state(EventsState, account)
        bus = state.bus(source.name, account, call.region)
        if offered.state != ACTIVE or bus is None:
            _drop(call, id, offered, account)
            continue
        event = made(
            id=id,
            detail_type=entry["DetailType"],
            source=source.name,
            account=account,
            time_ms=call.now if entry.get("Time") is None else entry["Time"],
            region=call.region,
            resources=list(entry.get("Resources") or ()),
            detail=entry["Detail"],
            document=detail,
        )
        routing.publish(call, state, bus, event, outgoing=outgoing)
    return {"EventId": id}


def _drop(call: Call, id: str, source: EventSource, account: str) -> None:
    """A pending source "will accept events [...] but does not deliver them" (the partners' FAQ)."""
    arn = source_arn(call.region, source.name)
    cause = f"The event source {source.name} is {source.state} in account {account}: event {id} goes nowhere."
    remedy = (
        f"aws events create-event-bus --name {source.name} --event-source-name {source.name}"
        if source.name not in call.state(EventsState, account).buses
        else f"aws events activate-event-source --name {source.name}",
    )
    call.explain("PutPartnerEvents", arn, Why("dropped", cause, (call.fact(arn, "State", source.state),), remedy))


def _require(call: Call, name: str) -> PartnerSource:
    source = call.state(SourcesState).made.get(name)
    if source is None:
        raise refusals.missing("Event source", name)
    return source


def _shown(call: Call, source: PartnerSource) -> dict[str, str]:
    return {"Arn": source_arn(call.region, source.name), "Name": source.name}


def _account(call: Call, source: PartnerSource, account: str) -> dict[str, Any]:
    offered = call.state(SourcesState, account).offered[source.name]
    shown: dict[str, Any] = {"Account": account, "CreationTime": offered.created_ms, "State": offered.state}
    return {**shown, "ExpirationTime": offered.expires_ms} if offered.expires_ms else shown
