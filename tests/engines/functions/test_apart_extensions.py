"""Extensions beside a runtime: waited for, told of the end, and missed when they are gone."""

from __future__ import annotations

import asyncio
import json
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from engines.functions.apart import Rooms
from foulweather.engines.functions.environment import Environment, Spec
from foulweather.engines.functions.outcomes import Outcome

EXTENSION = """#!/usr/bin/env python3
import json, os, time, urllib.request

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2020-01-01/extension"

def ask(path, headers, body=None):
    return urllib.request.urlopen(urllib.request.Request(API + path, body, headers))

time.sleep(0.3)
body = json.dumps({"events": ["INVOKE", "SHUTDOWN"]}).encode()
with ask("/register", {"Lambda-Extension-Name": "watcher"}, body) as answer:
    print("told", answer.read().decode(), flush=True)
    ours = answer.headers["Lambda-Extension-Identifier"]
while True:
    with ask("/event/next", {"Lambda-Extension-Identifier": ours}) as answer:
        event = json.load(answer)
    print("event", event["eventType"], event.get("shutdownReason"), flush=True)
    if event["eventType"] == "SHUTDOWN":
        time.sleep(LINGER)
        print("over", flush=True)
        break
"""


@pytest_asyncio.fixture
async def rooms(tmp_path: Path) -> AsyncIterator[Rooms]:
    made = Rooms(tmp_path)
    yield made
    made.host.close()


def layer(folder: Path, text: str) -> dict[str, str]:
    """What `/opt` is, with one extension."""
    program = folder / "opt" / "extensions" / "watcher"
    program.parent.mkdir(parents=True)
    program.write_text(textwrap.dedent(text))
    program.chmod(0o755)
    return {"/var/task": str(folder), "/opt": str(folder / "opt")}


async def until(rooms: Rooms, line: str, limit_s: float = 5) -> float:
    """Wait for a line; how long it took."""
    began = time.monotonic()
    while line not in rooms.printed and time.monotonic() - began < limit_s:
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def watched(rooms: Rooms, folder: Path, text: str) -> Environment:
    return await rooms.start(binds=layer(folder, text), extensions=("/opt/extensions/watcher",), environment=VARIABLES)


VARIABLES = {
    "_HANDLER": "app.handler", "PATH": "/usr/bin:/bin", "AWS_LAMBDA_FUNCTION_NAME": "work",
    "AWS_LAMBDA_FUNCTION_VERSION": "7",
}  # fmt: skip


async def test_the_first_invocation_waits_for_it_and_it_hears_of_all_and_of_the_end(
    rooms: Rooms, tmp_path: Path
) -> None:
    environment = await watched(rooms, tmp_path, EXTENSION.replace("LINGER", "0.2"))
    assert json.loads(rooms.printed[0].removeprefix("told ")) == {
        "functionName": "work", "functionVersion": "7", "handler": "app.handler"
    }  # fmt: skip
    for turn in range(2):
        assert await rooms.found(environment, f"found = {turn}") == turn
    rooms.host.end(environment)
    assert await until(rooms, "over") < 2
    assert rooms.printed[1:] == ["event INVOKE None", "event INVOKE None", "event SHUTDOWN spindown", "over"]


async def test_one_that_does_not_go_is_ended_after_two_seconds(rooms: Rooms, tmp_path: Path) -> None:
    environment = await watched(rooms, tmp_path, EXTENSION.replace("LINGER", "1000"))
    environment.freeze()
    rooms.host.end(environment)
    await until(rooms, "event SHUTDOWN spindown")
    began = time.monotonic()
    while not environment.has_ended and time.monotonic() - began < 5:
        await asyncio.sleep(0.02)
    assert 1 < time.monotonic() - began < 4
    assert "over" not in rooms.printed


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 0\n", "#!/bin/sh\nexit 3\n", "#!/no/such/interpreter\n"])
async def test_one_that_ends_at_once_fails_the_initialization(rooms: Rooms, tmp_path: Path, text: str) -> None:
    spec = Spec(
        runtime="python3.11",
        memory_mib=256,
        tmp_mib=16,
        environment=VARIABLES,
        binds=layer(tmp_path, text),
        extensions=("/opt/extensions/watcher",),
    )
    environment = await rooms.host.start("crash", spec, rooms.printed.append, lambda ms: asyncio.sleep(ms / 1000))
    began = time.monotonic()
    outcome: Outcome = await environment.started(10)
    assert (outcome.kind, outcome.error_type) == ("exited", "Extension.Crash")
    assert time.monotonic() - began < 5
