"""The credentials of a session: issued, put on record, and forgotten when long expired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from foulweather.kernel.credentials import Credential, Credentials, Session
from foulweather.kernel.directory import RoleView
from foulweather.policy.principal import Principal
from foulweather.services.sts import limits
from foulweather.services.sts.state import StsState

if TYPE_CHECKING:
    from foulweather.kernel.call import Call

# Session tokens begin with a tag of the issuing fleet; clients treat the whole as opaque.
TOKEN_TAG = "IQoJb3JpZ2luX2Vj"
TOKEN_BYTES = 255
SWEEP_MIN = 1_000
FORGOTTEN_AFTER_MS = 24 * 3_600_000


def of_role(
    call: Call,
    role: RoleView,
    name: str,
    session: Session,
    request: Mapping[str, Any],
    remaining_s: int | None = None,
) -> dict[str, Any]:
    """A session of a role with what a request says of its policies and duration, as an AssumeRole* response.

    `remaining_s` is how long the session may last at most, whatever was asked for.
    """
    session, percent = with_policies(call, session, role.account, request)
    duration_s = limits.checked_role_duration_s(call, role, request.get("DurationSeconds"))
    if remaining_s is not None:
        duration_s = min(duration_s, remaining_s)
    principal = Principal(
        "assumed-role",
        f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{name}",
        role.account,
        f"{role.role_id}:{name}",
        role.arn,
    )
    credentials = issue(call, principal, session, duration_s)
    call.happened(
        "sts.RoleAssumed",
        role.arn,
        session=principal.arn,
        key=credentials["AccessKeyId"],
        issuer=session.provider or call.principal.arn,
        expires_ms=credentials["Expiration"],
        source_identity=session.source_identity,
    )
    response: dict[str, Any] = {
        "Credentials": credentials,
        "AssumedRoleUser": {"AssumedRoleId": principal.user_id, "Arn": principal.arn},
    }
    if percent is not None:
        response["PackedPolicySize"] = percent
    if session.source_identity:
        response["SourceIdentity"] = session.source_identity
    return response


def with_policies(call: Call, session: Session, account: str, request: Mapping[str, Any]) -> tuple[Session, int | None]:
    """A session with a request's session policies, and how much of the allotted space it takes."""
    policies, arns = limits.checked_policies(request)
    limits.require_managed(call, arns, account)
    percent = limits.packed_percent(policies, arns, session.tags)
    return msgspec.structs.replace(session, policies=policies, policy_arns=arns), percent


def inherited_tags(session: Session | None) -> dict[str, str]:
    """The transitive tags that a session hands on to those it starts."""
    if session is None:
        return {}
    return {key: session.tags[key] for key in session.transitive_tags}


def issue(call: Call, principal: Principal, session: Session, duration_s: int) -> dict[str, Any]:
    """New credentials for a session, as the `Credentials` of a response."""
    ids = call.world.ids
    credential = Credential(
        access_key_id=ids.access_key_id("ASIA"),
        secret=ids.secret_key(),
        account=principal.account,
        principal=principal,
        created_ms=call.now,
        token=TOKEN_TAG + ids.token(TOKEN_BYTES),
        expires_ms=call.now + duration_s * 1000,
        session=session,
    )
    credentials = call.state(Credentials)
    _forget_expired(call, credentials)
    credentials.issue(credential)
    return {
        "AccessKeyId": credential.access_key_id,
        "SecretAccessKey": credential.secret,
        "SessionToken": credential.token,
        "Expiration": credential.expires_ms,
    }


def _forget_expired(call: Call, credentials: Credentials) -> None:
    """Every time their number has doubled, drop the sessions that ended a day ago."""
    state = call.state(StsState)
    if len(credentials.by_id) < max(SWEEP_MIN, state.credentials_max):
        return
    limit_ms = call.now - FORGOTTEN_AFTER_MS
    for each in list(credentials.by_id.values()):
        if each.expires_ms and each.expires_ms < limit_ms:
            credentials.revoke(each.access_key_id)
    state.credentials_max = 2 * len(credentials.by_id)
