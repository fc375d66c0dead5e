"""Environments of functions: what they answer, how they end, and what they cannot reach."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from foulweather.engines.functions.environment import Environment, Spec
from foulweather.engines.functions.host import Host
from foulweather.engines.functions.interpreters import NoInterpreter
from foulweather.engines.functions.outcomes import Invocation, Outcome
from foulweather.engines.process_tree import Tree
from foulweather.world.clock import Clock

START_MS = 1_700_000_000_000
PYTHON = """
import datetime, json, logging, os, socket, subprocess, time
logging.getLogger().setLevel("INFO")

def echo(event, context):
    return {"event": event, "left": context.get_remaining_time_in_millis()}

def clock(event, context):
    before = time.time()
    time.sleep(event["s"])
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    return [before, time.time(), now, time.monotonic() >= event["s"]]

def loop(event, context):
    import asyncio
    asyncio.run(asyncio.sleep(event["s"]))
    return time.time()

def fail(event, context):
    raise ValueError("no")

def log(event, context):
    print("printed")
    logging.info("logged %s", 1)

def end(event, context):
    os._exit(event["status"])

def eat(event, context):
    held = bytearray(event["mib"] << 20)
    time.sleep(0.2)

def spin(event, context):
    while True:
        pass

def fork(event, context):
    subprocess.Popen(["sleep", "1000"], start_new_session=True)
    return os.getpid()

def flood(event, context):
    print("x" * 3_000_000)
    return "done"

def unjust(event, context):
    return {1, 2}

def look(event, context):
    found = {}
    for path in event["paths"]:
        try:
            with open(path) as file:
                found[path] = file.read(10)
        except OSError as error:
            found[path] = type(error).__name__
    for port in event["ports"]:
        try:
            socket.create_connection(("127.0.0.1", port), 2).close()
            found[str(port)] = "connected"
        except OSError as error:
            found[str(port)] = type(error).__name__
    return found | {"pids": [pid for pid in os.listdir("/proc") if pid.isdigit()], "environment": sorted(os.environ)}

def write(event, context):
    before = os.listdir("/tmp")
    open("/tmp/mine", "w").write("x")
    refused = []
    for path in ("/var/task/new", "/usr/new", "/new"):
        try:
            open(path, "w")
        except OSError as error:
            refused.append(type(error).__name__)
    return [before, refused]
