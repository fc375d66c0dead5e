"""Parameters as they are shown: with their values, without them, and version by version."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.ssm import sealing
from foulweather.services.ssm.state import Parameter, Version


async def valued(call: Call, parameter: Parameter, version: Version, *, decrypts: bool) -> str:
    """A version's value; a SecureString is shown as its ciphertext unless it is to be decrypted."""
    if version.type != "SecureString":
        return version.value
    if decrypts:
        return await sealing.opened(call, parameter, version)
    return b64encode(version.data_key + version.sealed).decode()


async def shown(call: Call, parameter: Parameter, version: Version, *, decrypts: bool) -> dict[str, Any]:
    """A parameter with a value; by its ARN where it is another account's."""
    is_ours = parameter.account == call.account
    return {
        "Name": parameter.name if is_ours else parameter.arn,
        "Type": version.type,
        "Value": await valued(call, parameter, version, decrypts=decrypts),
        "Version": version.number,
        "LastModifiedDate": version.modified_ms,
        "ARN": parameter.arn,
        "DataType": version.data_type,
    }


def described(parameter: Parameter, version: Version) -> dict[str, Any]:
    """A version of a parameter without its value."""
    found: dict[str, Any] = {
        "Name": parameter.name,
        "Type": version.type,
        "LastModifiedDate": version.modified_ms,
        "LastModifiedUser": version.user,
        "Version": version.number,
        "Tier": version.tier,
        "DataType": version.data_type,
        "Policies": [
            {"PolicyText": policy.text, "PolicyType": policy.kind, "PolicyStatus": policy.status}
            for policy in version.policies
        ],
    }
    told = {"KeyId": version.key, "Description": version.description, "AllowedPattern": version.allowed_pattern}
    return found | {name: value for name, value in told.items() if value}
