"""Server-side encryption of directly put records turned on and off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.firehose import keys, limits, refusals
from foulweather.services.firehose.records import DIRECT_PUT
from foulweather.services.firehose.state import FirehoseState, Live, located, require_active

Request = Mapping[str, Any]


def start_delivery_stream_encryption(call: Call, request: Request) -> dict[str, Any]:
    """Turn encryption on, or change its key."""
    state, live = located(call, request["DeliveryStreamName"])
    stream = require_active(call, live)
    _check_direct(live)
    if stream.key_status in ("ENABLING", "DISABLING"):
        raise refusals.in_use(f"Encryption of {stream.name} is {stream.key_status}.")
    given = request.get("DeliveryStreamEncryptionConfigurationInput") or {"KeyType": "AWS_OWNED_CMK"}
    keys.use(call, live, given)
    _later(call, state, live)
    return {}


def stop_delivery_stream_encryption(call: Call, request: Request) -> dict[str, Any]:
    """Turn encryption off."""
    state, live = located(call, request["DeliveryStreamName"])
    stream = require_active(call, live)
    _check_direct(live)
    if stream.key_status != "ENABLED":
        raise refusals.in_use(f"Encryption of {stream.name} is {stream.key_status}.")
    stream.key_status = "DISABLING"
    call.changed("firehose.EncryptionStopped", stream.arn, KeyType="", KeyARN="")
    _later(call, state, live)
    return {}


def _check_direct(live: Live) -> None:
    stream = live.stream
    if stream.kind != DIRECT_PUT:
        raise refusals.invalid(
            "Server-side encryption is only supported for delivery streams whose source is direct PUT.",
            Fact(stream.arn, "DeliveryStreamType", stream.kind),
        )


def _later(call: Call, state: FirehoseState, live: Live) -> None:
    stream = live.stream
    state.streams.touch(stream.name)
    call.later(call.now + limits.KEY_MS, "firehose.settle_key", stream=stream.name, stream_id=stream.id)
