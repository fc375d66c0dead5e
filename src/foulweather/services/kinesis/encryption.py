"""Server-side encryption turned on and off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import limits, refusals, sealing
from foulweather.services.kinesis.records import Stream
from foulweather.services.kinesis.state import KinesisState, located, require_active

Request = Mapping[str, Any]


def start_stream_encryption(call: Call, request: Request) -> None:
    """Have new records encrypted with a KMS key that the caller may use."""
    _check_type(request)
    state, live = located(call, request)
    stream = require_active(call, live)
    recent = [each for each in stream.sealed if each > call.now - limits.DAY_MS]
    if len(recent) >= limits.SEALINGS_A_DAY:
        raise refusals.over_limit(
            f"A key can be applied to stream {stream.name} {limits.SEALINGS_A_DAY} times in a rolling 24-hour period.",
            Fact(stream.arn, "keys applied", len(recent)),
        )
    key = request["KeyId"]
    data_key = sealing.data_key(call, stream, key)
    stream.sealed = [*recent, call.now]
    stream.key_id = key
    stream.data_keys = [*stream.data_keys, data_key]
    live.sealers.clear()
    _updating(call, state, stream)
    call.changed("kinesis.EncryptionStarted", stream.arn, EncryptionType="KMS", KeyId=key)


def stop_stream_encryption(call: Call, request: Request) -> None:
    """Have new records not encrypted any more; the others stay sealed."""
    _check_type(request)
    state, live = located(call, request)
    stream = require_active(call, live)
    if not stream.key_id:
        raise refusals.invalid(
            f"Stream {stream.name} is not encrypted.", call.fact(stream.arn, "EncryptionType", "NONE")
        )
    stream.key_id = ""
    live.sealers.clear()
    _updating(call, state, stream)
    call.changed("kinesis.EncryptionStopped", stream.arn, EncryptionType="NONE", KeyId="")


def _check_type(request: Request) -> None:
    if request["EncryptionType"] != "KMS":
        raise refusals.breaks("encryptionType", request["EncryptionType"], "Member must satisfy enum value set: [KMS]")


def _updating(call: Call, state: KinesisState, stream: Stream) -> None:
    stream.status = "UPDATING"
    state.streams.touch(stream.name)
    call.later(call.now + limits.UPDATE_MS, "kinesis.settle", stream=stream.name, stream_id=stream.id)
