"""The quotas of user pools, how long things are good, and how often each operation may be called.

https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foulweather.kernel.call import Call
from foulweather.kernel.service import Rate
from foulweather.services.cognito_idp import refusals

SERVICE: Final = "cognito-idp"

# Resource quotas.
POOLS: Final = 1000
CLIENTS_PER_POOL: Final = 1000
GROUPS_PER_POOL: Final = 10_000
GROUPS_PER_USER: Final = 100
RESOURCE_SERVERS_PER_POOL: Final = 25
SCOPES_PER_CLIENT: Final = 50
PROVIDERS_PER_POOL: Final = 300
CUSTOM_ATTRIBUTES: Final = 50
CUSTOM_ATTRIBUTE_LENGTH: Final = 2048
TAGS_MAX: Final = 50
SECRETS_PER_CLIENT: Final = 2
IDENTITIES_PER_USER: Final = 5
PAGE_MAX: Final = 60
EMAILS_PER_DAY: Final = 50
"""E-mail that Cognito sends itself, per account and day: COGNITO_DEFAULT."""

# Validity.
SECOND_MS: Final = 1000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
SIGN_UP_CODE_MS: Final = 24 * HOUR_MS
ATTRIBUTE_CODE_MS: Final = 24 * HOUR_MS
PASSWORD_CODE_MS: Final = HOUR_MS
REFRESH_DAYS: Final = 30
TOKEN_MS_MIN: Final = 5 * MINUTE_MS
TOKEN_MS_MAX: Final = DAY_MS
REFRESH_MS_MIN: Final = HOUR_MS
REFRESH_MS_MAX: Final = 3650 * DAY_MS
TRIGGER_MS: Final = 5 * SECOND_MS
TRIGGER_TRIES: Final = 3

# "Cognito locks out for 2^(n-5) seconds" after n failed attempts, up to about 15 minutes:
# https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html
FREE_FAILURES: Final = 5
LOCK_MS_MAX: Final = 15 * MINUTE_MS

# "Code security resource quotas": requests of one user in an hour. Where AWS gives a range that depends on risk
# (ForgotPassword: 5 to 20), its lower end holds.
TRIES_PER_HOUR: Final[Mapping[str, int]] = {
    "ChangePassword": 5,
    "ConfirmForgotPassword": 5,
    "ConfirmSignUp": 15,
    "ForgotPassword": 5,
    "GetUserAttributeVerificationCode": 5,
    "ResendConfirmationCode": 5,
    "VerifyUserAttribute": 15,
}

# https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
UPLOAD_MS: Final = 15 * MINUTE_MS
IMPORT_EXPIRES_MS: Final = 24 * HOUR_MS
IMPORTED_PER_S: Final = 50
"""How fast users are imported: UserCreation's rate, for AWS names none."""

MESSAGES_KEPT: Final = 1000
"""How many messages are kept to be read; AWS keeps none."""


def check_tries(call: Call, name: str, tries: dict[str, list[int]], whose: str) -> None:
    """Count a user's request, and refuse one more than an hour's."""
    recent = [at_ms for at_ms in tries.get(name, ()) if at_ms > call.now - HOUR_MS]
    most = TRIES_PER_HOUR[name]
    if len(recent) >= most:
        raise refusals.attempt_limit(whose, name, most, recent[0] + HOUR_MS)
    tries[name] = [*recent, call.now]


_CATEGORIES: Mapping[str, tuple[int, str]] = {
    "UserAuthentication": (120, "AdminInitiateAuth InitiateAuth GetTokensFromRefreshToken"),
    # "The matching operations ... are subject to a separate quota that is three times" UserAuthentication's.
    "UserAuthentication answers": (360, "AdminRespondToAuthChallenge RespondToAuthChallenge"),
    "UserCreation": (50, "AdminConfirmSignUp AdminCreateUser ConfirmSignUp SignUp"),
    "UserAccountRecovery": (
        30,
        "AdminResetUserPassword AdminSetUserPassword ChangePassword ConfirmForgotPassword ForgotPassword",
    ),
    "UserRead": (120, "AdminGetUser GetUser GetUserAuthFactors"),
    "UserUpdate": (
        25,
        "AdminAddUserToGroup AdminDeleteUser AdminDeleteUserAttributes AdminDisableProviderForUser AdminDisableUser "
        "AdminEnableUser AdminLinkProviderForUser "
        "AdminRemoveUserFromGroup AdminUpdateUserAttributes AdminUserGlobalSignOut DeleteUser DeleteUserAttributes "
        "GlobalSignOut UpdateUserAttributes VerifyUserAttribute",
    ),
    "UserToken": (120, "RevokeToken"),
    "UserResourceRead": (
        50,
        "AdminGetDevice AdminListDevices AdminListGroupsForUser GetDevice GetUserAttributeVerificationCode ListDevices "
        "ResendConfirmationCode",
    ),
    "UserResourceUpdate": (
        25,
        "AdminForgetDevice AdminSetUserMFAPreference AdminSetUserSettings AdminUpdateDeviceStatus "
        "AssociateSoftwareToken ConfirmDevice ForgetDevice SetUserMFAPreference SetUserSettings UpdateDeviceStatus "
        "VerifySoftwareToken",
    ),
    "UserList": (30, "ListUsers ListUsersInGroup"),
    "UserPoolRead": (15, "DescribeUserPool ListUserPools"),
    "UserPoolUpdate": (15, "CreateUserPool DeleteUserPool UpdateUserPool"),
    "UserPoolResourceRead": (
        20,
        "DescribeIdentityProvider DescribeResourceServer DescribeUserImportJob DescribeUserPoolDomain GetCSVHeader "
        "GetGroup "
        "GetIdentityProviderByIdentifier GetUserPoolMfaConfig ListGroups ListIdentityProviders ListResourceServers "
        "ListTagsForResource ListUserImportJobs",
    ),
    "UserPoolResourceUpdate": (
        15,
        "AddCustomAttributes CreateGroup CreateIdentityProvider CreateResourceServer CreateUserImportJob "
        "CreateUserPoolDomain DeleteGroup StartUserImportJob StopUserImportJob "
        "DeleteIdentityProvider DeleteResourceServer DeleteUserPoolDomain SetUserPoolMfaConfig TagResource "
        "UntagResource UpdateGroup UpdateIdentityProvider UpdateResourceServer UpdateUserPoolDomain",
    ),
    "UserPoolClientRead": (15, "DescribeUserPoolClient ListUserPoolClients ListUserPoolClientSecrets"),
    "UserPoolClientUpdate": (
        15,
        "AddUserPoolClientSecret CreateUserPoolClient DeleteUserPoolClient DeleteUserPoolClientSecret "
        "UpdateUserPoolClient",
    ),
}
RATES: dict[str, Rate] = {
    name: Rate(per_s, per_s, "TooManyRequestsException", "Rate exceeded", by="owner", shared=category)
    for category, (per_s, names) in _CATEGORIES.items()
    for name in names.split()
}
"""A category's operations share one bucket."""
