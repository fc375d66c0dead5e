"""Users' attributes against the schema of their pool.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import refusals
from foulweather.services.cognito_idp.records import Attribute, Client, Pool, User
from foulweather.services.cognito_idp.state import CognitoState

VERIFIED: Final = ("email_verified", "phone_number_verified")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[0-9]{1,15}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def standard() -> dict[str, Attribute]:
    """The attributes that every pool has."""
    text = [
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "email",
    ]
    rest = ["gender", "zoneinfo", "locale", "phone_number", "address"]
    found = [Attribute("sub", "String", is_mutable=False, is_required=True, least="1", most="2048")]
    found += [Attribute(name, "String", least="0", most="2048") for name in text]
    found += [Attribute("email_verified", "Boolean")]
    found += [Attribute(name, "String", least="0", most="2048") for name in rest[:1]]
    found += [Attribute("birthdate", "String", least="10", most="10")]
    found += [Attribute(name, "String", least="0", most="2048") for name in rest[1:4]]
    found += [Attribute("phone_number_verified", "Boolean")]
    found += [Attribute("address", "String", least="0", most="2048"), Attribute("updated_at", "Number", least="0")]
    return {attribute.name: attribute for attribute in found}


def of_list(listed: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """Attributes as a request lists them, by name."""
    return {each["Name"]: each.get("Value", "") for each in listed or ()}


def as_list(found: Mapping[str, str]) -> list[dict[str, str]]:
    """Attributes as answers list them."""
    return [{"Name": name, "Value": value} for name, value in found.items()]


def of_user(user: User) -> dict[str, str]:
    """A user's attributes, `sub` first."""
    return {"sub": user.sub, **user.attributes}


def checked(pool: Pool, given: Mapping[str, str]) -> dict[str, str]:
    """Attributes that fit the schema, by value."""
    problems: list[str] = []
    for name, value in given.items():
        attribute = pool.schema.get(name)
        if attribute is None:
            problems.append(f"{name}: Attribute does not exist in the schema.")
        elif value:
            problem = _problem(attribute, value)
            if problem:
                problems.append(f"{name}: {problem}")
    if problems:
        raise _unfit(pool, problems)
    for name, pattern, words in (
        ("email", _EMAIL, "Invalid email address format."),
        ("phone_number", _PHONE, "Invalid phone number format."),
    ):
        if given.get(name) and not pattern.fullmatch(given[name]):
            raise refusals.invalid(words, Fact("request", name, given[name]))
    return {name: value.lower() if name in VERIFIED else value for name, value in given.items()}


def check_required(pool: Pool, given: Mapping[str, str]) -> None:
    """Refuse a new user without what the schema requires."""
    absent = [each.name for each in pool.schema.values() if each.is_required and each.name != "sub"]
    problems = [f"{name}: The attribute is required" for name in absent if not given.get(name)]
    if problems:
        raise _unfit(pool, problems)


def check_changes(pool: Pool, user: User, names: Iterable[str], *, is_deletion: bool = False) -> None:
    """Refuse to change what is immutable once it has a value, or to delete what is required."""
    for name in names:
        attribute = pool.schema.get(name)
        if attribute is None:
            raise _unfit(pool, [f"{name}: Attribute does not exist in the schema."])
        if name == "sub" or (not attribute.is_mutable and user.attributes.get(name)):
            raise refusals.invalid(
                f"user.{name}: Attribute cannot be updated.\n", Fact(pool.arn, f"schema {name} Mutable", False)
            )
        if is_deletion and attribute.is_required:
            raise refusals.invalid(
                f"user.{name}: Attribute cannot be deleted.\n", Fact(pool.arn, f"schema {name} Required", True)
            )


