"""The policy of a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.kms import limits, refusals
from foulweather.services.kms.documents import checked_policy
from foulweather.services.kms.naming import require_by_id

if TYPE_CHECKING:
    from aws_types.kms import (
        GetKeyPolicyRequest,
        GetKeyPolicyResponse,
        ListKeyPoliciesRequest,
        ListKeyPoliciesResponse,
        PutKeyPolicyRequest,
    )

NAME = "default"


def get_key_policy(call: Call, request: GetKeyPolicyRequest) -> GetKeyPolicyResponse:
    """The text of a key's policy."""
    _, key = require_by_id(call, request["KeyId"])
    _check_name(request.get("PolicyName", NAME))
    return {"Policy": key.policy, "PolicyName": NAME}


def put_key_policy(call: Call, request: PutKeyPolicyRequest) -> None:
    """Replace a key's policy."""
    state, key = require_by_id(call, request["KeyId"])
    _check_name(request.get("PolicyName", NAME))
    if key.state == "Creating":
        raise refusals.invalid_state(call, key)
    bypasses = request.get("BypassPolicyLockoutSafetyCheck", False)
    policy = checked_policy(call, request["Policy"], key.arn, key.account, bypasses_check=bypasses)
    state.set_policy(key, policy)
    call.changed("kms.KeyPolicySet", key.arn, Policy=policy)


def list_key_policies(call: Call, request: ListKeyPoliciesRequest) -> ListKeyPoliciesResponse:
    """The names of a key's policies: there is only the one."""
    require_by_id(call, request["KeyId"])
    found, more = limits.page([NAME], request, limits.PAGE)
    return more | {"PolicyNames": list(found)}


def _check_name(name: str) -> None:
    if name != NAME:
        raise refusals.not_found("No such policy exists", Fact("request", "PolicyName", name))
