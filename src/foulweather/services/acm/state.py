"""What AWS Certificate Manager keeps: certificates by Region, and of the world who issues and who uses them."""

from __future__ import annotations

import msgspec

from foulweather.world.store import State, table

AMAZON_ISSUED = "AMAZON_ISSUED"
IMPORTED = "IMPORTED"


class Certificate(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A certificate, or the request for one.

    `issue` counts what was issued or imported under the ARN, so that a timer knows whether it is about what is there
    now. `key` is the private key as PKCS #8 in DER.
    """

    arn: str
    domain: str
    names: list[str]
    kind: str
    status: str
    key_algorithm: str
    created_ms: int
    method: str = ""
    validation_domains: dict[str, str] = {}
    token: str = ""
    transparency: str = "ENABLED"
    export: str = "DISABLED"
    pem: str = ""
    chain: str = ""
    key: bytes = b""
    not_before_ms: int = 0
    not_after_ms: int = 0
    issued_ms: int = 0
    imported_ms: int = 0
    revoked_ms: int = 0
    revocation_reason: str = ""
    failure: str = ""
    issue: int = 0
    exported_issue: int = 0
    was_exported: bool = False
    renewal: str = ""
    renewal_ms: int = 0
    tags: dict[str, str] = {}

    @property
    def is_exported(self) -> bool:
        """Whether what is there now was exported, since it was issued or renewed."""
        return self.issue > 0 and self.exported_issue == self.issue


class Account(msgspec.Struct, omit_defaults=True):
    """An account's settings in a Region; `days` is 0 where nobody has set it."""

    days: int = 0
    token: str = ""


class Made(msgspec.Struct, omit_defaults=True):
    """When certificates were requested and imported, for the quotas of a year."""

    at_ms: list[int] = []


class AcmState(State):
    """Certificates and settings of one account in one Region."""

    certificates = table(Certificate)
    accounts = table(Account)
    made = table(Made)


class Issuer(msgspec.Struct):
    """A certificate authority of this world."""

    pem: str
    key: bytes


class User(msgspec.Struct):
    """A resource that uses certificates, by their ARNs."""

    certificates: list[str]


class Certificates(State):
    """The authorities of a world, and which resources use which certificates."""

    scope = "world"
    issuers = table(Issuer)
    users = table(User)

    def users_of(self, arn: str) -> list[str]:
        """The resources that use a certificate."""
        return sorted(user for user, row in self.users.items() if arn in row.certificates)
