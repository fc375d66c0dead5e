"""What Application Auto Scaling keeps: targets, policies, their alarms, scheduled actions and activities."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Direction = Literal["Read", "Write"]
AlarmKind = Literal["AlarmHigh", "AlarmLow", "ProvisionedCapacityHigh", "ProvisionedCapacityLow"]
Status = Literal["Pending", "InProgress", "Successful", "Overridden", "Unfulfilled", "Failed"]
SUSPENSIONS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


def target_key(resource_id: str, dimension: str) -> str:
    """What a scalable target is kept under; the dimension begins with the namespace."""
    return f"{dimension} {resource_id}"


class Target(msgspec.Struct, kw_only=True):
    """A scalable target. `units` is the capacity last seen, `activity` the one that is not over yet.

    `failure` is why the last activity failed: while the next ones fail alike, the reason is not told again.
    """

    id: str
    account: str
    region: str
    namespace: str
    resource_id: str
    dimension: str
    min_units: int
    max_units: int
    role_arn: str
    created_ms: int
    suspended: dict[str, bool] = {}
    tags: dict[str, str] = {}
    units: int = 0
    activity: str = ""
    failure: str = ""

    @property
    def key(self) -> str:
        """What it is kept under."""
        return target_key(self.resource_id, self.dimension)

    @property
    def arn(self) -> str:
        """The target's own ARN."""
        return f"arn:aws:application-autoscaling:{self.region}:{self.account}:scalable-target/{self.id}"

    @property
    def resource_arn(self) -> str:
        """The ARN of what is scaled: a table, or an index of it."""
        return f"arn:aws:{self.namespace}:{self.region}:{self.account}:{self.resource_id}"

    @property
    def table(self) -> str:
        """The table's name."""
        return self.resource_id.split("/")[1]

    @property
    def index(self) -> str:
        """The index's name, or empty."""
        return self.resource_id.split("/")[3] if "/index/" in self.resource_id else ""

    @property
    def direction(self) -> Direction:
        """Whether its read or its write capacity is scaled."""
        return "Read" if self.dimension.endswith(":ReadCapacityUnits") else "Write"

    @property
    def described(self) -> str:
        """The words that refusals name a target by."""
        return (
            f"service namespace: {self.namespace}, resource ID: {self.resource_id}, "
            f"scalable dimension: {self.dimension}"
        )

    @property
    def units_named(self) -> str:
        """What activities call the capacity: `write capacity units`."""
        return f"{self.direction.lower()} capacity units"

    def is_suspended(self, what: str) -> bool:
        """Whether one of the three ways of scaling is suspended."""
        return self.suspended.get(what, False)


class Policy(msgspec.Struct, kw_only=True):
    """A scaling policy. `out_ms` and `in_ms` are when its last activities ended, `out_by` what the last one added."""

    id: str
    name: str
    target: str
    type: str
    config: dict[str, Any]
    created_ms: int
    alarms: list[str] = []
    out_ms: int = 0
    out_by: int = 0
    in_ms: int = 0

    @property
    def key(self) -> str:
        """What it is kept under."""
        return f"{self.target} {self.name}"

    def arn(self, target: Target) -> str:
        """The policy's ARN."""
        return (
            f"arn:aws:autoscaling:{target.region}:{target.account}:scalingPolicy:{self.id}:"
            f"resource/{target.namespace}/{target.resource_id}:policyName/{self.name}"
        )


class Alarm(msgspec.Struct, kw_only=True):
    """An alarm that a target tracking policy owns; `for_units` is the capacity its threshold was made for.

    CloudWatch asked for its policy at `alarmed_ms` last, by `values`, oldest first: it does so every minute in ALARM.
    `told` is the reason last put on record for an alarm that led to nothing, so that it is told once.
    """

    name: str
    policy: str
    kind: AlarmKind
    metric: str
    threshold: float
    periods: int
    period_s: int
    for_units: int
    alarmed_ms: int = 0
    values: list[float] = []
    told: str = ""

    def arn(self, target: Target) -> str:
        """The alarm's ARN."""
        return f"arn:aws:cloudwatch:{target.region}:{target.account}:alarm:{self.name}"


class ScheduledAction(msgspec.Struct, kw_only=True):
    """A scheduled action; `due` is its number on the agenda, 0 when it will not run again."""

    id: str
    name: str
    target: str
    schedule: str
    created_ms: int
    timezone: str = ""
    start_ms: int = 0
    end_ms: int = 0
    min_units: int | None = None
    max_units: int | None = None
    due: int = 0

    @property
    def key(self) -> str:
        """What it is kept under."""
        return f"{self.target} {self.name}"

    def arn(self, target: Target) -> str:
        """The scheduled action's ARN."""
        return (
            f"arn:aws:autoscaling:{target.region}:{target.account}:scheduledAction:{self.id}:"
            f"resource/{target.namespace}/{target.resource_id}:scheduledActionName/{self.name}"
        )


class Activity(msgspec.Struct, kw_only=True):
    """A scaling activity; `wanted` is the capacity it sets and `policy` the one that asked for it."""

    id: str
    target: str
    namespace: str
    resource_id: str
    dimension: str
    description: str
    cause: str
    started_ms: int
    status: Status = "Pending"
    message: str = ""
    ended_ms: int = 0
    reasons: list[dict[str, Any]] = []
    wanted: int = 0
    before: int = 0
    policy: str = ""
    number: int = 0
