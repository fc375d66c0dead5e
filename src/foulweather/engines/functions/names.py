"""Answers an environment's questions about names: the world's own hosts are at its own door, others are not found.

https://www.rfc-editor.org/rfc/rfc1035#section-4
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

QUESTION_BYTES_MAX = 4096
HEADER_BYTES = 12
A, IN = 1, 1
ANSWERED, NOT_NOW, NOT_UNDERSTOOD = 0x8180, 0x8182, 0x8181
"""A response, and recursion available: without error; SERVFAIL, as where no server is; FORMERR."""
TTL_S = 60
DOOR = socket.inet_aton("127.0.0.1")
QUESTIONS_MAX = 64


class Names:
    """Answers on one socket."""

    def __init__(self, box: socket.socket, serves: Callable[[str], bool]) -> None:
        box.setblocking(False)
        self._box = box
        self._serves = serves
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(box.fileno(), self._asked)

    def close(self) -> None:
        """Answer no more."""
        with contextlib.suppress(RuntimeError, ValueError, OSError):  # the loop is closed
            self._loop.remove_reader(self._box.fileno())
        self._box.close()

    def _asked(self) -> None:
        for _ in range(QUESTIONS_MAX):
            try:
                question, asker = self._box.recvfrom(QUESTION_BYTES_MAX)
                told = answer(question, self._serves)
                if told:
                    self._box.sendto(told, asker)
            except OSError:
                return


def answer(question: bytes, serves: Callable[[str], bool]) -> bytes:
    """The answer to one question; empty for what is none."""
    if len(question) < HEADER_BYTES or question[2] & 0x80:
        return b""
    number = question[:2]
    try:
        name, kind, end = _read(question)
    except (ValueError, IndexError, struct.error):
        return number + struct.pack(">5H", NOT_UNDERSTOOD, 0, 0, 0, 0)
    asked = question[HEADER_BYTES:end]
    if not serves(name.lower()):
        return number + struct.pack(">5H", NOT_NOW, 1, 0, 0, 0) + asked
    if kind != (A, IN):
        return number + struct.pack(">5H", ANSWERED, 1, 0, 0, 0) + asked
    found = b"\xc0\x0c" + struct.pack(">2HIH", A, IN, TTL_S, len(DOOR)) + DOOR
    return number + struct.pack(">5H", ANSWERED, 1, 1, 0, 0) + asked + found


def _read(question: bytes) -> tuple[str, tuple[int, int], int]:
    """The name, the type and class of the first question, and where it ends."""
    if int.from_bytes(question[4:6]) != 1:
        raise ValueError("not one question")
    at, labels = HEADER_BYTES, list[str]()
    while size := question[at]:
        if size > 63:
            raise ValueError("a pointer in a question")
        labels.append(question[at + 1 : at + 1 + size].decode("ascii"))
        at += 1 + size
    kind = struct.unpack_from(">2H", question, at + 1)
    return ".".join(labels), (kind[0], kind[1]), at + 5
