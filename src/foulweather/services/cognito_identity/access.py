"""What each operation needs permission for; those of apps on users' devices need none, and no signature.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitoidentity.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.cognito_identity.records import part
from foulweather.services.cognito_identity.state import IdentityState

Request = Mapping[str, Any]
PRINCIPAL = "cognito-identity.amazonaws.com"


def pool(call: Call, request: Request) -> Sequence[Resource]:
    """The pool that IdentityPoolId names."""
    return (_pool(call, request.get("IdentityPoolId") or ""),)


def tagged(call: Call, request: Request) -> Sequence[Resource]:
    """The pool that ResourceArn names."""
    arn: str = request.get("ResourceArn") or ""
    found = _pool(call, arn.rpartition("/")[2])
    return (found if found.arn == arn else Resource(arn or "*", call.account),)


def tags(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """The tags that a request would set, or remove."""
    given: Mapping[str, str] = request.get("IdentityPoolTags") or request.get("Tags") or {}
    keys = [*given, *(request.get("TagKeys") or ())]
    if not keys:
        return {}
    conditions: dict[str, str | list[str]] = {f"aws:requesttag/{key.lower()}": value for key, value in given.items()}
    conditions["aws:tagkeys"] = keys
    return conditions


def passing(call: Call, request: Request) -> Sequence[Permission]:
    """iam:PassRole on every role that identities may take."""
    roles: list[str] = list(part(request, "Roles").values())
    mappings: Mapping[str, Request] = request.get("RoleMappings") or {}
    for mapping in mappings.values():
        rules: Sequence[Request] = part(mapping, "RulesConfiguration").get("Rules") or ()
        roles += [rule["RoleARN"] for rule in rules]
    return [
        Permission("iam:PassRole", Resource(role, role.split(":")[4]), {"iam:passedtoservice": PRINCIPAL})
        for role in dict.fromkeys(roles)
        if role.count(":") >= 5
    ]


def _pool(call: Call, pool_id: str) -> Resource:
    found = call.state(IdentityState).pools.get(pool_id)
    if found is None:
        return Resource(call.arn("cognito-identity", f"identitypool/{pool_id}"), call.account)
    return Resource(found.arn, call.account, tags=found.tags)


def _action(name: str) -> str:
    return f"cognito-identity:{name}"


_READS = ["DescribeIdentityPool", "GetIdentityPoolRoles", "GetPrincipalTagAttributeMap", "ListIdentities"]
_WRITES = [
    "DeleteIdentityPool",
    "GetOpenIdTokenForDeveloperIdentity",
    "MergeDeveloperIdentities",
    "SetPrincipalTagAttributeMap",
    "UnlinkDeveloperIdentity",
]
_UNSIGNED = ["GetCredentialsForIdentity", "GetId", "GetOpenIdToken", "UnlinkIdentity"]

ACCESS: dict[str, Access] = {
    **{name: Access(_action(name), pool, is_read=True) for name in _READS},
    **{name: Access(_action(name), pool) for name in _WRITES},
    **{name: Access(_action(name), is_open=True, is_unsigned=True) for name in _UNSIGNED},
    "CreateIdentityPool": Access(_action("CreateIdentityPool"), conditions=tags),
    "UpdateIdentityPool": Access(_action("UpdateIdentityPool"), pool, tags),
    "SetIdentityPoolRoles": Access(_action("SetIdentityPoolRoles"), pool, also=passing),
    "LookupDeveloperIdentity": Access(_action("LookupDeveloperIdentity"), pool, is_read=True),
    "ListIdentityPools": Access(_action("ListIdentityPools"), is_read=True),
    "DescribeIdentity": Access(_action("DescribeIdentity"), is_read=True),
    "DeleteIdentities": Access(_action("DeleteIdentities")),
    "TagResource": Access(_action("TagResource"), tagged, tags),
    "UntagResource": Access(_action("UntagResource"), tagged, tags),
    "ListTagsForResource": Access(_action("ListTagsForResource"), tagged, is_read=True),
}
