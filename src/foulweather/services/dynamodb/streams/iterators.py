"""Shard iterators: where somebody is in a shard."""

from __future__ import annotations

import base64
import json
from typing import Any, NamedTuple


class Iterator(NamedTuple):
    """The records of a shard that come after a sequence number, for a quarter of an hour."""

    arn: str
    shard: str
    after: int
    made_ms: int

    def written(self) -> str:
        """The iterator as clients keep it."""
        body = json.dumps([self.shard, str(self.after), self.made_ms]).encode()
        return f"{self.arn}|1|{base64.b64encode(body).decode()}"


def opened(text: str) -> Iterator | None:
    """The iterator that a client gives back; None when it is none of ours."""
    arn, mark, body = text.partition("|1|")
    if not mark:
        return None
    try:
        parts: Any = json.loads(base64.b64decode(body, validate=True))
        shard, after, made_ms = parts
        return Iterator(arn, str(shard), int(after), int(made_ms))
    except ValueError:
        return None
