"""Client request tokens: a transaction that is sent again within ten minutes is not made again."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.dynamodb import limits, refusals
from foulweather.services.dynamodb.records import Remembered
from foulweather.services.dynamodb.state import DynamoState

MISMATCH = "Idempotent parameter mismatch: the request with this client token has other parameters than an earlier one"
_digested = msgspec.msgpack.Encoder(order="sorted").encode


def digest_of(items: Any) -> bytes:
    """What tells one transaction from another."""
    return sha256(_digested(items)).digest()


def again(call: Call, state: DynamoState, token: str | None, digest: bytes) -> Remembered | None:
    """What was done under this token in the last ten minutes; another request under it is refused."""
    if token is None:
        return None
    if not 1 <= len(token) <= 36:
        words = f"Member must have length {'less' if token else 'greater'} than or equal to {36 if token else 1}"
        raise refusals.detected(refusals.constraint("clientRequestToken", token, words))
    held = state.remembered.get(token)
    if held is None or call.now >= held.at_ms + limits.TOKEN_MS:
        return None
    if held.digest != digest:
        raise AwsError("IdempotentParameterMismatchException", MISMATCH, facts=(Fact(token, "first used", held.at_ms),))
    return held


def remember(call: Call, state: DynamoState, token: str, digest: bytes) -> None:
    """Recognize a transaction when it comes again, and forget those that are too old."""
    for old in list(state.remembered):
        if state.remembered[old].at_ms + limits.TOKEN_MS > call.now:
            break
        state.remembered.delete(old)
    state.remembered.put(token, Remembered(call.now, digest))
