"""Devices that users sign in with: confirmed, remembered, listed, forgotten.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html
"""

from __future__ import annotations

import base64
from binascii import Error
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import naming, refusals, tokens
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.paging import page
from foulweather.services.cognito_idp.records import Device, Pool, User, Verifier
from foulweather.services.cognito_idp.state import CognitoState


def confirm_device(call: Call, request: Request) -> dict[str, Any]:
    """Have the device of a sign-in tracked, with the verifier of a password that it alone knows."""
    app, user, claims = tokens.read_access(call, request["AccessToken"])
    pool = app.pool
    if not pool.tracks_devices:
        raise AwsError(
            "InvalidUserPoolConfigurationException",
            "Device tracking is not enabled for the user pool.",
            facts=(call.fact(pool.arn, "DeviceConfiguration", pool.settings.get("DeviceConfiguration")),),
        )
    device = app.state.devices.get(f"{user.key}/{request['DeviceKey']}")
    if device is None or claims.get("device_key") != device.key:
        raise refusals.invalid(
            "Invalid device key given.",
            Fact("request", "DeviceKey", request["DeviceKey"]),
            Fact("token", "device_key", claims.get("device_key")),
        )
    device.verifier = _verifier(request.get("DeviceSecretVerifierConfig") or {})
    device.name = request.get("DeviceName") or ""
    device.is_confirmed, device.is_remembered = True, not pool.asks_about_devices
    device.ip, device.modified_ms, device.authenticated_ms = call.origin.ip, call.now, call.now
    app.state.devices.touch(device.row)
    _changed(call, pool, user, device)
    return {"UserConfirmationNecessary": pool.asks_about_devices}


def get_device(call: Call, request: Request) -> dict[str, Any]:
    """One of one's devices."""
    state, pool, user = _own(call, request)
    return {"Device": _shown(pool, user, _require(state, pool, user, request["DeviceKey"]))}


def list_devices(call: Call, request: Request) -> dict[str, Any]:
    """One's devices."""
    return _listed(*_own(call, request), request)


def update_device_status(call: Call, request: Request) -> dict[str, Any]:
    """Have a device of one's own remembered, or not."""
    return _remember(call, *_own(call, request), request)


def forget_device(call: Call, request: Request) -> dict[str, Any]:
    """Forget one of one's devices."""
    return _forget(call, *_own(call, request), request)


def admin_get_device(call: Call, request: Request) -> dict[str, Any]:
    """One of a user's devices."""
    state, pool, user = naming.user_of(call, request)
    return {"Device": _shown(pool, user, _require(state, pool, user, request["DeviceKey"]))}


def admin_list_devices(call: Call, request: Request) -> dict[str, Any]:
    """A user's devices."""
    return _listed(*naming.user_of(call, request), request)


def admin_update_device_status(call: Call, request: Request) -> dict[str, Any]:
    """Have a user's device remembered, or not."""
    return _remember(call, *naming.user_of(call, request), request)


def admin_forget_device(call: Call, request: Request) -> dict[str, Any]:
    """Forget one of a user's devices."""
    return _forget(call, *naming.user_of(call, request), request)


def _own(call: Call, request: Request) -> tuple[CognitoState, Pool, User]:
    if not request.get("AccessToken"):
        raise refusals.missing("AccessToken")
    app, user, _ = tokens.read_access(call, request["AccessToken"])
    return app.state, app.pool, user


def _require(state: CognitoState, pool: Pool, user: User, key: str) -> Device:
    device = state.devices.get(f"{user.key}/{key}")
    if device is None or not device.is_confirmed:
        raise refusals.no_device(pool, user, key)
    return device


def _listed(state: CognitoState, pool: Pool, user: User, request: Request) -> dict[str, Any]:
    held = sorted((each for each in state.devices_of(user) if each.is_confirmed), key=lambda device: device.key)
    most: int = 60 if request.get("Limit") is None else request["Limit"]
    if most == 0:
        raise refusals.invalid("Limit must be greater than zero.", Fact("request", "Limit", most))
    shown, further = page(held, lambda each: each.key, most, request.get("PaginationToken"), "PaginationToken")
    return {"Devices": [_shown(pool, user, device) for device in shown], **further}


def _remember(call: Call, state: CognitoState, pool: Pool, user: User, request: Request) -> dict[str, Any]:
    device = _require(state, pool, user, request["DeviceKey"])
    status: str | None = request.get("DeviceRememberedStatus")
    if status is not None:
        device.is_remembered, device.modified_ms = status == "remembered", call.now
        state.devices.touch(device.row)
        _changed(call, pool, user, device)
    return {}


def _forget(call: Call, state: CognitoState, pool: Pool, user: User, request: Request) -> dict[str, Any]:
    device = _require(state, pool, user, request["DeviceKey"])
    state.forget_device(device)
    call.changed("cognito.DeviceForgotten", refusals.whose(pool, user), **{f"device {device.key}": None})
    return {}


def _changed(call: Call, pool: Pool, user: User, device: Device) -> None:
    call.changed("cognito.DeviceSet", refusals.whose(pool, user), **{f"device {device.key}": device.status})


def _shown(pool: Pool, user: User, device: Device) -> dict[str, Any]:
    owner = f"{user.name}.{pool.id}"
    arn = f"arn:aws:cognito-idp:{pool.region}:{pool.account}:owner/{owner}/device/{device.key}"
    told = {
        "device_status": "valid",
        "last_ip_used": device.ip,
        "dev:device_arn": arn,
        "dev:device_owner": owner,
        "device_name": device.name,
        "dev:device_remembered_status": device.status,
        "dev:device_sdk": "aws-sdk",
    }
    return {
        "DeviceKey": device.key,
        "DeviceAttributes": [{"Name": name, "Value": value} for name, value in told.items() if value],
        "DeviceCreateDate": device.created_ms,
        "DeviceLastModifiedDate": device.modified_ms,
        "DeviceLastAuthenticatedDate": device.authenticated_ms,
    }


def _verifier(given: Request) -> Verifier | None:
    """Both parts are big-endian numbers in base64."""
    if not given:
        return None
    found: list[str] = []
    for name in ("Salt", "PasswordVerifier"):
        try:
            value = base64.b64decode(given.get(name) or "", validate=True)
        except (Error, ValueError):
            value = b""
        if not value:
            raise refusals.invalid(f"Invalid {name} in DeviceSecretVerifierConfig.", Fact("request", name, None))
        found.append(f"{int.from_bytes(value, 'big'):x}")
    return Verifier(*found)
