"""HMACs."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kms.state import Key, KmsState
from foulweather.services.kms.using import check_algorithm, finish, key_for, note_use

if TYPE_CHECKING:
    from aws_types.kms import GenerateMacRequest, GenerateMacResponse, VerifyMacRequest, VerifyMacResponse


def generate_mac(call: Call, request: GenerateMacRequest) -> GenerateMacResponse:
    """The HMAC of a message."""
    state, key, made = _mac(call, request)
    finish(call, request)
    note_use(call, state, key, "GenerateMac")
    return {"Mac": made, "MacAlgorithm": request["MacAlgorithm"], "KeyId": key.arn}


def verify_mac(call: Call, request: VerifyMacRequest) -> VerifyMacResponse:
    """Verify an HMAC; one that is not right is a refusal."""
    state, key, made = _mac(call, request)
    finish(call, request)
    if not hmac.compare_digest(made, request["Mac"]):
        raise AwsError("KMSInvalidMacException", "", facts=(Fact(key.arn, "MacAlgorithm", request["MacAlgorithm"]),))
    note_use(call, state, key, "VerifyMac")
    return {"KeyId": key.arn, "MacValid": True, "MacAlgorithm": request["MacAlgorithm"]}


def _mac(call: Call, request: Mapping[str, Any]) -> tuple[KmsState, Key, bytes]:
    state, key = key_for(call, request, "KeyId", "GENERATE_VERIFY_MAC")
    algorithm: str = request["MacAlgorithm"]
    check_algorithm(key, algorithm, key.abilities.macs)
    material = state.current(key)
    assert material is not None
    return state, key, hmac.digest(material.secret, request["Message"], f"sha{algorithm.rpartition('_')[2]}")
