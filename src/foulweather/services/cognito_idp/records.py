"""What a user pool is made of: its clients, users, groups, keys, sessions and messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

Settings = dict[str, Any]
_NOTHING: Mapping[str, Any] = {}


def part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A structure inside another; empty where it is not there."""
    return of.get(name) or _NOTHING


class SigningKey(msgspec.Struct, frozen=True):
    """A key that a pool signs tokens with; `private` is PKCS #8 in DER."""

    kid: str
    private: bytes


class Attribute(msgspec.Struct, omit_defaults=True):
    """An attribute of a pool's schema; of a number `least` and `most` bound the value, of a string its length."""

    name: str
    type: str
    is_mutable: bool = True
    is_required: bool = False
    is_developer_only: bool = False
    least: str | None = None
    most: str | None = None


class Pool(msgspec.Struct):
    """A user pool; `settings` are the members of UpdateUserPool that were given, or their defaults."""

    id: str
    name: str
    account: str
    region: str
    created_ms: int
    modified_ms: int
    settings: Settings
    schema: dict[str, Attribute]
    id_key: SigningKey
    access_key: SigningKey
    username_attributes: list[str] = []
    alias_attributes: list[str] = []
    is_case_sensitive: bool | None = None
    tags: dict[str, str] = {}
    mfa: Settings = {}
    domain: str = ""
    custom_domain: str = ""

    @property
    def arn(self) -> str:
        """The pool's ARN."""
        return f"arn:aws:cognito-idp:{self.region}:{self.account}:userpool/{self.id}"

    @property
    def issuer(self) -> str:
        """The `iss` of its tokens."""
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.id}"

    @property
    def short(self) -> str:
        """The part of the id that SRP counts as the pool's name."""
        return self.id.partition("_")[2]

    @property
    def mfa_mode(self) -> str:
        """OFF, ON or OPTIONAL."""
        return self.settings["MfaConfiguration"]

    @property
    def tier(self) -> str:
        """LITE, ESSENTIALS or PLUS."""
        return self.settings["UserPoolTier"]

    @property
    def password_policy(self) -> Settings:
        """The password policy with its defaults."""
        return self.settings["Policies"]["PasswordPolicy"]

    @property
    def first_factors(self) -> list[str]:
        """What USER_AUTH may begin with."""
        return self.settings["Policies"]["SignInPolicy"]["AllowedFirstAuthFactors"]

    @property
    def tracks_devices(self) -> bool:
        """Whether it knows users' devices: "any property of DeviceConfiguration" turns that on."""
        return bool(self.settings.get("DeviceConfiguration"))

    @property
    def trusts_devices(self) -> bool:
        """Whether a remembered device stands in for a second factor."""
        return bool(part(self.settings, "DeviceConfiguration").get("ChallengeRequiredOnNewDevice"))

    @property
    def asks_about_devices(self) -> bool:
        """Whether users say themselves which devices are remembered."""
        return bool(part(self.settings, "DeviceConfiguration").get("DeviceOnlyRememberedOnUserPrompt"))

    def trigger(self, name: str) -> str:
        """The function of a trigger, or empty."""
        return self.settings["LambdaConfig"].get(name) or ""

    def folded(self, name: str) -> str:
        """A user name or alias as it is compared."""
        return name if self.is_case_sensitive in (None, True) else name.lower()


class Secret(msgspec.Struct):
    """One of a client's secrets."""

    id: str
    value: str
    created_ms: int


class Client(msgspec.Struct):
    """An app client; `settings` are the members of UpdateUserPoolClient that were given, or their defaults."""

    id: str
    pool: str
    name: str
    created_ms: int
    modified_ms: int
    settings: Settings
    secrets: list[Secret] = []

    @property
    def hides_users(self) -> bool:
        """Whether it does not tell who exists."""
        return self.settings.get("PreventUserExistenceErrors") == "ENABLED"

    @property
    def rotates(self) -> bool:
        """Whether a refresh token is good for one refresh."""
        return self.settings.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED"

    def allows(self, *flows: str) -> bool:
        """Whether one of these sign-in flows is enabled."""
        enabled = self.settings.get("ExplicitAuthFlows") or DEFAULT_FLOWS
        return any(flow in enabled for flow in flows)


DEFAULT_FLOWS = ("ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH")


class Verifier(msgspec.Struct, frozen=True):
    """What a pool keeps of a password: SRP's salt and verifier, in hexadecimal."""

    salt: str
    value: str


