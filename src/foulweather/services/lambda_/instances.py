"""One environment of one version of a function, and what belongs to it: its process, its session, its log.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

from typing import Any

from foulweather.engines.functions.environment import Environment
from foulweather.engines.functions.outcomes import Outcome
from foulweather.kernel.call import Call
from foulweather.kernel.parking import Parking
from foulweather.services.lambda_ import logging
from foulweather.services.lambda_.records import Configuration, Function
from foulweather.services.lambda_.reports import Writer
from foulweather.services.lambda_.roles import RoleSession
from foulweather.world.flights import Flight
from foulweather.world.world import World

AGE_MS = 2 * 3600_000
"""How old an environment gets; AWS says "every few hours"."""
CREDENTIALS_LEFT_MS = 60_000


class Instance:
    """One environment of one version of a function, and what belongs to it."""

    def __init__(self, world: World, function: Function, configuration: Configuration, kind: str) -> None:
        self.arn = function.arn
        self.configuration = configuration
        self.revision_id = configuration.revision_id
        self.kind = kind
        self.flight = Flight(world)
        self.writer = Writer(configuration, function.region)
        self.environment: Environment | None = None
        self.session: RoleSession | None = None
        self.log: logging.Log
        self.started_ms = world.clock.now_ms
        self.idle_since_ms = 0
        self.init_ms: int | None = None
        """How long its initialization took; None once that was reported."""
        self.turns = 0
        """How many invocations it has handled."""
        self.failed: Outcome | None = None
        """What its initialization came to, if it failed."""
        self._world = world
        self._call: Call | None = None
        self._last_call: Call | None = None

    def serve(self, call: Call | None) -> None:
        """Work for a call from now on, or for none."""
        self._call = call
        self._last_call = call or self._last_call
        self.flight.trace_id = call.trace_id if call is not None else ""
        self.flight.request_id = call.request_id if call is not None else ""

    def print(self, line: str) -> None:
        """Take a line of its output."""
        self.log.add(self._world.clock.now_ms, line)

    def extended(self, name: str, record: dict[str, Any]) -> None:
        """Log what its extensions do."""
        now_ms = self._world.clock.now_ms
        self.log.add(now_ms, self.writer.extension(now_ms, name, record))

    def gone(self) -> None:
        """Put into the log what was printed after the last invocation: its processes are no more."""
        if self._call is None and self._last_call is not None and self.session is not None:
            self.log.put(self._last_call, self.session, is_quiet=True)

    async def sleep(self, ms: int) -> None:
        """Let so much of the world's time pass for its code."""
        call = self._call
        if call is None:  # between invocations it is frozen: its time goes on with the next one's
            return
        if ms <= 0:
            return
        with self.flight.waiting():
            await Parking().wait(call, self._world.clock.now_ms + ms)

    def is_good(self, now_ms: int) -> bool:
        """Whether it can serve another invocation."""
        environment, session = self.environment, self.session
        return (
            environment is not None
            and session is not None
            and not environment.has_ended
            and now_ms - self.started_ms < AGE_MS
            and session.expires_ms - now_ms > self.configuration.timeout_s * 1000 + CREDENTIALS_LEFT_MS
        )
