"""Users as answers show them."""

from __future__ import annotations

from typing import Any

from foulweather.services.cognito_idp import attributes
from foulweather.services.cognito_idp.records import Group, User
from foulweather.services.cognito_idp.second_factors import ORDER


def user(found: User, names: list[str] | None = None) -> dict[str, Any]:
    """A user as a UserType, with the attributes that are asked for."""
    held = attributes.of_user(found)
    if names is not None:
        held = {name: value for name, value in held.items() if name in names}
    return {"Username": found.name, "Attributes": attributes.as_list(held), **_standing(found)}


def administered(found: User) -> dict[str, Any]:
    """A user as AdminGetUser shows them."""
    listed = attributes.as_list(attributes.of_user(found))
    return {"Username": found.name, "UserAttributes": listed, **_standing(found), **factors(found)}


def factors(found: User) -> dict[str, Any]:
    """The second factors that a user has chosen."""
    held = [name for name in ORDER if name in found.factors]
    if not held:
        return {}
    shown: dict[str, Any] = {"UserMFASettingList": held}
    if found.preferred:
        shown["PreferredMfaSetting"] = found.preferred
    return shown


def group(found: Group) -> dict[str, Any]:
    """A group as answers show it."""
    shown: dict[str, Any] = {
        "GroupName": found.name,
        "UserPoolId": found.pool,
        "Description": found.description,
        "RoleArn": found.role,
        "Precedence": found.precedence,
        "CreationDate": found.created_ms,
        "LastModifiedDate": found.modified_ms,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _standing(found: User) -> dict[str, Any]:
    return {
        "UserCreateDate": found.created_ms,
        "UserLastModifiedDate": found.modified_ms,
        "Enabled": found.is_enabled,
        "UserStatus": found.status,
    }