class Code(msgspec.Struct):
    """A code that a user was sent, for one purpose; `target` is the value that it confirms."""

    value: str
    expires_ms: int
    target: str = ""


class User(msgspec.Struct):
    """A user of a pool; `name` is what `cognito:username` says."""

    name: str
    pool: str
    sub: str
    status: str
    created_ms: int
    modified_ms: int
    attributes: dict[str, str]
    is_enabled: bool = True
    password: Verifier | None = None
    past: list[Verifier] = []
    temporary_until_ms: int = 0
    groups: list[str] = []
    codes: dict[str, Code] = {}
    tries: dict[str, list[int]] = {}
    failures: int = 0
    failed_ms: int = 0
    locked_until_ms: int = 0
    factors: list[str] = []
    preferred: str = ""
    totp: str = ""
    totp_pending: str = ""
    totp_name: str = ""
    totp_step: int = 0
    signed_out_ms: int = 0
    pending: dict[str, str] = {}

    @property
    def key(self) -> str:
        """Its key among the users of all pools."""
        return f"{self.pool}/{self.name}"

    def is_verified(self, name: str) -> bool:
        """Whether an e-mail address or phone number is verified."""
        return self.attributes.get(f"{name}_verified") == "true"


class Device(msgspec.Struct):
    """A device that a user has signed in with; it counts once it is confirmed."""

    key: str
    group: str
    pool: str
    user: str
    created_ms: int
    modified_ms: int = 0
    authenticated_ms: int = 0
    is_confirmed: bool = False
    is_remembered: bool = False
    name: str = ""
    ip: str = ""
    verifier: Verifier | None = None

    @property
    def row(self) -> str:
        """Its key among the devices of all users."""
        return f"{self.pool}/{self.user}/{self.key}"

    @property
    def status(self) -> str:
        """As the API says whether it is remembered."""
        return "remembered" if self.is_remembered else "not_remembered"

    @property
    def can_prove(self) -> bool:
        """Whether it is remembered, and has a password to prove."""
        return self.is_remembered and self.verifier is not None


class Group(msgspec.Struct):
    """A group of users."""

    name: str
    pool: str
    created_ms: int
    modified_ms: int
    description: str | None = None
    role: str | None = None
    precedence: int | None = None


class ResourceServer(msgspec.Struct):
    """A resource server and its scopes, with what they are for."""

    identifier: str
    pool: str
    name: str
    scopes: dict[str, str]


class IdentityProviderRecord(msgspec.Struct):
    """An external identity provider's configuration."""

    name: str
    pool: str
    type: str
    details: dict[str, str]
    mapping: dict[str, str]
    identifiers: list[str]
    created_ms: int
    modified_ms: int


class Domain(msgspec.Struct):
    """A domain of the hosted pages: a prefix, or a name of one's own with its certificate."""

    name: str
    pool: str
    created_ms: int
    version: int = 1
    certificate: str = ""
    cloudfront: str = ""


class Session(msgspec.Struct):
    """A sign-in under way: the challenge that it waits for, and what is known so far."""

    id: str
    pool: str
    client: str
    user: str
    challenge: str
    expires_ms: int
    facts: Settings
    is_used: bool = False


class Refresh(msgspec.Struct):
    """What a refresh token stands for; its key is the token's hash."""

    key: str
    pool: str
    client: str
    user: str
    origin: str
    scopes: list[str]
    signed_in_ms: int
    expires_ms: int
    successor: str = ""
    retired_ms: int = 0
    is_hosted: bool = False
    device: str = ""


class Revoked(msgspec.Struct, frozen=True):
    """A sign-in whose tokens count no more, until the last of them has expired."""

    origin: str
    expires_ms: int


class ImportJob(msgspec.Struct):
    """The import of users from a CSV file; `done` is how many of its lines are."""

    id: str
    name: str
    pool: str
    role: str
    url: str
    token: str
    created_ms: int
    status: str = "Created"
    file: str = ""
    started_ms: int = 0
    completed_ms: int = 0
    done: int = 0
    imported: int = 0
    skipped: int = 0
    failed: int = 0
    message: str = ""

    @property
    def is_running(self) -> bool:
        """Whether users are being imported."""
        return self.status in ("Pending", "InProgress", "Stopping")


class Message(msgspec.Struct, omit_defaults=True):
    """A message that a user would have been sent; it is kept to be read here."""

    id: str
    pool: str
    user: str
    medium: str
    destination: str
    purpose: str
    body: str
    at_ms: int
    subject: str = ""
    code: str = ""
