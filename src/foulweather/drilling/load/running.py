"""A planned load, run on a held clock: in a world of its own, or in a copy of one that there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from foulweather.drilling.clients import Identity
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.client import LoadClient, Made
from foulweather.drilling.load.fleet import WorkerFleet
from foulweather.drilling.load.ledger import Ledger
from foulweather.drilling.load.plan import BadLoad, Caller, ClientPlan, LoadPlan, WorkersPlan, filled
from foulweather.drilling.load.plot import Panel, of_ledger, of_records, svg
from foulweather.drilling.load.records import Records
from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import UnknownName
from foulweather.kernel.services import Services
from foulweather.policy.principal import Principal
from foulweather.world.world import World

A = TypeVar("A")

STEPS = 30
"""How many steps a time line is told in, about."""


class Step(msgspec.Struct, frozen=True):
    """Requests that ended within one step of the time line."""

    at_ms: int
    ended: int
    errors: int
    p50_ms: int
    p99_ms: int


class Told(msgspec.Struct, frozen=True):
    """What became of one application's requests. `attempts` counts retries too; latencies are from arrival to end."""

    name: str
    asked: int
    served: int
    attempts: int
    errors: dict[str, int]
    latency_ms: dict[str, int]
    step_ms: int
    timeline: list[Step]


class Outcome(msgspec.Struct, frozen=True):
    """What a load came to; the same file, seed and world give the same outcome.

    `effects` is what became of the business events, where clients name them by `key`.
    """

    title: str
    seed: int
    start_ms: int
    end_ms: int
    clients: list[Told]
    workers: dict[str, Any]
    effects: dict[str, Any] | None
    refused_setup: dict[str, str]


