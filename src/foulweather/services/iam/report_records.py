"""The rows of what IAM reports: jobs, reports, and when things were used."""

from __future__ import annotations

import msgspec


class DeletionTask(msgspec.Struct, kw_only=True):
    """The deletion of a service-linked role."""

    id: str
    role: str
    status: str
    reason: str = ""

    @property
    def key(self) -> str:
        """The row's key."""
        return self.id


class CredentialReport(msgspec.Struct, kw_only=True):
    """The account's last credential report."""

    asked_ms: int
    ready_ms: int
    content: str

    @property
    def key(self) -> str:
        """The row's key."""
        return "report"


class Access(msgspec.Struct, kw_only=True):
    """The last time that an identity called an operation, as an action."""

    namespace: str
    action: str
    identity: str
    at_ms: int
    region: str


class AccessJob(msgspec.Struct, kw_only=True):
    """A report of when services were last accessed: by whom it could be, of what, and what was found."""

    id: str
    granularity: str
    asked_ms: int
    ready_ms: int
    identities: list[str]
    namespaces: list[str]
    accesses: list[Access]

    @property
    def key(self) -> str:
        """The row's key."""
        return self.id


class IdentityUse(msgspec.Struct, kw_only=True):
    """When an identity last called what: `service/Operation` to time and region."""

    id: str
    calls: dict[str, tuple[int, str]] = {}


class KeyUse(msgspec.Struct, kw_only=True):
    """When and for what an access key was last used."""

    id: str
    at_ms: int
    service: str
    operation: str
    region: str
