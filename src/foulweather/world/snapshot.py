"""A whole world in one file: saved, loaded, and the ground of forks.

The file: a magic line, the length and the checksum of the packed rows, these, and after them the
bytes of the files, one after another in the order of their ids.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import msgspec

from foulweather.world.clock import ClockReading
from foulweather.world.files import PIECE_BYTES, Place
from foulweather.world.journal import Event

MAGIC = b"foulweather-snapshot-2\n"
HEAD_BYTES = len(MAGIC) + 12


class Snapshot(msgspec.Struct, frozen=True):
    """Everything that can change, as data: rows by table path, kept events, clock, randomness.

    `files` are not copied: they say where the bytes of each file are, until the world changes them.
    """

    seed: int
    draws: str
    clock: ClockReading
    agenda_seq: int
    tables: dict[str, dict[str, bytes]]
    events: list[Event]
    files: dict[str, Place] = {}


class BadSnapshot(Exception):
    """A file that is no snapshot, or a damaged one."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Snapshot).decode


def write(snapshot: Snapshot, path: Path) -> None:
    """Save to a file, complete or not at all."""
    packed = zlib.compress(_encode(snapshot), 6)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as out:
        out.write(MAGIC + len(packed).to_bytes(8, "big") + zlib.crc32(packed).to_bytes(4, "big") + packed)
        for _, place in sorted(snapshot.files.items()):
            with open(place.path, "rb") as source:
                source.seek(place.offset)
                left = place.size
                while left and (piece := source.read(min(left, PIECE_BYTES))):
                    out.write(piece)
                    left -= len(piece)
                if left:
                    raise BadSnapshot(f"{place.path} is {left} bytes shorter than it was")
    partial.replace(path)


def read(path: Path) -> Snapshot:
    """Load a file that `write` wrote; the bytes of its files stay where they are until they are taken."""
    with path.open("rb") as source:
        head = source.read(HEAD_BYTES)
        if not head.startswith(MAGIC):
            raise BadSnapshot(f"{path} is not a foulweather snapshot")
        length, crc = int.from_bytes(head[len(MAGIC) : -4], "big"), head[-4:]
        size = os.fstat(source.fileno()).st_size
        packed = source.read(min(length, size))
    if len(head) < HEAD_BYTES or len(packed) != length or zlib.crc32(packed).to_bytes(4, "big") != crc:
        raise BadSnapshot(f"{path} is damaged: its checksum does not match")
    try:
        saved = _decode(zlib.decompress(packed))
    except (zlib.error, msgspec.DecodeError) as error:
        raise BadSnapshot(f"{path} is damaged: {error}") from error
    position = HEAD_BYTES + length
    files: dict[str, Place] = {}
    for file_id, place in sorted(saved.files.items()):
        files[file_id] = Place(str(path), position, place.size)
        position += place.size
    if position != size:
        raise BadSnapshot(f"{path} is damaged: it is {size} bytes long, not {position}")
    return msgspec.structs.replace(saved, files=files)
