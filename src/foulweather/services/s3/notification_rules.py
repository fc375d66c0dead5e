"""Event notifications as they are configured: which events there are, and which rules an event meets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from foulweather.services.s3 import refusals
from foulweather.services.s3.schema import part

EVENTS: Final = frozenset(
    {
        "s3:TestEvent",
        "s3:ReducedRedundancyLostObject",
        "s3:ObjectCreated:*",
        "s3:ObjectCreated:Put",
        "s3:ObjectCreated:Post",
        "s3:ObjectCreated:Copy",
        "s3:ObjectCreated:CompleteMultipartUpload",
        "s3:ObjectRemoved:*",
        "s3:ObjectRemoved:Delete",
        "s3:ObjectRemoved:DeleteMarkerCreated",
        "s3:ObjectRestore:*",
        "s3:ObjectRestore:Post",
        "s3:ObjectRestore:Completed",
        "s3:ObjectRestore:Delete",
        "s3:Replication:*",
        "s3:Replication:OperationFailedReplication",
        "s3:Replication:OperationNotTracked",
        "s3:Replication:OperationMissedThreshold",
        "s3:Replication:OperationReplicatedAfterThreshold",
        "s3:LifecycleTransition",
        "s3:IntelligentTiering",
        "s3:ObjectAcl:Put",
        "s3:LifecycleExpiration:*",
        "s3:LifecycleExpiration:Delete",
        "s3:LifecycleExpiration:DeleteMarkerCreated",
        "s3:ObjectTagging:*",
        "s3:ObjectTagging:Put",
        "s3:ObjectTagging:Delete",
    }
)
KINDS: Final = {
    "QueueConfigurations": "QueueArn",
    "TopicConfigurations": "TopicArn",
    "LambdaFunctionConfigurations": "LambdaFunctionArn",
}
CONFIGURATIONS_MAX: Final = 100
KEY_MAX: Final = 1024


class Target(NamedTuple):
    """A rule: which events of which keys go where."""

    id: str
    arn: str
    events: tuple[str, ...]
    prefix: str
    suffix: str

    def meets(self, event: str, key: str) -> bool:
        """Whether the rule is about an event of a key."""
        if not (key.startswith(self.prefix) and key.endswith(self.suffix)):
            return False
        return any(event == each or (each.endswith("*") and event.startswith(each[:-1])) for each in self.events)


def targets(configuration: Mapping[str, Any]) -> Iterator[Target]:
    """The rules of a configuration that was checked."""
    for kind, member in KINDS.items():
        for given in configuration.get(kind) or ():
            prefix, suffix = _filter(given)
            yield Target(given["Id"], given[member], tuple(given["Events"]), prefix, suffix)


def check(configuration: Mapping[str, Any]) -> None:
    """Refuse events that are none, filters that make no sense, and rules that overlap."""
    count = sum([len(configuration.get(kind) or ()) for kind in KINDS])
    if count > CONFIGURATIONS_MAX:
        message = f"The number of notification configurations exceeds the limit of {CONFIGURATIONS_MAX}."
        raise refusals.invalid_argument("NotificationConfiguration", count, message)
    for kind in KINDS:
        for given in configuration.get(kind) or ():
            for event in given["Events"]:
                if event not in EVENTS or event == "s3:TestEvent":
                    message = "The event is not supported for notifications"
                    raise refusals.invalid_argument("Event", event, message)
            _check_filter(given)
    found = list(targets(configuration))
    names = [target.id for target in found]
    if len(set(names)) != len(names):
        message = "Same ID used for multiple configurations. IDs must be unique"
        raise refusals.invalid_argument("Id", names, message)
    for place, one in enumerate(found):
        for other in found[:place]:
            if _overlap(one, other):
                message = (
                    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the "
                    "prefixes are overlapping for the same event type."
                )
                raise refusals.invalid_argument("Filter", [one.id, other.id], message)


def _check_filter(given: Mapping[str, Any]) -> None:
    seen: set[str] = set()
    for rule in part(part(given, "Filter"), "Key").get("FilterRules") or ():
        name: str = str(rule.get("Name", "")).lower()
        if name not in ("prefix", "suffix"):
            message = "filter rule name must be either prefix or suffix"
            raise refusals.invalid_argument("FilterRule.Name", rule.get("Name"), message)
        if name in seen:
            message = f"Cannot specify more than one {name} rule in a filter."
            raise refusals.invalid_argument("FilterRule.Name", rule.get("Name"), message)
        seen.add(name)
        if len(str(rule.get("Value", "")).encode()) > KEY_MAX:
            message = f"filter rule value cannot exceed {KEY_MAX} characters"
            raise refusals.invalid_argument("FilterRule.Value", rule.get("Value"), message)


def _filter(given: Mapping[str, Any]) -> tuple[str, str]:
    rules = part(part(given, "Filter"), "Key").get("FilterRules") or ()
    found = {str(rule["Name"]).lower(): str(rule.get("Value", "")) for rule in rules}
    return found.get("prefix", ""), found.get("suffix", "")


def _overlap(one: Target, other: Target) -> bool:
    prefixes = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    suffixes = one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix)
    return prefixes and suffixes and any(_share(a, b) for a in one.events for b in other.events)


def _share(one: str, other: str) -> bool:
    if one.endswith("*") and other.startswith(one[:-1]):
        return True
    return one == other or (other.endswith("*") and one.startswith(other[:-1]))
