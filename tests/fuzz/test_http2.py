"""HTTP/2 under mutated and oddly split frames: no crash, no hang, no 5xx, the same answers for any split."""

from __future__ import annotations

import asyncio
import os
import random
import struct
import time
from typing import Any

import pytest
from hpack import Decoder, Encoder

from foulweather.wire.http2 import Http2
from foulweather.wire.server import Server
from fuzz.test_http import LIMITS, Digests, Wire, run, silent, split  # noqa: F401  `silent` is a fixture

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
PATHS = [
    "/",
    "/a?b=c",
    "/defer",
    "/await",
    "/stream",
    "/upload",
    "/refuse",
    "/upload/refuse",
    "/" + "x" * 1200,
    "a",
    "",
]


def frame(kind: int, flags: int = 0, stream_id: int = 0, content: bytes = b"") -> bytes:
    return len(content).to_bytes(3, "big") + bytes((kind, flags)) + struct.pack(">I", stream_id) + content


def request(rng: random.Random, stream_id: int) -> list[bytes]:
    """The frames of one request."""
    body = rng.randbytes(rng.choice([0, 0, 1, 300, 5000, 6000]))
    fields = [
        (":method", rng.choice(["GET", "PUT", "POST", "HEAD"])),
        (":scheme", "http"),
        (":authority", "x"),
        (":path", rng.choice(PATHS)),
        *[("n", str(n)) for n in range(rng.choice([0, 1, 3, 300]))],
    ]
    if rng.random() < 0.3:
        fields.append(("content-length", str(len(body))))
    if rng.random() < 0.2:
        fields.append(("expect", "100-continue"))
    if rng.random() < 0.1:
        fields.append((rng.choice(["connection", "te", "Upper", "cookie", "host"]), rng.choice(["x", "y", " ", "\0"])))
    block = Encoder().encode(fields)
    ends = 0 if body else 1
    if len(block) > 4 and rng.random() < 0.3:
        at = rng.randrange(1, len(block))
        frames = [frame(HEADERS, ends, stream_id, block[:at]), frame(CONTINUATION, 4, stream_id, block[at:])]
    else:
        frames = [frame(HEADERS, ends | 4, stream_id, block)]
    while body:
        size = rng.choice([1, 100, 4000]) if len(body) > 100 else len(body)
        piece, body = body[:size] or body, body[size:]
        frames.append(frame(DATA, 0 if body else 1, stream_id, piece))
        if len(frames) > 20:
            frames.append(frame(DATA, 1, stream_id, body))
            break
    return frames


def session(rng: random.Random) -> list[bytes]:
    """Frames of several requests, in between each other as far as the protocol lets them."""
    waiting = [request(rng, 1 + 2 * n) for n in range(rng.choice([1, 2, 5]))]
    frames, begun = [frame(SETTINGS, 0, 0, rng.choice([b"", struct.pack(">HI", 4, rng.choice([0, 1, 70_000]))]))], []
    while waiting or begun:
        if waiting and (not begun or rng.random() < 0.5):
            following = waiting.pop(0)
            while following and (following[0][3] in (HEADERS, CONTINUATION)):
                frames.append(following.pop(0))
            begun.append(following)
        else:
            following = rng.choice(begun)
            if following:
                frames.append(following.pop(0))
            if not following:
                begun.remove(following)
        if rng.random() < 0.1 and frames[-1][3] != HEADERS:
            frames.append(frame(PING, 0, 0, bytes(8)))
    return [*frames, frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 100_000))]


def mutated(frames: list[bytes], rng: random.Random) -> list[bytes]:
    frames = list(frames)
    for _ in range(rng.choice([0, 0, 1, 1, 2, 5])):
        at = rng.randrange(len(frames))
        kind = rng.randrange(6)
        if kind == 0:
            frames.insert(at, frames[rng.randrange(len(frames))])
        elif kind == 1 and len(frames) > 1:
            frames.pop(at)
        elif kind == 2:
            whole = bytearray(frames[at])
            whole[rng.randrange(3, 9)] ^= 1 << rng.randrange(8)
            frames[at] = bytes(whole)
        elif kind == 3:
            whole = bytearray(frames[at])
            whole[rng.randrange(len(whole))] = rng.randrange(256)
            frames[at] = bytes(whole)
        else:
            content = rng.randbytes(rng.choice([0, 1, 4, 4, 5, 6, 8, 30]))
            frames.insert(at, frame(rng.randrange(12), rng.randrange(256), rng.choice([0, 1, 1, 3, 9, 2]), content))
    return frames


