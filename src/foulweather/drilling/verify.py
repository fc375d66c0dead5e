"""Proves a drill: healthy before, the symptom after, the root cause named, mended by its solution alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from foulweather.drilling.diagnosis import Diagnosis, missing
from foulweather.drilling.drill import WRONG_FIXES_MIN, BadDrill, Drill
from foulweather.drilling.lab import MINUTE_MS
from foulweather.drilling.session import Session
from foulweather.engines.forking import Broken, ForkableLoop, Undivided, in_fork, new_forkable_loop
from foulweather.engines.scripts import Ran, run_script
from foulweather.kernel.services import Services
from foulweather.kernel.trace import Hop, Traces
from foulweather.kernel.why import Why
from foulweather.world.journal import Event

_COMMAND = re.compile(r"^\s*(?:\w+=\$\()?\s*aws\s+(?:--\S+\s+\S+\s+)*([a-z0-9-]+)\s+([a-z0-9-]+)", re.MULTILINE)
_DEPLOY = re.compile(r"drill deploy\s+(\S+)\s+(\S+)")
# "CloudTrail typically delivers events within an average of about 5 minutes of an API call."
DIAGNOSED_AFTER_MS = 6 * MINUTE_MS
MEASURED = frozenset({"used_mib", "user_agent"})
HARMLESS = re.compile(r"^(get|list|describe|simulate|receive)-")


class Step(msgspec.Struct, frozen=True):
    """One thing that was to be proved, and whether it was."""

    name: str
    ok: bool
    detail: str = ""


class Verified(msgspec.Struct, frozen=True):
    """What the proof of one drill came to."""

    drill: str
    steps: list[Step]

    @property
    def ok(self) -> bool:
        """Whether everything was proved."""
        return all(step.ok for step in self.steps)


class Served(Protocol):
    """A session that real clients can reach while it is served."""

    environment: dict[str, str]

    async def close(self) -> None:
        """Serve it no more."""
        ...


Serve = Callable[[Session], Awaitable[Served]]


def verify(
    drill: Drill, services: Services, serve: Serve, enliven: Callable[[Session], None] | None = None
) -> Verified:
    """Prove one drill. `serve` makes a session reachable for the stock AWS CLI.

    The story is played twice, for the journal's sake; each script then goes on from its end in a
    process of its own, or, where real functions are at work then, from the end of a story that is played anew.
    """
    steps = _read(drill)
    loop = new_forkable_loop()
    futures = _Futures(loop, lambda: Session(drill, services, enliven))
    try:
        one, other = futures.begun(), futures.begun()
        loop.run_until_complete(_grown(drill, one, steps))
        healthy = _diagnosed(futures, serve, 0)
        if loop.run_until_complete(_struck(drill, one, steps)):
            futures.is_struck = True
            loop.run_until_complete(_played(drill, other))
            steps.append(_same_journal(list(one.world.journal), list(other.world.journal)))
            steps.append(_left_alone(futures))
            steps += _shown(drill, healthy, _diagnosed(futures, serve, DIAGNOSED_AFTER_MS))
            solution = drill.folder / "solution.sh"
            steps += _script(futures, solution, serve, "the solution mends it", mends=True)
            for wrong in drill.wrong_fixes:
                steps += _script(futures, wrong.path, serve, f"refused: {wrong.name}", mends=False)
    except (BadDrill, Broken) as error:
        steps.append(Step("it can be played", False, str(error)))
    finally:
        futures.end()
    return Verified(drill.id, steps)


class _Futures:
    """Tries what may come of a story, from where it has come to; `new_session` begins it anew."""

    def __init__(self, loop: ForkableLoop, new_session: Callable[[], Session]) -> None:
        self.loop = loop
        self._new_session = new_session
        self._sessions: list[Session] = []
        self.is_struck = False

    @property
    def session(self) -> Session:
        """The story itself."""
        return self._sessions[0]

    def begun(self) -> Session:
        """One more session of the same story."""
        session = self._new_session()
        self._sessions.append(session)
        return session

    def tried(self, go_on: Callable[[Session], Awaitable[bytes]]) -> bytes:
        """What one future answers; for the story itself it has not happened."""
        try:
            return in_fork(self.loop, lambda: go_on(self.session))
        except Undivided:  # a function that sleeps has one process, which two futures cannot share
            return self.loop.run_until_complete(self._played_anew(go_on))

    async def _played_anew(self, go_on: Callable[[Session], Awaitable[bytes]]) -> bytes:
        session = self.begun()
        await _grown(session.drill, session, [])
        if self.is_struck:
            await _struck(session.drill, session, [])
        return await go_on(session)

    def end(self) -> None:
        """End what the applications of the drill still wait for, and their functions."""
        waiting = asyncio.all_tasks(self.loop)
        for task in waiting:
            task.cancel()
        if waiting:
            self.loop.run_until_complete(asyncio.wait(waiting))
        self.loop.run_until_complete(self._closed())
        self.loop.close()

    async def _closed(self) -> None:
        for session in self._sessions:
            session.world.close()


def _read(drill: Drill) -> list[Step]:
    enough = len(drill.wrong_fixes) >= WRONG_FIXES_MIN
    told = f"{len(drill.wrong_fixes)} wrong fixes, {WRONG_FIXES_MIN} are wanted"
    telling = spoiling_hints(drill)
    return [
        Step("wrong fixes are given", enough, "" if enough else told),
        Step("no hint names the fix", not telling, "; ".join(telling)),
    ]


def spoiling_hints(drill: Drill) -> list[str]:
    """Hints (and the page) that give away a command of the solution which changes something."""
    solution = drill.text("solution.sh")
    secrets = [f"{operation}" for _, operation in _COMMAND.findall(solution) if not HARMLESS.match(operation)]
    secrets += [setting for _, setting in _DEPLOY.findall(solution)]
    texts = {f"hint {number}": hint for number, hint in enumerate(drill.hints, 1)}
    texts["the page"] = drill.text("README.md")
    return [f"{name} says {secret}" for name, text in texts.items() for secret in secrets if secret in text]


async def _played(drill: Drill, session: Session) -> None:
    await _grown(drill, session, [])
    await _struck(drill, session, [])


async def _grown(drill: Drill, session: Session, steps: list[Step]) -> None:
    """The story as a learner gets it, first half: healthy."""
    await session.grow()
    before = drill.symptom(session.lab)
    steps.append(Step("healthy before", before is None, before.cause if before is not None else ""))
    unwell = drill.check(session.lab)
    steps.append(Step("its check passes before", unwell is None, unwell.cause if unwell is not None else ""))


async def _struck(drill: Drill, session: Session, steps: list[Step]) -> bool:
    """Second half: the symptom, with a reason that names the root cause."""
    try:
        await session.strike()
    except BadDrill as error:
        steps.append(Step("the symptom shows", False, str(error)))
        return False
    assert session.page_why is not None
    steps.append(Step("the symptom shows", True, session.page_why.cause))
    steps.append(_named(drill, session))
    return True


def _named(drill: Drill, session: Session) -> Step:
    """Whether the product names the root cause: not the drill, whose symptom could make it up."""
    name, wanted = "the root cause is named", drill.about.root_cause
    for hop, why in _reasons(session):
        for resource, property_name in _facts(why):
            if re.search(wanted.resource, resource) and re.search(wanted.property, property_name):
                told = f"{resource} · {property_name}, by the reason of {hop.service}:{hop.operation} {hop.request_id}"
                return Step(name, True, told)
    after = 0 if wanted.standing else session.struck_seq
    for event in session.world.journal.kept():
        for property_name in event.facts:
            if (
                event.seq > after
                and re.search(wanted.resource, event.resource)
                and re.search(wanted.property, property_name)
                and session.world.journal.last_change(event.resource, property_name) is event
            ):
                return Step(name, True, f"{event.resource} · {property_name}, by {event.kind} in the journal")
    return Step(
        name,
        False,
        f"neither a reason on record nor a change of that day has a fact {wanted.resource} · {wanted.property} "
        "(what symptom() says does not count)",
    )


def _reasons(session: Session) -> Iterator[tuple[Hop, Why]]:
    """Every reason that is on record since the incident, the latest first."""
    traces = session.world.state(Traces)
    seen: set[str] = set()
    for trace in (*reversed(list(traces.kept.values())), *reversed(list(traces))):
        for hop in trace.hops:
            if hop.why is not None and hop.at_ms >= session.lab.struck_at_ms and hop.request_id not in seen:
                seen.add(hop.request_id)
                yield hop, hop.why


def _facts(why: Why) -> list[tuple[str, str]]:
    own = [(fact.resource, fact.property) for fact in why.facts]
    return own + [fact for deeper in why.because for fact in _facts(deeper)]


def _same_journal(one: list[Event], other: list[Event]) -> Step:
    one, other = [_of_the_world(event) for event in one], [_of_the_world(event) for event in other]
    same = one == other[: len(one)] and len(one) == len(other)
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    detail = "" if same else f"the journals differ at event {at} of {len(one)} and {len(other)}"
    return Step("same seed, same journal", same, detail)


def _of_the_world(event: Event) -> Event:
    """An event without what real processes bring along: their memory, and how their SDK calls itself that day."""
    if not MEASURED & event.facts.keys():
        return event
    return msgspec.structs.replace(
        event, facts={name: fact for name, fact in event.facts.items() if name not in MEASURED}
    )


class _Outcome(msgspec.Struct, frozen=True):
    """What became of a session in a process of its own."""

    status: int
    output: str
    is_mended: bool
    cause: str
    diagnosed: Ran | None = None


def _left_alone(futures: _Futures) -> Step:
    async def wait(session: Session) -> bytes:
        return msgspec.json.encode(await _checked(session))

    found = msgspec.json.decode(futures.tried(wait), type=_Outcome)
    return Step("not mended by itself", not found.is_mended, found.cause)


async def _checked(session: Session) -> _Outcome:
    checked = await session.check()
    return _Outcome(0, "", checked.is_mended, checked.why.cause if checked.why is not None else "")


def _script(futures: _Futures, path: Path, serve: Serve, name: str, *, mends: bool) -> list[Step]:
    drill = futures.session.drill

    async def go_on(session: Session) -> bytes:
        served = await serve(session)
        try:
            ran = await run_script(path, served.environment)
            outcome = await _checked(session) if ran.status == 0 else _Outcome(ran.status, ran.output, False, "")
            if mends and drill.diagnosis is not None and outcome.is_mended:
                outcome = msgspec.structs.replace(outcome, diagnosed=await _diagnosis(drill.diagnosis, session, served))
        finally:
            await served.close()
        return msgspec.json.encode(outcome)

    found = msgspec.json.decode(futures.tried(go_on), type=_Outcome)
    if found.status:
        return [Step(name, False, f"{path.name} ended with status {found.status}: {found.output[-500:]}")]
    told = found.cause if found.cause or mends else "it was accepted"
    steps = [Step(name, found.is_mended is mends, told)]
    if drill.diagnosis is not None and found.diagnosed is not None:
        steps.append(_has(found.diagnosed, drill.diagnosis.shows_when_mended, "its diagnosis shows it mended"))
    return steps


# --- the diagnosis: what CloudWatch, CloudTrail and the logs tell, before and after


def _diagnosed(futures: _Futures, serve: Serve, after_ms: int) -> Ran | None:
    """What the diagnosis of a drill prints some time from now; None where it has none."""
    told = futures.session.drill.diagnosis
    if told is None:
        return None

    async def look(session: Session) -> bytes:
        await session.world.advance_to(session.lab.now_ms + after_ms)
        served = await serve(session)
        try:
            return msgspec.json.encode(await _diagnosis(told, session, served))
        finally:
            await served.close()

    return msgspec.json.decode(futures.tried(look), type=Ran)


async def _diagnosis(told: Diagnosis, session: Session, served: Served) -> Ran:
    now = datetime.fromtimestamp(session.lab.now_ms // 1000, UTC)
    return await run_script(told.path, {**served.environment, "NOW": now.strftime("%Y-%m-%dT%H:%M:%SZ")})


def _shown(drill: Drill, healthy: Ran | None, paged: Ran | None) -> list[Step]:
    """Whether the diagnosis shows at the page what it says, and not all of it before."""
    told = drill.diagnosis
    if told is None or healthy is None or paged is None:
        return []
    before = Step("its diagnosis shows nothing before", bool(missing(told.shows, healthy.output)))
    if not before.ok:
        before = Step(before.name, False, "all that it is to show, it shows in the healthy past too")
    elif healthy.status:
        before = Step(before.name, False, f"it ended with status {healthy.status}: {healthy.output[-500:]}")
    return [before, _has(paged, told.shows, "its diagnosis shows it")]


def _has(ran: Ran, patterns: tuple[str, ...], name: str) -> Step:
    if ran.status:
        return Step(name, False, f"it ended with status {ran.status}: {ran.output[-500:]}")
    lacking = missing(patterns, ran.output)
    return Step(name, not lacking, f"not in its output: {'; '.join(lacking)}" if lacking else "; ".join(patterns))
