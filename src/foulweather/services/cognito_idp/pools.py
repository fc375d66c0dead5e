"""User pools as a whole: made, described, changed, listed, deleted."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.cognito_idp import keys, limits, messages, refusals, settings, tagging
from foulweather.services.cognito_idp.attributes import standard
from foulweather.services.cognito_idp.naming import Request, check_no_import, pool_of
from foulweather.services.cognito_idp.paging import page
from foulweather.services.cognito_idp.records import Pool
from foulweather.services.cognito_idp.schemata import extended
from foulweather.services.cognito_idp.state import CognitoState
from foulweather.world.ids import ALPHANUMERIC


async def create_user_pool(call: Call, request: Request) -> dict[str, Any]:
    """Make a user pool with its two signing keys."""
    if request.get("AliasAttributes") and request.get("UsernameAttributes"):
        raise refusals.invalid(
            "Only one of the aliasAttributes or usernameAttributes can be set in a user pool.",
        )
    given = settings.of_request(call, request)
    settings.check_mfa(given, {})
    schema = extended(standard(), request.get("Schema") or [])
    tags = tagging.checked({}, request.get("UserPoolTags") or {})
    await messages.check_sms_role(call, given.get("SmsConfiguration"))
    state = call.state(CognitoState)
    if len(state.pools) >= limits.POOLS:
        raise refusals.over_limit(
            "Maximum number of user pools reached for this account.",
            call.fact(call.account, "user pools", len(state.pools)),
        )
    case: Request | None = request.get("UsernameConfiguration")
    pool = Pool(
        f"{call.region}_{call.world.ids.drawn(ALPHANUMERIC, 9)}",
        request["PoolName"],
        call.account,
        call.region,
        call.now,
        call.now,
        given,
        schema,
        keys.new_key(call.world),
        keys.new_key(call.world),
        list(request.get("UsernameAttributes") or []),
        list(request.get("AliasAttributes") or []),
        None if case is None else bool(case["CaseSensitive"]),
        tags,
    )
    state.add_pool(pool)
    call.changed("cognito.UserPoolCreated", pool.arn, PoolName=pool.name, **given)
    return {"UserPool": settings.described(pool, 0)}


def describe_user_pool(call: Call, request: Request) -> dict[str, Any]:
    """A pool's settings."""
    state, pool = pool_of(call, request)
    return {"UserPool": settings.described(pool, len(state.users_of[pool.id]))}


async def update_user_pool(call: Call, request: Request) -> dict[str, Any]:
    """Set a pool's settings: what is left out goes back to its default."""
    place = pool_of(call, request)
    check_no_import(place)
    state, pool = place
    given = settings.of_request(call, request, pool.settings)
    settings.check_mfa(given, pool.mfa)
    tags = tagging.checked({}, request["UserPoolTags"]) if "UserPoolTags" in request else None
    if given.get("SmsConfiguration") != pool.settings.get("SmsConfiguration"):
        await messages.check_sms_role(call, given.get("SmsConfiguration"))
        state, pool = pool_of(call, request)
    if tags is not None:
        pool.tags = tags
    pool.name = request.get("PoolName") or pool.name
    pool.settings = given
    pool.modified_ms = call.now
    state.pools.touch(pool.id)
    call.changed("cognito.UserPoolUpdated", pool.arn, **given)
    return {}


def delete_user_pool(call: Call, request: Request) -> dict[str, Any]:
    """Delete a pool with everything in it, unless it is protected or still has a domain."""
    place = pool_of(call, request)
    check_no_import(place)
    state, pool = place
    if pool.settings["DeletionProtection"] == "ACTIVE":
        raise AwsError(
            "InvalidParameterException",
            "The user pool cannot be deleted because deletion protection is activated. "
            "Deletion protection must be inactivated first.",
            facts=(call.fact(pool.arn, "DeletionProtection", "ACTIVE"),),
            remedy=(f"aws cognito-idp update-user-pool --user-pool-id {pool.id} --deletion-protection INACTIVE",),
        )
    if domain := pool.domain or pool.custom_domain:
        raise refusals.invalid(
            "User pool cannot be deleted. It has a domain configured that should be deleted first.",
            call.fact(pool.arn, "Domain", domain),
            remedy=(f"aws cognito-idp delete-user-pool-domain --user-pool-id {pool.id} --domain {domain}",),
        )
    for job in state.imports.values():
        if job.pool == pool.id and job.file:
            call.world.files.delete(job.file)
    state.remove_pool(pool)
    call.changed("cognito.UserPoolDeleted", pool.arn, PoolName=pool.name)
    return {}


def list_user_pools(call: Call, request: Request) -> dict[str, Any]:
    """The account's pools in this Region."""
    found = sorted(call.state(CognitoState).pools.values(), key=_by_id)
    shown, more = page(found, _by_id, request["MaxResults"], request.get("NextToken"))
    return {"UserPools": [_summary(pool) for pool in shown], **more}


def _by_id(pool: Pool) -> str:
    return pool.id


def _summary(pool: Pool) -> dict[str, Any]:
    return {
        "Id": pool.id,
        "Name": pool.name,
        "LambdaConfig": pool.settings["LambdaConfig"],
        "CreationDate": pool.created_ms,
        "LastModifiedDate": pool.modified_ms,
    }
