"""A day's work on a bucket: what its lifecycle rules and Intelligent-Tiering have in store, done when it is due.

Each bucket with such work has a plan: the keys that must be looked at, by the midnight at which something can first
happen to them. Nothing else is looked at, so a year of idle days costs nothing.
"""

from __future__ import annotations

from bisect import insort
from typing import Any, Final, cast

from foulweather.kernel.call import Call
from foulweather.services.s3 import locks, storage_classes, tiers
from foulweather.services.s3.leaving import expire, hide
from foulweather.services.s3.lifecycle_rules import ALL_128K, Rule, Step, after_days, compiled, steps
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.state import S3State
from foulweather.services.s3.upkeep import Upkeep, next_midnight
from foulweather.world.world import World

# So many keys are looked at before the world goes on for a second; AWS's own runs take hours.
KEYS_AT_ONCE: Final = 5000
PAUSE_MS: Final = 1000
WORK: Final = "upkeep"
_PRIORITY: Final = {"expire": 0, "sweep": 0, "move": 1, "tier": 2, "hide": 3}


class Plan:
    """The keys of a bucket by when they must be looked at."""

    __slots__ = ("configuration", "days", "keys", "rules")

    def __init__(self, configuration: dict[str, Any] | None) -> None:
        self.configuration = configuration
        self.rules: list[Rule] = compiled(configuration) if configuration else []
        self.days: list[int] = []
        self.keys: dict[int, dict[str, None]] = {}

    def note(self, key: str, day_ms: int) -> None:
        """Have a key looked at on a day."""
        noted = self.keys.get(day_ms)
        if noted is None:
            noted = self.keys[day_ms] = {}
            insort(self.days, day_ms)
        noted[key] = None

    def take(self, now_ms: int, most: int) -> list[str]:
        """Keys that must be looked at by now."""
        taken: list[str] = []
        while self.days and self.days[0] <= now_ms and len(taken) < most:
            noted = self.keys[self.days[0]]
            while noted and len(taken) < most:
                key = next(iter(noted))
                del noted[key]
                taken.append(key)
            if not noted:
                del self.keys[self.days.pop(0)]
        return taken


class Plans:
    """The plans of a world's buckets, made when first needed."""

    def __init__(self) -> None:
        self.of: dict[str, Plan] = {}


def _plans(world: World) -> dict[str, Plan]:
    found = world.attached.get(Plans)
    if found is None:
        found = world.attached[Plans] = Plans()
    return cast(Plans, found).of


def rules_of(world: World, bucket: Bucket) -> list[Rule]:
    """A bucket's lifecycle rules that are enabled."""
    return _plan(world, bucket, next_midnight(world.clock.now_ms)).rules


def begin(world: World, bucket: Bucket, now_ms: int) -> None:
    """Have every key of a bucket looked at at the next midnight, because its rules have changed."""
    _plans(world).pop(bucket.name, None)
    _plan(world, bucket, next_midnight(now_ms))
    world.state(Upkeep).schedule(world, bucket, WORK, next_midnight(now_ms), "s3.keep_up")


def noted(world: World, bucket: Bucket, key: str, now_ms: int) -> None:
    """Have a key looked at at the next midnight, because something happened to it."""
    midnight = next_midnight(now_ms)
    _plan(world, bucket, midnight).note(key, midnight)
    world.state(Upkeep).schedule(world, bucket, WORK, midnight, "s3.keep_up")


def forget(world: World, bucket: str) -> None:
    """Drop the plan of a bucket that is deleted."""
    _plans(world).pop(bucket, None)


def _plan(world: World, bucket: Bucket, day_ms: int) -> Plan:
    plans = _plans(world)
    plan = plans.get(bucket.name)
    configuration = bucket.settings.get("lifecycle")
    if plan is None or plan.configuration is not configuration:
        plan = plans[bucket.name] = Plan(configuration)
        shelf = world.state(S3State).shelves[bucket.name]
        if shelf.keys:
            plan.days.append(day_ms)
            plan.keys[day_ms] = dict.fromkeys(shelf.keys)
    return plan


