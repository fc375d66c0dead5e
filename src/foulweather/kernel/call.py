"""One API request: who, where, when, in which world, and what it may do there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from foulweather.kernel.credentials import Session
from foulweather.kernel.trace import Hop, Traces
from foulweather.kernel.why import Fact, Setter, Why
from foulweather.policy import principal as principals
from foulweather.policy.principal import Principal
from foulweather.world.store import State
from foulweather.world.world import World

if TYPE_CHECKING:
    from foulweather.kernel.pipeline import Pipeline
    from foulweather.kernel.ports import Ports

S = TypeVar("S", bound=State)


class Origin(msgspec.Struct, frozen=True):
    """Where a request came from, as condition keys and CloudTrail tell it."""

    ip: str = "127.0.0.1"
    is_secure: bool = False
    user_agent: str = ""
    host: str = ""
    referer: str = ""
    vpc: str = ""
    vpc_endpoint: str = ""


NOWHERE = Origin()


class Call:
    """One request on its way through the gates and its operation.

    `now` is the world's time in milliseconds, read once. `resource` is the ARN that the access
    table found, for traces and metrics. `source_arn` and `source_account` say on whose behalf a
    service calls; `via` lists the services that pass a principal's call on. `further_headers` are
    added to the answer on the wire.
    """

    __slots__ = (
        "access_key_id",
        "account",
        "further_headers",
        "hop",
        "now",
        "operation",
        "origin",
        "pipeline",
        "principal",
        "region",
        "request_id",
        "resource",
        "service",
        "session",
        "source_account",
        "source_arn",
        "trace_id",
        "traits",
        "via",
        "world",
    )

    def __init__(
        self,
        pipeline: Pipeline,
        service: str,
        operation: str,
        account: str,
        region: str,
        principal: Principal,
        *,
        access_key_id: str = "",
        session: Session | None = None,
        origin: Origin = NOWHERE,
        source_arn: str = "",
        source_account: str = "",
        via: tuple[str, ...] = (),
        trace_id: str = "",
        parent_id: str = "",
    ) -> None:
        world = pipeline.world
        self.pipeline = pipeline
        self.world: World = world
        self.service = service
        self.operation = operation
        self.account = account
        self.region = region
        self.principal = principal
        self.access_key_id = access_key_id
        self.session = session
        self.origin = origin
        self.source_arn = source_arn
        self.source_account = source_account
        self.via = via
        self.now = world.clock.now_ms
        self.request_id = world.ids.uuid()
        self.trace_id = trace_id or self.request_id
        self.resource = ""
        self.further_headers: list[tuple[str, str]] | None = None
        self.traits: Mapping[str, str] = {}
        self.hop = Hop(
            self.request_id,
            self.trace_id,
            parent_id,
            service,
            operation,
            principal.arn,
            account,
            region,
            self.now,
        )

    # --- the world

    def state(self, cls: type[S], account: str | None = None, region: str | None = None) -> S:
        """A service's tables, in the call's account and region unless told otherwise."""
        account, region = self.account if account is None else account, region or self.region
        found = self.world.store.asked.get((cls, account, region))
        return self.world.state(cls, account, region) if found is None else found  # type: ignore[return-value]

    def arn(self, service: str, rest: str) -> str:
        """An ARN in the call's account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"

    def reread_clock(self) -> None:
        """Read the time again, after waiting."""
        self.now = self.world.clock.now_ms

    # --- the journal

    def happened(self, kind: str, resource: str, /, **facts: Any) -> None:
        """Append a passing fact: a message sent, a throttle, a delivery; metrics are made of these."""
        self.world.journal.append(
            self.now, kind, self.account, self.region, resource, self.principal.arn, self.request_id, facts
        )

    def changed(self, kind: str, resource: str, /, **facts: Any) -> None:
        """Append a fact about what somebody set, by property name; it is kept, and is a `Why`'s evidence."""
        facts["operation"] = f"{self.service}:{self.operation}"
        self.world.journal.append(
            self.now, kind, self.account, self.region, resource, self.principal.arn, self.request_id, facts, True
        )

    def fact(self, resource: str, property_name: str, value: Any) -> Fact:
        """A fact with the journal's evidence of who last set it."""
        return fact(self.world, resource, property_name, value)

    # --- reasons

    def explain(self, operation: str, resource: str, why: Why, code: str = "") -> None:
        """Put on record, in this call's trace, why something was dropped, delayed or given up."""
        # What is decided after a delivery's attempts is decided later than the call began.
        now_ms = self.world.clock.now_ms
        hop = Hop(
            self.world.ids.uuid(),
            self.trace_id,
            self.request_id,
            self.service,
            operation,
            self.principal.arn,
            self.account,
            self.region,
            now_ms,
            now_ms,
            resource,
            code,
            why,
        )
        traces = self.world.state(Traces)
        traces.begin(hop)
        traces.keep(hop)

    # --- other services, later

    def acting_as(
        self,
        who: str | Principal,
        *,
        source_arn: str = "",
        source_account: str = "",
        account: str = "",
        region: str = "",
        session: Session | None = None,
    ) -> Ports:
        """The other services, called as a service (`sns.amazonaws.com`) or another principal.

        The calls pass the same gates as a client's, in `account` and `region` (this call's by
        default); `source_arn` is the resource on whose behalf the service acts.
        """
        from foulweather.kernel.ports import Ports

        principal = principals.service(who) if isinstance(who, str) else who
        return Ports(
            self,
            principal,
            account or self.account,
            region or self.region,
            source_arn,
            source_account or (self.account if source_arn else ""),
            session,
        )

    def forwarded(self, service: str, *, account: str = "", region: str = "") -> Ports:
        """The other services, called by a service (`sqs`) in its caller's name: a forward access session.

        `call.forwarded("sqs").kms.decrypt({...})`: the principal, its session and the resource on whose
        behalf a service calls stay what they are; `aws:CalledVia` and `kms:ViaService` name the service.
        `account` is where names without an account belong, such as a bare key id (this call's by default).
        https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
        """
        from foulweather.kernel.ports import Ports

        return Ports(
            self,
            self.principal,
            account or self.account,
            region or self.region,
            self.source_arn,
            self.source_account,
            self.session,
            (*self.via, f"{service}.amazonaws.com"),
        )

    def later(self, when_ms: int, action: str, **args: Any) -> int:
        """Put a reaction of a service (`sns.retry_delivery`) on the agenda, in this call's trace."""
        return self.world.agenda.at(
            when_ms, action, args, account=self.account, region=self.region, trace_id=self.trace_id
        )


def fact(world: World, resource: str, property_name: str, value: Any) -> Fact:
    """A fact with the journal's evidence of who last set it."""
    event = world.journal.last_change(resource, property_name)
    setter = None
    if event is not None:
        setter = Setter(event.principal, event.at_ms, str(event.facts.get("operation", event.kind)), event.request_id)
    return Fact(resource, property_name, value, setter)
