"""What an account has once: its alias, its password policy, its tokens' version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.policy import principal as principals
from foulweather.services.iam.records import PasswordPolicy
from foulweather.services.iam.state import IamState, already_exists, no_such_entity

if TYPE_CHECKING:
    from aws_types.iam import (
        CreateAccountAliasRequest,
        DeleteAccountAliasRequest,
        ListAccountAliasesRequest,
        SetSecurityTokenServicePreferencesRequest,
        UpdateAccountPasswordPolicyRequest,
    )

Response = dict[str, Any]


def create_account_alias(call: Call, request: CreateAccountAliasRequest) -> None:
    """Give the account its alias, which no other account may have; an old one is replaced."""
    alias = request["AccountAlias"]
    for state in call.world.store.states(IamState):
        if state.account_settings.alias == alias:
            raise already_exists(f"The account alias {alias} already exists.")
    state = call.state(IamState)
    settings = state.account_settings
    settings.alias = alias
    state.keep(settings)
    call.changed("iam.AccountAliasSet", principals.root(call.account).arn, AccountAlias=alias)


def list_account_aliases(call: Call, request: ListAccountAliasesRequest) -> Response:
    """List the account's one alias, if it has one."""
    alias = call.state(IamState).account_settings.alias
    return {"AccountAliases": [alias] if alias else [], "IsTruncated": False}


def delete_account_alias(call: Call, request: DeleteAccountAliasRequest) -> None:
    """Take the account's alias away."""
    state = call.state(IamState)
    settings = state.account_settings
    if settings.alias != request["AccountAlias"]:
        raise no_such_entity(f"The account alias {request['AccountAlias']} cannot be found.")
    settings.alias = ""
    state.keep(settings)
    call.changed("iam.AccountAliasSet", principals.root(call.account).arn, AccountAlias=None)


def update_account_password_policy(call: Call, request: UpdateAccountPasswordPolicyRequest) -> None:
    """Set the whole password policy; what the request leaves out returns to its default."""
    state = call.state(IamState)
    settings = state.account_settings
    settings.passwords = PasswordPolicy(
        length_min=request.get("MinimumPasswordLength", 6),
        needs_symbol=request.get("RequireSymbols", False),
        needs_number=request.get("RequireNumbers", False),
        needs_upper=request.get("RequireUppercaseCharacters", False),
        needs_lower=request.get("RequireLowercaseCharacters", False),
        users_may_change=request.get("AllowUsersToChangePassword", False),
        age_max_days=request.get("MaxPasswordAge", 0),
        reuse_prevention=request.get("PasswordReusePrevention", 0),
        hard_expiry=request.get("HardExpiry"),
    )
    state.keep(settings)
    call.changed(
        "iam.AccountPasswordPolicyUpdated",
        principals.root(call.account).arn,
        PasswordPolicy=_shape(settings.passwords),
    )


def get_account_password_policy(call: Call, request: Mapping[str, Any]) -> Response:
    """Give the account's password policy, if it has one of its own."""
    passwords = call.state(IamState).account_settings.passwords
    if passwords is None:
        raise _no_policy(call)
    return {"PasswordPolicy": _shape(passwords)}


def delete_account_password_policy(call: Call, request: Mapping[str, Any]) -> None:
    """Return to AWS's default password policy."""
    state = call.state(IamState)
    settings = state.account_settings
    if settings.passwords is None:
        raise _no_policy(call)
    settings.passwords = None
    state.keep(settings)
    call.changed("iam.AccountPasswordPolicyDeleted", principals.root(call.account).arn, PasswordPolicy=None)


def set_security_token_service_preferences(call: Call, request: SetSecurityTokenServicePreferencesRequest) -> None:
    """Set the version of the tokens that the global STS endpoint issues; GetAccountSummary tells it."""
    state = call.state(IamState)
    settings = state.account_settings
    settings.token_version = {"v1Token": 1, "v2Token": 2}[request["GlobalEndpointTokenVersion"]]
    state.keep(settings)
    call.changed(
        "iam.SecurityTokenServicePreferencesSet",
        principals.root(call.account).arn,
        GlobalEndpointTokenVersion=request["GlobalEndpointTokenVersion"],
    )


def _no_policy(call: Call) -> Exception:
    return no_such_entity(f"The Password Policy with domain name {call.account} cannot be found.")


def _shape(passwords: PasswordPolicy) -> Response:
    shown: Response = {
        "MinimumPasswordLength": passwords.length_min,
        "RequireSymbols": passwords.needs_symbol,
        "RequireNumbers": passwords.needs_number,
        "RequireUppercaseCharacters": passwords.needs_upper,
        "RequireLowercaseCharacters": passwords.needs_lower,
        "AllowUsersToChangePassword": passwords.users_may_change,
        "ExpirePasswords": passwords.age_max_days > 0,
    }
    if passwords.age_max_days:
        shown["MaxPasswordAge"] = passwords.age_max_days
    if passwords.reuse_prevention:
        shown["PasswordReusePrevention"] = passwords.reuse_prevention
    if passwords.hard_expiry is not None:
        shown["HardExpiry"] = passwords.hard_expiry
    return shown