def check_writable(pool: Pool, client: Client, names: Iterable[str]) -> None:
    """Refuse what a client's users may not write themselves."""
    allowed: list[str] | None = client.settings.get("WriteAttributes")
    for name in names:
        attribute = pool.schema.get(name)
        is_standard = not name.startswith(("custom:", "dev:"))
        is_allowed = name in allowed if allowed else is_standard and name not in (*VERIFIED, "sub")
        if attribute is not None and (attribute.is_developer_only or not is_allowed):
            raise refusals.not_authorized(
                "A client attempted to write unauthorized attribute",
                Fact(f"{pool.arn}/client/{client.id}", "WriteAttributes", allowed),
                Fact("request", "attribute", name),
            )


def readable(client: Client, user: User) -> dict[str, str]:
    """What a client's users may read of themselves: the standard attributes, where the client names none."""
    allowed: list[str] | None = client.settings.get("ReadAttributes")
    found = of_user(user)
    if allowed:
        shown = {"sub", *allowed}
        return {name: value for name, value in found.items() if name in shown}
    return {name: value for name, value in found.items() if not name.startswith(("custom:", "dev:"))}


def check_user_name(pool: Pool, name: str) -> None:
    """Refuse a user name that is not of the kind that the pool's users have, or one that looks like an alias."""
    kinds = pool.username_attributes
    is_email, is_phone = _EMAIL.fullmatch(name) is not None, _PHONE.fullmatch(name) is not None
    if kinds and not (("email" in kinds and is_email) or ("phone_number" in kinds and is_phone)):
        if len(kinds) == 2:
            raise refusals.invalid("Username should be either an email or a phone number.")
        words = "an email" if "email" in kinds else "a phone number in E.164 format"
        raise refusals.invalid(f"Username should be {words}.", Fact(pool.arn, "UsernameAttributes", kinds))
    if not kinds and "email" in pool.alias_attributes and is_email:
        raise refusals.invalid(
            "Username cannot be of email format, since user pool is configured for email alias.",
            Fact(pool.arn, "AliasAttributes", pool.alias_attributes),
        )
    if not kinds and "phone_number" in pool.alias_attributes and is_phone:
        raise refusals.invalid(
            "Username cannot be of phone number format, since user pool is configured for phone number alias.",
            Fact(pool.arn, "AliasAttributes", pool.alias_attributes),
        )


def named_attribute(pool: Pool, name: str) -> dict[str, str]:
    """The attribute that a user name stands for, in a pool whose users are named by one."""
    if not pool.username_attributes:
        return {}
    return {"email" if "@" in name else "phone_number": name}


def take_alias(state: CognitoState, pool: Pool, user: User, name: str, *, is_forced: bool) -> None:
    """Take an alias from whoever has it, if that is wanted; refuse it otherwise."""
    holder = state.holder(pool, user.attributes.get(name, ""))
    if holder is None or holder is user:
        return
    if not is_forced or name in pool.username_attributes:
        raise refusals.alias_taken(pool, name, holder)
    holder.attributes[f"{name}_verified"] = "false"
    state.touch_user(holder)


def aliases_of(pool: Pool) -> Sequence[str]:
    """The attributes that users can sign in with."""
    return (*pool.username_attributes, *pool.alias_attributes)


def _problem(attribute: Attribute, value: str) -> str:
    name, least, most = attribute.name, attribute.least, attribute.most
    if attribute.type == "Boolean":
        return "" if value.lower() in ("true", "false") else f"Boolean value expected for {name}."
    if attribute.type == "Number":
        if not re.fullmatch(r"-?[0-9]+", value):
            return f"Number value expected for {name}."
        if (least and int(value) < int(least)) or (most and int(value) > int(most)):
            return f"Value must be between {least or '-'} and {most or '-'}."
        return ""
    if attribute.type == "DateTime":
        return "" if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else f"Date expected for {name}."
    if name == "birthdate" and not _DATE.fullmatch(value):
        return "Invalid birthdate format."
    if (least and len(value) < int(least)) or (most and len(value) > int(most)):
        return f"Length must be between {least or 0} and {most or 2048}."
    return ""


def _unfit(pool: Pool, problems: list[str]) -> Exception:
    told = "\n".join(problems)
    return refusals.invalid(f"Attributes did not conform to the schema: {told}\n", Fact(pool.arn, "schema", problems))
