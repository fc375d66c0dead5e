"""What EventBridge Pipes keeps in an account and Region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from foulweather.world.store import State, table

RUNNING, STOPPED, DELETED = "RUNNING", "STOPPED", "DELETED"


def part(of: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """A structure within others; empty where there is none."""
    found: Any = of
    for name in names:
        found = found.get(name) or {}
    return found


class Pipe(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A pipe; `settings` holds what was asked for, by its API name.

    `positions` is how far each shard of a stream has been done with. `since_ms` is from when on a stream is read that
    begins at its latest record. `turn` counts its changes of state, so that a timer knows whether it is about the last.
    """

    name: str
    arn: str
    source: str
    target: str
    role: str
    settings: dict[str, Any]
    created_ms: int
    modified_ms: int
    desired: str = RUNNING
    current: str = "CREATING"
    reason: str = ""
    turn: int = 0
    since_ms: int = 0
    positions: dict[str, str] = {}
    tags: dict[str, str] = {}

    @property
    def source_kind(self) -> str:
        """The service that it reads from, as its ARN names it."""
        return self.source.split(":", 3)[2]

    @property
    def target_kind(self) -> str:
        """The service that it sends to, as its ARN names it."""
        return self.target.split(":", 3)[2]

    @property
    def source_settings(self) -> dict[str, Any]:
        """What is said about its kind of source."""
        return part(self.settings, "SourceParameters", SOURCE_PARAMETERS[self.source_kind])

    @property
    def is_at_work(self) -> bool:
        """Whether it is to be polled for."""
        return self.current == RUNNING


SOURCE_PARAMETERS = {
    "sqs": "SqsQueueParameters",
    "kinesis": "KinesisStreamParameters",
    "dynamodb": "DynamoDBStreamParameters",
}
"""The member of SourceParameters that is about a kind of source."""


class PipesState(State):
    """Pipes of one account in one Region, by name."""

    pipes = table(Pipe)
