from __future__ import annotations

import base64
import re

import pytest

from foulweather.kernel.directory import Directory
from foulweather.policy.principal import Principal
from foulweather.services.iam import totp
from services.iam.calls import Iam

# RFC 6238, appendix B: the seed is the ASCII string "12345678901234567890".
RFC_SEED = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    assert totp.code_at(RFC_SEED, seconds // 30, digits=8) == code
    assert totp.code_at(RFC_SEED, seconds // 30) == code[2:]


def device(iam: Iam, name: str = "phone") -> tuple[str, str]:
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    return made["SerialNumber"], made["Base32StringSeed"].decode()


def codes(iam: Iam, seed: str, off: int = 0) -> dict[str, str]:
    step = iam.aws.now // 30_000 + off
    return {
        "AuthenticationCode1": totp.code_at(seed, step - 1),
        "AuthenticationCode2": totp.code_at(seed, step),
    }


def test_a_device_is_enabled_with_two_codes_in_a_row(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    serial, seed = device(iam)
    assert serial == "arn:aws:iam::111122223333:mfa/phone"
    assert re.fullmatch(r"[A-Z2-7]{64}", seed)
    right = codes(iam, seed)
    wrong = {"AuthenticationCode1": right["AuthenticationCode2"], "AuthenticationCode2": right["AuthenticationCode1"]}
    assert iam.refused("enable_mfa_device", UserName="alice", SerialNumber=serial, **wrong) == (
        "InvalidAuthenticationCode",
        403,
        "Authentication code for device is not valid.",
    )
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **right)
    listed = iam.list_mfa_devices(UserName="alice")["MFADevices"]
    assert listed == [{"UserName": "alice", "SerialNumber": serial, "EnableDate": iam.aws.now}]
    assert iam.get_mfa_device(SerialNumber=serial)["UserName"] == "alice"
    assert iam.refused("enable_mfa_device", UserName="alice", SerialNumber=serial, **right)[0] == "EntityAlreadyExists"
    assert iam.refused("delete_user", UserName="alice")[2] == "Cannot delete entity, must delete MFA device first."
    assert iam.refused("delete_virtual_mfa_device", SerialNumber=serial)[0] == "DeleteConflict"
    iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    assert iam.refused("delete_virtual_mfa_device", SerialNumber=serial) == (
        "NoSuchEntity",
        404,
        f"VirtualMFADevice with serial number {serial} does not exist.",
    )


def test_the_seed_is_shown_once(iam: Iam) -> None:
    _, seed = device(iam)
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == [
        {"SerialNumber": "arn:aws:iam::111122223333:mfa/phone"}
    ]
    assert not any(seed in str(event) for event in iam.world.journal)


def test_devices_are_listed_by_assignment(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    serial, seed = device(iam, "a")
    device(iam, "b")
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **codes(iam, seed))

    def names(status: str) -> list[str]:
        listed = iam.list_virtual_mfa_devices(AssignmentStatus=status)["VirtualMFADevices"]
        return [each["SerialNumber"][-1] for each in listed]

    assert (names("Assigned"), names("Unassigned"), names("Any")) == (["a"], ["b"], ["a", "b"])
    assert iam.refused("create_virtual_mfa_device", VirtualMFADeviceName="a") == (
        "EntityAlreadyExists",
        409,
        "MFADevice entity at the same path and name already exists.",
    )


async def test_codes_are_right_for_their_time_and_their_user(iam: Iam) -> None:
    user = iam.create_user(UserName="alice")["User"]
    serial, seed = device(iam)
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **codes(iam, seed))
    directory = iam.aws.pipeline.directory
    assert directory is not None
    alice = Principal("user", user["Arn"], "111122223333", user["UserId"])
    code = totp.code_at(seed, iam.aws.now // 30_000)
    assert directory.is_right_mfa_code(alice, serial, code, iam.aws.now) is True
    assert directory.is_right_mfa_code(alice, serial, "000000", iam.aws.now) is False
    assert directory.is_right_mfa_code(alice, "arn:aws:iam::111122223333:mfa/none", code, iam.aws.now) is None
    await iam.aws.advance(seconds=90)
    assert directory.is_right_mfa_code(alice, serial, code, iam.aws.now) is False


async def test_a_clock_that_is_off_is_synchronized(iam: Iam) -> None:
    user = iam.create_user(UserName="alice")["User"]
    serial, seed = device(iam)
    iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **codes(iam, seed))
    directory: Directory | None = iam.aws.pipeline.directory
    assert directory is not None
    alice = Principal("user", user["Arn"], "111122223333", user["UserId"])
    late = totp.code_at(seed, iam.aws.now // 30_000 - 10)
    assert directory.is_right_mfa_code(alice, serial, late, iam.aws.now) is False
    iam.resync_mfa_device(UserName="alice", SerialNumber=serial, **codes(iam, seed, -10))
    assert directory.is_right_mfa_code(alice, serial, late, iam.aws.now) is True
    assert iam.refused("resync_mfa_device", UserName="alice", SerialNumber=serial, **codes(iam, seed, -500))[0] == (
        "InvalidAuthenticationCode"
    )


def test_eight_devices_at_most(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    for number in range(9):
        serial, seed = device(iam, f"d{number}")
        if number < 8:
            iam.enable_mfa_device(UserName="alice", SerialNumber=serial, **codes(iam, seed))
    assert iam.refused("enable_mfa_device", UserName="alice", SerialNumber=serial, **codes(iam, seed)) == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for MFADevicesPerUser: 8",
    )
