"""The key of a delivery stream: AWS's own, or a customer's with a grant on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.firehose import refusals, sealing
from foulweather.services.firehose.state import Live


def use(call: Call, live: Live, given: Mapping[str, Any]) -> None:
    """Set the key that a configuration names, after KMS has granted it."""
    stream, kind, key = live.stream, given["KeyType"], given.get("KeyARN", "")
    if (kind == sealing.CUSTOMERS) != bool(key):
        raise refusals.invalid(
            "KeyARN must be specified if and only if KeyType is CUSTOMER_MANAGED_CMK.", Fact("request", "KeyType", kind)
        )
    if key:
        sealing.grant(call, stream, key)
    stream.key_type, stream.key_arn, stream.key_status = kind, key, "ENABLING"
    live.key_until_ms = 0
    call.changed("firehose.EncryptionStarted", stream.arn, KeyType=kind, KeyARN=key)
