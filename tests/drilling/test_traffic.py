"""What is counted of requests since the incident, and why an event took effect twice."""

from __future__ import annotations

import pytest

from foulweather.drilling import effects, traffic
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Even, Ledger, Publisher, WorkerFleet
from foulweather.drilling.regular import Regular
from foulweather.kernel.services import Services
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from foulweather.world.world import World

SERVICES = Services()


@pytest.fixture
def lab() -> Lab:
    world = World(name="lab", seed=7, mode="held", start_ms=1_767_600_000_000)
    return Lab(world, SERVICES, world.ids.account())


def queue(lab: Lab, **attributes: str) -> str:
    return lab.client("sqs").create_queue(QueueName="q", Attributes=attributes)["QueueUrl"]


def last_why(lab: Lab) -> Why:
    trace = lab.world.state(Traces).last_wrong()
    assert trace is not None
    hop = trace.first_wrong()
    assert hop is not None
    assert hop.why is not None
    return hop.why


def test_without_a_ledger_there_is_no_count(lab: Lab) -> None:
    assert traffic.lost(lab, lab.now_ms, 60) is None
    assert traffic.course(lab, 60) is None
    Ledger.of(lab)
    assert traffic.lost(lab, lab.now_ms, 60) is None, "an empty ledger counts nothing, and does not say 0"


async def test_lost_is_what_took_no_effect_in_time_since_the_incident(lab: Lab) -> None:
    ledger, start_ms = Ledger.of(lab), lab.now_ms
    for minute in range(10):
        ledger.ask(start_ms + minute * MINUTE_MS)
    for key, delay_ms in {0: 1, 5: 1000, 6: 90_000, 7: 500}.items():
        ledger.effect(key, start_ms + key * MINUTE_MS + delay_ms)
    ledger.effect(7, start_ms + 8 * MINUTE_MS)
    lab.struck_at_ms = start_ms + 5 * MINUTE_MS
    await lab.world.advance_to(start_ms + 10 * MINUTE_MS - 1)
    told = traffic.lost(lab, lab.now_ms, 60)
    assert told is not None
    assert (told.asked, told.served, told.lost, told.late, told.duplicated, told.pending) == (5, 1, 2, 1, 1, 1)
    until_the_mend = traffic.lost(lab, start_ms + 6 * MINUTE_MS, 60)
    assert until_the_mend is not None
    assert (until_the_mend.asked, until_the_mend.served) == (1, 1)
    course = traffic.course(lab, 60)
    assert course is not None
    assert (sum(course.served), sum(course.failed)) == (2, 7)


async def test_errors_are_counted_by_application_and_code(lab: Lab) -> None:
    url = queue(lab)
    lab.add(Publisher(lab, "shop", to=url, arrivals=Even(per_min=6)))
    await lab.world.advance_to(lab.now_ms + 5 * MINUTE_MS)
    lab.struck_at_ms = lab.now_ms
    lab.client("sqs").delete_queue(QueueUrl=url)
    await lab.world.advance_to(lab.now_ms + 2 * MINUTE_MS)
    found = traffic.errors(lab, lab.now_ms)
    assert list(found) == ["shop"]
    assert found["shop"]["QueueDoesNotExist"] == 12
    assert any("× QueueDoesNotExist" in line.text for line in traffic.log_of(lab.app("shop")))


async def drilled(lab: Lab, minutes: int = 10, visibility_s: str = "5", **settings: str) -> None:
    url = queue(lab, VisibilityTimeout=visibility_s)
    lab.add(WorkerFleet(lab, "workers", queue_url=url, **{"workers": "4", "batch": "1"} | settings))
    lab.add(Publisher(lab, "shop", to=url, arrivals=Even(per_min=12)))
    await lab.world.advance_to(lab.now_ms + minutes * MINUTE_MS)
    effects.explain(lab, 0)


def properties(why: Why) -> set[tuple[str, str]]:
    return {(fact.resource, fact.property) for fact in why.facts}


async def test_a_message_that_came_back_too_early_is_explained_by_its_visibility_timeout(lab: Lab) -> None:
    await drilled(lab, processing_ms="8000")
    why = last_why(lab).first_cause()
    assert "visible again before it was deleted" in why.cause
    assert (lab.queue_arn("q"), "VisibilityTimeout") in properties(why)
    assert ("workers", "heartbeat") in properties(why)


async def test_a_timeout_of_the_receive_is_the_one_that_counts(lab: Lab) -> None:
    await drilled(lab, visibility_s="600", processing_ms="8000")
    assert lab.world.state(Traces).last_wrong() is None
    lab.deploy("workers", visibility_s="5")
    await lab.world.advance_to(lab.now_ms + 5 * MINUTE_MS)
    effects.explain(lab, 0)
    assert ("workers", "visibility_s") in properties(last_why(lab).first_cause())


async def test_a_worker_that_died_between_effect_and_delete_is_named(lab: Lab) -> None:
    await drilled(lab, minutes=30, visibility_s="60", processing_ms="500", crash_after_ppm="100000")
    why = last_why(lab).first_cause()
    assert "killed after its effect, before delete" in why.cause
    assert ("workers", "idempotent") in properties(why)


async def test_a_batch_that_fails_as_a_whole_is_named(lab: Lab) -> None:
    url = queue(lab, VisibilityTimeout="60")
    lab.add(
        WorkerFleet(
            lab,
            "workers",
            queue_url=url,
            poison=lambda event: event["sequence"] % 10 == 9,
            batch="10",
            delete_by="batch",
            partial="off",
            processing_ms="3000",
        )
    )
    lab.add(Publisher(lab, "shop", to=url, arrivals=Even(per_min=18)))
    await lab.world.advance_to(lab.now_ms + 15 * MINUTE_MS)
    effects.explain(lab, 0)
    why = last_why(lab).first_cause()
    assert "one batch with message" in why.cause
    assert ("workers", "partial") in properties(why)


async def test_where_all_is_well_nothing_is_put_on_record(lab: Lab) -> None:
    await drilled(lab, visibility_s="60", processing_ms="500")
    assert lab.world.state(Traces).last_wrong() is None


async def test_who_is_no_application_of_ours_is_not_counted(lab: Lab) -> None:
    class Stranger(Regular):
        """Asks for what is not there."""

        IS_OURS = False

        def run(self) -> None:
            """Ask."""
            self.lab.queue_url("none")

    stranger = lab.add(Stranger(lab, "stranger"))
    await lab.world.advance_to(lab.now_ms + 60 * MINUTE_MS)
    assert stranger.log
    assert traffic.errors(lab, lab.now_ms) == {}
    Stranger.IS_OURS = True
    assert traffic.errors(lab, lab.now_ms) == {"stranger": {"QueueDoesNotExist": 4}}


async def test_a_standard_queue_is_named_where_order_is_lost(lab: Lab) -> None:
    url = queue(lab, VisibilityTimeout="120")
    lab.add(WorkerFleet(lab, "workers", queue_url=url, workers="40", batch="1", processing_ms="200-40000"))
    lab.add(Publisher(lab, "shop", to=url, arrivals=Even(per_min=60), versions="3", grouping="order"))
    await lab.world.advance_to(lab.now_ms + 5 * MINUTE_MS)
    effects.explain(lab, 0)
    why = last_why(lab)
    assert "promises no order" in why.cause
    assert (lab.queue_arn("q"), "FifoQueue") in properties(why)
    assert len(Ledger.of(lab).disordered()) >= 10
    assert Ledger.of(lab).disordered(lab.now_ms) == []
