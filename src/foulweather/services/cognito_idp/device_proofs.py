"""Signing in with a device: a new one gets a key, a remembered one proves its password by SRP.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html
"""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING, Any, Final

from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import refusals, srp
from foulweather.services.cognito_idp.limits import TOKEN_MS_MAX
from foulweather.services.cognito_idp.records import Device
from foulweather.world.ids import ALPHANUMERIC

if TYPE_CHECKING:
    from foulweather.services.cognito_idp.attempts import Answer, Attempt

SOURCE: Final = "TokenGeneration_AuthenticateDevice"


def held(attempt: Attempt) -> Device | None:
    """The device that a sign-in comes from, if it names one; a name that is not known is refused.

    Clients that are told so forget their device and go on without.
    """
    key, user, (state, pool, _) = attempt.device_key, attempt.found(), attempt.app
    if not key or not pool.tracks_devices or attempt.is_hosted:
        return None
    device = state.devices.get(f"{user.key}/{key}")
    if device is None or not device.is_confirmed:
        raise refusals.no_device(pool, user, key)
    return device


def replaces_factors(attempt: Attempt) -> bool:
    """Whether a device is asked in place of a second factor.

    "When true, a remembered device can sign in with device authentication instead of SMS and time-based one-time
    password (TOTP) factors": API_DeviceConfigurationType.
    """
    device = held(attempt)
    return device is not None and device.can_prove and attempt.app.pool.trusts_devices


def ask(attempt: Attempt) -> Answer:
    """Have the device begin to prove itself."""
    attempt.used()
    return attempt.challenge("DEVICE_SRP_AUTH", {})


def offer(attempt: Attempt, given: str) -> Answer:
    """The device's A for the salt and the server's B."""
    device = held(attempt)
    try:
        public = int(given, 16)
    except ValueError:
        public = 0
    if public % srp.N == 0:
        raise refusals.invalid("SRP_A is not valid.", Fact("request", "SRP_A", "0 modulo N, or no number"))
    if device is None or device.verifier is None:
        raise refusals.no_device(attempt.app.pool, attempt.found(), attempt.device_key)
    draw = attempt.call.world.random
    secret, offered = srp.offer(device.verifier, draw.getrandbits)
    attempt.used()
    known = {"a": given, "b": f"{secret:x}", "B": f"{offered:x}"}
    answer = attempt.challenge("DEVICE_PASSWORD_VERIFIER", {}, **known)
    block = answer["Session"].encode() + draw.randbytes(64)
    answer["ChallengeParameters"] = {
        "SALT": device.verifier.salt,
        "SECRET_BLOCK": base64.b64encode(block).decode(),
        "SRP_B": f"{offered:x}",
        "USERNAME": attempt.found().name,
        "DEVICE_KEY": device.key,
    }
    return answer


def check(attempt: Attempt) -> None:
    """Refuse a device that has not come to the same key."""
    facts, device, user = attempt.facts, held(attempt), attempt.found()
    signature = attempt.required("PASSWORD_CLAIM_SIGNATURE")
    block = base64.b64decode(attempt.required("PASSWORD_CLAIM_SECRET_BLOCK"))
    timestamp = attempt.required("TIMESTAMP")
    if device is None or device.verifier is None:
        raise refusals.no_device(attempt.app.pool, user, attempt.device_key)
    key = srp.session_key(device.verifier, int(facts["a"], 16), int(facts["b"], 16), int(facts["B"], 16))
    wanted = base64.b64encode(srp.claim(key, device.group, device.key, block, timestamp)).decode()
    if not hmac.compare_digest(wanted.encode(), signature.encode()):
        attempt.used()
        raise refusals.not_authorized(
            "Incorrect username or password.",
            Fact(refusals.whose(attempt.app.pool, user), f"device {device.key}", "does not prove its password"),
        )


def met(attempt: Attempt, device: Device | None) -> tuple[str, dict[str, Any]]:
    """The key of the device that tokens are for, and what the client is told of a new one."""
    call, (state, pool, _), user = attempt.call, attempt.app, attempt.found()
    if attempt.is_hosted or not pool.tracks_devices:
        return "", {}
    if device is not None:
        device.authenticated_ms, device.ip = call.now, call.origin.ip
        state.devices.touch(device.row)
        return device.key, {}
    for each in state.devices_of(user):
        if not each.is_confirmed and each.created_ms + TOKEN_MS_MAX < call.now:
            state.forget_device(each)  # the token that could confirm it has expired
    ids = call.world.ids
    made = Device(f"{pool.region}_{ids.uuid()}", f"-{ids.drawn(ALPHANUMERIC, 8)}", pool.id, user.name, call.now)
    state.add_device(made)
    return made.key, {"NewDeviceMetadata": {"DeviceKey": made.key, "DeviceGroupKey": made.group}}
