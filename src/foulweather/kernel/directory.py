"""What the gates and the other services may ask about identities: IAM and Organizations answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from foulweather.policy.evaluate import Held
from foulweather.policy.principal import Principal


class RoleView(msgspec.Struct, frozen=True):
    """A role as STS needs it."""

    arn: str
    name: str
    role_id: str
    account: str
    trust: Held
    max_session_s: int
    tags: Mapping[str, str]
    is_service_linked: bool = False


class UserView(msgspec.Struct, frozen=True):
    """A user as STS needs it."""

    arn: str
    name: str
    user_id: str
    account: str
    tags: Mapping[str, str]


class WebProvider(msgspec.Struct, frozen=True):
    """An OpenID Connect provider as STS needs it."""

    arn: str
    url: str
    client_ids: tuple[str, ...]


class SamlProvider(msgspec.Struct, frozen=True):
    """A SAML provider as STS needs it; `metadata` is the identity provider's XML document."""

    arn: str
    metadata: str


class Directory(Protocol):
    """Identities and their policies (the iam service's `directory.py`)."""

    def identity_policies(self, principal: Principal) -> list[Held]:
        """Inline, attached and group policies of a user, or of the role behind a session."""
        ...

    def boundary(self, principal: Principal) -> Held | None:
        """The permissions boundary of a user or role."""
        ...

    def tags(self, principal: Principal) -> Mapping[str, str]:
        """The tags of a user or role (session tags come from the session)."""
        ...

    def managed_policy(self, arn: str, account: str) -> Held | None:
        """A managed policy's default version, for session policies by ARN."""
        ...

    def version_in_the_way(self, arn: str) -> str:
        """The oldest version of a managed policy that can have no more of them, or empty where there is room."""
        ...

    def role(self, arn: str) -> RoleView | None:
        """A role by ARN."""
        ...

    def user(self, arn: str) -> UserView | None:
        """A user by ARN."""
        ...

    def web_provider(self, account: str, url: str) -> WebProvider | None:
        """An account's OpenID Connect provider by issuer (host and path, without scheme)."""
        ...

    def saml_provider(self, arn: str) -> SamlProvider | None:
        """A SAML provider by ARN."""
        ...

    def mfa_serials(self, principal: Principal) -> list[str]:
        """The serial numbers of the MFA devices that a user has enabled."""
        ...

    def is_right_mfa_code(self, principal: Principal, serial: str, code: str, now_ms: int) -> bool | None:
        """Whether a code is right now; None when the principal has no such device."""
        ...


class Guardrails(Protocol):
    """An organization's policies over its accounts (the organizations service's `guardrails.py`)."""

    def service_control(self, account: str) -> list[list[Held]]:
        """SCPs from the root down to the account, a list a level; empty when none are in force."""
        ...

    def resource_control(self, account: str) -> list[list[Held]]:
        """RCPs from the root down to the account, a list a level; empty when none are in force."""
        ...

    def public_access_block(self, account: str) -> tuple[str, str] | None:
        """The S3 policy over an account, by ARN, and what it assigns (`all` or `none`), or None."""
        ...

    def organization_id(self, account: str) -> str:
        """The organization that an account is in (`o-…`), or empty."""
        ...

    def organization_path(self, account: str) -> str:
        """`o-…/r-…/ou-…/` of an account, or empty."""
        ...

    def management_account(self, account: str) -> str:
        """The management account of the organization that an account is in, or empty."""
        ...

    def members(self, account: str) -> list[str]:
        """The active accounts of the organization that an account is in, its management account too, or none."""
        ...

    def has_all_features(self, account: str) -> bool:
        """Whether the organization that an account is in has all features enabled."""
        ...

    def has_access(self, account: str, service: str) -> bool:
        """Whether a service (`tagpolicies.tag.amazonaws.com`) has trusted access to an account's organization."""
        ...

    def effective_policy(self, account: str, kind: str) -> Mapping[str, Any] | None:
        """What the policies of a type (`TAG_POLICY`) over an account come to, or None."""
        ...
