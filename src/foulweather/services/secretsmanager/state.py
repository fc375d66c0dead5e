"""Secrets and their versions of one account and region."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from foulweather.kernel.service import Resource
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.world.store import State, table

CURRENT = "AWSCURRENT"
PREVIOUS = "AWSPREVIOUS"
PENDING = "AWSPENDING"


class Sealed(msgspec.Struct, frozen=True):
    """A value under a data key of its own, which KMS encrypted under `key`."""

    key: str
    data_key: bytes
    blob: bytes


EMPTY = Sealed("", b"", b"")


class Version(msgspec.Struct):
    """One value of a secret; `copies` are its sealed forms for replicas, by region.

    A version that a rotation has begun is empty until its function gives it a value. One that shares the value of
    another (`value_of`) is bound to that one's id.
    """

    id: str
    secret: str
    created_ms: int
    sealed: Sealed
    is_binary: bool = False
    stages: list[str] = []
    accessed_ms: int = 0
    copies: dict[str, Sealed] = {}
    value_of: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is no value yet."""
        return not self.sealed.blob

    @property
    def row(self) -> str:
        """The key of the version's row."""
        return f"{self.secret}\n{self.id}"


class Replica(msgspec.Struct):
    """A region that a secret is replicated to. `status` is InProgress, InSync or Failed."""

    region: str
    key: str
    status: str = "InProgress"
    message: str = ""
    overwrites: bool = False


class Rotation(msgspec.Struct):
    """How a secret is rotated; `due_ms` is when within its next window, which ends at `ends_ms`."""

    function: str
    is_enabled: bool = True
    days: int = 0
    expression: str = ""
    duration: str = ""
    last_ms: int = 0
    due_ms: int = 0
    ends_ms: int = 0
    pending: str = ""
    failures: int = 0


class Secret(msgspec.Struct):
    """A secret without its values. A replica names its `primary_region`, which is another than its own."""

    name: str
    suffix: str
    account: str
    region: str
    created_ms: int
    changed_ms: int
    description: str = ""
    key: str = ""
    tags: dict[str, str] = {}
    policy: str = ""
    accessed_ms: int = 0
    deletion_ms: int = 0
    deletion_seq: int = 0
    primary_region: str = ""
    replicas: dict[str, Replica] = {}
    rotation: Rotation | None = None
    owner: str = ""

    @property
    def arn(self) -> str:
        """The secret's ARN, which ends with six random characters."""
        return self.arn_in(self.region)

    def arn_in(self, region: str) -> str:
        """The ARN of the secret, or of its replica, in a region."""
        return f"arn:aws:secretsmanager:{region}:{self.account}:secret:{self.name}-{self.suffix}"

    @property
    def is_replica(self) -> bool:
        """Whether the secret follows a primary in another region."""
        return bool(self.primary_region) and self.primary_region != self.region


class SecretsState(State):
    """Everything of Secrets Manager in an account and region; values are sealed under KMS keys."""

    secrets = table(Secret)
    versions = table(Version)

    def opened(self) -> None:
        """Index the rows; policies are compiled when first used."""
        self._versions_of: dict[str, dict[str, Version]] = {}
        self._policies: dict[str, Held] = {}
        for version in self.versions.values():
            self._versions_of.setdefault(version.secret, {})[version.id] = version

    # --- secrets

    def put(self, secret: Secret) -> None:
        """Take in a new or a changed secret."""
        self._policies.pop(secret.name, None)
        self.secrets.put(secret.name, secret)

    def touch(self, secret: Secret) -> None:
        """Have a changed secret written."""
        self._policies.pop(secret.name, None)
        self.secrets.touch(secret.name)

    def remove(self, secret: Secret) -> None:
        """Forget a secret and all its values."""
        for version in self._versions_of.pop(secret.name, {}).values():
            self.versions.delete(version.row)
        self._policies.pop(secret.name, None)
        self.secrets.delete(secret.name)

    def resource_of(self, secret: Secret) -> Resource:
        """A secret as authorization sees it."""
        return Resource(secret.arn, secret.account, self._policy_of(secret), secret.tags)

    def _policy_of(self, secret: Secret) -> Held | None:
        if not secret.policy:
            return None
        found = self._policies.get(secret.name)
        if found is None:
            found = self._policies[secret.name] = Held(secret.arn, "resource", parse(secret.policy, "resource"))
        return found

    # --- versions

    def versions_of(self, secret: Secret) -> Iterable[Version]:
        """The versions of a secret, oldest first."""
        return self._versions_of.get(secret.name, {}).values()

    def version(self, secret: Secret, version_id: str) -> Version | None:
        """A version by its id."""
        return self._versions_of.get(secret.name, {}).get(version_id)

    def staged(self, secret: Secret, label: str) -> Version | None:
        """The version that has a staging label."""
        return next((each for each in self.versions_of(secret) if label in each.stages), None)

    def put_version(self, version: Version) -> None:
        """Take in a new or a changed version."""
        self._versions_of.setdefault(version.secret, {})[version.id] = version
        self.versions.put(version.row, version)

    def remove_version(self, version: Version) -> None:
        """Forget a version."""
        self._versions_of[version.secret].pop(version.id)
        self.versions.delete(version.row)
