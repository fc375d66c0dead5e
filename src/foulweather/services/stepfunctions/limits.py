"""Every quota of Step Functions, and how often its operations may be called.

https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Rate
from foulweather.kernel.why import Fact
from foulweather.world.world import World

PAYLOAD_BYTES_MAX: Final = 262_144
YEAR_MS: Final = 365 * 86_400_000
EXPRESS_MS: Final = 300_000
POLL_MS: Final = 60_000
POLLERS_MAX: Final = 1_000
TAGS_MAX: Final = 50
MACHINES_MAX: Final = 100_000
ACTIVITIES_MAX: Final = 100_000
OPEN_MAX: Final = 1_000_000
VERSIONS_MAX: Final = 1_000
ALIASES_MAX: Final = 100
REDRIVE_MS: Final = 14 * 86_400_000
CHILDREN_MAX: Final = 10_000
MILLI: Final = 1_000
# Those Regions have the larger buckets.
LARGE: Final = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
_TAG: Final = re.compile(r"[\w\s.:/=+\-@]*", re.UNICODE)
_THROTTLED: Final = ("ThrottlingException", "Rate exceeded", 400)


def _rates(burst: int, per_s: int, *names: str) -> dict[str, Rate]:
    return {name: Rate(per_s, burst, *_THROTTLED) for name in names}


RATES: dict[str, Rate] = {
    **_rates(
        100,
        1,
        "CreateActivity",
        "CreateStateMachine",
        "CreateStateMachineAlias",
        "DeleteActivity",
        "DeleteStateMachine",
        "DeleteStateMachineAlias",
        "DeleteStateMachineVersion",
        "ListMapRuns",
        "ListStateMachineAliases",
        "ListStateMachineVersions",
        "ListTagsForResource",
        "PublishStateMachineVersion",
        "UpdateStateMachine",
        "UpdateStateMachineAlias",
        "UpdateMapRun",
    ),
    **_rates(
        200,
        1,
        "DescribeActivity",
        "DescribeMapRun",
        "DescribeStateMachineAlias",
        "DescribeStateMachineForExecution",
        "TagResource",
        "UntagResource",
    ),
    **_rates(200, 20, "DescribeStateMachine"),
    **_rates(300, 15, "DescribeExecution"),
    **_rates(400, 20, "GetExecutionHistory"),
    **_rates(3_000, 500, "GetActivityTask", "SendTaskFailure", "SendTaskHeartbeat", "SendTaskSuccess"),
    **_rates(100, 10, "ListActivities"),
    **_rates(200, 5, "ListExecutions"),
    **_rates(100, 5, "ListStateMachines"),
    **_rates(1_300, 300, "RedriveExecution"),
    **_rates(1_000, 200, "StopExecution"),
}


class Buckets:
    """What is left of a world's buckets, in thousandths, by account and Region."""

    def __init__(self) -> None:
        self.fills: dict[tuple[str, str, str], tuple[int, int]] = {}

    @classmethod
    def of(cls, world: World) -> Buckets:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return found  # type: ignore[return-value]

    def take(self, what: str, call: Call, burst: int, per_s: int, now_ms: int) -> int:
        """Take one token: 0, or else the milliseconds until there is one."""
        key = what, call.account, call.region
        fill, at_ms = self.fills.get(key, (burst * MILLI, now_ms))
        fill = min(burst * MILLI, fill + (now_ms - at_ms) * per_s)
        if fill < MILLI:
            self.fills[key] = fill, now_ms
            return max(1, -(-(MILLI - fill) // per_s))
        self.fills[key] = fill - MILLI, now_ms
        return 0


def start_rate(region: str, kind: str) -> tuple[int, int]:
    """The bucket of StartExecution: its size, and what it gets in a second."""
    if kind == "EXPRESS":
        return 6_000, 6_000
    return (1_300, 300) if region in LARGE else (800, 150)


def transition_rate(region: str) -> tuple[int, int]:
    """The bucket of state transitions of Standard Workflows."""
    return (5_000, 5_000) if region in LARGE else (800, 800)


def checked_tags(tags: Sequence[Mapping[str, str]], held: Mapping[str, str], arn: str) -> dict[str, str]:
    """Tags added to those that a resource has."""
    made = dict(held)
    for tag in tags:
        key, value = tag.get("key") or "", tag.get("value") or ""
        if key.lower().startswith("aws:") or not _TAG.fullmatch(key) or not _TAG.fullmatch(value):
            raise AwsError("ValidationException", f"Invalid tag: '{key}'", 400, facts=(Fact("request", "tag", key),))
        made[key] = value
    if len(made) > TAGS_MAX:
        raise AwsError(
            "TooManyTags",
            f"The maximum number of tags for a resource is {TAGS_MAX}: '{arn}'",
            400,
            facts=(Fact(arn, "tags", len(made)), Fact("quota", "tags", TAGS_MAX)),
            members={"resourceName": arn[:256]},
        )
    return made


def is_json(text: str) -> bool:
    """Whether a text is JSON."""
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True


def size(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
