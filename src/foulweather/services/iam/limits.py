"""IAM's quotas and what it demands of names, tags and passwords, in the words of its refusals.

Quotas: IAM User Guide, IAM and AWS STS quotas
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.iam.records import ManagedPolicy, PasswordPolicy

USERS = 5000
GROUPS = 300
ROLES = 1000
INSTANCE_PROFILES = 1000
POLICIES = 1500
SERVER_CERTIFICATES = 20
SAML_PROVIDERS = 100
OIDC_PROVIDERS = 100
GROUPS_PER_USER = 10
ATTACHED_POLICIES = 10
ACCESS_KEYS_PER_USER = 2
MFA_DEVICES_PER_USER = 8
SIGNING_CERTIFICATES_PER_USER = 2
SSH_KEYS_PER_USER = 5
SERVICE_CREDENTIALS_PER_USER = 2
POLICY_VERSIONS = 5
POLICY_VERSIONS_IN_USE = 10000
CLIENT_IDS_PER_OIDC_PROVIDER = 100
THUMBPRINTS_PER_OIDC_PROVIDER = 5
SAML_PRIVATE_KEYS = 2
TAGS = 50

# Sizes, in characters that are not white space.
MANAGED_POLICY_SIZE = 6144
TRUST_POLICY_SIZE = 2048
INLINE_POLICY_SIZES = {"user": 2048, "role": 10240, "group": 5120}

# "You can use up to 10 MB" of SAML metadata and "at least 1000 characters" are the model's own.

_SYMBOLS = "! @ # $ % ^ & * ( ) _ + - = [ ] { } | '"


def limit_exceeded(message: str, *facts: Fact) -> AwsError:
    """LimitExceeded, in words."""
    return AwsError("LimitExceededException", message, 409, facts=facts)


def invalid_input(message: str) -> AwsError:
    """InvalidInput, in words."""
    return AwsError("InvalidInputException", message)


def validation_error(message: str) -> AwsError:
    """ValidationError, which is in no model, in words."""
    return AwsError("ValidationError", message)


def check_quota(quota: str, maximum: int, count: int) -> None:
    """Refuse one more of something of which there are `count`."""
    if count >= maximum:
        raise limit_exceeded(f"Cannot exceed quota for {quota}: {maximum}", Fact("iam", quota, maximum))


def size_of(document: str) -> int:
    """A policy's size: white space does not count."""
    return len("".join(document.split()))


def check_policy_size(document: str) -> None:
    """Refuse a managed policy that is too long."""
    if size_of(document) > MANAGED_POLICY_SIZE:
        raise limit_exceeded(f"Cannot exceed quota for PolicySize: {MANAGED_POLICY_SIZE}")


def check_trust_policy_size(document: str, maximum: int = TRUST_POLICY_SIZE) -> None:
    """Refuse a trust policy that is too long."""
    if size_of(document) > maximum:
        raise limit_exceeded(f"Cannot exceed quota for ACLSizePerRole: {maximum}")


def check_inline_size(kind: str, name: str, documents: Sequence[str]) -> None:
    """Refuse inline policies of an identity that are too long in all."""
    maximum = INLINE_POLICY_SIZES[kind]
    if sum(size_of(document) for document in documents) > maximum:
        raise limit_exceeded(f"Maximum policy size of {maximum} bytes exceeded for {kind} {name}")


def check_versions(policy: ManagedPolicy) -> None:
    """Refuse a sixth version."""
    if len(policy.versions) >= POLICY_VERSIONS:
        raise limit_exceeded(
            f"A managed policy can have up to {POLICY_VERSIONS} versions. Before you create a new version, you must "
            "delete an existing version.",
            Fact(policy.arn, "Versions", [version.id for version in policy.versions]),
        )


def checked_tags(tags: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """A request's tags by key; keys are not distinguished by case.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
    """
    given = {tag["Key"]: tag["Value"] for tag in tags}
    if len({key.lower() for key in given}) != len(tags):
        raise invalid_input("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    for key in given:
        if key.lower().startswith("aws:"):
            raise invalid_input(f"Tag keys with the prefix aws: are reserved for AWS use: {key}")
    if len(given) > TAGS:
        raise limit_exceeded("The number of tags has reached the maximum limit.")
    return given


def merged_tags(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Tags with others laid over them; a new key replaces one that differs in case only."""
    replaced = {key.lower() for key in new}
    merged = {key: value for key, value in old.items() if key.lower() not in replaced} | dict(new)
    if len(merged) > TAGS:
        raise limit_exceeded("The number of tags has reached the maximum limit.")
    return merged


def check_password(password: str, policy: PasswordPolicy | None, user_name: str) -> None:
    """Refuse a password that the account's password policy forbids, or AWS's default policy without one.

    The default: at least 8 characters, three of upper case, lower case, numbers and symbols, and not
    the account's name (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html).
    """
    upper = any("A" <= character <= "Z" for character in password)
    lower = any("a" <= character <= "z" for character in password)
    number = any("0" <= character <= "9" for character in password)
    symbol = any(character in _SYMBOLS.replace(" ", "") for character in password)
    if policy is None:
        if len(password) < 8:
            raise _password_violation("Password should have a minimum length of 8")
        if upper + lower + number + symbol < 3:
            raise _password_violation(
                "Password should have at least three of the following character types: uppercase, lowercase, "
                "numbers, and symbols"
            )
        if password.lower() == user_name.lower():
            raise _password_violation("Password should not be identical to the user name")
        return
    if len(password) < policy.length_min:
        raise _password_violation(f"Password should have a minimum length of {policy.length_min}")
    for needed, present, words in (
        (policy.needs_upper, upper, "Password should have at least one uppercase letter"),
        (policy.needs_lower, lower, "Password should have at least one lowercase letter"),
        (policy.needs_number, number, "Password should have at least one number"),
        (policy.needs_symbol, symbol, f"Password should have at least one of the following symbols: {_SYMBOLS}"),
    ):
        if needed and not present:
            raise _password_violation(words)


def _password_violation(message: str) -> AwsError:
    return AwsError("PasswordPolicyViolationException", message)
