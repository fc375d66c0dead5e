"""One stream of an HTTP/2 connection: a request as it comes, and its answer as it goes."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.app import Deferred
from foulweather.wire.body import BodyStream

NEVER: Final = 1 << 60


class Stream:
    """What is known of one request; `id` is its number on the connection."""

    __slots__ = (
        "body",
        "bytes_max",
        "continue_owed",
        "deadline",
        "deferred",
        "drained",
        "ends",
        "id",
        "is_answered",
        "is_begun",
        "is_deaf",
        "is_gone",
        "is_held",
        "is_received",
        "out",
        "owed_bytes",
        "pieces",
        "request",
        "sent_bytes",
        "sent_bytes_checked",
        "size",
        "size_checked",
        "task",
        "too_large",
        "unsent_bytes",
        "write_deadline",
    )

    def __init__(self, stream_id: int, request: HttpRequest) -> None:
        self.id = stream_id
        self.request = request
        # The body, whole or as it arrives; a deaf stream takes no more of it.
        self.is_received = False
        self.is_deaf = False
        self.pieces: list[bytes] = []
        self.body: BodyStream | None = None
        self.size = 0
        self.size_checked = 0
        self.bytes_max = 0
        self.too_large: HttpResponse | None = None
        self.continue_owed = False
        self.deadline = NEVER
        # Of its window: what the client may send again, and whether it must wait since nobody reads.
        self.owed_bytes = 0
        self.is_held = False
        # Who answers, and what of the answer has not gone out.
        self.is_begun = False
        self.deferred: Deferred | None = None
        self.task: asyncio.Task[None] | None = None
        self.out: deque[memoryview] = deque()
        self.unsent_bytes = 0
        self.sent_bytes = 0
        self.sent_bytes_checked = 0
        self.ends = False
        self.is_answered = False
        self.write_deadline = NEVER
        self.drained: asyncio.Future[None] | None = None
        self.is_gone = False

    @property
    def buffered_bytes(self) -> int:
        """How much of a body is held that is taken in whole."""
        return self.size if self.body is None and not self.is_received else 0

    def queue(self, data: bytes, write_deadline: int) -> None:
        """Have a piece of the answer's body sent, when the client takes it."""
        if not self.out:
            self.write_deadline = write_deadline
            self.sent_bytes_checked = self.sent_bytes
        self.out.append(memoryview(data))
        self.unsent_bytes += len(data)

    def next_piece(self, bytes_max: int) -> memoryview:
        """Take the next piece to send."""
        out = self.out
        piece = out[0]
        if len(piece) > bytes_max:
            out[0] = piece[bytes_max:]
            piece = piece[:bytes_max]
        else:
            out.popleft()
        self.unsent_bytes -= len(piece)
        self.sent_bytes += len(piece)
        if not out:
            self.write_deadline = NEVER
        return piece

    def undrain(self) -> None:
        """Tell whoever waits to send more that there is room."""
        drained, self.drained = self.drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)
