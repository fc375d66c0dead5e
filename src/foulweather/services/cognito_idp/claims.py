"""The claims of id and access tokens, and what PreTokenGeneration makes of them.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import triggers
from foulweather.services.cognito_idp.attributes import VERIFIED, readable
from foulweather.services.cognito_idp.naming import App
from foulweather.services.cognito_idp.records import Group, Pool, User, part
from foulweather.services.cognito_idp.state import CognitoState

if TYPE_CHECKING:
    from foulweather.services.cognito_idp.tokens import SignIn

Claims = dict[str, Any]
RESERVED = frozenset(
    [
        "acr",
        "amr",
        "at_hash",
        "auth_time",
        "azp",
        "cognito:username",
        "event_id",
        "exp",
        "iat",
        "iss",
        "jti",
        "nbf",
        "nonce",
        "origin_jti",
        "sub",
        "token_use",
        "identities",
        "aud",
        "client_id",
        "username",
        "version",
    ]
)
_UNCHANGED = frozenset({"cognito:groups", "cognito:roles", "cognito:preferred_role"})


class Made(NamedTuple):
    """The claims of both tokens."""

    access: Claims
    identity: Claims


class Groups(NamedTuple):
    """A user's groups by precedence, their roles, and the role that comes first."""

    names: list[str]
    roles: list[str]
    preferred: str


def groups_of(state: CognitoState, pool: Pool, user: User) -> Groups:
    """A user's groups: the lowest precedence first, those without one last.

    Two groups of the same precedence have no preferred role, unless it is the same one:
    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-user-groups.html
    """
    held = [state.groups[f"{pool.id}/{name}"] for name in user.groups]
    held.sort(key=_precedence)
    with_role = [group for group in held if group.role]
    roles = list(dict.fromkeys(str(group.role) for group in with_role))
    preferred = ""
    if with_role:
        first = [group for group in with_role if _precedence(group)[0] == _precedence(with_role[0])[0]]
        if len({group.role for group in first}) == 1:
            preferred = str(first[0].role)
    return Groups([group.name for group in held], roles, preferred)


async def made(call: Call, app: App, sign_in: SignIn, *, wants_id: bool) -> Made:
    """The claims of a sign-in's tokens."""
    state, pool, client = app
    user, scopes = sign_in.user, list(sign_in.scopes)
    groups = groups_of(state, pool, user)
    access: Claims = {"sub": user.sub, "token_use": "access", "client_id": client.id, "username": user.name}
    identity: Claims = {"sub": user.sub, "token_use": "id", "aud": client.id, "cognito:username": user.name}
    if sign_in.is_hosted:
        access["version"] = 2
    if sign_in.nonce:
        identity["nonce"] = sign_in.nonce
    for name, value in readable(client, user).items():
        if value and name != "identities" and (not sign_in.is_hosted or is_in_scope(name, scopes)):
            identity[name] = value == "true" if name in VERIFIED else value
    if identities := user.attributes.get("identities"):
        identity["identities"] = [
            {name: str(value) if name == "dateCreated" else value for name, value in each.items()}
            for each in json.loads(identities)
        ]
    answer = await _asked(call, app, sign_in, groups)
    if answer is not None:
        groups = _overridden(answer, groups)
    if groups.names:
        access["cognito:groups"] = groups.names
        identity["cognito:groups"] = groups.names
    if groups.roles:
        identity["cognito:roles"] = groups.roles
    if groups.preferred:
        identity["cognito:preferred_role"] = groups.preferred
    if answer is not None:
        of_access, of_identity = answer.get("accessTokenGeneration"), answer.get("idTokenGeneration")
        _change(identity, of_identity)
        _change(access, of_access)
        scopes = _scopes(scopes, of_access)
    access["scope"] = " ".join(scopes)
    return Made(access, identity if wants_id else {})


def is_in_scope(name: str, scopes: Sequence[str]) -> bool:
    """Whether the scopes of a hosted sign-in let the id token, and the user info, say an attribute.

    https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html (scope)
    """
    if name == "sub":
        return True
    if {"profile", "email", "phone"}.isdisjoint(scopes):
        return "openid" in scopes
    if name in ("email", "email_verified"):
        return "email" in scopes
    if name in ("phone_number", "phone_number_verified"):
        return "phone" in scopes
    return "profile" in scopes


async def _asked(call: Call, app: App, sign_in: SignIn, groups: Groups) -> Mapping[str, Any] | None:
    """What PreTokenGeneration answers, in the form of its second version."""
    _, pool, client = app
    version: str = part(pool.settings["LambdaConfig"], "PreTokenGenerationConfig").get("LambdaVersion", "V1_0")
    request: dict[str, Any] = {
        "userAttributes": triggers.attributes_told(sign_in.user),
        "groupConfiguration": {
            "groupsToOverride": groups.names,
            "iamRolesToOverride": groups.roles,
            "preferredRole": groups.preferred or None,
        },
    }
    if sign_in.metadata:
        request["clientMetadata"] = dict(sign_in.metadata)
    member = "claimsOverrideDetails"
    if version != "V1_0":
        member = "claimsAndScopeOverrideDetails"
        request["scopes"] = list(sign_in.scopes)
    answer = await triggers.ask(
        call,
        pool,
        "PreTokenGeneration",
        sign_in.source,
        request,
        {member: None},
        user=sign_in.user.name,
        client=client.id,
        version=version[1],
    )
    told = (answer or {}).get(member)
    if not told:
        return None
    if not isinstance(told, dict):
        raise AwsError(
            "InvalidLambdaResponseException",
            "Unrecognizable lambda output",
            facts=(Fact(pool.trigger("PreTokenGeneration"), member, told),),
        )
    details = cast("Claims", told)
    if version == "V1_0":
        first = {name: details.get(name) for name in ("claimsToAddOrOverride", "claimsToSuppress")}
        return {"idTokenGeneration": first, "groupOverrideDetails": details.get("groupOverrideDetails")}
    return details


def _overridden(answer: Mapping[str, Any], groups: Groups) -> Groups:
    details: Mapping[str, Any] = answer.get("groupOverrideDetails") or {}
    if not details:
        return groups
    return Groups(
        list(details.get("groupsToOverride") or []),
        list(details.get("iamRolesToOverride") or []),
        str(details.get("preferredRole") or ""),
    )


def _change(claims: Claims, details: Mapping[str, Any] | None) -> None:
    """Add and suppress claims; those that Cognito makes itself stay."""
    details = details or {}
    for name, value in part(details, "claimsToAddOrOverride").items():
        if name not in RESERVED and name not in _UNCHANGED and name != "scope":
            claims[name] = value
    gone: list[str] = details.get("claimsToSuppress") or []
    for name in gone:
        if name not in RESERVED:
            claims.pop(name, None)


def _scopes(scopes: list[str], details: Mapping[str, Any] | None) -> list[str]:
    gone: list[str] = (details or {}).get("scopesToSuppress") or []
    added: list[str] = (details or {}).get("scopesToAdd") or []
    kept = [scope for scope in scopes if scope not in gone]
    return kept + [scope for scope in added if scope not in kept]


def _precedence(group: Group) -> tuple[int, str]:
    return (1 << 31 if group.precedence is None else group.precedence, group.name)
