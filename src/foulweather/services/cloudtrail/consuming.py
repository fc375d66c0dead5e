"""Who takes events: the trails that log and the event data stores that ingest, and when they next look.

An event costs a trail nothing when it is recorded: the trail reads the histories from where it stopped, every five
minutes. Data events are in no history; they wait until all who take events have looked at them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from foulweather.services.cloudtrail import event_names
from foulweather.services.cloudtrail.records import EventDataStore, Trail
from foulweather.services.cloudtrail.selecting import Facts, Selection
from foulweather.services.cloudtrail.state import EventHistory, Lake, Schedule, Trails, histories, unpack

if TYPE_CHECKING:
    from foulweather.kernel.pipeline import Pipeline
    from foulweather.kernel.services import Operation
    from foulweather.world.world import World

PRINCIPAL: Final = "cloudtrail.amazonaws.com"
TICK_MS: Final = 300_000
# "CloudTrail typically delivers logs within an average of about 5 minutes of an API call": with a delivery every five
# minutes, of what is older than half of that, it takes from two and a half to seven and a half.
LAG_MS: Final = TICK_MS // 2
GLOBAL_REGION: Final = "us-east-1"
# "Global service events from CloudFront, IAM, and AWS STS" are what IncludeGlobalServiceEvents is about.
GLOBAL_SERVICES: Final = frozenset({"cloudfront", "iam", "sts"})
OFFERED_MAX: Final = 10_000
"""So many data events wait to be looked at; then they are, whatever the time."""
_ONLY: Final = "delivery"
Consumer = Trail | EventDataStore


class Consumers:
    """The trails and stores of a world that take events now."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._trails = world.state(Trails)
        self._lake = world.state(Lake)
        self._look()

    @classmethod
    def of(cls, world: World) -> Consumers:
        """The one of a world."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls(world)
        return cast("Consumers", found)

    def refresh(self, pipeline: Pipeline) -> None:
        """Look anew who takes what, after a change; what happened before it goes by what was set before."""
        self._hand_out(pipeline)
        self._look()

    def _look(self) -> None:
        trails = [trail for trail in self._trails.trails.values() if trail.is_logging]
        stores = [store for store in self._lake.stores.values() if store.status == "ENABLED"]
        self._active: list[tuple[Consumer, Selection]] = [(each, selection_of(each)) for each in (*trails, *stores)]
        self.are_any = bool(self._active)
        self.wanted: dict[Operation, bool] = {}
        self._selected: set[str] = set().union(*(selection.data_types for _, selection in self._active))
        self._is_due = _ONLY in self._trails.schedule

    @property
    def trails(self) -> list[Trail]:
        """The trails that log."""
        return [each for each, _ in self._active if isinstance(each, Trail)]

    # --- events

    def select_data_of(self, service: str) -> bool:
        """Whether somebody selects data events of a type that a service has."""
        return not self._selected.isdisjoint(event_names.data_types(service))

    def offer_data(self, pipeline: Pipeline, packed: bytes) -> None:
        """Keep a data event for everyone who may select it."""
        self._trails.offer(packed)
        if len(self._trails.offered) >= OFFERED_MAX:
            self._hand_out(pipeline)

    def _hand_out(self, pipeline: Pipeline) -> None:
        """Give the data events that wait to those who select them."""
        for number, packed in list(self._trails.offered.items()):
            self._trails.offered.delete(number)
            event = unpack(packed)
            facts = Facts(event)
            for consumer, selection in self._active:
                if selection.selects(facts) and covers(pipeline, consumer, event.account, event.region):
                    self._give(consumer, packed)

    def collect(self, pipeline: Pipeline, consumer: Consumer) -> None:
        """Have a consumer take what has happened since it looked last, by the selectors that it has now."""
        self._hand_out(pipeline)
        selection = selection_of(consumer)
        for history in histories(self._world):
            if not covers(pipeline, consumer, history.account, history.region):
                continue
            place = f"{history.account}/{history.region}"
            start = max(consumer.cursors.get(place, 0), history.first)
            if start >= history.next:
                continue
            consumer.cursors[place] = history.next
            for number in range(start, history.next):
                packed = history.management.get(str(number))
                if packed is not None and _takes(consumer, selection, packed):
                    self._give(consumer, packed)
        self.save(consumer)

    def collect_all(self, pipeline: Pipeline) -> None:
        """Have every consumer take what it has coming."""
        self._hand_out(pipeline)
        for consumer, _ in self._active:
            self.collect(pipeline, consumer)

    def skip(self, consumer: Consumer) -> None:
        """Let a consumer begin with what happens from now on."""
        consumer.cursors = {f"{each.account}/{each.region}": each.next for each in histories(self._world)}

    def save(self, consumer: Consumer) -> None:
        """Have a consumer's row written."""
        if isinstance(consumer, Trail):
            self._trails.trails.put(consumer.arn, consumer)
        else:
            self._lake.stores.put(consumer.id, consumer)

    def _give(self, consumer: Consumer, packed: bytes) -> None:
        if isinstance(consumer, Trail):
            self._trails.enqueue(consumer, packed)
        else:
            self._lake.ingest(consumer, packed)

    # --- when

    def expect(self, now_ms: int) -> None:
        """See to it that a delivery is on the agenda."""
        if self._is_due:
            return
        self._is_due = True
        self._trails.schedule.put(_ONLY, Schedule(True))
        when_ms = (now_ms // TICK_MS + 1) * TICK_MS
        self._world.agenda.at(when_ms, "cloudtrail.deliver", {}, account="", region=GLOBAL_REGION)

    def delivering(self) -> None:
        """Note that the delivery on the agenda has begun."""
        self._is_due = False
        if _ONLY in self._trails.schedule:
            self._trails.schedule.delete(_ONLY)


def selection_of(consumer: Consumer) -> Selection:
    """A consumer's selectors, compiled."""
    if isinstance(consumer, EventDataStore):
        return Selection((), consumer.selectors)
    return Selection(consumer.selectors, consumer.advanced)


def covers(pipeline: Pipeline, consumer: Consumer, account: str, region: str) -> bool:
    """Whether events of an account and Region are a consumer's to take."""
    if region != consumer.region and not consumer.is_multi_region:
        return False
    if account == consumer.account:
        return True
    guardrails = pipeline.guardrails
    return (
        consumer.is_organization
        and guardrails is not None
        and bool(guardrails.organization_id(account))
        and guardrails.organization_id(account) == guardrails.organization_id(consumer.account)
    )


def _takes(consumer: Consumer, selection: Selection, packed: bytes) -> bool:
    event = unpack(packed)
    if isinstance(consumer, Trail) and not consumer.has_global_events and _is_global(event.service, event.region):
        return False
    return selection.selects(Facts(event))


def _is_global(service: str, region: str) -> bool:
    return region == GLOBAL_REGION and service in GLOBAL_SERVICES


def stopped_by(trail: Trail, history: EventHistory) -> bytes | None:
    """The event of the call that stopped a trail: logging ends with it."""
    for number in range(history.next - 1, history.first - 1, -1):
        packed = history.management.get(str(number))
        if packed is not None and unpack(packed).request_id == trail.last_request:
            return packed
    return None
