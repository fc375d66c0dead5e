"""Pipes at work while their world is open: the tasks that poll their sources, and how they are kept going.

A pipe's row is all that is kept. The action `pipes.beat`, which is due again every twenty seconds as long as a pipe
runs, finds whether its tasks are there and starts them where they are not, as after a restart.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from foulweather.kernel.background import Background
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Why
from foulweather.policy import principal as principals
from foulweather.policy.principal import Principal
from foulweather.services.pipes import roles
from foulweather.services.pipes.access import PRINCIPAL
from foulweather.services.pipes.state import Pipe, PipesState
from foulweather.world.world import World

BEAT_MS = 20_000
# A session of a role lasts an hour; a new one is taken well before.
_SESSION_MS = 45 * 60_000
_SERVICE = principals.service(PRINCIPAL)


class Work(Background, ABC):
    """Polls the source of one pipe."""

    named = "polling for a pipe"

    def __init__(self, pipeline: Pipeline, account: str, region: str, pipe: Pipe) -> None:
        super().__init__(pipeline.world)
        self.pipeline = pipeline
        self.account, self.region = account, region
        self.name, self.arn, self.source = pipe.name, pipe.arn, pipe.source
        self.turn = pipe.turn
        self.beat = 0
        self._session: tuple[Principal, int] | None = None
        self._problems: dict[str, str] = {}

    @abstractmethod
    def tend(self) -> None:
        """Start what should run and does not."""

    def touch(self, shards: tuple[str, ...] = ()) -> None:
        """Something was written to the source, or its shards have changed."""

    @property
    def pipe(self) -> Pipe | None:
        """The pipe while it is to be polled for, as it was when this work began."""
        if self.is_stopped:
            return None
        found = self.row()
        return found if found is not None and found.is_at_work and found.turn == self.turn else None

    def row(self) -> Pipe | None:
        """The pipe's row."""
        return self.world.state(PipesState, self.account, self.region).pipes.get(self.name)

    def call(self) -> Call:
        """A call of its own for what is done next, in a trace of its own."""
        return Call(self.pipeline, "pipes", "pipes.poll", self.account, self.region, _SERVICE)

    async def principal(self, call: Call, pipe: Pipe) -> Principal:
        """A session of the pipe's role that lasts for a while yet."""
        if self._session is None or self._session[1] <= call.now:
            self._session = await roles.assumed(call, pipe), call.now + _SESSION_MS
        return self._session[0]

    async def ports(self, call: Call, pipe: Pipe) -> Ports:
        """The other services where the source is, called with the pipe's role."""
        return roles.ports(call, await self.principal(call, pipe), pipe.source)

    async def asked(self, call: Call, pipe: Pipe, service: str, operation: str, request: dict[str, Any]) -> Any:
        """What the source's service answers."""
        answer = await roles.answered(getattr(getattr(await self.ports(call, pipe), service), operation)(request))
        call.reread_clock()
        return answer

    def note_problem(self, call: Call, error: AwsError, operation: str) -> None:
        """Put on record why the source cannot be read; the same reason once."""
        if self._problems.get(operation) == error.code:
            return
        self._problems[operation] = error.code
        why = Why("delayed", f"{error.code}: {error.message} The pipe tries again.", because=(error.why,))
        call.explain(operation, self.arn, why, error.code)

    def went_well(self, operation: str) -> None:
        """Its next problem is a new one."""
        self._problems.pop(operation, None)


class Works:
    """The work of a world's pipes, by their ARNs and by their sources."""

    def __init__(self, world: World) -> None:
        self.by_arn: dict[str, Work] = {}
        world.closing.append(self.close)

    @classmethod
    def of(cls, world: World) -> Works:
        """The world's own."""
        found = world.attached.get(cls)
        if not isinstance(found, cls):
            found = world.attached[cls] = cls(world)
        return found

    def reading(self, source: str) -> list[Work]:
        """The work of those who read a source."""
        return [work for work in self.by_arn.values() if work.source == source]

    def drop(self, arn: str) -> None:
        """Stop the work of a pipe, if there is any."""
        work = self.by_arn.pop(arn, None)
        if work is not None:
            work.world.agenda.cancel(work.beat)
            work.stop()

    def close(self) -> None:
        """The world is put away: nothing is polled any more."""
        for work in self.by_arn.values():
            work.stop(is_closing=True)
        self.by_arn.clear()
