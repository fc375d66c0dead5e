"""`kill -9` in the middle of acknowledged writes: every one of them is there afterwards.

`KILL_SEED` replays the choice of when to kill; what is in flight at that moment is the machine's.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from cli.terminal import free_port
from worlds.json_wire import JsonConnection

ROOT = Path(__file__).parents[2]
CONNECTIONS = 8
ACCOUNT = "000000000000"


class Server:
    """A server process on a data directory."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self._command = [
            *(sys.executable, "-m", "foulweather", "up", "--foreground", "--port", str(self.port)),
            *("--data-dir", str(home / "data")),
        ]
        self._environment = {**os.environ, "XDG_STATE_HOME": str(home), "PYTHONPATH": str(ROOT / "src")}
        self._log = (home / "server.log").open("ab")
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(self._command, env=self._environment, stdout=self._log, stderr=self._log)
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_foulweather/health", timeout=5):
                    return process
            except OSError:
                assert process.poll() is None, f"the server ended: {Path(self._log.name).read_text()}"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.05)

    def kill(self) -> None:
        """Without a word."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self) -> None:
        self.process = self._started()

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        self._log.close()


async def sent_until_killed(server: Server, url: str, kill_at: int) -> dict[str, str]:
    """Bodies by the id that was acknowledged for each; the server dies when there are `kill_at` of them."""
    acknowledged: dict[str, str] = {}

    async def send(name: int) -> None:
        connection, count = JsonConnection(server.port, "sqs", "AmazonSQS"), 0
        try:
            while True:
                count += 1
                body = f"{name}/{count}"
                answer = await connection.ask("SendMessage", QueueUrl=url, MessageBody=body)
                acknowledged[answer["MessageId"]] = body
                if len(acknowledged) == kill_at:
                    server.kill()
        except (ConnectionError, asyncio.IncompleteReadError):
            connection.close()  # the server is dead

    await asyncio.gather(*(send(name) for name in range(CONNECTIONS)))
    return acknowledged


async def received(server: Server, url: str) -> dict[str, str]:
    """Every message on the queue, by id."""
    connection, found = JsonConnection(server.port, "sqs", "AmazonSQS"), dict[str, str]()
    while True:
        answer = await connection.ask(
            "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=3600, WaitTimeSeconds=0
        )
        messages = answer.get("Messages", [])
        if not messages:
            connection.close()
            return found
        for message in messages:
            assert message["MessageId"] not in found, "it was received twice"
            found[message["MessageId"]] = message["Body"]


async def killed_and_counted(home: Path, kill_at: int) -> tuple[int, int]:
    """How many writes were acknowledged, and how many of them were lost."""
    server = Server(home)
    try:
        connection = JsonConnection(server.port, "sqs", "AmazonSQS")
        url = (await connection.ask("CreateQueue", QueueName="orders"))["QueueUrl"]
        connection.close()
        acknowledged = await sent_until_killed(server, url, kill_at)
        assert len(acknowledged) >= kill_at
        await asyncio.to_thread(server.restart)
        there = await received(server, url)
        lost = {name: body for name, body in acknowledged.items() if there.get(name) != body}
        more = len(there) - len(acknowledged) + len(lost)
        assert more <= CONNECTIONS, "no more than was on its way, unacknowledged"
        return len(acknowledged), len(lost)
    finally:
        server.close()


async def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED", "1"))
    kill_at = random.Random(seed).randrange(400, 600)
    assert await killed_and_counted(tmp_path, kill_at) == (pytest.approx(kill_at, abs=CONNECTIONS), 0)


@pytest.mark.slow
@pytest.mark.parametrize("run", range(20))
async def test_nothing_that_was_acknowledged_is_lost_in_twenty_kills(run: int, tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED", "1000")) + run
    kill_at = 10_000 if run == 0 else random.Random(seed).randrange(1, 10_000)
    acknowledged, lost = await killed_and_counted(tmp_path, kill_at)
    print(f"seed {seed}: killed after {acknowledged} acknowledged writes, {lost} lost")
    assert lost == 0
