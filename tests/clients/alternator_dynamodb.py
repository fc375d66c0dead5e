"""A pytest plugin under which ScyllaDB's test/alternator runs against a local server, its files unmodified.

The tests take a server for AWS by its name alone, so that name is looked up here; what they import to start
ScyllaDB, and to look into it through CQL, is empty here. `docs/conformance.md` has the command.
"""

from __future__ import annotations

import os
import sys
import time
import types
from typing import Any

import botocore.waiter
import pytest
import urllib3.util.connection

PORT = int(os.environ.get("FOULWEATHER_PORT", "4566"))
STEP_MAX_S = 0.4

_connect = urllib3.util.connection.create_connection


def _connected(address: tuple[str, int], *more: Any, **options: Any) -> Any:
    host, _ = address
    return _connect(("127.0.0.1", PORT) if host.endswith(".amazonaws.com") else address, *more, **options)


class _Driver(types.ModuleType):
    """A module of the Cassandra driver; whoever connects with it finds no server."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "Cluster":
            return _no_cluster
        return type(name, (Exception,), {"__init__": lambda self, *more, **options: None})


def _no_cluster(*more: Any, **options: Any) -> Any:
    from cassandra.cluster import NoHostAvailable  # pyright: ignore

    raise NoHostAvailable


urllib3.util.connection.create_connection = _connected
# The world's clock runs faster than the waiters think.
botocore.waiter.time = types.SimpleNamespace(sleep=lambda s: time.sleep(min(s, STEP_MAX_S)))  # pyright: ignore
for _name in ("", ".auth", ".cluster", ".connection", ".policies", ".query"):
    _module = sys.modules[f"cassandra{_name}"] = _Driver(f"cassandra{_name}")
    _module.__path__ = []  # pyright: ignore
    if _name == ".cluster":
        _module.NoHostAvailable = type("NoHostAvailable", (Exception,), {})  # pyright: ignore

_started = sys.modules["test.conftest"] = types.ModuleType("test.conftest")
_started.dynamic_scope = lambda: "session"  # pyright: ignore
_hosts = sys.modules["test.cqlpy.conftest"] = types.ModuleType("test.cqlpy.conftest")
_hosts.host = pytest.fixture(scope="session")(lambda: "localhost")  # pyright: ignore
