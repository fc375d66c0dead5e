"""A process that ends with events on their way: another one brings them there, soon, and none is lost."""

from __future__ import annotations

from pathlib import Path

from foulweather.gates.faults import Faults
from foulweather.services.events.deliveries import GUARD_MS
from foulweather.services.events.state import Delivery, EventsState
from foulweather.world.world import World
from harness import ACCOUNT, REGION, Aws, new_aws
from services.events.bridged import Bridge


def reopened(aws: Aws, directory: Path) -> Aws:
    """The world again, after its process died at a commit."""
    world = aws.world
    world.keep_clock()
    world.store.commit()
    assert world.store._log is not None
    world.store._log.close()
    return new_aws(world=World(directory=directory))


def slow(aws: Aws, arn: str, delay_ms: int) -> None:
    Faults.of(aws.world).add(kind="slow", service="sqs", operation="SendMessage", resource=arn, delay_ms=delay_ms)


def put(aws: Aws, *numbers: int) -> None:
    entries = [{"Source": "shop", "DetailType": "placed", "Detail": f'{{"id": {number}}}'} for number in numbers]
    assert aws.events_.put_events({"Entries": entries})["FailedEntryCount"] == 0


def ids(bridge: Bridge, queue: str) -> list[int]:
    return sorted(event["detail"]["id"] for event in bridge.bodies(queue))


async def test_events_that_were_taken_reach_every_target_after_the_process_died_at_once(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    first, second = Bridge(aws).reaching("one"), Bridge(aws).reaching("two")
    put(aws, 1, 2, 3)
    aws = reopened(aws, tmp_path)
    await aws.advance(ms=1)
    assert ids(Bridge(aws), first) == ids(Bridge(aws), second) == [1, 2, 3]
    aws = reopened(aws, tmp_path)
    await aws.advance(seconds=3_600)
    assert len(aws.events("events.Invoked")) == 0, "what has arrived is not sent again"


async def test_what_was_under_way_when_the_process_died_is_made_again_within_seconds(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    queue = Bridge(aws).reaching()
    slow(aws, queue, 3_600_000)
    put(aws, 1, 2)
    await aws.advance(seconds=1)
    assert ids(Bridge(aws), queue) == []
    aws = reopened(aws, tmp_path)
    Faults.of(aws.world).clear()
    await aws.advance(ms=GUARD_MS)
    assert ids(Bridge(aws), queue) == [1, 2]
    assert [event.facts["attempts"] for event in aws.events("events.Invoked")] == [2, 2]
    await aws.advance(seconds=3_600)
    assert ids(Bridge(aws), queue) == []


async def test_one_entry_of_the_agenda_guards_all_that_is_under_way_and_ends_with_it(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    queue = Bridge(aws).reaching()
    slow(aws, queue, 60_000)
    put(aws, *range(10))
    await aws.advance(seconds=1)
    assert [due.action for due in aws.world.agenda.dues() if due.action.startswith("events.")] == ["events.resume"]
    await aws.advance(seconds=120)
    assert ids(Bridge(aws), queue) == list(range(10)), "who is guarded meanwhile is not sent twice"
    assert [due.action for due in aws.world.agenda.dues() if due.action.startswith("events.")] == []


async def test_a_retry_that_is_put_off_waits_its_time_out_over_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    queue = Bridge(aws).reaching()
    Faults.of(aws.world).add(kind="unavailable", service="sqs", operation="SendMessage", resource=queue)
    put(aws, 1)
    await aws.advance(seconds=100)
    before = len(aws.events("events.RetryScheduled"))
    assert before == 7  # after 1, 2, 4, 8, 16, 32 and 64 seconds: the next is after 127
    aws = reopened(aws, tmp_path)
    Faults.of(aws.world).clear()
    await aws.advance(seconds=20)
    assert ids(Bridge(aws), queue) == []
    await aws.advance(seconds=10)
    assert ids(Bridge(aws), queue) == [1]


async def test_only_the_event_that_failed_is_sent_again(aws: Aws, bridge: Bridge) -> None:
    first, second = bridge.reaching("one"), bridge.reaching("two")
    Faults.of(aws.world).add(kind="unavailable", service="sqs", operation="SendMessage", resource=second)
    put(aws, 1, 2)
    await aws.advance(ms=1)
    assert ids(bridge, first) == [1, 2]
    Faults.of(aws.world).clear()
    await aws.advance(seconds=10)
    assert ids(bridge, first) == []
    assert ids(bridge, second) == [1, 2]
    assert sorted(event.facts["attempts"] for event in aws.events("events.Invoked")) == [1, 1, 2, 2]


async def test_a_delivery_that_an_earlier_build_has_put_down_is_made(aws: Aws, bridge: Bridge) -> None:
    queue = bridge.reaching()
    text = '{"id": "e", "source": "shop", "detail-type": "placed", "detail": {"id": 5}}'
    state = aws.world.state(EventsState, ACCOUNT, REGION)
    state.deliveries.put("d", Delivery("d", "default/orders", "1", "e", text, aws.now, aws.now))
    aws.world.agenda.at(aws.now, "events.deliver", {"delivery": "d"}, account=ACCOUNT, region=REGION)
    aws.world.agenda.at(aws.now + 3_600_000, "events.deliver", {"delivery": "d"}, account=ACCOUNT, region=REGION)
    await aws.advance(seconds=7_200)
    assert ids(bridge, queue) == [5]


async def test_a_target_that_gets_a_role_while_an_event_is_on_its_way_is_sent_to_with_it(
    aws: Aws, bridge: Bridge
) -> None:
    queue = bridge.reaching()
    put(aws, 1)
    bridge.target(queue, RoleArn=bridge.role("bridge", "events.amazonaws.com", "sqs:SendMessage"))
    await aws.advance(seconds=1)
    assert ids(bridge, queue) == [1]
    sent = aws.world.state(EventsState, ACCOUNT, REGION)
    assert len(sent.deliveries) == len(sent.consignments) == 0
