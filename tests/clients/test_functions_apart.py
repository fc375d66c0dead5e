"""Functions beside a real server: what its end leaves of them, and what they reach of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.running import ACCOUNT, Cloud, free_port
from foulweather.engines.process_tree import Tree
from services.lambda_.packaged import zipped

pytestmark = pytest.mark.client

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
CODE = """
import os, signal, subprocess, time, urllib.error, urllib.request

def spin(event, context):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    if os.fork() == 0:
        os.setsid()
    while True:
        pass

def doors(event, context):
    found, base = {}, event["base"].replace("$DOOR", os.environ["AWS_ENDPOINT_URL"])
    for path in event["paths"]:
        try:
            found[path] = urllib.request.urlopen(base + path, timeout=5).status
        except urllib.error.HTTPError as error:
            found[path] = error.code
        except OSError as error:
            found[path] = type(error).__name__
    return found
"""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple[Cloud, subprocess.Popen[bytes]]]:
    """A server, and its process."""
    cloud = Cloud(tmp_path, free_port())
    command = [sys.executable, "-m", "foulweather", "up", "--foreground", "--in-memory", "--port", str(cloud.port)]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, env=cloud.environment, cwd=tmp_path, stdout=log, stderr=log)
    until = time.monotonic() + 30
    while "listening on" not in (tmp_path / "log").read_text():
        assert server.poll() is None, (tmp_path / "log").read_text()
        assert time.monotonic() < until
        time.sleep(0.02)
    cloud.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(TRUST))
    yield cloud, server
    server.kill()
    server.wait()


def made(cloud: Cloud, name: str, handler: str, **more: Any) -> Any:
    functions = cloud.client("lambda", read_timeout=60)
    given = {"Runtime": "python3.11", "Handler": handler, "Role": f"arn:aws:iam::{ACCOUNT}:role/worker"}
    functions.create_function(FunctionName=name, Code={"ZipFile": zipped({"app.py": CODE})}, **{**given, **more})
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    return functions


def alive(pids: list[int]) -> list[int]:
    """Those that have not ended."""
    return [pid for pid in pids if os.path.exists(f"/proc/{pid}/exe")]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends children with their parent")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_function_that_heeds_nothing_does_not_survive_its_server(
    started: tuple[Cloud, subprocess.Popen[bytes]], number: signal.Signals
) -> None:
    cloud, server = started
    functions = made(cloud, "spin", "app.spin", Timeout=300)
    functions.invoke(FunctionName="spin", InvocationType="Event")
    until, pids = time.monotonic() + 20, list[int]()
    while len(pids) < 5 and time.monotonic() < until:  # the server, what forks, what keeps, and two that spin
        time.sleep(0.1)
        pids = Tree(server.pid).members()
    assert len(pids) >= 5
    server.send_signal(number)
    server.wait(15)
    until = time.monotonic() + 5
    while alive(pids) and time.monotonic() < until:
        time.sleep(0.05)
    assert alive(pids) == []


def test_through_its_door_it_reaches_the_api_and_not_the_admin_api(
    started: tuple[Cloud, subprocess.Popen[bytes]],
) -> None:
    cloud, _ = started
    functions = made(cloud, "doors", "app.doors", Timeout=30)
    paths = [
        "/_foulweather/health", "/_foulweather/worlds", "/_foulweather/faults", "/%5ffoulweather/worlds",
        "//_foulweather/worlds", "/./_foulweather/worlds", "/x/../_foulweather/worlds", "/_foulweather",
    ]  # fmt: skip

    def told(base: str) -> Any:
        event = json.dumps({"base": base, "paths": paths}).encode()
        return json.loads(functions.invoke(FunctionName="doors", Payload=event)["Payload"].read())

    assert 200 not in told("$DOOR").values()
    assert told("$DOOR")["/_foulweather/worlds"] == 403
    # At the server's own address lies the door, not the server; nothing else of the machine is there.
    assert told(cloud.endpoint) == told("$DOOR")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert set(told(f"http://127.0.0.1:{listener.getsockname()[1]}").values()) == {"URLError"}
