"""Multi-factor authentication in a request: a device's serial number and the code it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.why import Fact
from foulweather.services.sts.limits import denied

if TYPE_CHECKING:
    from foulweather.kernel.call import Call


def checked(call: Call, request: Mapping[str, Any]) -> bool:
    """Whether a request brings the right code of a device of its caller; a wrong one is refused.

    AWS does so before it evaluates policies: what these see is a caller with or without MFA.
    """
    serial: str | None = request.get("SerialNumber")
    code: str | None = request.get("TokenCode")
    if serial is None and code is None:
        return False
    if serial is None or code is None:
        raise denied("MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.")
    directory = call.pipeline.directory
    right = None if directory is None else directory.is_right_mfa_code(call.principal, serial, code, call.now)
    if right is None:
        raise denied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  "
            "Please verify your MFA serial number is valid and associated with this user.",
            Fact(call.principal.arn, f"MFA device {serial}", None),
            remedy=(f"aws iam list-mfa-devices --user-name {call.principal.name}",),
        )
    if not right:
        # The blank at the end is AWS's.
        raise denied(
            "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
            Fact(serial, "TokenCode", "not this device's at this time"),
        )
    return True
