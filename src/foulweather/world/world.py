"""Everything that can change, in one object: clock, agenda, randomness, journal, resources."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from foulweather.world import snapshot as snapshots
from foulweather.world.agenda import Agenda, AgendaState, Due
from foulweather.world.clock import Clock, ClockReading, Mode, wall_ms
from foulweather.world.files import Files
from foulweather.world.ids import Ids
from foulweather.world.journal import Journal
from foulweather.world.snapshot import Snapshot
from foulweather.world.store import State, Store

S = TypeVar("S", bound=State)
Act = Callable[[Due], Awaitable[None] | None]
Stream = random.Random
"""A sequence of draws that a seed gives."""


COMMIT_STEPS = 1000


class World:
    """One cloud. Same seed and same calls, same journal.

    `act` carries out a due action; whoever assembles the services sets it. `attached` holds what
    upper layers keep for this world's lifetime (registries, gates' buckets), by their own type;
    `closing` is what they do when it is put away.
    """

    def __init__(
        self,
        *,
        name: str = "default",
        seed: int | None = None,
        start_ms: int | None = None,
        mode: Mode = "paced",
        rate_permille: int = 1000,
        directory: Path | None = None,
        fsync: bool = False,
        saved: Snapshot | None = None,
    ) -> None:
        self.name = name
        self.store = Store(directory, fsync=fsync)
        meta = self.store.meta
        if saved is not None and "boots" in meta:
            self.store.close()
            raise ValueError(f"{directory} holds another world already; a saved one needs an empty directory")
        boots = int(meta.get("boots", "0"))
        if seed is None:
            seed = int(meta["seed"]) if "seed" in meta else int.from_bytes(os.urandom(8), "big")
        self.seed = seed
        self.random = random.Random(seed if boots == 0 else f"{seed}/{boots}")
        if saved is not None:
            self.store.load_dump(saved.tables)
            version, internal, gauss = json.loads(saved.draws)
            self.random.setstate((version, tuple(internal), gauss))
            self.clock = Clock(saved.clock.now_ms, saved.clock.mode, saved.clock.rate_permille)
        elif "clock" in meta:
            self.clock = Clock.resumed(msgspec.json.decode(meta["clock"], type=ClockReading))
        else:
            self.clock = Clock(wall_ms() if start_ms is None else start_ms, mode, rate_permille)
        self.ids = Ids(self.random)
        self.files = Files(self.store, self.ids, directory, fsync=fsync)
        if saved is not None:
            self.files.take(saved.files)
        self.journal = Journal(self.store, saves=directory is not None)
        self.journal.restore(self.store.kept_events if saved is None else saved.events)
        self.agenda = Agenda(self.state(AgendaState))
        self.act: Act = _refuse_to_act
        self.attached: dict[type, object] = {}
        self.closing: list[Callable[[], None]] = []
        self._in_flight = 0
        self._quiet: asyncio.Event | None = None
        self._awaited = 0
        self._passing: asyncio.Task[None] | None = None
        if directory is not None:
            self.store.set_meta("seed", str(seed))
            self.store.set_meta("boots", str(boots + 1))
            self.keep_clock()

    def stream(self, name: str) -> Stream:
        """Randomness of its own for one drawer (a load client): what others draw does not change it."""
        return random.Random(f"{self.seed}/{name}")

    # --- state

    def state(self, cls: type[S], account: str = "", region: str = "") -> S:
        """A service's tables in an account and region."""
        found = self.store.asked.get((cls, account, region))
        return self.store.state(cls, account, region) if found is None else found  # type: ignore[return-value]

    def keep_clock(self) -> None:
        """Write the clock down, after it was held, released or moved."""
        self.store.set_meta("clock", msgspec.json.encode(self.clock.reading()).decode())

    def close(self) -> None:
        """Put the world away."""
        for close in self.closing:
            close()
        self.closing.clear()
        self.keep_clock()
        self.store.close()
        self.files.close()

    # --- time

    def started(self) -> None:
        """Note that a call or an action is in flight: held time waits for it."""
        self._in_flight += 1

    def ended(self) -> None:
        """Note that it is finished, or parked until something in the world happens."""
        self._in_flight -= 1
        if self._in_flight == 0:
            if self._quiet is not None:
                self._quiet.set()
                self._quiet = None
            if self._awaited:
                self._let_time_pass()

    @contextmanager
    def flight(self) -> Generator[None]:
        """Be in flight, as one with whoever in this very task is already: it waits for what it awaits here.

        So a call that waits for another through a port, or for one that is parked, does not hold time up.
        """
        task = asyncio.current_task()
        if _counted.get() is task:
            yield
            return
        self.started()
        token = _counted.set(task)
        try:
            yield
        finally:
            with suppress(ValueError):  # thrown away unfinished, when its task is gone already
                _counted.reset(token)
            self.ended()

    @contextmanager
    def lent(self) -> Generator[None]:
        """Be in flight as one with work that is counted already, in another task: it waits for what goes on here."""
        token, waiting = _counted.set(asyncio.current_task()), _is_due.set(True)
        try:
            yield
        finally:
            with suppress(ValueError):
                _counted.reset(token)
                _is_due.reset(waiting)

    @contextmanager
    def awaited(self) -> Generator[None]:
        """Let held time pass by itself, from one due action to the next, whenever nothing is in flight in here.

        So a client from outside who waits for a function gets its answer, however long it sleeps, with that time
        gone. What the agenda has carried out (an asynchronous invocation) waits for whoever moves the clock.
        """
        if _is_due.get():
            yield
            return
        if self._awaited == 0:
            self.clock.watchers.append(self._let_time_pass)
        self._awaited += 1
        try:
            yield
        finally:
            self._awaited -= 1
            if self._awaited == 0:
                self.clock.watchers.remove(self._let_time_pass)

    @property
    def in_flight(self) -> int:
        """How many calls and actions are being worked on right now."""
        return self._in_flight

    async def settled(self) -> None:
        """Wait until nothing is in flight."""
        while self._in_flight:
            if self._quiet is None:
                self._quiet = asyncio.Event()
            await self._quiet.wait()

    def run_due(self) -> None:
        """Carry out everything that is due by now, in order, without waiting for what it starts."""
        while (due := self.agenda.take(self.clock.now_ms)) is not None:
            self._carry_out(due)

    async def advance_to(self, when_ms: int) -> None:
        """Move the clock to a time; due actions run in order, each settled before time moves on."""
        agenda, clock = self.agenda, self.clock
        steps = 0
        while True:
            steps += 1
            if steps % COMMIT_STEPS == 0:
                # A long way is committed piece by piece, and whoever else is on the loop has a turn.
                self.store.commit()
                await asyncio.sleep(0)
            if self._in_flight:
                await self.settled()
            found = agenda.take_next(when_ms)
            if found is None:
                break
            due_ms, due = found
            clock.move_to(due_ms)
            if due.__class__ is Due:
                self._carry_out(due)
            else:
                due()  # type: ignore[operator]
        clock.move_to(when_ms)
        self.keep_clock()

    def _let_time_pass(self) -> None:
        if self._passing is None and self._in_flight == 0 and self.clock.mode == "held":
            self._passing = asyncio.ensure_future(self._pass_time())

    async def _pass_time(self) -> None:
        """Move a held clock from one due action to the next, as long as somebody waits for that."""
        try:
            while True:
                # Whoever was told something in this turn has the next one to get in flight with it.
                await asyncio.sleep(0)
                await self.settled()
                when_ms = self.agenda.next_ms()
                if not self._awaited or when_ms is None or self.clock.mode != "held":
                    return
                found = self.agenda.take_next(when_ms)
                if found is not None:
                    self.clock.move_to(found[0])
                    self._carry_out(found[1])
        finally:
            self._passing = None
            self.keep_clock()

    def _carry_out(self, due: Due | Callable[[], None]) -> None:
        if not isinstance(due, Due):
            due()
            return
        started = self.act(due)
        if started is not None:
            # Until it has come to its end it stays on the agenda: if the process dies first, it is carried out anew.
            self.agenda.keep(due)
            self.started()
            task = asyncio.ensure_future(self._counting(due, started))
            _running.add(task)
            task.add_done_callback(self._finished)

    async def _counting(self, due: Due, started: Awaitable[None]) -> None:
        """Carry out an action that is counted as in flight before its task begins."""
        _counted.set(asyncio.current_task())
        _is_due.set(True)
        try:
            await started
        except Exception:
            self.agenda.cancel(due.seq)
            raise
        self.agenda.cancel(due.seq)  # in one commit with its last writes; one that is broken off stays

    def _finished(self, task: asyncio.Future[None]) -> None:
        _running.discard(task)
        self.ended()
        if not task.cancelled() and (error := task.exception()) is not None:
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a due action failed", "exception": error, "future": task}
            )

    # --- the whole

    def snapshot(self) -> Snapshot:
        """The world as data; nothing may be in flight."""
        return Snapshot(
            seed=self.seed,
            draws=json.dumps(self.random.getstate()),
            clock=self.clock.reading(),
            agenda_seq=len(self.agenda),
            tables=self.store.dump(),
            events=self.journal.kept(),
            files=self.files.places(),
        )

    @classmethod
    def restored(cls, saved: Snapshot, *, name: str = "default", directory: Path | None = None) -> World:
        """A world that goes on where a snapshot was taken; `directory` must be empty or new."""
        world = cls(name=name, seed=saved.seed, directory=directory, saved=saved)
        if directory is not None:
            world.store.unsaved_events.extend(saved.events)
            world.store.commit()
        return world

    def fork(self, name: str) -> World:
        """A second world, in memory, that begins as this one is; rows are decoded when first used."""
        return World.restored(self.snapshot(), name=name)

    def save(self, path: Path) -> None:
        """Write a snapshot to a file."""
        snapshots.write(self.snapshot(), path)


_running: set[asyncio.Future[None]] = set()
_counted: ContextVar[asyncio.Task[Any] | None] = ContextVar("counted", default=None)
"""The task of a call or an action that is counted as in flight."""


_is_due: ContextVar[bool] = ContextVar("is_due", default=False)
"""Whether this is done because the agenda, or other work, wants it, and not at once for somebody outside."""


def _refuse_to_act(due: Due) -> None:
    raise RuntimeError(f"no services are assembled to carry out {due.action}")
