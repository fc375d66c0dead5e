"""A whole world in one file: saved, loaded, and the ground of forks."""

from __future__ import annotations

import zlib
from pathlib import Path

import msgspec

from foulweather.world.clock import ClockReading
from foulweather.world.journal import Event

MAGIC = b"foulweather-snapshot-1\n"


class Snapshot(msgspec.Struct, frozen=True):
    """Everything that can change, as data: rows by table path, kept events, clock, randomness."""

    seed: int
    draws: str
    clock: ClockReading
    agenda_seq: int
    tables: dict[str, dict[str, bytes]]
    events: list[Event]


class BadSnapshot(Exception):
    """A file that is no snapshot, or a damaged one."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Snapshot).decode


def write(snapshot: Snapshot, path: Path) -> None:
    """Save to a file, complete or not at all."""
    packed = zlib.compress(_encode(snapshot), 6)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(MAGIC + zlib.crc32(packed).to_bytes(4, "big") + packed)
    partial.replace(path)


def read(path: Path) -> Snapshot:
    """Load a file that `write` wrote."""
    whole = path.read_bytes()
    if not whole.startswith(MAGIC):
        raise BadSnapshot(f"{path} is not a foulweather snapshot")
    body = whole[len(MAGIC) :]
    if len(body) < 4 or zlib.crc32(body[4:]).to_bytes(4, "big") != body[:4]:
        raise BadSnapshot(f"{path} is damaged: its checksum does not match")
    try:
        return _decode(zlib.decompress(body[4:]))
    except (zlib.error, msgspec.DecodeError) as error:
        raise BadSnapshot(f"{path} is damaged: {error}") from error
