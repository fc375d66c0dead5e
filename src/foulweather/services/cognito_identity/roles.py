"""The roles of a pool's identities: one for users, one for guests, and rules that choose others.

https://docs.aws.amazon.com/cognito/latest/developerguide/role-based-access-control.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cognito_identity import limits, naming, refusals
from foulweather.services.cognito_identity.naming import Request
from foulweather.services.cognito_identity.records import part


def set_identity_pool_roles(call: Call, request: Request) -> dict[str, Any]:
    """Set a pool's roles and role mappings: those that are left out go."""
    state, pool = naming.pool_of(call, request)
    mappings: dict[str, dict[str, Any]] = request.get("RoleMappings") or {}
    for provider, mapping in mappings.items():
        _check(provider, mapping)
    for arn in request["Roles"].values():
        if not arn.startswith("arn:"):
            raise refusals.invalid(f"Invalid role ARN {arn}.", Fact("request", "Roles", arn))
    pool.roles, pool.mappings = dict(request["Roles"]), dict(mappings)
    state.pools.touch(pool.id)
    call.changed("cognito.IdentityPoolRolesSet", pool.arn, Roles=pool.roles, RoleMappings=pool.mappings)
    return {}


def get_identity_pool_roles(call: Call, request: Request) -> dict[str, Any]:
    """A pool's roles and role mappings."""
    _, pool = naming.pool_of(call, request)
    shown: dict[str, Any] = {"IdentityPoolId": pool.id, "Roles": pool.roles}
    if pool.mappings:
        shown["RoleMappings"] = pool.mappings
    return shown


def _check(provider: str, mapping: Mapping[str, Any]) -> None:
    """API_RoleMapping: both types need AmbiguousRoleResolution, Rules a RulesConfiguration."""
    if not mapping.get("AmbiguousRoleResolution"):
        raise refusals.invalid(
            f"AmbiguousRoleResolution is required for the role mapping of {provider}.",
            Fact("request", f"RoleMappings.{provider}", mapping["Type"]),
        )
    rules: Sequence[Any] = part(mapping, "RulesConfiguration").get("Rules") or ()
    if mapping["Type"] == "Rules" and not rules:
        raise refusals.invalid(
            f"RulesConfiguration is required for the role mapping of {provider}.",
            Fact("request", f"RoleMappings.{provider}.RulesConfiguration", None),
        )
    if len(rules) > limits.RULES_PER_PROVIDER:
        raise refusals.invalid(
            f"A role mapping can have up to {limits.RULES_PER_PROVIDER} rules.",
            Fact("request", f"RoleMappings.{provider}.Rules", len(rules)),
        )
