"""The rows of IAM's tables; each knows its key and its ARN."""

from __future__ import annotations

import msgspec

from foulweather.services.iam.report_records import AccessJob, CredentialReport, DeletionTask


def second(now_ms: int) -> int:
    """The time as IAM tells when something was made: to the second."""
    return now_ms // 1000 * 1000


class Identity(msgspec.Struct, kw_only=True):
    """What users, groups and roles have in common. Names are not distinguished by case."""

    account: str
    name: str
    path: str
    id: str
    created_ms: int
    attached: list[str] = []
    inline: dict[str, str] = {}

    @property
    def key(self) -> str:
        """The row's key."""
        return self.name.lower()

    @property
    def arn(self) -> str:
        """The identity's ARN."""
        return f"arn:aws:iam::{self.account}:{type(self).__name__.lower()}{self.path}{self.name}"


class User(Identity, kw_only=True):
    """An IAM user; `groups` are keys of groups."""

    boundary: str = ""
    tags: dict[str, str] = {}
    groups: list[str] = []
    password_used_ms: int = 0


class Group(Identity, kw_only=True):
    """An IAM group; its members are found in the users."""


class Role(Identity, kw_only=True):
    """An IAM role.

    `trusted_ids` holds the unique id, at the time the trust policy was set, of each user and role that
    it names by ARN. `service` is the service to which a service-linked role is linked.
    """

    trust: str
    trusted_ids: dict[str, str] = {}
    description: str | None = None
    max_session_s: int = 3600
    boundary: str = ""
    tags: dict[str, str] = {}
    service: str = ""


class InstanceProfile(msgspec.Struct, kw_only=True):
    """A container for the one role that an EC2 instance may have; `role` is the role's key."""

    account: str
    name: str
    path: str
    id: str
    created_ms: int
    role: str = ""
    tags: dict[str, str] = {}

    @property
    def key(self) -> str:
        """The row's key."""
        return self.name.lower()

    @property
    def arn(self) -> str:
        """The instance profile's ARN."""
        return f"arn:aws:iam::{self.account}:instance-profile{self.path}{self.name}"


class PolicyVersion(msgspec.Struct, kw_only=True):
    """One version of a managed policy."""

    id: str
    document: str
    created_ms: int


class ManagedPolicy(msgspec.Struct, kw_only=True):
    """A managed policy, a customer's or (with the account `aws`) AWS's; versions from the oldest on."""

    account: str
    name: str
    path: str
    id: str
    created_ms: int
    updated_ms: int
    versions: list[PolicyVersion]
    default_id: str = "v1"
    made: int = 1
    description: str | None = None
    tags: dict[str, str] = {}

    @property
    def key(self) -> str:
        """The row's key."""
        return self.name.lower()

    @property
    def arn(self) -> str:
        """The policy's ARN."""
        return f"arn:aws:iam::{self.account}:policy{self.path}{self.name}"

    def version(self, version_id: str) -> PolicyVersion | None:
        """A version by id."""
        return next((version for version in self.versions if version.id == version_id), None)

    @property
    def default(self) -> PolicyVersion:
        """The version in force."""
        found = self.version(self.default_id)
        assert found is not None, f"{self.arn} has no version {self.default_id}"
        return found


class AccessKey(msgspec.Struct, kw_only=True):
    """A long-term access key; `user` is the unique id of its user, empty for the root user."""

    id: str
    user: str
    created_ms: int
    changed_ms: int = 0
    is_active: bool = True

    @property
    def key(self) -> str:
        """The row's key."""
        return self.id


class LoginProfile(msgspec.Struct, kw_only=True):
    """The console password of the user with that unique id, hashed; `earlier` are older hashes, latest first."""

    user: str
    salt: bytes
    hashed: bytes
    created_ms: int
    changed_ms: int
    must_reset: bool = False
    earlier: list[bytes] = []

    @property
    def key(self) -> str:
        """The row's key."""
        return self.user


class MfaDevice(msgspec.Struct, kw_only=True):
    """A virtual MFA device; `user` is the unique id of its user, `drift` the 30-second steps its clock is ahead."""

    account: str
    name: str
    path: str
    seed: str
    created_ms: int
    user: str = ""
    enabled_ms: int = 0
    drift: int = 0
    tags: dict[str, str] = {}

    @property
    def key(self) -> str:
        """The row's key."""
        return self.arn

    @property
    def arn(self) -> str:
        """The serial number."""
        return f"arn:aws:iam::{self.account}:mfa{self.path}{self.name}"


