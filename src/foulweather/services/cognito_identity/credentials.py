"""The two flows: AWS credentials for an identity (enhanced), or a token that STS takes (basic).

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import ANONYMOUS
from foulweather.services.cognito_identity import (
    limits,
    logins,
    naming,
    openid,
    refusals,
    resolving,
    role_choice,
    scope_down,
    tag_maps,
)
from foulweather.services.cognito_identity.logins import Login
from foulweather.services.cognito_identity.naming import Request
from foulweather.services.cognito_identity.records import Identity, IdentityPool
from foulweather.services.cognito_identity.resolving import Resolved

SESSION: Final = "CognitoIdentityCredentials"


async def get_credentials_for_identity(call: Call, request: Request) -> dict[str, Any]:
    """Credentials of the role that is an identity's: STS asks the role whether it trusts the pool."""
    found, users = _resolved(call, request)
    pool, identity = found.place.pool, found.identity
    role = role_choice.chosen(call, pool, users, request.get("CustomRoleArn"))
    asked: dict[str, Any] = {
        "RoleArn": role,
        "RoleSessionName": SESSION,
        "WebIdentityToken": _token(call, pool, identity, users),
        "DurationSeconds": limits.CREDENTIALS_S,
    }
    if not users:
        asked |= scope_down.members()
    try:
        answer: Any = call.acting_as(ANONYMOUS).sts.assume_role_with_web_identity(asked)
        if inspect.isawaitable(answer):
            answer = await answer
    except AwsError as error:
        raise _refused(call, pool, role, error) from None
    finally:
        call.reread_clock()
    found.apply(call)
    call.happened("cognito.CredentialsIssued", pool.arn, identity=identity.id, role=role, guest=not users)
    held: Mapping[str, Any] = answer["Credentials"]
    return {
        "IdentityId": identity.id,
        "Credentials": {
            "AccessKeyId": held["AccessKeyId"],
            "SecretKey": held["SecretAccessKey"],
            "SessionToken": held["SessionToken"],
            "Expiration": held["Expiration"],
        },
    }


def get_open_id_token(call: Call, request: Request) -> dict[str, Any]:
    """A token of an identity, good for ten minutes, with which an app assumes a role itself."""
    found, users = _resolved(call, request)
    pool = found.place.pool
    if not pool.is_classic:
        raise refusals.invalid(
            "Basic (classic) flow is not enabled, please use enhanced flow.",
            call.fact(pool.arn, "AllowClassicFlow", pool.settings.get("AllowClassicFlow")),
        )
    identity = found.apply(call)
    return {"IdentityId": identity.id, "Token": _token(call, pool, identity, users)}


def _resolved(call: Call, request: Request) -> tuple[Resolved, list[Login]]:
    """The identity that a request may speak for, and its logins."""
    place, identity = naming.entered_as(call, request)
    given: Mapping[str, str] = request.get("Logins") or {}
    if not given:
        if identity.logins or identity.merged_into:
            raise refusals.forbidden(identity)
        if not place.pool.takes_guests:
            raise refusals.no_guests(call, place.pool)
    users = logins.verified(call, place.pool, given)
    return resolving.resolved(call, place, identity, users), users


def _token(call: Call, pool: IdentityPool, identity: Identity, users: Sequence[Login]) -> str:
    tags: dict[str, str] = {}
    for login in users:
        if login.provider == openid.ISSUER:
            held: Mapping[str, Any] = login.claims.get(openid.TAGS_CLAIM, {}).get("principal_tags", {})
            tags |= {key: values[0] for key, values in held.items()}
        tags |= tag_maps.tags_of(pool, login.provider, login.claims)
    return openid.token(call, pool, identity, logins.amr_of(users), tags, limits.TOKEN_MS)


def _refused(call: Call, pool: IdentityPool, role: str, error: AwsError) -> AwsError:
    """STS's refusal, as apps see it: that the role does not trust the pool is in the reasons."""
    if not error.senders_fault:
        return error
    remedy = (
        f"aws iam update-assume-role-policy --role-name {role.rpartition('/')[2]} --policy-document file://trust.json",
    )
    facts = (call.fact(pool.arn, "Roles", dict(pool.roles)), Fact(role, "identity pool", pool.id))
    why = Why("refused", f"STS would not let the pool's identities have {role}.", facts, remedy, because=(error.why,))
    return AwsError("InvalidIdentityPoolConfigurationException", role_choice.UNFIT, why=why)
