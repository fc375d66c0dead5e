"""Environments for tests of what keeps them apart: the code that runs in one is given with the event."""

from __future__ import annotations

import asyncio
import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from foulweather.engines.functions.environment import Environment, Spec
from foulweather.engines.functions.host import Host
from foulweather.engines.functions.outcomes import Invocation, Outcome
from foulweather.world.clock import Clock

HANDLER = """
def handler(event, context):
    scope = {}
    exec(event["code"], scope)
    return scope.get("found")
"""


class Rooms:
    """A host whose environments run whatever they are told to."""

    def __init__(self, code: Path) -> None:
        code.chmod(0o755)
        (code / "app.py").write_text(HANDLER)
        self.clock = Clock(1_700_000_000_000, "paced")
        self.host = Host(self.clock)
        self.printed: list[str] = []
        self._code = code
        self._count = 0
        if not self.host.is_apart:
            self.host.close()
            pytest.skip("this machine gives processes no namespaces of their own")

    async def start(self, **more: Any) -> Environment:
        """An environment that waits for an invocation."""
        self._count += 1
        given: dict[str, Any] = {
            "runtime": "python3.11",
            "memory_mib": 256,
            "tmp_mib": 16,
            "environment": {"_HANDLER": "app.handler", "PATH": "/usr/local/bin:/usr/bin:/bin"},
            "binds": {"/var/task": str(self._code)},
        }
        environment = await self.host.start(f"room-{self._count}", Spec(**given | more), self.printed.append, _sleep)
        outcome = await environment.started(20)
        assert outcome.kind == "response", (outcome, self.printed)
        return environment

    async def tell(self, environment: Environment, code: str, limit_s: float = 20, **event: Any) -> Outcome:
        """Have code run in an environment; what it calls `found` is the answer."""
        self._count += 1
        payload = json.dumps({"code": textwrap.dedent(code), **event}).encode()
        name, deadline_ms = f"request-{self._count}", self.clock.now_ms + 900_000
        return await environment.invoke(Invocation(name, payload, deadline_ms, "arn:aws:lambda:f"), limit_s)

    async def found(self, environment: Environment, code: str) -> Any:
        """What code in an environment found."""
        outcome = await self.tell(environment, code)
        assert outcome.kind == "response", outcome
        return json.loads(outcome.payload)


async def _sleep(ms: int) -> None:
    await asyncio.sleep(ms / 1000)
