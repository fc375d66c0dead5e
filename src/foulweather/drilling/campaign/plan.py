"""A campaign as its file tells it, and what each seed draws from it."""

from __future__ import annotations

import itertools
import random  # noqa: TID251 - a run's draws come from its own seed, before there is a world
import tomllib
from pathlib import Path
from typing import Any, Literal

import msgspec

from foulweather.gates.faults.checking import checked
from foulweather.gates.faults.fault import ANY, PATTERNS, Fault, How, Kind, When


class BadCampaign(Exception):
    """A file that is no campaign, in words for its author."""


SAME = (*PATTERNS, "zone", "code", "status", "message", "when", "how")
DRAWN = ("percent", "delay_ms", "per_s", "offset_ms")


class FaultPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"how": "as"}):
    """A fault that may happen: in `chance` percent of the runs. Pairs are ranges to draw from.

    The rest is as `fault add` has it (`gates.faults.fault.Fault`).
    """

    kind: Kind
    service: str = ANY
    operation: str = ANY
    account: str = ANY
    region: str = ANY
    principal: str = ANY
    access_key: str = ANY
    resource: str = ANY
    zone: str = ""
    code: str = ""
    status: int = 0
    message: str = ""
    when: When = ""
    how: How = ""
    chance: int = 100
    percent: tuple[int, int] = (100, 100)
    delay_ms: tuple[int, int] = (0, 0)
    per_s: tuple[int, int] = (0, 0)
    offset_ms: tuple[int, int] = (0, 0)
    at_minutes: tuple[int, int] = (0, 0)
    for_minutes: tuple[int, int] = (1, 1)


class SettingPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A setting of an application, and the values that it takes: drawn, or all of them in a grid."""

    app: str
    key: str
    values: tuple[str, ...]


class Campaign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A campaign file. `stack` is a module beside it with `build(lab)`, whose applications use the lab's ledger."""

    title: str
    stack: str
    seeds: int
    minutes: int
    deadline_s: int
    first_seed: int = 1
    warm_up_minutes: int = 5
    start: str = "2026-03-02T08:00:00Z"
    mode: Literal["draw", "grid"] = "draw"
    faults: list[FaultPlan] = []
    settings: list[SettingPlan] = []


class DrawnFault(msgspec.Struct, frozen=True):
    """A fault of one run: its members as `fault add` takes them, and when it is there."""

    members: dict[str, Any]
    at_minute: int
    for_minutes: int


class Draw(msgspec.Struct, frozen=True):
    """What one run is made of."""

    seed: int
    settings: dict[str, dict[str, str]]
    faults: list[DrawnFault]


def read(path: Path) -> Campaign:
    """A campaign file; raises BadCampaign."""
    try:
        campaign = msgspec.convert(tomllib.loads(path.read_text()), Campaign, strict=False)
    except OSError as error:
        raise BadCampaign(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise BadCampaign(f"{path}: {error}") from None
    if campaign.seeds < 1 or campaign.minutes < 1 or campaign.deadline_s < 1:
        raise BadCampaign(f"{path}: seeds, minutes and deadline_s must be 1 or more")
    if not (path.parent / campaign.stack).is_file():
        raise BadCampaign(f"{path}: there is no {campaign.stack} beside it")
    for fault in campaign.faults:
        ranges = (fault.percent, fault.delay_ms, fault.per_s, fault.at_minutes, fault.for_minutes)
        backwards = any(low > high or low < 0 for low, high in ranges) or fault.offset_ms[0] > fault.offset_ms[1]
        if backwards or not 0 <= fault.chance <= 100:
            raise BadCampaign(
                f"{path}: a range of the {fault.kind} fault runs backwards, or its chance is no percentage"
            )
        for end in (0, 1):
            try:
                checked(msgspec.convert({"id": "planned", **_members(fault, end)}, Fault), 0)
            except (ValueError, msgspec.ValidationError) as error:
                raise BadCampaign(f"{path}: {error}") from None
    return campaign


def _members(plan: FaultPlan, end: Literal[0, 1]) -> dict[str, Any]:
    """A planned fault at one end of its ranges, as `fault add` takes it."""
    members: dict[str, Any] = {"kind": plan.kind}
    for name in SAME:
        value = getattr(plan, name)
        if value not in ("", 0, ANY):
            members["as" if name == "how" else name] = value
    for name in DRAWN:
        value = getattr(plan, name)[end]
        if value:
            members[name] = value
    return members


def draws(campaign: Campaign) -> list[Draw]:
    """What each run is made of; the same file gives the same draws."""
    seeds = range(campaign.first_seed, campaign.first_seed + campaign.seeds)
    if campaign.mode == "grid":
        axes = [[(plan.app, plan.key, value) for value in plan.values] for plan in campaign.settings]
        points = list(itertools.product(*axes))
        return [Draw(seed, _by_app(point), _faults(campaign, seed)) for point in points for seed in seeds]
    return [Draw(seed, _drawn_settings(campaign, seed), _faults(campaign, seed)) for seed in seeds]


def _drawn_settings(campaign: Campaign, seed: int) -> dict[str, dict[str, str]]:
    source = random.Random(f"{seed}/settings")
    return _by_app(tuple((plan.app, plan.key, source.choice(plan.values)) for plan in campaign.settings))


def _by_app(point: tuple[tuple[str, str, str], ...]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for app, key, value in point:
        found.setdefault(app, {})[key] = value
    return found


def _faults(campaign: Campaign, seed: int) -> list[DrawnFault]:
    found: list[DrawnFault] = []
    for number, plan in enumerate(campaign.faults):
        source = random.Random(f"{seed}/fault/{number}")
        happens = source.randrange(100) < plan.chance
        members = _members(plan, 0)
        for name in DRAWN:
            low, high = getattr(plan, name)
            if low or high:
                members[name] = source.randint(low, high)
        at_minute, for_minutes = source.randint(*plan.at_minutes), source.randint(*plan.for_minutes)
        if happens:
            found.append(DrawnFault(members, at_minute, for_minutes))
    return found
