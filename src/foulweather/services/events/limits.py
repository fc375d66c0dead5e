"""Every quota and size limit of EventBridge.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.event_documents import PatternSyntax
from foulweather.kernel.event_patterns import Group, compiled
from foulweather.kernel.service import Rate
from foulweather.services.events import refusals

# "Rules: The maximum number of rules an account can have per event bus", "Targets per rule", "Event buses".
RULES_MAX: Final = 300
TARGETS_MAX: Final = 5
BUSES_MAX: Final = 100
# "Event bus policy size: Maximum policy size, in characters."
POLICY_CHARS_MAX: Final = 10_240
# "Number of concurrent replays": 10.
REPLAYS_MAX: Final = 10
# The entries of a request together: 1 MB since January 2026, before it was 256 KB.
# https://aws.amazon.com/blogs/compute/more-room-to-build-serverless-services-now-support-payloads-up-to-1-mb
ENTRIES_BYTES_MAX: Final = 1_048_576
CHUNK_BYTES: Final = 65_536
"""An event is billed as one for each of these: https://aws.amazon.com/eventbridge/pricing/"""
TIME_BYTES: Final = 14
TAGS_MAX: Final = 50

# "API destinations: 3,000", "Connections: 3,000".
DESTINATIONS_MAX: Final = 3_000
CONNECTIONS_MAX: Final = 3_000
# How long a connection takes to be authorized is not published; nor how long before its end a token is renewed.
CONNECTION_SETTLES_AFTER_MS: Final = 1_000
TOKEN_SPARE_MS: Final = 60_000

# "Retry policy": for 24 hours and up to 185 times, unless a target says otherwise.
RETRIES_MAX: Final = 185
AGE_S_MAX: Final = 86_400
FIRST_RETRY_MS: Final = 1_000
RETRY_MS_MAX: Final = 480_000

_PER_S: Final = Rate(50, 50, "ThrottlingException", "Rate exceeded")
_WRITES: Final = (
    "CreateEventBus",
    "DeleteEventBus",
    "PutRule",
    "DeleteRule",
    "PutTargets",
    "RemoveTargets",
    "PutPermission",
    "RemovePermission",
    "CreateArchive",
    "CreateApiDestination",
    "UpdateApiDestination",
    "DeleteApiDestination",
    "CreateConnection",
    "UpdateConnection",
    "DeleteConnection",
    "StartReplay",
)
# "PutEvents throttle limit in transactions per second": 10,000 in the large Regions; 50 for the others.
RATES: dict[str, Rate] = {
    "PutEvents": Rate(10_000, 10_000, "ThrottlingException", "Rate exceeded"),
    **dict.fromkeys(_WRITES, _PER_S),
}


def retry_delay_ms(retry: int) -> int:
    """The delay before a retry (the first is number 0): it doubles up to eight minutes.

    AWS retries "for 24 hours and up to 185 times with an exponential back off and jitter" without a formula; with
    these delays 185 retries fill just under 24 hours, and they are exact, so that a held clock can be advanced to them.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
    """
    return min(FIRST_RETRY_MS << min(retry, 20), RETRY_MS_MAX)


def entry_bytes(entry: Mapping[str, Any]) -> int:
    """How much an entry counts against the limit ("Calculating PutEvents event entry size")."""
    size = TIME_BYTES if entry.get("Time") is not None else 0
    for name in ("Source", "DetailType", "Detail"):
        size += len((entry.get(name) or "").encode())
    return size + sum(len(each.encode()) for each in entry.get("Resources") or ())


def checked_pattern(text: str) -> Group:
    """An event pattern, compiled; refused with the reason and its place."""
    try:
        return compiled(text)
    except PatternSyntax as error:
        raise refusals.not_a_pattern(text, error) from None


def checked_tags(tags: Sequence[Mapping[str, str]], held: Mapping[str, str]) -> dict[str, str]:
    """Tags added to those that a resource has."""
    made = dict(held)
    for tag in tags:
        if tag["Key"].lower().startswith("aws:"):
            raise refusals.invalid("Tag keys starting with 'aws:' are reserved for system use", Key=tag["Key"])
        made[tag["Key"]] = tag["Value"]
    if len(made) > TAGS_MAX:
        raise refusals.invalid(f"A resource can have at most {TAGS_MAX} tags.", Tags=len(made))
    return made
