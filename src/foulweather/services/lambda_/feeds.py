"""One mapping at work while its world is open: the tasks that poll for it, and how they are kept going.

A mapping's row is all that is kept. The action `lambda.poll`, which is due again every twenty seconds as
long as the mapping is enabled, finds whether its tasks are there and starts them where they are not, as
after a restart.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from foulweather.kernel.background import Background
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.policy import principal as principals
from foulweather.services.lambda_ import naming, roles
from foulweather.services.lambda_.invoking import Invoked
from foulweather.services.lambda_.records import Mapping
from foulweather.services.lambda_.state import LambdaState
from foulweather.world.world import World

BEAT_MS = 20_000
# How often Lambda tries again what it was refused is not published: at once, then ever more seldom.
RETRY_MS, RETRY_MS_MAX = 1_000, 30_000
RENEWED_BEFORE_MS = 5 * 60_000
TOLD_BYTES = 500
LAMBDA = principals.service("lambda.amazonaws.com")
MEASURED = {"is_measured": True}


def backoff_ms(attempt: int) -> int:
    """How long to wait after so many failures in a row."""
    return min(RETRY_MS << min(attempt, 10), RETRY_MS_MAX)


def is_at_work(mapping: Mapping) -> bool:
    """Whether a mapping is to be polled for: one that is being updated goes on as it was."""
    return mapping.state == "Enabled" or (mapping.state == "Updating" and mapping.is_enabled)


def measured(mapping: Mapping) -> dict[str, bool]:
    """The fact that a mapping's events are to be counted, where they are (`MetricsConfig`)."""
    return MEASURED if "MetricsConfig" in mapping.settings else {}


class Feed(Background, ABC):
    """Polls one source for one mapping."""

    named = "polling for an event source mapping"

    def __init__(self, pipeline: Pipeline, mapping: Mapping) -> None:
        super().__init__(pipeline.world)
        self.pipeline = pipeline
        self.uuid, self.arn = mapping.uuid, mapping.arn
        self.account, self.region = mapping.account, mapping.region
        self.function_arn = mapping.function_arn
        self.source_arn = self.read_arn = mapping.source_arn
        _, _, self.service, self.source_region, self.source_account, self.source_name = mapping.source_arn.split(":", 5)
        self.beat = 0
        self._session: roles.RoleSession | None = None
        self._problems: dict[str, str] = {}

    # --- what its kind of source does

    @abstractmethod
    def tend(self) -> None:
        """Start what should run and does not."""

    def touch(self, part: str = "") -> None:
        """Something was written to the source, or to a part of it."""

    def is_stale(self, mapping: Mapping) -> bool:
        """Whether the mapping has changed so much that another feed must take its place."""
        return False

    # --- the mapping

    @property
    def mapping(self) -> Mapping | None:
        """The mapping while it is to be polled for."""
        if self.is_stopped:
            return None
        found = self.world.state(LambdaState, self.account, self.region).mappings.get(self.uuid)
        if found is None or not is_at_work(found):
            return None
        self.function_arn = found.function_arn
        return found

    def note_result(self, result: str) -> None:
        """Tell in LastProcessingResult how it went."""
        mappings = self.world.state(LambdaState, self.account, self.region).mappings
        found = mappings.get(self.uuid)
        if found is not None and found.last_result != result:
            found.last_result = result
            mappings.touch(self.uuid)

    def note_problem(self, call: Call, error: AwsError, operation: str = "Poll") -> None:
        """Put on record why the source cannot be read, or the function not be invoked; the same reason once."""
        if self._problems.get(operation) == error.code:
            return
        self._problems[operation] = error.code
        why = Why("delayed", f"{error.code}: {error.message} Lambda tries again.", because=(error.why,))
        call.explain(operation, self.arn, why, error.code)

    def note_failure(self, call: Call, count: int, answer: Invoked, then: str) -> None:
        """Put on record that the function failed with a batch, and what becomes of it; the same failure once."""
        kind = answer.error_type or answer.function_error or "batchItemFailures"
        if self._problems.get("Invoke") == kind:
            return
        self._problems["Invoke"] = kind
        told = answer.payload[:TOLD_BYTES].decode("utf-8", "replace")
        facts = (Fact(self.function_arn, "answer", told), Fact(self.function_arn, "RequestId", answer.request_id))
        why = Why("failed", f"The function failed with {count} record(s) ({kind}): {then}", facts)
        call.explain("Invoke", self.arn, why, kind)

    def went_well(self, operation: str) -> None:
        """Its next problem is a new one."""
        self._problems.pop(operation, None)

    # --- calls

    def call(self) -> Call:
        """A call of its own for what is done next, in a trace of its own."""
        return Call(self.pipeline, "lambda", "lambda.poll", self.account, self.region, LAMBDA)

    async def ports(self, call: Call) -> Ports:
        """The other services where the source is, called as the function's execution role."""
        session = await self.session(call)
        return call.acting_as(session.principal, account=self.source_account, region=self.source_region)

    async def session(self, call: Call) -> roles.RoleSession:
        """A session of the execution role that lasts for a while yet."""
        held = self._session
        found = naming.described(call, self.function_arn)
        if (
            held is None
            or held.principal.role_arn != found.configuration.role
            or held.expires_ms <= call.now + RENEWED_BEFORE_MS
        ):
            held = self._session = await roles.assume(call, found.function, found.configuration)
        return held

    @property
    def role_arn(self) -> str:
        """The execution role of its latest session."""
        return (self._session.principal.role_arn or "") if self._session is not None else ""


class Feeds:
    """The feeds of a world, by mapping and by source."""

    def __init__(self, world: World) -> None:
        self.by_uuid: dict[str, Feed] = {}
        self.by_source: dict[str, list[Feed]] = {}
        world.closing.append(self.close)

    @classmethod
    def of(cls, world: World) -> Feeds:
        """The world's own."""
        found = world.attached.get(cls)
        if not isinstance(found, cls):
            found = world.attached[cls] = cls(world)
        return found

    def add(self, feed: Feed) -> None:
        """Take in a feed."""
        self.by_uuid[feed.uuid] = feed
        self.by_source.setdefault(feed.read_arn, []).append(feed)

    def drop(self, uuid: str) -> None:
        """Stop the feed of a mapping, if there is one."""
        feed = self.by_uuid.pop(uuid, None)
        if feed is not None:
            self.by_source[feed.read_arn].remove(feed)
            feed.world.agenda.cancel(feed.beat)
            feed.stop()

    def close(self) -> None:
        """The world is put away: nothing polls for it any more."""
        for feed in self.by_uuid.values():
            feed.stop(is_closing=True)
        self.by_uuid.clear()
        self.by_source.clear()
