"""Identity pools as a whole: made, described, changed, listed, deleted.

https://docs.aws.amazon.com/cognito/latest/developerguide/identity-pools.html
"""

from __future__ import annotations

from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_identity import limits, naming, refusals, tag_rules
from foulweather.services.cognito_identity.naming import Request
from foulweather.services.cognito_identity.paging import page
from foulweather.services.cognito_identity.records import IdentityPool
from foulweather.services.cognito_identity.state import IdentityState

_KEPT: Final = (
    "AllowClassicFlow",
    "SupportedLoginProviders",
    "DeveloperProviderName",
    "OpenIdConnectProviderARNs",
    "CognitoIdentityProviders",
    "SamlProviderARNs",
)


def create_identity_pool(call: Call, request: Request) -> dict[str, Any]:
    """Make an identity pool."""
    settings = _settings(request)
    given = tag_rules.checked({}, request.get("IdentityPoolTags") or {})
    state = call.state(IdentityState)
    if len(state.pools) >= limits.POOLS:
        raise AwsError(
            "LimitExceededException",
            "Maximum number of identity pools reached for this account.",
            facts=(Fact(call.account, "identity pools", len(state.pools)),),
        )
    pool_id = f"{call.region}:{call.world.ids.uuid()}"
    pool = IdentityPool(pool_id, request["IdentityPoolName"], call.account, call.region, settings, tags=given)
    state.pools.put(pool.id, pool)
    state.identities_of[pool.id] = {}
    call.changed("cognito.IdentityPoolCreated", pool.arn, IdentityPoolName=pool.name, **settings)
    return _shown(pool)


def describe_identity_pool(call: Call, request: Request) -> dict[str, Any]:
    """A pool's settings."""
    return _shown(naming.pool_of(call, request).pool)


def update_identity_pool(call: Call, request: Request) -> dict[str, Any]:
    """Set a pool's settings: what is left out goes back to its default."""
    state, pool = naming.pool_of(call, request)
    settings = _settings(request)
    given = tag_rules.checked({}, request["IdentityPoolTags"]) if "IdentityPoolTags" in request else pool.tags
    # API_CreateIdentityPool: "Once you have set a developer provider name, you cannot change it."
    had, wanted = pool.developer_name, settings.get("DeveloperProviderName", "")
    if had and wanted and had != wanted:
        raise refusals.invalid(
            "The developer provider name cannot be changed once it is set.",
            call.fact(pool.arn, "DeveloperProviderName", had),
        )
    pool.name, pool.settings, pool.tags = request["IdentityPoolName"], settings, given
    state.pools.touch(pool.id)
    call.changed("cognito.IdentityPoolUpdated", pool.arn, IdentityPoolName=pool.name, **settings)
    return _shown(pool)


def delete_identity_pool(call: Call, request: Request) -> dict[str, Any]:
    """Delete a pool with its identities: credentials that it gave go on until they end."""
    state, pool = naming.pool_of(call, request)
    state.remove_pool(pool)
    call.changed("cognito.IdentityPoolDeleted", pool.arn, IdentityPoolName=None)
    return {}


def list_identity_pools(call: Call, request: Request) -> dict[str, Any]:
    """The account's pools in this Region."""
    pools = call.state(IdentityState).pools
    shown, more = page(sorted(pools), request["MaxResults"], request.get("NextToken"))
    listed = [{"IdentityPoolId": key, "IdentityPoolName": pools[key].name} for key in shown]
    return {"IdentityPools": listed, **more}


def _settings(request: Request) -> dict[str, Any]:
    settings: dict[str, Any] = {"AllowUnauthenticatedIdentities": request["AllowUnauthenticatedIdentities"]}
    settings |= {name: request[name] for name in _KEPT if request.get(name)}
    if "AllowClassicFlow" in request:
        settings["AllowClassicFlow"] = request["AllowClassicFlow"]
    listed: list[dict[str, Any]] = settings.get("CognitoIdentityProviders", [])
    for provider in listed:
        if not provider.get("ProviderName") or not provider.get("ClientId"):
            raise refusals.invalid(
                "CognitoIdentityProviders need a ProviderName and a ClientId.", Fact("request", "provider", provider)
            )
    if len(listed) > limits.USER_POOLS_PER_POOL:
        raise AwsError(
            "LimitExceededException",
            f"An identity pool can have up to {limits.USER_POOLS_PER_POOL} user pools.",
            facts=(Fact("request", "CognitoIdentityProviders", len(listed)),),
        )
    if listed:
        settings["CognitoIdentityProviders"] = [{"ServerSideTokenCheck": False, **each} for each in listed]
    return settings


def _shown(pool: IdentityPool) -> dict[str, Any]:
    shown: dict[str, Any] = {"IdentityPoolId": pool.id, "IdentityPoolName": pool.name, **pool.settings}
    if pool.tags:
        shown["IdentityPoolTags"] = pool.tags
    return shown
