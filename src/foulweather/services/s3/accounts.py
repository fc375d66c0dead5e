"""What S3 knows about an account as a whole, and its access points."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.world.store import State, table


class AccountSettings(msgspec.Struct, omit_defaults=True):
    """The settings of an account: who may be let in at all. `public_access_block` holds the four flags."""

    public_access_block: dict[str, bool] | None = None


class AccessPoint(msgspec.Struct, omit_defaults=True):
    """A named way into a bucket, with a policy of its own; `vpc` is empty where it is open to the internet."""

    name: str
    account: str
    region: str
    bucket: str
    bucket_account: str
    alias: str
    created_ms: int
    vpc: str = ""
    public_access_block: dict[str, bool] = {}
    policy: str = ""
    policy_ids: dict[str, str] = {}
    tags: dict[str, str] = {}
    scope: dict[str, Any] = {}

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:s3:{self.region}:{self.account}:accesspoint/{self.name}"

    @property
    def key(self) -> str:
        """Its row's key."""
        return key_of(self.account, self.region, self.name)


class Job(msgspec.Struct, omit_defaults=True):
    """A batch job: what was asked (`CreateJob`'s request), and how far it is."""

    id: str
    account: str
    region: str
    request: dict[str, Any]
    priority: int
    created_ms: int
    status: str = "New"
    tasks: int = 0
    succeeded: int = 0
    failed: int = 0
    active_ms: int = 0
    ended_ms: int = 0
    suspended_ms: int = 0
    reason: str = ""
    failures: list[dict[str, str]] = []
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:s3:{self.region}:{self.account}:job/{self.id}"


def key_of(account: str, region: str, name: str) -> str:
    """The row's key of an access point."""
    return f"{account}/{region}/{name}"


class S3ControlState(State):
    """The accounts' settings by account, and all access points, which are found by ARN and by alias."""

    scope = "world"
    accounts = table(AccountSettings)
    access_points = table(AccessPoint)
    jobs = table(Job)

    def opened(self) -> None:
        """Index the aliases."""
        self.by_alias = {point.alias: point for point in self.access_points.values()}

    def add(self, point: AccessPoint) -> None:
        """Create an access point."""
        self.access_points.put(point.key, point)
        self.by_alias[point.alias] = point

    def remove(self, point: AccessPoint) -> None:
        """Delete an access point."""
        self.access_points.delete(point.key)
        del self.by_alias[point.alias]
