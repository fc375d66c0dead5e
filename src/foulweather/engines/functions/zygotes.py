"""The processes that environments are forked from: one for each interpreter, started when first needed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from foulweather.engines.functions.interpreters import Interpreter

SCRIPT = Path(__file__).with_name("foulweather_inside") / "zygote.py"
MESSAGE_BYTES_MAX = 64 << 10
ROOM_S = 0.001
Ended = Callable[[int], None]
"""Is told the exit status of an environment; below zero, the signal that ended it."""


class Zygote:
    """One interpreter that forks environments."""

    def __init__(self, interpreter: Interpreter, preload: tuple[str, ...] = ()) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self._socket = ours
        self._pids: dict[str, asyncio.Future[int]] = {}
        self._watched: dict[str, Ended] = {}
        self._process = subprocess.Popen(
            [interpreter.program, "-I", "-X", "utf8", str(SCRIPT), str(theirs.fileno()), *preload],
            stdin=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            pass_fds=(theirs.fileno(),),
            start_new_session=True,
        )
        theirs.close()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(ours.fileno(), self._told)

    @property
    def is_alive(self) -> bool:
        """Whether it can still fork."""
        return self._process.poll() is None

    async def fork(self, room: dict[str, Any], descriptors: list[int], ended: Ended) -> int:
        """Have an environment forked; its pid. `ended` is told when its process is no more."""
        name = room["name"]
        pid = self._pids[name] = asyncio.get_running_loop().create_future()
        self._watched[name] = ended
        message = json.dumps(room).encode()
        try:
            await self._send(message, descriptors)
        except OSError:
            del self._pids[name], self._watched[name]
            raise
        return await pid

    async def _send(self, message: bytes, descriptors: list[int]) -> None:
        """Ask for a fork; where many are asked for at once, when there is room for the question."""
        while True:
            try:
                socket.send_fds(self._socket, [message], descriptors)
                return
            except BlockingIOError:
                await asyncio.sleep(ROOM_S)

    def close(self) -> None:
        """End it, and with it all that was forked from it."""
        self.leave()
        self._process.kill()
        self._process.wait()

    def leave(self) -> None:
        """Hear no more of it."""
        with contextlib.suppress(OSError, RuntimeError):
            self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _told(self) -> None:
        try:
            message = self._socket.recv(MESSAGE_BYTES_MAX)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        if not message:
            self._gone()
            return
        told: dict[str, Any] = json.loads(message)
        if "pid" in told:
            waiting = self._pids.pop(told["name"], None)
            if waiting is not None and not waiting.done():
                waiting.set_result(told["pid"])
        else:
            ended = self._watched.pop(told["name"], None)
            if ended is not None:
                ended(told["status"])

    def _gone(self) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
        for waiting in self._pids.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("the process that forks environments has ended"))
        for ended in list(self._watched.values()):
            ended(-9)
        self._pids.clear()
        self._watched.clear()


@cache
def can_be_apart() -> bool:
    """Whether this machine lets processes have namespaces of their own, found out by trying."""
    unshare = ["unshare", "--net", "--pid", "--mount", "--ipc", "--uts", "--fork"]
    if os.getuid() != 0:
        unshare += ["--user", "--map-current-user"]
    try:
        return subprocess.run([*unshare, "true"], capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
