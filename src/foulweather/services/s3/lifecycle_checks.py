"""Lifecycle configurations as AWS refuses them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-lifecycle.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals
from foulweather.services.s3.lifecycle_rules import filter_of
from foulweather.services.s3.schema import malformed
from foulweather.services.s3.storage_classes import CLASSES
from foulweather.services.s3.upkeep import DAY_MS

RULES_MAX: Final = 1000
ID_MAX: Final = 255
NEWER_MAX: Final = 100
IA_DAYS_MIN: Final = 30
_IA = ("STANDARD_IA", "ONEZONE_IA")
_ACTIONS = (
    "Expiration",
    "Transitions",
    "NoncurrentVersionTransitions",
    "NoncurrentVersionExpiration",
    "AbortIncompleteMultipartUpload",
)
_PREDICATES = ("Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "And")


def checked(call: Call, configuration: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules of a configuration; those without an ID get one."""
    rules: list[dict[str, Any]] = [dict(rule) for rule in configuration.get("Rules") or ()]
    if not rules or len(rules) > RULES_MAX:
        raise malformed(Fact("request", "rules", len(rules)), Fact("S3", "rules of a configuration", RULES_MAX))
    seen: set[str] = set()
    for rule in rules:
        if not rule.get("ID"):
            rule["ID"] = call.world.ids.token(36)
        if len(rule["ID"]) > ID_MAX:
            message = f"ID length should not exceed allowed limit of {ID_MAX}"
            raise refusals.invalid_argument("ID", rule["ID"], message)
        if rule["ID"] in seen:
            message = "Rule ID must be unique. Found same ID for more than one rule"
            raise refusals.invalid_argument("ID", rule["ID"], message)
        seen.add(rule["ID"])
        _check_rule(rule)
    return rules


def _check_rule(rule: Mapping[str, Any]) -> None:
    _check_filter(rule)
    if not any(rule.get(action) for action in _ACTIONS):
        raise refusals.invalid_request(
            "At least one action needs to be specified in a rule", Fact("request", "ID", rule["ID"])
        )
    selected = filter_of(rule)
    has_tags = bool(selected.get("Tags"))
    expiration: Mapping[str, Any] = rule.get("Expiration") or {}
    if "Expiration" in rule:
        _check_expiration(expiration, has_tags)
    abort: Mapping[str, Any] = rule.get("AbortIncompleteMultipartUpload") or {}
    if abort:
        if has_tags:
            raise refusals.invalid_request("AbortIncompleteMultipartUpload cannot be specified with Tags.")
        if "ObjectSizeGreaterThan" in selected or "ObjectSizeLessThan" in selected:
            raise refusals.invalid_request("AbortIncompleteMultipartUpload cannot be specified with Object Size.")
        _check_positive("DaysAfterInitiation", "AbortIncompleteMultipartUpload", abort.get("DaysAfterInitiation"))
    words = f"filter '{_words(selected)}'"
    _check_moves(rule.get("Transitions") or [], words)
    _check_order(rule.get("Transitions") or [], expiration, words)
    _check_noncurrent(rule, words)


def _check_filter(rule: Mapping[str, Any]) -> None:
    if ("Filter" in rule) == ("Prefix" in rule):
        raise malformed(Fact("request", "Filter, Prefix", "exactly one of them"))
    given: Mapping[str, Any] = rule.get("Filter") or {}
    if sum([name in given for name in _PREDICATES]) > 1:
        raise malformed(Fact("request", "Filter", "more than one predicate, but no And"))
    selected = filter_of(rule)
    names = [tag["Key"] for tag in selected.get("Tags") or ()]
    if len(set(names)) != len(names):
        raise refusals.invalid_request("Duplicate Tag Keys are not allowed.")
    larger, smaller = selected.get("ObjectSizeGreaterThan"), selected.get("ObjectSizeLessThan")
    for name, value in (("ObjectSizeGreaterThan", larger), ("ObjectSizeLessThan", smaller)):
        if value is not None and value < (0 if name == "ObjectSizeGreaterThan" else 1):
            raise refusals.invalid_request(f"'{name}' should be a positive integer", Fact("request", name, value))
    if larger is not None and smaller is not None and larger >= smaller:
        raise refusals.invalid_request("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.")
    prefix: str = selected.get("Prefix") or ""
    if len(prefix.encode()) > 1024:
        raise refusals.invalid_request("The maximum size of a prefix is 1024.")


def _check_expiration(expiration: Mapping[str, Any], has_tags: bool) -> None:
    given = [name for name in ("Days", "Date", "ExpiredObjectDeleteMarker") if name in expiration]
    if len(given) != 1:
        raise malformed(Fact("request", "Expiration", given or "empty"))
    if "ExpiredObjectDeleteMarker" in expiration and has_tags:
        raise refusals.invalid_request("ExpiredObjectDeleteMarker cannot be specified with Tags.")
    if "Days" in expiration:
        _check_positive("Days", "Expiration", expiration["Days"])
    _check_date(expiration, "Expiration")


def _check_date(action: Mapping[str, Any], name: str) -> None:
    if "Date" in action and action["Date"] % DAY_MS:
        raise refusals.invalid_argument("Date", action["Date"], "'Date' must be at midnight GMT")


def _check_positive(member: str, action: str, count: int | None) -> None:
    if count is None:
        raise malformed(Fact("request", f"{action}.{member}", None))
    if count <= 0:
        message = f"'{member}' for {action} action must be a positive integer"
        raise refusals.invalid_argument(member, count, message)


