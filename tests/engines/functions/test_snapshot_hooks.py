"""SnapStart's runtime hooks for Python: in which order they run, and what their failing comes to."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

import foulweather.engines.functions


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The Python runtime, imported as it is where functions run; no hooks are registered."""
    monkeypatch.syspath_prepend(str(Path(foulweather.engines.functions.__file__).parent))
    found = importlib.import_module("foulweather_inside.python_runtime")
    for held in ("_before", "_after"):
        monkeypatch.setattr(found.snapshot_restore_py, held, [])
    return found


def test_the_last_registered_runs_first_before_the_snapshot_and_the_first_after_it(runtime: ModuleType) -> None:
    ran: list[str] = []
    hooks = runtime.snapshot_restore_py
    hooks.register_before_snapshot(ran.append, "before 1")
    hooks.register_before_snapshot(ran.append, "before 2")
    hooks.register_after_restore(ran.append, "after 1")

    @hooks.register_after_restore
    def after() -> None:
        ran.append("after 2")

    runtime.run_hooks()
    assert ran == ["before 2", "before 1", "after 1", "after 2"]
    assert callable(after)


@pytest.mark.parametrize(
    ("register", "kind"),
    [
        ("register_before_snapshot", "Runtime.BeforeSnapshotError"),
        ("register_after_restore", "Runtime.AfterRestoreError"),
    ],
)
def test_one_that_fails_ends_the_initialization(runtime: ModuleType, register: str, kind: str) -> None:
    getattr(runtime.snapshot_restore_py, register)(lambda: 1 / 0)
    with pytest.raises(runtime.Failed) as failed:
        runtime.run_hooks()
    assert failed.value.told["errorType"] == kind
