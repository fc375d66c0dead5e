"""Names that an environment asks for: the world's own are at its own door, others are not found."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from foulweather.engines.functions.names import Names, answer

OWN = "bucket.s3.us-east-1.amazonaws.com"


def question(name: str, kind: int = 1) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\x12\x34" + struct.pack(">5H", 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", kind, 1)


def is_own(name: str) -> bool:
    return name == OWN


def code_and_count(told: bytes) -> tuple[int, int]:
    return told[3] & 15, int.from_bytes(told[6:8], "big")


def test_an_own_host_is_at_the_door() -> None:
    told = answer(question(OWN.upper()), is_own)
    assert told[:2] == b"\x12\x34"
    assert code_and_count(told) == (0, 1)
    assert told[-4:] == bytes((127, 0, 0, 1))


def test_it_has_no_other_kind_of_address() -> None:
    assert code_and_count(answer(question(OWN, kind=28), is_own)) == (0, 0)


def test_another_name_is_not_found_for_now() -> None:
    assert code_and_count(answer(question("example.com"), is_own)) == (2, 0)


@pytest.mark.parametrize(
    "asked",
    [question(OWN)[:-3], question(OWN)[:20], question(OWN)[:12] + b"\xc0\x0c\0\1\0\1", b"\x12\x34" + bytes(10)],
)
def test_what_is_no_question_is_told_so(asked: bytes) -> None:
    assert code_and_count(answer(asked, is_own)) == (1, 0)


@pytest.mark.parametrize("asked", [b"", b"\x12", question(OWN)[:2] + b"\x81\x80" + question(OWN)[4:]])
def test_what_asks_nothing_is_not_answered(asked: bytes) -> None:
    assert answer(asked, is_own) == b""


async def test_questions_come_by_datagram() -> None:
    box, asker = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    box.bind(("127.0.0.1", 0))
    asker.setblocking(False)
    names = Names(box, is_own)
    asker.sendto(question(OWN), box.getsockname())
    told = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(asker, 512), 5)
    assert code_and_count(told) == (0, 1)
    names.close()
    asker.close()