class LoadRun:
    """A load in its world: run once, then told."""

    def __init__(self, plan: LoadPlan, world: World | None = None, services: Services | None = None) -> None:
        start_ms = int(datetime.fromisoformat(plan.start).timestamp()) * 1000
        self.plan = plan
        self.world = World(name="load", seed=plan.seed, mode="held", start_ms=start_ms) if world is None else world
        self.world.clock.hold()
        self.lab = Lab(self.world, services or Services(), plan.account, plan.region)
        self.start_ms = self.lab.now_ms
        self.clients: list[LoadClient] = []
        self.fleets: list[WorkerFleet] = []
        self.refused: dict[str, str] = {}

    async def run(self) -> None:
        """Build what is to be built, let the load come, and let what it began come to its end; raises BadLoad."""
        for step in self.plan.setup:
            try:
                _method(self.lab, step.call, Identity(self.plan.account, self.plan.region))(
                    **filled(step.parameters, self._facts())
                )
            except AwsError as error:
                self.refused[step.call] = f"{error.code}: {error.message}"
        self.clients = [self._client(one) for one in self.plan.clients]
        self.fleets = [self._fleet(one) for one in self.plan.workers]
        for app in (*self.fleets, *self.clients):
            self.lab.add(app)
        end_ms = self.start_ms + self.plan.for_s * 1000
        await self.world.advance_to(end_ms)
        for client in self.clients:
            client.arrive(_Over())
        await self.world.advance_to(end_ms + self.plan.drain_s * 1000)
        for app in (*self.clients, *self.fleets):
            app.stop()

    def outcome(self) -> Outcome:
        """What it came to."""
        return Outcome(
            self.plan.title,
            self.world.seed,
            self.start_ms,
            self.lab.now_ms,
            [_told(client, self._step_ms()) for client in self.clients],
            {fleet.name: fleet.summary() for fleet in self.fleets},
            self._effects(),
            self.refused,
        )

    def _effects(self) -> dict[str, Any] | None:
        ledger, deadline_ms = Ledger.of(self.lab), self.plan.deadline_s * 1000
        return ledger.report(now_ms=self.lab.now_ms, deadline_ms=deadline_ms).summary() if len(ledger) else None

    def picture(self) -> str:
        """The time lines of the clients and the fleets, as SVG."""
        panels: list[Panel] = []
        for client in self.clients:
            panels += of_records(client.outcomes, self._step_ms(), client.name)
        if len(ledger := Ledger.of(self.lab)):
            deadline_ms = self.plan.deadline_s * 1000
            panels += of_ledger(ledger, self._step_ms(), now_ms=self.lab.now_ms, deadline_ms=deadline_ms)
        for fleet in self.fleets:
            panels += of_records(fleet.records, self._step_ms(), f"{fleet.name}: calls")[:1]
        if not panels:
            raise BadLoad("nothing was asked: there is nothing to draw")
        return svg(self.plan.title, panels)

    def _step_ms(self) -> int:
        return max(1, self.plan.for_s // STEPS) * 1000

    def _facts(self) -> dict[str, str]:
        return {"account": self.plan.account, "region": self.plan.region}

    def _client(self, plan: ClientPlan) -> LoadClient:
        service, name = _named(self.lab, plan.call)
        facts = self._facts()

        settings = _settings(plan.name, plan.settings, LoadClient.SETTINGS)

        def make(n: int, now_ms: int) -> Made:
            told = {**facts, "n": str(n), "now_ms": str(now_ms)}
            return name, filled(plan.parameters, told), filled(plan.key, told) or None

        return _made(
            plan.name,
            lambda: LoadClient(
                self.lab,
                plan.name,
                service=service,
                arrivals=plan.arriving(self.plan.for_s),
                make=make,
                mix=[(caller.weight, self._identity(caller)) for caller in plan.callers],
                **settings,
            ),
        )

    def _fleet(self, plan: WorkersPlan) -> WorkerFleet:
        settings = _settings(plan.name, plan.settings, WorkerFleet.SETTINGS)
        return _made(
            plan.name,
            lambda: WorkerFleet(
                self.lab,
                plan.name,
                queue_url=filled(plan.queue_url, self._facts()),
                identity=self._identity(plan.caller),
                **settings,
            ),
        )

    def _identity(self, caller: Caller) -> Identity:
        """Who a caller is; what IAM refuses to tell is the file's mistake."""
        account, region = self.plan.account, caller.region or self.plan.region
        iam = self.lab.client("iam")
        try:
            if caller.access_key_id:
                return self.lab.identity_of_key(caller.access_key_id, region)
            if caller.user:
                user = iam.get_user(UserName=caller.user)["User"]
                return Identity(account, region, Principal("user", user["Arn"], account, user["UserId"]))
            if caller.role:
                role = iam.get_role(RoleName=caller.role)["Role"]
                arn = f"arn:aws:sts::{account}:assumed-role/{caller.role}/load"
                principal = Principal("assumed-role", arn, account, f"{role['RoleId']}:load", role["Arn"])
                return Identity(account, region, principal)
        except AwsError as error:
            raise BadLoad(f"{caller.user or caller.role or caller.access_key_id}: {error.message}") from None
        return Identity(account, region)


class _Over:
    """Nothing more arrives."""

    def times(self, draws: Any, start_ms: int) -> Any:
        return iter(())


def _named(lab: Lab, call: str) -> tuple[str, str]:
    """The service and the client's method of `sqs.SendMessage` (or `sqs.send_message`); raises BadLoad."""
    service, _, operation = call.partition(".")
    try:
        found = lab.pipeline.services.operation(service, operation) if operation[:1].isupper() else None
        if found is None:
            found = lab.pipeline.services.operation_by_python_name(service, operation)
    except (AwsError, KeyError, UnknownName) as error:
        raise BadLoad(f"{call!r} is no call that can be made, such as sqs.SendMessage: {error}") from None
    return service, found.model.python_name


def _method(lab: Lab, call: str, identity: Identity) -> Callable[..., Any]:
    service, name = _named(lab, call)
    return getattr(lab.client(service, identity), name)


def _settings(name: str, given: Mapping[str, str | int], known: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    for key in given:
        if key not in known:
            raise BadLoad(f"{name} has no setting {key!r}; it has {', '.join(known)}")
    return {key: str(value) for key, value in given.items()}


def _made(name: str, make: Callable[[], A]) -> A:
    try:
        return make()
    except ValueError as error:
        raise BadLoad(f"{name}: {error}") from None


def _told(client: LoadClient, step_ms: int) -> Told:
    ended: Records = client.outcomes
    timeline = [
        Step(one.at_ms, one.calls, one.errors, one.latency.percentile(50), one.latency.percentile(99))
        for one in ended.timeline(step_ms)
    ]
    return Told(
        client.name,
        client.asked,
        ended.count(code=""),
        client.records.calls,
        ended.codes(),
        ended.latency.summary(),
        ended.step_ms(step_ms),
        timeline,
    )
