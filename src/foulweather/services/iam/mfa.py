"""Virtual MFA devices."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.iam import callers, limits, qr, totp
from foulweather.services.iam.deletions import delete_conflict
from foulweather.services.iam.paging import page
from foulweather.services.iam.records import MfaDevice, User, second
from foulweather.services.iam.shapes import tags_shape, user_shape
from foulweather.services.iam.state import IamState, already_exists, no_such_entity

if TYPE_CHECKING:
    from aws_types.iam import (
        CreateVirtualMFADeviceRequest,
        DeactivateMFADeviceRequest,
        DeleteVirtualMFADeviceRequest,
        EnableMFADeviceRequest,
        GetMFADeviceRequest,
        ListMFADevicesRequest,
        ListVirtualMFADevicesRequest,
        ResyncMFADeviceRequest,
    )

Response = dict[str, Any]

_SEED_BYTES = 40  # 64 characters in base32


def create_virtual_mfa_device(call: Call, request: CreateVirtualMFADeviceRequest) -> Response:
    """Make a virtual MFA device; its seed is shown this once, as text and as a QR code."""
    state = call.state(IamState)
    tags = limits.checked_tags(request.get("Tags", []))
    device = MfaDevice(
        account=call.account,
        name=request["VirtualMFADeviceName"],
        path=request.get("Path", "/"),
        seed=base64.b32encode(call.world.random.randbytes(_SEED_BYTES)).decode(),
        created_ms=second(call.now),
        tags=tags,
    )
    if device.key in state.mfa_devices:
        raise already_exists("MFADevice entity at the same path and name already exists.")
    state.keep(device)
    call.changed("iam.VirtualMFADeviceCreated", device.arn, SerialNumber=device.arn, Tags=tags)
    uri = f"otpauth://totp/Amazon%20Web%20Services:{device.name}@{call.account}?secret={device.seed}"
    shown: Response = {
        "SerialNumber": device.arn,
        "Base32StringSeed": device.seed.encode(),
        "QRCodePNG": qr.png(f"{uri}&issuer=Amazon%20Web%20Services"),
    }
    if tags:
        shown["Tags"] = tags_shape(tags)
    return {"VirtualMFADevice": shown}


def delete_virtual_mfa_device(call: Call, request: DeleteVirtualMFADeviceRequest) -> None:
    """Delete a virtual MFA device that is nobody's."""
    state = call.state(IamState)
    device = state.mfa_device(request["SerialNumber"])
    if device.user:
        user = callers.user_with_id(state, device.user)
        raise delete_conflict(
            "Cannot delete entity, must deactivate MFA device first.",
            device.arn,
            "User",
            [user.arn],
            f"aws iam deactivate-mfa-device --user-name {user.name} --serial-number {device.arn}",
        )
    state.drop(device)
    call.changed("iam.VirtualMFADeviceDeleted", device.arn, SerialNumber=None)


def enable_mfa_device(call: Call, request: EnableMFADeviceRequest) -> None:
    """Assign a device to a user, who shows two codes of it in a row."""
    state = call.state(IamState)
    user = state.user(request["UserName"])
    device = state.mfa_device(request["SerialNumber"])
    if device.user:
        raise already_exists(f"MFA Device is already in use: {device.arn}")
    held = sum(each.user == user.id for each in state.mfa_devices.values())
    limits.check_quota("MFADevicesPerUser", limits.MFA_DEVICES_PER_USER, held)
    device.drift = _checked_drift(call, device, request)
    device.user = user.id
    device.enabled_ms = second(call.now)
    state.keep(device)
    call.changed("iam.MFADeviceEnabled", user.arn, MFADevice=device.arn)


def resync_mfa_device(call: Call, request: ResyncMFADeviceRequest) -> None:
    """Learn anew how far a device's clock is off."""
    state = call.state(IamState)
    user = state.user(request["UserName"])
    device = _device_of(state, user, request["SerialNumber"])
    device.drift = _checked_drift(call, device, request)
    state.keep(device)
    call.changed("iam.MFADeviceResynced", user.arn, MFADevice=device.arn)


def deactivate_mfa_device(call: Call, request: DeactivateMFADeviceRequest) -> None:
    """Take a device from its user."""
    state = call.state(IamState)
    user = callers.user(call, request)
    device = _device_of(state, user, request["SerialNumber"])
    device.user = ""
    device.enabled_ms = device.drift = 0
    state.keep(device)
    call.changed("iam.MFADeviceDeactivated", user.arn, MFADevice=None)


def get_mfa_device(call: Call, request: GetMFADeviceRequest) -> Response:
    """Describe a device that is somebody's."""
    state = call.state(IamState)
    device = state.mfa_device(request["SerialNumber"])
    if "UserName" in request:
        device = _device_of(state, state.user(request["UserName"]), device.arn)
    shown: Response = {"SerialNumber": device.arn}
    if device.user:
        shown |= {"UserName": callers.user_with_id(state, device.user).name, "EnableDate": device.enabled_ms}
    return shown


def list_mfa_devices(call: Call, request: ListMFADevicesRequest) -> Response:
    """List the devices of a user or the caller."""
    state = call.state(IamState)
    user = callers.user_or_root(call, request)
    found = [device for device in state.mfa_devices.values() if user is not None and device.user == user.id]
    chosen, more = page(request, found, lambda device: device.key)
    name = user.name if user is not None else ""
    return {
        "MFADevices": [
            {"UserName": name, "SerialNumber": device.arn, "EnableDate": device.enabled_ms} for device in chosen
        ],
        **more,
    }


def list_virtual_mfa_devices(call: Call, request: ListVirtualMFADevicesRequest) -> Response:
    """List the account's virtual devices, with their users."""
    state = call.state(IamState)
    wanted = request.get("AssignmentStatus", "Any")
    found = (
        device
        for device in state.mfa_devices.values()
        if wanted == "Any" or bool(device.user) == (wanted == "Assigned")
    )
    chosen, more = page(request, found, lambda device: device.key)
    return {"VirtualMFADevices": [_shape(state, device) for device in chosen], **more}


def _shape(state: IamState, device: MfaDevice) -> Response:
    shown: Response = {"SerialNumber": device.arn}
    if device.user:
        shown |= {"User": user_shape(callers.user_with_id(state, device.user)), "EnableDate": device.enabled_ms}
    return shown


def _device_of(state: IamState, user: User, serial: str) -> MfaDevice:
    found = state.mfa_devices.get(serial)
    if found is None or found.user != user.id:
        raise no_such_entity(f"The MFA Device with serial number {serial} cannot be found for user {user.name}.")
    return found


def _checked_drift(call: Call, device: MfaDevice, request: Mapping[str, Any]) -> int:
    first, second = request["AuthenticationCode1"], request["AuthenticationCode2"]
    drift = totp.drift(device.seed, first, second, call.now)
    if drift is None:
        raise AwsError("InvalidAuthenticationCodeException", "Authentication code for device is not valid.", 403)
    return drift
