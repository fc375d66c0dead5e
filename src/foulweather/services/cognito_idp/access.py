"""What each operation needs permission for; those of users themselves need none, and no signature.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html and
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-public-server-side.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.cognito_idp import tokens
from foulweather.services.cognito_idp.records import part
from foulweather.services.cognito_idp.state import CognitoState
from foulweather.services.cognito_idp.triggers import PRINCIPAL

Request = Mapping[str, Any]


def pool(call: Call, request: Request) -> Sequence[Resource]:
    """The pool that UserPoolId names."""
    return (_pool(call, request.get("UserPoolId") or ""),)


def users_pool(call: Call, request: Request) -> Sequence[Resource]:
    """The pool of a user who comes unsigned: of the client's id, of the access token, or of the session."""
    client: str = request.get("ClientId") or ""
    claims = tokens.payload_of(request.get("AccessToken") or "") or {}
    pool_id, session = str(claims.get("iss", "")).rpartition("/")[2], request.get("Session") or ""
    for state in call.world.store.states(CognitoState):
        found = state.clients.get(client) or state.sessions.get(session)
        pool = state.pools.get(found.pool if found is not None else pool_id)
        if pool is not None:
            return (Resource(pool.arn, pool.account, tags=pool.tags),)
    return ()


def tagged(call: Call, request: Request) -> Sequence[Resource]:
    """The pool that ResourceArn names."""
    arn: str = request.get("ResourceArn") or ""
    found = _pool(call, arn.rpartition("/")[2])
    return (found if found.arn == arn else Resource(arn or "*", call.account),)


def tags(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """The tags that a request would set, or remove."""
    given: Mapping[str, str] = request.get("UserPoolTags") or request.get("Tags") or {}
    keys = [*given, *(request.get("TagKeys") or ())]
    if not keys:
        return {}
    conditions: dict[str, str | list[str]] = {f"aws:requesttag/{key.lower()}": value for key, value in given.items()}
    conditions["aws:tagkeys"] = keys
    return conditions


def passing(call: Call, request: Request) -> Sequence[Permission]:
    """iam:PassRole on the role that Cognito is to send text messages with.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-sms-settings.html
    """
    sms: Request = request.get("SmsConfiguration") or {}
    if not sms:
        sms = part(request, "SmsMfaConfiguration").get("SmsConfiguration") or {}
    return _passed(sms.get("SnsCallerArn") or "")


def passing_logs(call: Call, request: Request) -> Sequence[Permission]:
    """iam:PassRole on the role that Cognito is to write logs with.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
    """
    return _passed(request.get("CloudWatchLogsRoleArn") or "")


def _passed(role: str) -> Sequence[Permission]:
    if role.count(":") < 5:
        return ()
    return (Permission("iam:PassRole", Resource(role, role.split(":")[4]), {"iam:passedtoservice": PRINCIPAL}),)


def _pool(call: Call, pool_id: str) -> Resource:
    found = call.state(CognitoState).pools.get(pool_id)
    if found is None:
        return Resource(call.arn("cognito-idp", f"userpool/{pool_id}"), call.account)
    return Resource(found.arn, call.account, tags=found.tags)


def _action(name: str) -> str:
    return f"cognito-idp:{name}"


_READS = [
    "AdminGetDevice",
    "AdminGetUser",
    "AdminListDevices",
    "AdminListGroupsForUser",
    "DescribeIdentityProvider",
    "DescribeUserImportJob",
    "GetCSVHeader",
    "ListUserImportJobs",
    "DescribeResourceServer",
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "GetGroup",
    "GetIdentityProviderByIdentifier",
    "GetUserPoolMfaConfig",
    "ListGroups",
    "ListIdentityProviders",
    "ListResourceServers",
    "ListUserPoolClientSecrets",
    "ListUserPoolClients",
    "ListUsers",
    "ListUsersInGroup",
]
_WRITES = [
    "AddCustomAttributes",
    "AddUserPoolClientSecret",
    "AdminAddUserToGroup",
    "AdminConfirmSignUp",
    "AdminCreateUser",
    "AdminDeleteUser",
    "AdminDeleteUserAttributes",
    "AdminDisableProviderForUser",
    "AdminDisableUser",
    "AdminEnableUser",
    "AdminForgetDevice",
    "AdminInitiateAuth",
    "AdminLinkProviderForUser",
    "AdminRemoveUserFromGroup",
    "AdminResetUserPassword",
    "AdminRespondToAuthChallenge",
    "AdminSetUserMFAPreference",
    "AdminSetUserPassword",
    "AdminSetUserSettings",
    "AdminUpdateDeviceStatus",
    "AdminUpdateUserAttributes",
    "AdminUserGlobalSignOut",
    "CreateGroup",
    "CreateIdentityProvider",
    "CreateResourceServer",
    "CreateUserPoolClient",
    "CreateUserPoolDomain",
    "DeleteGroup",
    "DeleteIdentityProvider",
    "DeleteResourceServer",
    "DeleteUserPool",
    "DeleteUserPoolClient",
    "DeleteUserPoolClientSecret",
    "DeleteUserPoolDomain",
    "StartUserImportJob",
    "StopUserImportJob",
    "UpdateGroup",
    "UpdateIdentityProvider",
    "UpdateResourceServer",
    "UpdateUserPoolClient",
    "UpdateUserPoolDomain",
]
_UNSIGNED = [
    "AssociateSoftwareToken",
    "ChangePassword",
    "ConfirmDevice",
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "DeleteUser",
    "DeleteUserAttributes",
    "ForgetDevice",
    "ForgotPassword",
    "GetDevice",
    "GetTokensFromRefreshToken",
    "GetUser",
    "GetUserAttributeVerificationCode",
    "GetUserAuthFactors",
    "GlobalSignOut",
    "InitiateAuth",
    "ListDevices",
    "ResendConfirmationCode",
    "RespondToAuthChallenge",
    "RevokeToken",
    "SetUserMFAPreference",
    "SetUserSettings",
    "SignUp",
    "UpdateDeviceStatus",
    "UpdateUserAttributes",
    "VerifySoftwareToken",
    "VerifyUserAttribute",
]

ACCESS: dict[str, Access] = {
    **{name: Access(_action(name), pool, is_read=True) for name in _READS},
    **{name: Access(_action(name), pool) for name in _WRITES},
    **{
        name: Access(_action(name), users_pool, is_open=True, is_unsigned=True, is_read=name.startswith("GetUser"))
        for name in _UNSIGNED
    },
    "CreateUserPool": Access(_action("CreateUserPool"), conditions=tags, also=passing),
    "CreateUserImportJob": Access(_action("CreateUserImportJob"), pool, also=passing_logs),
    "UpdateUserPool": Access(_action("UpdateUserPool"), pool, tags, passing),
    "SetUserPoolMfaConfig": Access(_action("SetUserPoolMfaConfig"), pool, also=passing),
    "ListUserPools": Access(_action("ListUserPools"), is_read=True),
    "DescribeUserPoolDomain": Access(_action("DescribeUserPoolDomain"), is_read=True),
    "TagResource": Access(_action("TagResource"), tagged, tags),
    "UntagResource": Access(_action("UntagResource"), tagged, tags),
    "ListTagsForResource": Access(_action("ListTagsForResource"), tagged, is_read=True),
}
