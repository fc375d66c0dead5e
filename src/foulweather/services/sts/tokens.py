"""Temporary credentials of users and of the root user, from their long-term keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.credentials import Session
from foulweather.policy.principal import Principal
from foulweather.services.sts import callers, limits, mfa, sessions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def get_session_token(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Give a user credentials that know whether there was MFA; it needs no permission."""
    callers.require_long_term(call)
    has_mfa = mfa.checked(call, request)
    duration_s = limits.checked_token_duration_s(call, request.get("DurationSeconds"))
    session = Session(issued_ms=call.now, mfa_at_ms=call.now if has_mfa else 0)
    credentials = sessions.issue(call, call.principal, session, duration_s)
    call.happened("sts.SessionTokenIssued", call.principal.arn, key=credentials["AccessKeyId"], mfa=has_mfa)
    return {"Credentials": credentials}


def get_federation_token(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Give a federated user credentials that reach as far as the user's and the session's policies both do."""
    callers.require_long_term(call)
    user = call.principal
    name = request["Name"]
    tags = limits.checked_tags(request.get("Tags", ()), {})
    session, percent = sessions.with_policies(call, Session(issued_ms=call.now, tags=tags), user.account, request)
    duration_s = limits.checked_token_duration_s(call, request.get("DurationSeconds"))
    # The user behind it stands where a role session has its role: policies may name either of the two.
    federated = Principal(
        "federated-user",
        f"arn:aws:sts::{user.account}:federated-user/{name}",
        user.account,
        f"{user.account}:{name}",
        user.arn,
    )
    credentials = sessions.issue(call, federated, session, duration_s)
    call.happened("sts.FederationTokenIssued", federated.arn, key=credentials["AccessKeyId"], issuer=user.arn)
    response: dict[str, Any] = {
        "Credentials": credentials,
        "FederatedUser": {"FederatedUserId": federated.user_id, "Arn": federated.arn},
    }
    if percent is not None:
        response["PackedPolicySize"] = percent
    return response
