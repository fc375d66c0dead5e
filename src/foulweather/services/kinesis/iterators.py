"""Shard iterators and list tokens: opaque to clients, and good for five minutes."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import limits, refusals

_HEAD = b"\x00\x00\x00\x00\x00\x00\x00\x01"


class Iterator(NamedTuple):
    """A place in a shard, and when somebody was told of it."""

    account: str
    region: str
    name: str
    stream_id: str
    shard: int
    place: int
    made_ms: int

    def written(self) -> str:
        """The iterator as clients keep it."""
        return base64.b64encode(_HEAD + json.dumps(list(self), separators=(",", ":")).encode()).decode()


def opened(text: str) -> Iterator | None:
    """The iterator that a client gives back; None when it is none of ours."""
    try:
        data = base64.b64decode(text, validate=True)
        if not data.startswith(_HEAD):
            return None
        account, region, name, stream_id, shard, place, made_ms = json.loads(data[len(_HEAD) :])
        return Iterator(str(account), str(region), str(name), str(stream_id), int(shard), int(place), int(made_ms))
    except (ValueError, TypeError):
        return None


def check_fresh(iterator: Iterator, now_ms: int) -> None:
    """Refuse an iterator older than five minutes."""
    if now_ms - iterator.made_ms <= limits.ITERATOR_MS:
        return
    raise AwsError(
        "ExpiredIteratorException",
        f"Iterator expired. The iterator was created at time {_java_date(iterator.made_ms)} while right now it is "
        f"{_java_date(now_ms)} which is further in the future than the tolerated delay of {limits.ITERATOR_MS} "
        "milliseconds.",
        facts=(
            Fact("ShardIterator", "created", iterator.made_ms),
            Fact("ShardIterator", "good for ms", limits.ITERATOR_MS),
        ),
        remedy=("Ask for a new iterator AFTER_SEQUENCE_NUMBER, with the last one that was processed.",),
    )


def written_token(now_ms: int, *parts: str) -> str:
    """Where a listing goes on."""
    return base64.b64encode(_HEAD + json.dumps([now_ms, *parts], separators=(",", ":")).encode()).decode()


def opened_token(text: str, now_ms: int, count: int) -> list[str]:
    """What a listing's token holds."""
    try:
        data = base64.b64decode(text, validate=True)
        if not data.startswith(_HEAD):
            raise ValueError
        held: Any = json.loads(data[len(_HEAD) :])
        made_ms, *parts = held
        if len(parts) != count:
            raise ValueError
        age_ms = now_ms - int(made_ms)
    except (ValueError, TypeError):
        raise refusals.invalid("NextToken is invalid.", Fact("request", "NextToken", text)) from None
    if age_ms > limits.LIST_TOKEN_MS:
        raise AwsError(
            "ExpiredNextTokenException",
            "The pagination token passed to the operation is expired.",
            facts=(Fact("NextToken", "age in ms", age_ms), Fact("NextToken", "good for ms", limits.LIST_TOKEN_MS)),
        )
    return [str(part) for part in parts]


def _java_date(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
