"""What an environment's processes print, line by line."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
import termios
from collections.abc import Callable

LINE_BYTES_MAX = 256 << 10
READ_BYTES_MAX = 1 << 16


class Output:
    """The reading end of a pipe; `printed` gets each line."""

    def __init__(self, descriptor: int, printed: Callable[[str], None]) -> None:
        self._descriptor = descriptor
        self._printed = printed
        self._held = b""
        os.set_blocking(descriptor, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(descriptor, self._read)

    def drain(self) -> None:
        """Print what has been written until now, and not what is being written meanwhile."""
        if self._descriptor < 0:
            return
        left = struct.unpack("i", fcntl.ioctl(self._descriptor, termios.FIONREAD, bytes(4)))[0]
        while left > 0 and self._read():
            left -= READ_BYTES_MAX

    def finish(self) -> None:
        """Print what has been written until now, the end of it too if it has no end of line."""
        self.drain()
        self._print_held()

    def close(self) -> None:
        """Print what is there, and read no more."""
        if self._descriptor >= 0:
            self.drain()
            self._print_held()
            self.leave()

    def leave(self) -> None:
        """Read no more, and leave what is there to whoever else holds the pipe."""
        if self._descriptor >= 0:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def _read(self) -> bool:
        try:
            piece = os.read(self._descriptor, READ_BYTES_MAX)
        except BlockingIOError:
            return False
        except OSError:
            piece = b""
        if not piece:
            self._print_held()
            with contextlib.suppress(OSError, ValueError, RuntimeError):
                self._loop.remove_reader(self._descriptor)
            return False
        *lines, self._held = (self._held + piece).split(b"\n")
        for line in lines:
            self._print(line)
        while len(self._held) > LINE_BYTES_MAX:
            self._print(self._held[:LINE_BYTES_MAX])
            self._held = self._held[LINE_BYTES_MAX:]
        return True

    def _print_held(self) -> None:
        held, self._held = self._held, b""
        if held:
            self._print(held)

    def _print(self, line: bytes) -> None:
        self._printed(line.decode("utf-8", "replace").replace("\r", "\n").rstrip("\n"))
