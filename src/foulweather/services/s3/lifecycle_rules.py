"""Lifecycle rules as they are followed: which versions each means, and when what happens to them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.schema import part
from foulweather.services.s3.storage_classes import CLASSES
from foulweather.services.s3.upkeep import DAY_MS, next_midnight

ALL_128K: Final = "all_storage_classes_128K"
VARIES: Final = "varies_by_storage_class"
SMALL_BYTES: Final = 128 << 10

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
_COLDER: Final = {
    "STANDARD": ("STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"),
    "REDUCED_REDUNDANCY": ("STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"),
    "STANDARD_IA": ("INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"),
    "INTELLIGENT_TIERING": ("ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"),
    "ONEZONE_IA": ("GLACIER", "DEEP_ARCHIVE"),
    "GLACIER_IR": ("GLACIER", "DEEP_ARCHIVE"),
    "GLACIER": ("DEEP_ARCHIVE",),
    "DEEP_ARCHIVE": (),
}


class Move(NamedTuple):
    """A transition of a rule: after days, or from a date on."""

    storage_class: str
    days: int | None
    date_ms: int | None = None
    newer_kept: int = 0


class Rule(NamedTuple):
    """One enabled rule, ready to be followed."""

    id: str
    prefix: str
    tags: tuple[tuple[str, str], ...]
    larger_than: int | None
    smaller_than: int | None
    expire_days: int | None
    expire_date_ms: int | None
    sweeps_markers: bool
    moves: tuple[Move, ...]
    noncurrent_days: int | None
    newer_kept: int
    noncurrent_moves: tuple[Move, ...]
    abort_days: int | None

    @property
    def names_sizes(self) -> bool:
        """Whether it says itself which sizes it means; then no default minimum applies to its transitions."""
        return self.larger_than is not None or self.smaller_than is not None

    def means(self, version: Version) -> bool:
        """Whether its filter lets a version through; delete markers have neither tags nor size."""
        if self.prefix and not version.key.startswith(self.prefix):
            return False
        if version.is_delete_marker:
            return not self.tags and not self.names_sizes
        if self.larger_than is not None and version.size <= self.larger_than:
            return False
        if self.smaller_than is not None and version.size >= self.smaller_than:
            return False
        tags = version.about.tags
        return all(tags.get(name) == value for name, value in self.tags)


class Step(NamedTuple):
    """Something that a rule does to a version at a time; `kind` is expire, hide, sweep or move."""

    when_ms: int
    kind: str
    rule_id: str
    storage_class: str = ""


def compiled(configuration: Mapping[str, Any]) -> list[Rule]:
    """The enabled rules of a configuration."""
    return [compiled_rule(rule) for rule in configuration["Rules"] if rule["Status"] == "Enabled"]


def filter_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's filter as `Prefix`, `Tags`, `ObjectSizeGreaterThan` and `ObjectSizeLessThan`."""
    given: Mapping[str, Any] = rule.get("Filter") or {}
    found = dict(given.get("And") or given)
    if "Tag" in found:
        found["Tags"] = [found.pop("Tag")]
    if "Prefix" in rule:
        found["Prefix"] = rule["Prefix"]
    return found


def compiled_rule(rule: Mapping[str, Any]) -> Rule:
    """A rule of a configuration, ready to be followed."""
    selected = filter_of(rule)
    expiration: Mapping[str, Any] = rule.get("Expiration") or {}
    noncurrent: Mapping[str, Any] = rule.get("NoncurrentVersionExpiration") or {}
    return Rule(
        rule["ID"],
        selected.get("Prefix") or "",
        tuple((tag["Key"], tag["Value"]) for tag in selected.get("Tags") or ()),
        selected.get("ObjectSizeGreaterThan"),
        selected.get("ObjectSizeLessThan"),
        expiration.get("Days"),
        expiration.get("Date"),
        bool(expiration.get("ExpiredObjectDeleteMarker")),
        tuple(Move(move["StorageClass"], move.get("Days"), move.get("Date")) for move in rule.get("Transitions") or ()),
        noncurrent.get("NoncurrentDays"),
        noncurrent.get("NewerNoncurrentVersions") or 0,
        tuple(
            Move(move["StorageClass"], move["NoncurrentDays"], None, move.get("NewerNoncurrentVersions") or 0)
            for move in rule.get("NoncurrentVersionTransitions") or ()
        ),
        part(rule, "AbortIncompleteMultipartUpload").get("DaysAfterInitiation"),
    )


def after_days(since_ms: int, days: int) -> int:
    """When something is due that happens so many days after a time.

    "Amazon S3 calculates the time by adding the number of days specified in the rule to the object creation time
    and rounding up the resulting time to the next day at midnight UTC."
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-number-of-days
    """
    return next_midnight(since_ms + days * DAY_MS)


def steps(
    rules: Sequence[Rule], bucket: Bucket, versions: Sequence[Version], place: int, default_size: str
) -> Iterator[Step]:
    """Everything that the rules have in store for one of a key's versions (the newest is at place 0)."""
    version = versions[place]
    for rule in rules:
        if not rule.means(version):
            continue
        if place:
            yield from _noncurrent(rule, versions, place, default_size)
        elif version.is_delete_marker:
            if len(versions) == 1:
                yield from _lone_marker(rule, version)
        else:
            expiry_ms = expiry(rule, version)
            if expiry_ms is not None:
                yield Step(expiry_ms, "hide" if bucket.versioning else "expire", rule.id)
            for move in rule.moves:
                if may_move(rule, version, move.storage_class, default_size):
                    yield Step(_due(version.modified_ms, move.days, move.date_ms), "move", rule.id, move.storage_class)


def expiry(rule: Rule, version: Version) -> int | None:
    """When a rule expires a current version."""
    if rule.expire_days is None and rule.expire_date_ms is None:
        return None
    return _due(version.modified_ms, rule.expire_days, rule.expire_date_ms)


def _due(since_ms: int, days: int | None, date_ms: int | None) -> int:
    if days is not None:
        return after_days(since_ms, days)
    assert date_ms is not None
    # Rules by date also mean what is written after the date.
    return max(date_ms, next_midnight(since_ms))


def _noncurrent(rule: Rule, versions: Sequence[Version], place: int, default_size: str) -> Iterator[Step]:
    """A version is noncurrent since its successor was made; as many newer noncurrent ones as the rule says stay."""
    version, since_ms, newer = versions[place], versions[place - 1].modified_ms, place - 1
    if rule.noncurrent_days is not None and newer >= rule.newer_kept:
        yield Step(after_days(since_ms, rule.noncurrent_days), "expire", rule.id)
    if version.is_delete_marker:
        return
    for move in rule.noncurrent_moves:
        if newer >= move.newer_kept and may_move(rule, version, move.storage_class, default_size):
            assert move.days is not None
            yield Step(after_days(since_ms, move.days), "move", rule.id, move.storage_class)


def _lone_marker(rule: Rule, marker: Version) -> Iterator[Step]:
    """An expired object delete marker: nothing is left under it."""
    if rule.sweeps_markers:
        yield Step(next_midnight(marker.modified_ms), "sweep", rule.id)
    expiry_ms = expiry(rule, marker)
    if expiry_ms is not None:
        yield Step(expiry_ms, "sweep", rule.id)


def may_move(rule: Rule, version: Version, storage_class: str, default_size: str) -> bool:
    """Whether a transition leads down the waterfall, and is worth it for an object of this size."""
    if storage_class not in _COLDER[version.about.storage_class]:
        return False
    if version.size >= SMALL_BYTES or rule.names_sizes:
        return True
    return default_size == VARIES and CLASSES[storage_class].is_archive
