"""What CloudWatch keeps beside its datapoints."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

AlarmValue = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]


class Alarm(msgspec.Struct, kw_only=True):
    """A metric alarm: `config` is what PutMetricAlarm was given, by its members' names."""

    name: str
    arn: str
    config: dict[str, Any]
    configured_ms: int
    value: AlarmValue = "INSUFFICIENT_DATA"
    reason: str = "Unchecked: Initial alarm creation"
    reason_data: str = ""
    updated_ms: int = 0
    transitioned_ms: int = 0
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    acted_ms: int = 0
    told: str = ""
    muted_from: str = ""

    @property
    def is_enabled(self) -> bool:
        """Whether its actions are carried out."""
        return self.config.get("ActionsEnabled", True)

    @property
    def is_composite(self) -> bool:
        """Whether it goes by other alarms."""
        return "AlarmRule" in self.config


class Composite(Alarm, kw_only=True):
    """A composite alarm, and what holds its actions back."""

    suppressed_by: str = ""
    suppressed_reason: str = ""
    held_until_ms: int = 0
    held_from: str = ""


class HistoryItem(msgspec.Struct):
    """Something that happened to an alarm."""

    alarm: str
    alarm_type: str
    at_ms: int
    kind: str
    summary: str
    data: str


class Detector(msgspec.Struct, kw_only=True):
    """An anomaly detector on a metric or on metric math."""

    key: str
    namespace: str = ""
    name: str = ""
    dimensions: list[tuple[str, str]] = msgspec.field(default_factory=list[tuple[str, str]])
    stat: str = ""
    queries: list[dict[str, Any]] = msgspec.field(default_factory=list[dict[str, Any]])
    configuration: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    made_ms: int = 0


class InsightRule(msgspec.Struct, kw_only=True):
    """A Contributor Insights rule; `spans` are the times in which it was enabled, the last perhaps without an end."""

    name: str
    arn: str
    definition: str
    spans: list[list[int]] = msgspec.field(default_factory=list[list[int]])
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])

    @property
    def is_enabled(self) -> bool:
        """Whether it counts now."""
        return bool(self.spans) and not self.spans[-1][1]


class MuteRule(msgspec.Struct, kw_only=True):
    """An alarm mute rule; times are 0 where none was given."""

    name: str
    arn: str
    expression: str
    duration: str
    timezone: str = ""
    description: str = ""
    alarms: list[str] = msgspec.field(default_factory=list[str])
    start_ms: int = 0
    expire_ms: int = 0
    updated_ms: int = 0
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class MetricStream(msgspec.Struct, kw_only=True):
    """A metric stream: `config` is what PutMetricStream was given; every minute up to `sent_minute` is on its way."""

    name: str
    arn: str
    config: dict[str, Any]
    created_ms: int
    updated_ms: int
    sent_minute: int = -1
    is_running: bool = True
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    told: str = ""


class Late(msgspec.Struct):
    """A minute of a series that was added to after it had been streamed."""

    series: str
    minute: int


class Unsent(msgspec.Struct):
    """Records of a metric stream that Firehose has not taken yet."""

    stream: str
    firehose: str
    records: list[bytes]
    attempt: int


class Dashboard(msgspec.Struct):
    """A dashboard's body as it was given."""

    name: str
    arn: str
    body: str
    modified_ms: int
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class Tick(msgspec.Struct):
    """The evaluation of alarms that is on the agenda."""

    seq: int
    when_ms: int