def _check_moves(moves: Sequence[Mapping[str, Any]], words: str) -> None:
    seen: set[str] = set()
    for move in moves:
        name: str = move.get("StorageClass", "")
        if ("Days" in move) == ("Date" in move) or not name:
            raise malformed(Fact("request", "Transition", dict(move)))
        if name in seen:
            message = f"'StorageClass' must be different for 'Transition' actions in same 'Rule' with {words}"
            raise refusals.invalid_request(message, Fact("request", "StorageClass", name))
        seen.add(name)
        _check_date(move, "Transition")
        days: int | None = move.get("Days")
        if days is not None and days < 0:
            raise refusals.invalid_argument("Days", days, "'Days' for Transition action must be nonnegative")
        if days is not None and name in _IA and days < IA_DAYS_MIN:
            message = (
                f"'Days' in Transition action must be greater than or equal to {IA_DAYS_MIN} for storageClass '{name}'"
            )
            raise refusals.invalid_argument("Days", days, message)


def _check_order(moves: Sequence[Mapping[str, Any]], expiration: Mapping[str, Any], words: str) -> None:
    """Colder classes come later, 30 days at least after an infrequent access one, and expiration comes last."""
    timed = [*moves, *([expiration] if "Days" in expiration or "Date" in expiration else [])]
    if any("Days" in each for each in timed) and any("Date" in each for each in timed):
        message = f"Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for {words}"
        raise refusals.invalid_request(message)
    unit, in_words = ("Date", "later than") if timed and "Date" in timed[0] else ("Days", "greater than")
    ordered = sorted(moves, key=lambda move: CLASSES[move["StorageClass"]].rank)
    for before, after in pairwise(ordered):
        wait = IA_DAYS_MIN if before["StorageClass"] in _IA else 0
        if unit == "Days" and wait and after["Days"] < before["Days"] + wait:
            raise _order(f"must be {wait} days more than", "Days", before, after, words)
        if after[unit] <= before[unit]:
            raise _order(f"must be {in_words}", unit, before, after, words)
    if unit in expiration and any(expiration[unit] <= move[unit] for move in moves):
        message = (
            f"'{unit}' in the Expiration action for {words} must be {in_words} '{unit}' in the Transition action "
            f"for {words}"
        )
        raise refusals.invalid_argument(unit, expiration[unit], message)


def _order(relation: str, unit: str, before: Mapping[str, Any], after: Mapping[str, Any], words: str) -> AwsError:
    message = (
        f"'{unit}' in the 'Transition' action for StorageClass '{after['StorageClass']}' for {words} {relation} "
        f"'{unit}' in the 'Transition' action for StorageClass '{before['StorageClass']}' for {words}"
    )
    return refusals.invalid_argument(unit, after[unit], message)


def _check_noncurrent(rule: Mapping[str, Any], words: str) -> None:
    expiration: Mapping[str, Any] = rule.get("NoncurrentVersionExpiration") or {}
    moves: Sequence[Mapping[str, Any]] = rule.get("NoncurrentVersionTransitions") or []
    if "NoncurrentVersionExpiration" in rule:
        _check_positive("NoncurrentDays", "NoncurrentVersionExpiration", expiration.get("NoncurrentDays"))
        _check_newer(expiration, "NoncurrentVersionExpiration")
    seen: set[str] = set()
    for move in moves:
        name: str = move.get("StorageClass", "")
        if not name or "NoncurrentDays" not in move:
            raise malformed(Fact("request", "NoncurrentVersionTransition", dict(move)))
        if name in seen:
            actions = "'NoncurrentVersionTransition' actions"
            message = f"'StorageClass' must be different for {actions} in same 'Rule' with {words}"
            raise refusals.invalid_request(message, Fact("request", "StorageClass", name))
        seen.add(name)
        days: int = move["NoncurrentDays"]
        if days < 0 or (name in _IA and days < IA_DAYS_MIN):
            message = (
                "'NoncurrentDays' in NoncurrentVersionTransition action must be greater than or equal to "
                f"{IA_DAYS_MIN if name in _IA else 0} for storageClass '{name}'"
            )
            raise refusals.invalid_argument("NoncurrentDays", days, message)
        _check_newer(move, "NoncurrentVersionTransition")
        if expiration and expiration["NoncurrentDays"] <= days:
            message = (
                f"'NoncurrentDays' in the NoncurrentVersionExpiration action for {words} must be greater than "
                f"'NoncurrentDays' in the NoncurrentVersionTransition action for {words}"
            )
            raise refusals.invalid_argument("NoncurrentDays", expiration["NoncurrentDays"], message)


def _check_newer(action: Mapping[str, Any], name: str) -> None:
    newer: int | None = action.get("NewerNoncurrentVersions")
    if newer is not None and not 1 <= newer <= NEWER_MAX:
        message = f"'NewerNoncurrentVersions' for {name} action must be between 1 and {NEWER_MAX}"
        raise refusals.invalid_argument("NewerNoncurrentVersions", newer, message)


def _words(selected: Mapping[str, Any]) -> str:
    """A filter as the messages show it: `(prefix=logs/ and tag=...)`."""
    told = [f"prefix={selected.get('Prefix') or ''}"]
    told += [f"tag={tag['Key']}={tag['Value']}" for tag in selected.get("Tags") or ()]
    return f"({' and '.join(told)})"
