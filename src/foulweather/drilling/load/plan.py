"""A load as a file tells it: who asks what, when they come, who works, and what is built before.

Texts of parameters may hold `{n}` (the request's number), `{now_ms}`, `{account}` and `{region}`. Numbers of
applications' settings are as `LoadClient.SETTINGS` and `WorkerFleet.SETTINGS` name them.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

import msgspec

from foulweather.drilling.load.arrivals import Arrivals, Even, Poisson, Ramp, Recorded, Shape, Surge


class BadLoad(Exception):
    """A file that is no load, in words for its author."""


class RampPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From one share of the rate to another."""

    for_s: int
    at_s: int = 0
    from_percent: int = 0
    to_percent: int = 100


class SurgePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several times the rate for a while; `times = 0` is silence."""

    at_s: int
    for_s: int
    times: int


class Caller(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who asks, from where, in how many parts of the whole: by user, role or access key, else the root user."""

    weight: int = 1
    user: str = ""
    role: str = ""
    access_key_id: str = ""
    region: str = ""


class SetupPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A call that the root user makes before the load begins."""

    call: str
    parameters: dict[str, Any] = {}


class ClientPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Requests of one operation, arriving in an open loop. `recorded_ms` are times after the start.

    `key` names the business event behind a request, as the `key` in its JSON body names it to the workers;
    with it the books are kept of what took effect, and when.
    """

    name: str
    call: str
    parameters: dict[str, Any] = {}
    key: str = ""
    arrivals: Literal["poisson", "even", "recorded"] = "poisson"
    per_s: int = 0
    per_min: int = 0
    recorded_ms: list[int] = []
    every_s: int = 0
    ramps: list[RampPlan] = []
    surges: list[SurgePlan] = []
    callers: list[Caller] = []
    settings: dict[str, str | int] = {}

    def arriving(self, until_s: int) -> Arrivals:
        """When the requests come; raises ValueError where that makes no sense."""
        if self.arrivals == "recorded":
            if not self.recorded_ms or self.per_s or self.per_min or self.ramps or self.surges:
                raise ValueError("recorded arrivals take recorded_ms and every_s, no rate, ramps or surges")
            return Recorded(tuple(self.recorded_ms), self.every_s * 1000)
        if self.recorded_ms or self.every_s:
            raise ValueError(f"{self.arrivals} arrivals take per_s or per_min, not a recording")
        shapes: list[Shape] = [
            Ramp(one.for_s * 1000, one.from_percent * 10, one.to_percent * 10, one.at_s * 1000) for one in self.ramps
        ]
        shapes += [Surge(one.at_s * 1000, one.for_s * 1000, one.times) for one in self.surges]
        flow = Poisson if self.arrivals == "poisson" else Even
        return flow(self.per_s, self.per_min, tuple(shapes), until_s * 1000)


class WorkersPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Workers that poll a queue, process and delete."""

    name: str
    queue_url: str
    caller: Caller = Caller()
    settings: dict[str, str | int] = {}


class LoadPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A load file. `drain_s` is how long the world goes on after the last arrival; what takes effect later than
    `deadline_s` after it was asked counts as lost.
    """

    title: str
    for_s: int
    clients: list[ClientPlan]
    workers: list[WorkersPlan] = []
    setup: list[SetupPlan] = []
    seed: int = 1
    start: str = "2026-03-02T08:00:00Z"
    account: str = "000000000000"
    region: str = "us-east-1"
    drain_s: int = 60
    deadline_s: int = 60


def read(path: Path) -> LoadPlan:
    """A load file; raises BadLoad."""
    try:
        plan = msgspec.convert(tomllib.loads(path.read_text()), LoadPlan)
    except OSError as error:
        raise BadLoad(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise BadLoad(f"{path}: {error}") from None
    names = [one.name for one in (*plan.clients, *plan.workers)]
    if not plan.clients or len(set(names)) < len(names):
        raise BadLoad(f"{path}: there must be clients, each client and fleet with a name of its own")
    if plan.for_s < 1 or plan.drain_s < 0 or plan.deadline_s < 1:
        raise BadLoad(f"{path}: for_s and deadline_s must be 1 or more, drain_s 0 or more")
    for client in plan.clients:
        if sum(bool(named) for caller in client.callers for named in _named(caller)) > len(client.callers):
            raise BadLoad(f"{path}: a caller of {client.name} is a user, a role or an access key, one of them")
        if any(caller.weight < 1 for caller in client.callers):
            raise BadLoad(f"{path}: a caller of {client.name} has a weight below 1")
        try:
            client.arriving(plan.for_s)
        except ValueError as error:
            raise BadLoad(f"{path}: {client.name}: {error}") from None
    return plan


def _named(caller: Caller) -> tuple[str, str, str]:
    return caller.user, caller.role, caller.access_key_id


def filled(value: Any, facts: dict[str, str]) -> Any:
    """A parameter's value with the facts in its texts."""
    if isinstance(value, str):
        for name, told in facts.items():
            value = value.replace(f"{{{name}}}", told)
        return value
    if isinstance(value, dict):
        return {key: filled(one, facts) for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [filled(one, facts) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return value
