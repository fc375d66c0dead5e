"""Partner event sources: whom a partner offers one, and what an account was offered, in one Region."""

from __future__ import annotations

from typing import Final

import msgspec

from foulweather.kernel.call import Call
from foulweather.world.store import State, table

PENDING, ACTIVE, DELETED = "PENDING", "ACTIVE", "DELETED"
# "If it remains in PENDING state for more than two weeks, it is deleted" (API_DeactivateEventSource).
PENDING_MS: Final = 14 * 86_400_000


class EventSource(msgspec.Struct, omit_defaults=True):
    """A partner event source as the account has it that it is offered to; while it is pending it has an end."""

    name: str
    partner: str
    created_ms: int
    state: str = PENDING
    expires_ms: int = 0
    due: int = 0

    @property
    def created_by(self) -> str:
        """The partner's name: what stands before the namespace."""
        return "/".join(self.name.split("/")[:2])


class PartnerSource(msgspec.Struct, omit_defaults=True):
    """A partner event source as its partner has it, with the accounts that it is offered to."""

    name: str
    accounts: list[str]


class SourcesState(State):
    """Partner event sources by name: those that an account offers as a partner, and those that it is offered."""

    made = table(PartnerSource)
    offered = table(EventSource)


def source_arn(region: str, name: str) -> str:
    """The ARN of a partner event source; it belongs to no account."""
    return f"arn:aws:events:{region}::event-source/{name}"


def await_customer(call: Call, state: SourcesState, source: EventSource) -> None:
    """Have a source pend: the account has two weeks to make or activate its bus."""
    _settle(call, source)
    source.expires_ms = call.now + PENDING_MS
    source.due = call.world.agenda.at(
        source.expires_ms, "events.expire_source", {"source": source.name}, account=state.account, region=state.region
    )
    _put(call, state, source, PENDING)


def activate(call: Call, source: EventSource) -> None:
    """Have a source's events delivered to the matching bus."""
    _settle(call, source)
    _put(call, call.state(SourcesState), source, ACTIVE)


def end(call: Call, state: SourcesState, source: EventSource, *, has_bus: bool) -> None:
    """Delete a source; without a bus nothing of it is left.

    "If it is DELETED, you have created a matching event bus, but the event source has since been deleted."
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_EventSource.html
    """
    _settle(call, source)
    partner = call.state(SourcesState, source.partner, state.region)
    made = partner.made.get(source.name)
    if made is not None and state.account in made.accounts:
        made.accounts.remove(state.account)
        if made.accounts:
            partner.made.touch(made.name)
        else:
            partner.made.delete(made.name)
    _put(call, state, source, DELETED)
    if not has_bus:
        state.offered.delete(source.name)


def _settle(call: Call, source: EventSource) -> None:
    """Have a source end no more by itself."""
    if source.due:
        call.world.agenda.cancel(source.due)
    source.due = source.expires_ms = 0


def _put(call: Call, state: SourcesState, source: EventSource, to: str) -> None:
    source.state = to
    state.offered.put(source.name, source)
    call.changed("events.EventSourceSet", source_arn(state.region, source.name), State=to)