"""


class Bench:
    """A host, a clock that is held, and what was printed."""

    def __init__(self, code: Path) -> None:
        self.clock = Clock(START_MS, "held")
        self.host = Host(self.clock)
        self.printed: list[str] = []
        self._code = code
        self._count = 0

    async def sleep(self, ms: int) -> None:
        self.clock.move_to(self.clock.now_ms + ms)

    async def start(self, handler: str, *, runtime: str = "python3.11", memory_mib: int = 128) -> Environment:
        spec = Spec(
            runtime=runtime,
            memory_mib=memory_mib,
            tmp_mib=16,
            environment={"_HANDLER": handler, "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "en_US.UTF-8"},
            binds={"/var/task": str(self._code)},
        )
        self._count += 1
        return await self.host.start(f"environment-{self._count}", spec, self.printed.append, self.sleep)

    async def invoke(self, environment: Environment, event: Any, limit_s: float = 20) -> Outcome:
        self._count += 1
        invocation = Invocation(
            f"request-{self._count}", json.dumps(event).encode(), self.clock.now_ms + 900_000, "arn:aws:lambda:f"
        )
        return await environment.invoke(invocation, limit_s)

    async def once(self, handler: str, event: Any, limit_s: float = 20, **more: Any) -> Outcome:
        environment = await self.start(handler, **more)
        started = await environment.started(20)
        if started.kind != "response":
            return started
        return await self.invoke(environment, event, limit_s)


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    tmp_path.chmod(0o755)
    (tmp_path / "app.py").write_text(PYTHON)
    made = Bench(tmp_path)
    yield made
    made.host.close()


def needs_walls(bench: Bench) -> None:
    if not bench.host.is_apart:
        pytest.skip("this machine gives processes no namespaces of their own")


async def test_a_function_answers_and_is_asked_again(bench: Bench) -> None:
    environment = await bench.start("app.echo")
    assert (await environment.started(20)).kind == "response"
    for number in range(3):
        outcome = await bench.invoke(environment, {"n": number})
        assert json.loads(outcome.payload) == {"event": {"n": number}, "left": 900_000}
    assert 5 < environment.usage_mib() < 128


async def test_fourteen_minutes_of_sleep_are_gone_at_once_on_a_held_clock(bench: Bench) -> None:
    before, after, now, passed = json.loads((await bench.once("app.clock", {"s": 840})).payload)
    assert (before * 1000, after * 1000) == (START_MS, START_MS + 840_000)
    assert now == "2023-11-14T22:27:20+00:00"
    assert passed
    assert bench.clock.now_ms == START_MS + 840_000


async def test_asyncio_sleeps_in_the_worlds_time(bench: Bench) -> None:
    assert json.loads((await bench.once("app.loop", {"s": 600})).payload) * 1000 == START_MS + 600_000


async def test_an_exception_is_told_with_its_trace_and_printed(bench: Bench) -> None:
    outcome = await bench.once("app.fail", {})
    error = json.loads(outcome.payload)
    assert (outcome.kind, outcome.error_type) == ("error", "ValueError")
    assert (error["errorMessage"], error["errorType"], error["requestId"]) == ("no", "ValueError", "request-2")
    assert error["stackTrace"][-1].startswith('  File "/var/task/app.py", line' if bench.host.is_apart else "  File ")
    assert bench.printed[0].startswith("[ERROR] ValueError: no\nTraceback (most recent call last):\n")


async def test_what_is_logged_is_printed_as_the_runtime_does(bench: Bench) -> None:
    await bench.once("app.log", {})
    assert bench.printed == ["printed", "[INFO]\t2023-11-14T22:13:20.000Z\trequest-2\tlogged 1"]


@pytest.mark.parametrize(
    ("handler", "kind", "words"),
    [
        ("none.f", "Runtime.ImportModuleError", "Unable to import module 'none': No module named 'none'"),
        ("app.none", "Runtime.HandlerNotFound", "Handler 'none' missing on module 'app'"),
        ("app", "Runtime.MalformedHandlerName", "Bad handler 'app': not enough values to unpack (expected 2, got 1)"),
    ],
)
async def test_a_handler_that_is_not_there(bench: Bench, handler: str, kind: str, words: str) -> None:
    outcome = await bench.once(handler, {})
    assert (outcome.kind, outcome.error_type) == ("error", kind)
    assert json.loads(outcome.payload)["errorMessage"] == words


async def test_what_cannot_be_written_as_json(bench: Bench) -> None:
    error = json.loads((await bench.once("app.unjust", {})).payload)
    assert error["errorType"] == "Runtime.MarshalError"
    assert error["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"


async def test_an_exit_is_told_by_its_status(bench: Bench) -> None:
    outcome = await bench.once("app.end", {"status": 3})
    assert (outcome.kind, outcome.error_type, outcome.exit_words) == ("exited", "Runtime.ExitError", "exit status 3")


async def test_one_that_eats_more_than_its_memory_is_killed(bench: Bench) -> None:
    outcome = await bench.once("app.eat", {"mib": 400})
    assert (outcome.kind, outcome.exit_words) == ("memory", "signal: killed")
    assert (await bench.once("app.eat", {"mib": 50})).kind == "response"


async def test_one_that_never_returns_times_out_alone(bench: Bench) -> None:
    other = await bench.start("app.echo")
    await other.started(20)
    spinning, answered = await asyncio.gather(bench.once("app.spin", {}, limit_s=1), bench.invoke(other, 1))
    assert spinning.kind == "timeout"
    assert answered.kind == "response"


async def test_a_flood_of_output_harms_nobody(bench: Bench) -> None:
    outcome = await bench.once("app.flood", {})
    assert outcome.payload == b'"done"'
    assert sum(map(len, bench.printed)) == 3_000_000


async def test_a_runtime_that_is_not_here_is_named(bench: Bench) -> None:
    with pytest.raises(NoInterpreter, match=r"no Python 3\.2"):
        await bench.start("app.echo", runtime="python3.2")


async def test_nothing_survives_its_host(bench: Bench) -> None:
    environment = await bench.start("app.fork")
    await environment.started(20)
    await bench.invoke(environment, {})
    pids = Tree(environment.pid).members()
    assert len(pids) >= 2
    bench.host.close()
    await asyncio.sleep(0.2)
    assert [pid for pid in pids if os.path.exists(f"/proc/{pid}/exe")] == []


async def test_it_sees_no_file_process_port_or_variable_of_the_server(bench: Bench, tmp_path: Path) -> None:
    needs_walls(bench)
    secret = tmp_path.parent / f"{tmp_path.name}-secret"
    secret.write_text("secret")
    os.environ["FOULWEATHER_SECRET"] = "x"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        paths = [str(secret), "/etc/shadow", "/proc/1/environ", f"/proc/{os.getpid()}/maps"]
        found = json.loads((await bench.once("app.look", {"paths": paths, "ports": [port]})).payload)
    del os.environ["FOULWEATHER_SECRET"]
    assert found[str(secret)] == "FileNotFoundError"
    assert found["/etc/shadow"] == "FileNotFoundError"
    assert found["/proc/1/environ"] in ("PermissionError", "")
    assert found[f"/proc/{os.getpid()}/maps"] == "FileNotFoundError"
    assert found[str(port)] == "ConnectionRefusedError"
    assert len(found["pids"]) == 2
    assert "FOULWEATHER_SECRET" not in found["environment"]


async def test_it_writes_to_a_tmp_of_its_own_alone(bench: Bench) -> None:
    needs_walls(bench)
    for _ in range(2):
        before, refused = json.loads((await bench.once("app.write", {})).payload)
        assert before == []
        assert refused == ["OSError", "OSError", "OSError"]


async def test_node_runs_on_the_worlds_clock_too(bench: Bench, tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("there is no node here")
    code = """
    exports.handler = async (event) => {
      const before = Date.now();
      await new Promise((resolve) => setTimeout(resolve, event.ms));
      return [before, Date.now(), new Date().toISOString()];
    };
    exports.fail = async () => { throw new TypeError("no"); };
    """
    (tmp_path / "index.js").write_text(code)
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    version = said[1:].partition(".")[0]
    runtime = f"nodejs{version}.x"
    told = json.loads((await bench.once("index.handler", {"ms": 600_000}, runtime=runtime)).payload)
    assert told == [START_MS, START_MS + 600_000, "2023-11-14T22:23:20.000Z"]
    failed = await bench.once("index.fail", {}, runtime=runtime)
    assert (failed.kind, failed.error_type) == ("error", "TypeError")
    assert json.loads(failed.payload)["errorMessage"] == "no"
