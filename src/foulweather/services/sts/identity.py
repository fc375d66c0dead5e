"""Who somebody is: the caller, the holder of a key, the subject of a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.sts import authorization_message
from foulweather.services.sts.limits import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def get_caller_identity(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Say who calls; it needs no permission, and none can be denied."""
    principal = call.principal
    return {"UserId": principal.user_id, "Account": principal.account or call.account, "Arn": principal.arn}


def get_access_key_info(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Say to which account an access key belongs, whatever its state."""
    key = request["AccessKeyId"]
    credential = call.state(Credentials).by_id.get(key)
    if credential is None:
        raise invalid(f"The access key {key} does not exist.", Fact(key, "issued", False))
    return {"Account": credential.account}


def decode_authorization_message(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Tell what is behind the encoded message of a refusal."""
    decoded = authorization_message.decode(call.world, request["EncodedMessage"])
    if decoded is None:
        raise AwsError("InvalidAuthorizationMessageException", "Invalid authorization message.")
    return {"DecodedMessage": decoded}
