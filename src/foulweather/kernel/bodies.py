"""The body of an upload: whole as bytes, or as pieces that are still arriving."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable


class Incoming:
    """A body that is read while it arrives: iterate over its pieces, then `finish`.

    `size` is its length in bytes as the request declares it (None: not declared). The pieces are given
    out before the last of the checks: nothing that is made of them is to be kept unless the iteration
    and `finish` have both returned. `sha256_wanted` tells that `finish` needs the hash of all pieces,
    which the reader makes on the way, off the event loop. `trailers` are there once the pieces have
    ended (`x-amz-checksum-…` by lower-case name).
    """

    __slots__ = ("_check_sha256", "_pieces", "size", "trailers")

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        size: int | None,
        trailers: dict[str, str],
        check_sha256: Callable[[str], None] | None = None,
    ) -> None:
        self._pieces = pieces
        self.size = size
        self.trailers = trailers
        self._check_sha256 = check_sha256

    @property
    def sha256_wanted(self) -> bool:
        """Whether the request declared the SHA-256 of its body."""
        return self._check_sha256 is not None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces

    def finish(self, sha256_hex: str = "") -> None:
        """Refuse a body that is not the one that was signed."""
        if self._check_sha256 is not None:
            self._check_sha256(sha256_hex)


Body = bytes | Incoming
