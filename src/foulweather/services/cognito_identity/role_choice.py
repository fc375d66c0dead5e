"""Which role an identity takes: a guest's, a user's, or the one that its token or a rule says.

https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_identity import refusals
from foulweather.services.cognito_identity.logins import Login
from foulweather.services.cognito_identity.records import IdentityPool

UNFIT = "Invalid identity pool configuration. Check assigned IAM roles for this pool."


def chosen(call: Call, pool: IdentityPool, logins: Sequence[Login], custom: str | None) -> str:
    """The role's ARN."""
    if not logins:
        if custom:
            raise _denied("CustomRoleArn is only for users.", Fact("request", "CustomRoleArn", custom))
        return _default(call, pool, "unauthenticated")
    for login in logins:
        mapping = pool.mappings.get(login.mapped_as)
        if mapping is not None:
            return _mapped(call, pool, login, mapping, custom)
    if custom:
        raise _denied("The role mapping has no such role.", Fact("request", "CustomRoleArn", custom))
    return _default(call, pool, "authenticated")


def _mapped(call: Call, pool: IdentityPool, login: Login, mapping: Mapping[str, Any], custom: str | None) -> str:
    if mapping["Type"] == "Token":
        roles = _roles(login.claims.get("cognito:roles"))
        preferred = str(login.claims.get("cognito:preferred_role") or "")
    else:
        rules: Sequence[Mapping[str, str]] = mapping["RulesConfiguration"]["Rules"]
        roles = [rule["RoleARN"] for rule in rules if _matches(rule, login.claims)]
        preferred = roles[0] if roles else ""
    if custom:
        if custom in roles:
            return custom
        raise _denied(
            "The user may not have this role.", Fact("token", "roles", roles), Fact("request", "role", custom)
        )
    if preferred:
        return preferred
    if mapping["AmbiguousRoleResolution"] == "AuthenticatedRole":
        return _default(call, pool, "authenticated")
    raise _denied(
        "No role mapping fits the user, and ambiguous roles are denied.",
        call.fact(pool.arn, "RoleMappings", dict(pool.mappings)),
        Fact("token", "roles", roles),
    )


def _roles(claim: Any) -> list[str]:
    if isinstance(claim, str):
        return claim.split(",")
    return [str(each) for each in cast("list[object]", claim)] if isinstance(claim, list) else []


def _matches(rule: Mapping[str, str], claims: Mapping[str, Any]) -> bool:
    """Whether a rule fits: where there is no such claim, not even NotEqual does."""
    claim: Any = claims.get(rule["Claim"])
    if claim is None:
        return False
    wanted, how = rule["Value"], rule["MatchType"]
    if isinstance(claim, bool):
        claim = "true" if claim else "false"
    if isinstance(claim, list):
        values = [str(each) for each in cast("list[object]", claim)]
        return wanted in values if how in ("Equals", "Contains") else how == "NotEqual" and wanted not in values
    value = str(claim)
    if how == "Equals":
        return value == wanted
    if how == "NotEqual":
        return value != wanted
    return value.startswith(wanted) if how == "StartsWith" else wanted in value


def _default(call: Call, pool: IdentityPool, kind: str) -> str:
    role = pool.roles.get(kind)
    if not role:
        raise refusals.misconfigured(
            UNFIT,
            call.fact(pool.arn, "Roles", dict(pool.roles)),
            remedy=(
                f"aws cognito-identity set-identity-pool-roles --identity-pool-id {pool.id} --roles {kind}=ROLE_ARN",
            ),
        )
    return role


def _denied(message: str, *facts: Fact) -> AwsError:
    """AWS documents the denial and not its words."""
    return refusals.not_authorized(message, *facts)