class SamlProvider(msgspec.Struct, kw_only=True):
    """A SAML identity provider; `private_keys` are PEM by key id, with the time they were added."""

    account: str
    name: str
    metadata: str
    uuid: str
    created_ms: int
    valid_until_ms: int
    encryption: str = ""
    private_keys: dict[str, tuple[int, str]] = {}
    tags: dict[str, str] = {}

    @property
    def key(self) -> str:
        """The row's key."""
        return self.arn

    @property
    def arn(self) -> str:
        """The provider's ARN."""
        return f"arn:aws:iam::{self.account}:saml-provider/{self.name}"


class OidcProvider(msgspec.Struct, kw_only=True):
    """An OpenID Connect identity provider; `url` has no scheme."""

    account: str
    url: str
    created_ms: int
    client_ids: list[str] = []
    thumbprints: list[str] = []
    tags: dict[str, str] = {}

    @property
    def key(self) -> str:
        """The row's key."""
        return self.arn

    @property
    def arn(self) -> str:
        """The provider's ARN."""
        return f"arn:aws:iam::{self.account}:oidc-provider/{self.url}"


class ServerCertificate(msgspec.Struct, kw_only=True):
    """A TLS certificate with its private key."""

    account: str
    name: str
    path: str
    id: str
    uploaded_ms: int
    expires_ms: int
    body: str
    private_key: str
    chain: str = ""
    tags: dict[str, str] = {}

    @property
    def key(self) -> str:
        """The row's key."""
        return self.name.lower()

    @property
    def arn(self) -> str:
        """The certificate's ARN."""
        return f"arn:aws:iam::{self.account}:server-certificate{self.path}{self.name}"


class SigningCertificate(msgspec.Struct, kw_only=True):
    """An X.509 certificate; `user` is the unique id of its user, empty for the root user."""

    id: str
    user: str
    body: str
    fingerprint: str
    uploaded_ms: int
    is_active: bool = True

    @property
    def key(self) -> str:
        """The row's key."""
        return self.id


class SshKey(msgspec.Struct, kw_only=True):
    """An SSH public key for CodeCommit, in OpenSSH's form; `user` is the unique id of its user."""

    id: str
    user: str
    body: str
    fingerprint: str
    uploaded_ms: int
    is_active: bool = True

    @property
    def key(self) -> str:
        """The row's key."""
        return self.id


class ServiceCredential(msgspec.Struct, kw_only=True):
    """A credential for one service only, a user name with a password or an API key; `user` is a unique id."""

    id: str
    user: str
    service: str
    created_ms: int
    secret: str
    is_active: bool = True
    user_name: str = ""
    alias: str = ""
    expires_ms: int = 0

    @property
    def key(self) -> str:
        """The row's key."""
        return self.id


class PasswordPolicy(msgspec.Struct, kw_only=True):
    """What an account demands of its users' passwords; the defaults are the API's."""

    length_min: int = 6
    needs_symbol: bool = False
    needs_number: bool = False
    needs_upper: bool = False
    needs_lower: bool = False
    users_may_change: bool = False
    age_max_days: int = 0
    reuse_prevention: int = 0
    hard_expiry: bool | None = None


class Settings(msgspec.Struct, kw_only=True):
    """What an account has once."""

    alias: str = ""
    passwords: PasswordPolicy | None = None
    token_version: int = 1

    @property
    def key(self) -> str:
        """The row's key."""
        return "settings"


Row = (
    User
    | Group
    | Role
    | InstanceProfile
    | ManagedPolicy
    | AccessKey
    | LoginProfile
    | MfaDevice
    | SamlProvider
    | OidcProvider
    | ServerCertificate
    | SigningCertificate
    | SshKey
    | ServiceCredential
    | Settings
    | DeletionTask
    | CredentialReport
    | AccessJob
)


class RootFeature(msgspec.Struct, kw_only=True):
    """A feature of centralized root access that an organization's management account has turned on."""

    since_ms: int
