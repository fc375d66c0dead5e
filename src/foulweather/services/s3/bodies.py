"""The bytes of objects: taken in with their hashes, small ones into the row, larger ones into files; read back."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import NamedTuple, cast

from foulweather.engines.intake import Hash, take_in
from foulweather.kernel.bodies import Incoming
from foulweather.kernel.call import Call
from foulweather.kernel.checksums import Checksum, checksum, digest
from foulweather.services.s3.records import Part, Segment, Version
from foulweather.world.files import Files

INLINE_BYTES_MAX = 16 << 10
"""Objects up to this size live in their row: in memory, and in the database."""
PIECE_BYTES = 256 << 10
COPIED_AT_ONCE_BYTES_MAX = PIECE_BYTES


class Taken(NamedTuple):
    """A body that came in whole: its bytes (inline or in files), its MD5, its checksums' digests by algorithm."""

    size: int
    md5: bytes
    digests: dict[str, bytes]
    inline: bytes
    segments: list[Segment]
    trailers: dict[str, str]


def take(
    call: Call, body: bytes, algorithms: Iterable[str], size_max: int, too_large: Callable[[], Exception]
) -> Taken:
    """Take in a body that came whole, and sum it by some algorithms."""
    if len(body) > size_max:
        raise too_large()
    done = {name: digest(name, body) for name in algorithms}
    md5 = hashlib.md5(body, usedforsecurity=False).digest()
    if len(body) <= INLINE_BYTES_MAX:
        return Taken(len(body), md5, done, body, [], {})
    return Taken(len(body), md5, done, b"", filed(call, body), {})


async def take_incoming(
    call: Call, body: Incoming, digests: dict[str, Checksum], size_max: int, too_large: Callable[[], Exception]
) -> Taken:
    """Take in a body that is still arriving; nothing of it stays if it does not arrive whole and true.

    Whoever awaits this must look at its state anew: the bucket may be gone, a condition may not hold.
    """
    if body.size is not None and body.size > size_max:
        raise too_large()

    def check_size(size: int) -> None:
        if size > size_max:
            raise too_large()

    md5 = hashlib.md5(usedforsecurity=False)
    hashes: dict[str, Hash] = {"MD5": md5, **digests}
    sha256 = hashlib.sha256()
    if body.sha256_wanted:
        hashes["payload"] = sha256
    files = call.world.files
    draft = files.draft()
    try:
        size = await take_in(body.__aiter__(), draft.write, hashes, check_size)
        body.finish(sha256.hexdigest() if body.sha256_wanted else "")
        done = {name: each.digest() for name, each in digests.items()}
    except BaseException:
        draft.discard()
        raise
    return Taken(size, md5.digest(), done, b"", [Segment(files.keep(draft), size)], dict(body.trailers))


def filed(call: Call, data: bytes) -> list[Segment]:
    """Bytes that were inline, in a file of their own."""
    if not data:
        return []
    draft = call.world.files.draft()
    try:
        draft.write(data)
    except BaseException:
        draft.discard()
        raise
    return [Segment(call.world.files.keep(draft), len(data))]


def discard(files: Files, taken: Taken) -> None:
    """Throw away what was taken in, because the operation refuses after all."""
    for segment in taken.segments:
        files.delete(segment.file)


def read(files: Files, held: Version | Part, start: int = 0, size: int | None = None) -> bytes | AsyncIterator[bytes]:
    """A range of an object's bytes: at once where it is small, else piece by piece.

    Its files are open before this returns: an object that is deleted meanwhile is read to its end.
    """
    size = held.size - start if size is None else size
    if not held.segments:
        return held.inline[start : start + size]
    ranges = list(_ranges(held.segments, start, size))
    opened = [(os.open(files.place(file).path, os.O_RDONLY), offset, length) for file, offset, length in ranges]
    if size <= PIECE_BYTES:
        try:
            return b"".join([os.pread(fd, length, offset) for fd, offset, length in opened])
        finally:
            for fd, _, _ in opened:
                os.close(fd)
    return _Pieces(opened)


def is_small(size: int) -> bool:
    """Whether so many bytes are copied at once, and not in a thread."""
    return size <= COPIED_AT_ONCE_BYTES_MAX


def copy(call: Call, held: Version | Part, start: int, size: int, algorithm: str) -> Taken:
    """A copy of a small range of an object's bytes, hashed like an upload."""
    data = cast(bytes, read(call.world.files, held, start, size))
    return take(call, data, (algorithm,), size, AssertionError)


async def copy_later(call: Call, held: Version | Part, start: int, size: int, algorithm: str) -> Taken:
    """A copy of a large range of an object's bytes, made and hashed in threads.

    Its files are open before this first waits: an object that is deleted meanwhile is copied to its end.
    """
    source = Incoming(cast("AsyncIterator[bytes]", read(call.world.files, held, start, size)), size, {})
    return await take_incoming(call, source, {algorithm: checksum(algorithm)}, size, AssertionError)


def _ranges(segments: Sequence[Segment], start: int, size: int) -> list[tuple[str, int, int]]:
    """File, offset and length of each piece of a range over several segments."""
    found: list[tuple[str, int, int]] = []
    for segment in segments:
        if start >= segment.size:
            start -= segment.size
            continue
        if size <= 0:
            break
        length = min(size, segment.size - start)
        found.append((segment.file, start, length))
        size -= length
        start = 0
    return found


class _Pieces:
    """Open files as one body; they are closed at its end, or when its reader goes away."""

    def __init__(self, opened: list[tuple[int, int, int]]) -> None:
        self._opened = opened

    def __aiter__(self) -> _Pieces:
        return self

    async def __anext__(self) -> bytes:
        opened = self._opened
        while opened:
            fd, offset, left = opened[0]
            piece = os.pread(fd, min(left, PIECE_BYTES), offset)
            if len(piece) == left or not piece:
                os.close(fd)
                del opened[0]
            else:
                opened[0] = (fd, offset + len(piece), left - len(piece))
            if piece:
                return piece
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Let go of the files."""
        for fd, _, _ in self._opened:
            os.close(fd)
        self._opened.clear()

    def __del__(self) -> None:
        for fd, _, _ in self._opened:
            os.close(fd)