def run(call: Call, bucket: Bucket) -> None:
    """Do what is due, and have the rest done later."""
    world = call.world
    plan = _plan(world, bucket, call.now)
    shelf = call.state(S3State).shelves[bucket.name]
    for key in plan.take(call.now, KEYS_AT_ONCE):
        next_ms = _look_at(call, bucket, plan, shelf.versions(key))
        if next_ms is not None:
            plan.note(key, next_ms)
    aborts = [rule for rule in plan.rules if rule.abort_days is not None]
    if aborts:
        _abort_uploads(call, bucket, aborts)
    upkeep = world.state(Upkeep)
    if plan.days and plan.days[0] <= call.now:
        upkeep.schedule(world, bucket, WORK, call.now + PAUSE_MS, "s3.keep_up")
    elif plan.days:
        upkeep.schedule(world, bucket, WORK, plan.days[0], "s3.keep_up")
    if aborts:  # uploads begin without anybody being told, so rules about them look every day
        upkeep.schedule(world, bucket, WORK, next_midnight(call.now), "s3.keep_up")


def _look_at(call: Call, bucket: Bucket, plan: Plan, versions: list[Version]) -> int | None:
    """Do what is due to a key's versions; the result is when the key must be looked at again."""
    default_size = plan.configuration["TransitionDefaultMinimumObjectSize"] if plan.configuration else ALL_128K
    found: list[tuple[Version, list[Step]]] = []
    for place, version in enumerate(versions):
        in_store = list(steps(plan.rules, bucket, versions, place, default_size)) if plan.rules else []
        if version.about.storage_class == storage_classes.TIERED and not version.is_delete_marker:
            in_store += tiers.steps(bucket, version)
        if in_store:
            found.append((version, in_store))
    again: int | None = None
    for version, in_store in found:
        due = [step for step in in_store if step.when_ms <= call.now]
        later = [step.when_ms for step in in_store if step.when_ms > call.now]
        if due and (_blocked(call, version) or _do(call, bucket, version, due)):
            later.append(next_midnight(call.now))
        if later:
            soonest = min(later)
            again = soonest if again is None else min(again, soonest)
    return again


def _blocked(call: Call, version: Version) -> bool:
    """S3 says: "S3 Lifecycle blocks actions on objects with pending or failed replication status."

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """
    replicated: dict[str, str] | None = version.notes.get("replication")
    return replicated is not None and any(status != "COMPLETED" for status in replicated.values())


def _do(call: Call, bucket: Bucket, version: Version, due: list[Step]) -> bool:
    """Do the weightiest of what is due; tells whether the key must be looked at again tomorrow.

    "Permanent deletion takes precedence over transition. Transition takes precedence over creation of delete markers."
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
    """
    kind = min([step.kind for step in due], key=_PRIORITY.__getitem__)
    if kind in ("expire", "sweep"):
        if locks.is_locked(version, call.now) and not version.is_delete_marker:
            return True
        expire(call, bucket, version, "LifecycleDelete")
        return False
    if kind == "hide":
        hide(call, bucket, version)
        return True
    if kind == "tier":
        tier = max([step.storage_class for step in due if step.kind == "tier"], key=tiers.TIERS.index)
        storage_classes.change_tier(call, version, tier)
        return any(step.kind != "tier" for step in due)
    name = max(
        [step.storage_class for step in due if step.kind == "move"],
        key=lambda name: storage_classes.CLASSES[name].rank,
    )
    transition(call, version, name)
    return True


def transition(call: Call, version: Version, storage_class: str) -> None:
    """Move a version to a colder storage class."""
    before, was = version.about.storage_class, storage_classes.billed_as(version)
    storage_classes.note_leaving(call, version)
    version.about.storage_class = storage_class
    version.notes[storage_classes.CLASS_SINCE] = call.now
    for name in (storage_classes.RESTORE, storage_classes.TIER):
        version.notes.pop(name, None)
    call.state(S3State).touch_version(version)
    call.happened(
        "s3.ObjectTransitioned",
        version.arn,
        bucket=version.bucket,
        key=version.key,
        version_id=version.id,
        size=version.size,
        before=before,
        storage_class=storage_class,
        was_class=was,
        sequence=version.sequence,
    )


def _abort_uploads(call: Call, bucket: Bucket, rules: list[Rule]) -> None:
    state = call.state(S3State)
    for upload in state.uploads_in(bucket.name):
        days = [rule.abort_days for rule in rules if rule.abort_days is not None and upload.key.startswith(rule.prefix)]
        if days and after_days(upload.initiated_ms, min(days)) <= call.now:
            state.end_upload(call, upload)
            call.happened(
                "s3.UploadAborted", f"{bucket.arn}/{upload.key}", bucket=bucket.name, key=upload.key, upload=upload.id
            )
