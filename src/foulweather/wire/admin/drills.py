"""Drills being played on this server: started, paged, hinted at, checked, put away."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.drilling.drill import BadDrill, all_drills, find_drill
from foulweather.drilling.session import Checked, Score, Session
from foulweather.wire.admin.asking import Asked, Endpoint, Refused
from foulweather.wire.admin.times import iso
from foulweather.world.clock import RATE_UNIT


class DrillLine(msgspec.Struct, frozen=True):
    """A drill in the list."""

    id: str
    title: str
    level: int
    minutes: int
    services: list[str]
    skills: list[str]
    state: str


class DrillList(msgspec.Struct, frozen=True):
    """Every drill."""

    drills: list[DrillLine]


class StartDrill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How its clock goes on after the page: `paced` (at `rate` times real time) or `held`."""

    clock: str = "paced"
    rate: float = 1


class DrillShown(msgspec.Struct, frozen=True):
    """A drill being played: where it stands, and how to get into its world."""

    id: str
    title: str
    state: str
    world: str
    account: str
    region: str
    access_key_id: str
    secret_access_key: str
    now: str
    paged_at: str
    minutes: int
    hints_opened: int
    hints: int
    applications: dict[str, dict[str, str]]
    checks: list[Checked]
    score: Score


class Text(msgspec.Struct, frozen=True):
    """Something to read."""

    text: str


class Hint(msgspec.Struct, frozen=True):
    """The next hint; `text` is empty when all are open."""

    number: int
    of: int
    text: str


class Judged(msgspec.Struct, frozen=True):
    """What a check said, and the score."""

    checked: Checked
    score: Score


class Deploy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A release of an application: the settings that it changes."""

    app: str
    settings: dict[str, str]


def listing(asked: Asked) -> DrillList:
    """Every drill, and how far each is."""
    playing = asked.admin.drills
    return DrillList(
        [
            DrillLine(
                drill.id,
                drill.about.title,
                drill.about.level,
                drill.about.minutes,
                drill.about.services,
                drill.about.skills,
                playing[drill.id].state if drill.id in playing else "",
            )
            for drill in all_drills()
        ]
    )


async def start(asked: Asked) -> DrillShown:
    """Build a drill's world up to the page, and let its clock go on."""
    wanted: StartDrill = asked.body
    if wanted.clock not in ("paced", "held") or not 0 < wanted.rate <= 100_000:
        raise Refused(400, "BadRequest", "clock is paced or held, rate above 0 and up to 100000.")
    try:
        drill = find_drill(asked.param)
    except BadDrill as error:
        raise Refused(404, "NoSuchDrill", f"{error}.") from None
    if drill.id in asked.admin.drills:
        raise Refused(409, "DrillIsRunning", f"{drill.id} is being played already; `reset` begins it anew.")
    return await _begun(asked, Session(drill, asked.cloud.services), wanted)


async def reset(asked: Asked) -> DrillShown:
    """Begin a drill anew."""
    session = _session(asked)
    clock = session.world.clock
    again = StartDrill(clock.mode, clock.rate_permille / RATE_UNIT)
    _end(asked, session)
    return await _begun(asked, Session(find_drill(asked.param), asked.cloud.services), again)


async def _begun(asked: Asked, session: Session, wanted: StartDrill) -> DrillShown:
    asked.admin.drills[session.drill.id] = session
    try:
        await session.prepare()
    except BadDrill as error:
        del asked.admin.drills[session.drill.id]
        raise Refused(500, "BadDrill", f"{error}.") from None
    if wanted.clock == "paced":
        session.world.clock.release(round(wanted.rate * RATE_UNIT))
    asked.cloud.host(session.world, session.lab.pipeline)
    return _shown(session)


def show(asked: Asked) -> DrillShown:
    """How far a drill is."""
    return _shown(_session(asked))


def page(asked: Asked) -> Text:
    """The page that woke the learner."""
    session = _session(asked)
    return Text(f"{iso(session.paged_at_ms)}\n\n{session.drill.text('README.md')}")


def hint(asked: Asked) -> Hint:
    """The next hint."""
    session = _session(asked)
    text = session.next_hint()
    return Hint(session.opened_hints, len(session.drill.hints), text or "")


async def check(asked: Asked) -> Judged:
    """Let some minutes pass and judge."""
    session = _session(asked)
    name = session.world.name
    if name in asked.admin.busy:
        raise Refused(409, "Busy", f"The world {name!r} is being moved already.")
    asked.admin.busy.add(name)
    try:
        checked = await session.check()
    finally:
        asked.admin.busy.discard(name)
        driver = asked.cloud.worlds[name].driver
        if driver is not None:
            driver.reschedule()
    return Judged(checked, session.score())


def solution(asked: Asked) -> Text:
    """A solution, as commands of the stock AWS CLI."""
    return Text(_session(asked).drill.text("solution.sh"))


def debrief(asked: Asked) -> Text:
    """Cause, how to see it, how to prevent it."""
    return Text(_session(asked).drill.text("debrief.md"))


def deploy(asked: Asked) -> DrillShown:
    """Release an application with other settings."""
    session, wanted = _session(asked), asked.body
    try:
        session.lab.deploy(wanted.app, **wanted.settings)
    except ValueError as error:
        raise Refused(400, "BadDeploy", f"{error}.") from None
    return _shown(session)


def stop(asked: Asked) -> DrillList:
    """Put a drill's world away."""
    _end(asked, _session(asked))
    return listing(asked)


def _session(asked: Asked) -> Session:
    session = asked.admin.drills.get(asked.param)
    if session is None:
        raise Refused(404, "DrillIsNotRunning", f"{asked.param} is not being played; `drill start {asked.param}`.")
    if session.state == "building":
        raise Refused(409, "DrillIsBuilding", f"{asked.param} is still being built.")
    return session


def _end(asked: Asked, session: Session) -> None:
    session.close()
    del asked.admin.drills[session.drill.id]
    asked.cloud.put_away(session.world.name)


def _shown(session: Session) -> DrillShown:
    lab, drill = session.lab, session.drill
    applications: dict[str, Any] = {name: dict(app.settings) for name, app in lab.apps.items()}
    return DrillShown(
        drill.id,
        drill.about.title,
        session.state,
        session.world.name,
        lab.account,
        lab.region,
        session.key.access_key_id,
        session.key.secret,
        iso(lab.now_ms),
        iso(session.paged_at_ms),
        drill.about.minutes,
        session.opened_hints,
        len(drill.hints),
        applications,
        session.checks,
        session.score(),
    )


ENDPOINTS = (
    Endpoint("GET", "drills", listing, "Every drill", DrillList),
    Endpoint("POST", "drills/{id}/start", start, "Start a drill", DrillShown, StartDrill, (), 201),
    Endpoint("GET", "drills/{id}", show, "How far a drill is", DrillShown),
    Endpoint("GET", "drills/{id}/page", page, "The page that woke you", Text),
    Endpoint("POST", "drills/{id}/hint", hint, "Open the next hint", Hint),
    Endpoint("POST", "drills/{id}/check", check, "Let some minutes pass and judge", Judged),
    Endpoint("GET", "drills/{id}/solution", solution, "A solution", Text),
    Endpoint("GET", "drills/{id}/debrief", debrief, "What there is to learn", Text),
    Endpoint("POST", "drills/{id}/deploy", deploy, "Release an application with other settings", DrillShown, Deploy),
    Endpoint("POST", "drills/{id}/reset", reset, "Begin a drill anew", DrillShown),
    Endpoint("DELETE", "drills/{id}", stop, "Put a drill away", DrillList),
)
