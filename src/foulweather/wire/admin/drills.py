"""Drills being played on this server: started, paged, hinted at, checked, put away."""

from __future__ import annotations

import asyncio

import msgspec

from foulweather.drilling.drill import BadDrill, drill_ids, find_drill
from foulweather.drilling.session import Checked, Score, Session
from foulweather.drilling.traffic import Course
from foulweather.wire.admin.asking import Asked, Endpoint, Refused
from foulweather.wire.admin.begun import Begun
from foulweather.wire.admin.times import iso
from foulweather.world.clock import RATE_UNIT

LOG_LINES = 50
LOG_LINES_MAX = 100_000


class DrillLine(msgspec.Struct, frozen=True):
    """A drill in the list.

    `state` is empty where it is not played; `ended` where it was when its server stopped; `broken` where its folder
    is no drill (then the title says why). `past` says what is lived through before the incident.
    """

    id: str
    title: str
    level: int
    minutes: int
    services: list[str]
    skills: list[str]
    state: str
    past: str = ""


class DrillList(msgspec.Struct, frozen=True):
    """Every drill."""

    drills: list[DrillLine]


class StartDrill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How its clock goes on after the page: `paced` (at `rate` times real time) or `held`."""

    clock: str = "paced"
    rate: float = 1


class DrillShown(msgspec.Struct, frozen=True):
    """A drill being played: where it stands, and how to get into its world.

    `applications` are their settings that a release can change.
    """

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
    course: Course | None = None


class Text(msgspec.Struct, frozen=True):
    """Something to read."""

    text: str


class Debriefing(msgspec.Struct, frozen=True):
    """What there is to learn, and how it went."""

    text: str
    score: Score
    course: Course | None


class LogLine(msgspec.Struct, frozen=True):
    """What an application wrote down."""

    at: str
    text: str


class Log(msgspec.Struct, frozen=True):
    """The latest lines of an application's log; `lines_before` are left out."""

    app: str
    lines_before: int
    lines: list[LogLine]


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
    playing, ended = asked.admin.drills, Begun.of(asked).ended()
    lines: list[DrillLine] = []
    for drill_id in drill_ids():
        try:
            drill = find_drill(drill_id)
        except BadDrill as error:
            lines.append(DrillLine(drill_id, str(error), 0, 0, [], [], "broken"))
            continue
        about = drill.about
        state = playing[drill_id].state if drill_id in playing else "ended" if drill_id in ended else ""
        lines.append(
            DrillLine(
                drill_id, about.title, about.level, about.minutes, about.services, about.skills, state, drill.past
            )
        )
    return DrillList(lines)


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
    from foulweather.wire.living import enliven  # which needs the cloud, and that needs us

    asked.admin.drills[session.drill.id] = session
    try:
        enliven(session)
        await session.prepare()
    except BadDrill as error:
        del asked.admin.drills[session.drill.id]
        raise Refused(500, "BadDrill", f"{error}.") from None
    except asyncio.CancelledError:
        # Who asked for it has gone before it was built: nobody would ever be paged.
        session.close()
        del asked.admin.drills[session.drill.id]
        raise
    if wanted.clock == "paced":
        session.world.clock.release(round(wanted.rate * RATE_UNIT))
    asked.cloud.host(session.world, session.lab.pipeline)
    Begun.of(asked).note(session.drill.id, iso(session.paged_at_ms))
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


def debrief(asked: Asked) -> Debriefing:
    """Cause, how to see it, how to prevent it; and what it cost."""
    session = _session(asked)
    return Debriefing(session.drill.text("debrief.md"), session.score(), session.course())


def logs(asked: Asked) -> Log:
    """What an application has written down."""
    session, name = _session(asked), asked.query.get("app", "")
    try:
        lines = session.log(name)
    except ValueError as error:
        raise Refused(404, "NoSuchApplication", f"{error}.") from None
    shown = lines[max(0, len(lines) - asked.count("limit", LOG_LINES, LOG_LINES_MAX)) :]
    return Log(name, len(lines) - len(shown), [LogLine(iso(line.at_ms), line.text) for line in shown])


def deploy(asked: Asked) -> DrillShown:
    """Release an application with other settings."""
    session, wanted = _session(asked), asked.body
    try:
        session.lab.deploy(wanted.app, **wanted.settings)
    except ValueError as error:
        raise Refused(400, "BadDeploy", f"{error}.") from None
    return _shown(session)


def stop(asked: Asked) -> DrillList:
    """Put a drill's world away, or forget one that ended with its server."""
    begun = Begun.of(asked)
    if asked.param in begun.ended():
        begun.forget(asked.param)
        return listing(asked)
    _end(asked, _session(asked))
    begun.forget(asked.param)
    return listing(asked)


def _session(asked: Asked) -> Session:
    session = asked.admin.drills.get(asked.param)
    if session is None:
        paged_at = Begun.of(asked).ended().get(asked.param)
        if paged_at is not None:
            raise Refused(
                410,
                "DrillEnded",
                f"{asked.param}, paged at {paged_at} of its world, ended when the server stopped: a drill's world and "
                f"applications live as long as its server. `drill start {asked.param}` builds it anew, from the same "
                "seed.",
            )
        gone = "" if Begun.of(asked).is_kept else " What was played before this server started, in memory, is gone."
        raise Refused(
            404, "DrillIsNotRunning", f"{asked.param} is not being played; `drill start {asked.param}`.{gone}"
        )
    if session.state == "building":
        raise Refused(409, "DrillIsBuilding", f"{asked.param} is still being built.")
    return session


def _end(asked: Asked, session: Session) -> None:
    session.close()
    del asked.admin.drills[session.drill.id]
    asked.cloud.put_away(session.world.name)


def _shown(session: Session) -> DrillShown:
    lab, drill = session.lab, session.drill
    applications = {name: app.released() for name, app in lab.apps.items() if app.IS_OURS}
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
        session.course(),
    )


ENDPOINTS = (
    Endpoint("GET", "drills", listing, "Every drill", DrillList),
    Endpoint("POST", "drills/{id}/start", start, "Start a drill", DrillShown, StartDrill, (), 201),
    Endpoint("GET", "drills/{id}", show, "How far a drill is", DrillShown),
    Endpoint("GET", "drills/{id}/page", page, "The page that woke you", Text),
    Endpoint("POST", "drills/{id}/hint", hint, "Open the next hint", Hint),
    Endpoint("POST", "drills/{id}/check", check, "Let some minutes pass and judge", Judged),
    Endpoint("GET", "drills/{id}/solution", solution, "A solution", Text),
    Endpoint("GET", "drills/{id}/debrief", debrief, "What there is to learn", Debriefing),
    Endpoint("GET", "drills/{id}/logs", logs, "What an application wrote down", Log, query=("app", "limit")),
    Endpoint("POST", "drills/{id}/deploy", deploy, "Release an application with other settings", DrillShown, Deploy),
    Endpoint("POST", "drills/{id}/reset", reset, "Begin a drill anew", DrillShown),
    Endpoint("DELETE", "drills/{id}", stop, "Put a drill away", DrillList),
)