async def serve(packets: list[bytes]) -> tuple[bytes, Digests]:
    """Feed packets to a connection, let it settle, and take what it wrote."""
    tasks = len(asyncio.all_tasks())
    app = Digests()
    server = Server(app, lambda: 0, LIMITS)
    wire = Wire()
    spoken = Http2(server, wire, "127.0.0.1", False, None)
    for packet in packets:
        if wire.closed:
            break
        spoken.data_received(packet)
        await _settle(app)
    for tick in range(1, 6):
        await _settle(app)
        spoken.sweep(tick)
    written = bytes(wire.written)
    wire.closed = True
    spoken.connection_lost(None)
    await _settle(app)
    assert not spoken._streams
    assert spoken._unsent_bytes == spoken._buffered_bytes == 0
    assert len(asyncio.all_tasks()) == tasks, "a task was left behind"
    return written, app


async def _settle(app: Digests) -> None:
    for _ in range(8):
        await asyncio.sleep(0)
        while app.owed:
            deferred, response = app.owed.popleft()
            deferred.deliver(response)


def heard(written: bytes) -> tuple[dict[int, tuple[Any, ...]], int | None]:
    """What came of each stream, and the code of the goodbye; the bytes must be nothing but whole frames."""
    decoder = Decoder()
    found: dict[int, list[Any]] = {}
    code = None
    while written:
        size, kind, flags = int.from_bytes(written[:3], "big"), written[3], written[4]
        stream_id, content = int.from_bytes(written[5:9], "big"), written[9 : 9 + size]
        assert len(content) == size, "a frame is cut off"
        assert code is None, "something after the goodbye"
        written = written[9 + size :]
        stream = found.setdefault(stream_id, [])
        if kind == HEADERS:
            fields = dict(decoder.decode(content))
            if fields[":status"] != "100":
                stream.extend([int(fields[":status"]), fields.get("x-digest")])
        elif kind == RST_STREAM:
            stream.append(("reset", struct.unpack(">I", content)[0]))
        elif kind == GOAWAY:
            code = struct.unpack(">I", content[4:8])[0]
        if stream_id and kind in (HEADERS, DATA) and flags & 1:
            stream.append("end")
    found.pop(0, None)
    return {stream_id: tuple(stream) for stream_id, stream in found.items()}, code


def unbroken(answers: dict[int, tuple[Any, ...]]) -> dict[int, tuple[Any, ...]]:
    """The answers but for those whose requests the client went on with when they were over."""
    return {n: answer for n, answer in answers.items() if not any(("reset", code) in answer for code in (1, 5))}


async def try_seed(seed: int) -> None:
    rng = random.Random(seed)
    frames = mutated(session(rng), rng)
    data = PREFACE + b"".join(frames)
    whole, code = heard((await serve([data]))[0])
    for answer in whole.values():
        assert not [each for each in answer if isinstance(each, int) and each >= 500 and each != 501], answer
        assert answer.count("end") <= 1
    assert code != 2, "a mistake of the server's"
    for _ in range(2):
        parts, other = heard((await serve(split(data, rng)))[0])
        assert other != 2, "a mistake of the server's"
        # What was asked before the end, or before it was given up, may have been answered in time.
        if code is other is None and not any(each[3] in (RST_STREAM, GOAWAY) for each in frames):
            assert unbroken(parts) == unbroken(whole), "split into packets, the same bytes had other answers"


def test_mutated_frames_in_any_split():
    for seed in range(250):
        run(try_seed, seed)


def test_noise_is_no_more_than_a_goodbye():
    async def check(seed: int) -> None:
        rng = random.Random(seed)
        _, code = heard((await serve([PREFACE + frame(SETTINGS) + rng.randbytes(3000)]))[0])
        assert code in (None, 1, 3, 5, 6, 9, 11)

    for seed in range(100):
        asyncio.run(check(seed))


@pytest.mark.slow
def test_mutated_frames_for_long():
    until = time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "120"))
    seed = time.time_ns()
    while time.monotonic() < until:
        run(try_seed, seed)
        seed += 1
