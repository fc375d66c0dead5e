"""A plugin for pytest (`-p worlds.unwritten`): whatever any test's calls change in memory is written, tick by tick.

A row that was changed in place, and of which nobody told its table, is as it was after the next restart. Here every
store commits as the driver has it commit, at the end of each tick, and is compared with what it has written.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from foulweather.kernel.pipeline import Pipeline
from foulweather.world.store import Store
from foulweather.world.world import World
from worlds.restarting import Rows, Written, encoded

ROWS_MAX = 3_000

found: dict[str, str] = {}
"""Which fields of which tables were lost, and in which test first."""
_written: dict[Store, Written] = {}
_test = [""]
_depth = [0]
_init, _commit, _run, _carry_out = Store.__init__, Store.commit, Pipeline.run, World._carry_out


def pytest_runtest_setup(item: pytest.Item) -> None:
    _test[0] = item.nodeid
    _written.clear()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for what, where in sorted(found.items()):
        terminalreporter.write_line(f"UNWRITTEN {what} in {where}")


def _initialized(self: Store, *arguments: Any, **more: Any) -> None:
    _init(self, *arguments, **more)
    self.wake = lambda: _soon(self)


def _soon(store: Store) -> None:
    with suppress(RuntimeError):  # a test without a loop: the end of the call is the end of the tick
        asyncio.get_running_loop().call_soon(store.commit)


def _committed(self: Store) -> None:
    if not self.is_dirty:
        _commit(self)
        return
    written = _written.get(self)
    rows: Rows = {key: row if row is None else encoded(row) for key, row in (self._later | self._dirty).items()}
    _commit(self)
    if sum(map(len, self._tables.values())) > ROWS_MAX:
        _written.pop(self, None)
    elif written is None:
        _written[self] = Written(self)
    else:
        written.take(rows)
        _note(written)


def _note(written: Written) -> None:
    for row, (before, now) in written.lost().items():
        path, _, table = row.partition(" ")[0].rpartition("/")
        found.setdefault(f"{path.split('/')[0]}/{table} {_fields(before, now)}", _test[0])
        written.rows = written.held()


def _fields(before: bytes | None, now: bytes | None) -> str:
    if before is None or now is None:
        return "row"
    try:
        old, new = msgspec.msgpack.decode(before), msgspec.msgpack.decode(now)
        return " ".join(sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name)))
    except (msgspec.DecodeError, AttributeError):
        return "row"


def _over(world: World) -> None:
    if not _depth[0] and not world.in_flight:
        world.store.ask()
        world.store.commit()


def _ran(self: Pipeline, *arguments: Any) -> Any:
    _depth[0] += 1
    try:
        return _run(self, *arguments)
    finally:
        _depth[0] -= 1
        _over(self.world)


def _carried_out(self: World, due: Any) -> None:
    _depth[0] += 1
    try:
        _carry_out(self, due)
    finally:
        _depth[0] -= 1
        _over(self)


Store.__init__, Store.commit = _initialized, _committed
Pipeline.run, World._carry_out = _ran, _carried_out
