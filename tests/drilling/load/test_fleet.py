from __future__ import annotations

import json
from typing import Any

import pytest

from drilling.load.labs import MINUTE_MS, START_MS, new_lab, new_queue, new_topic, pass_ms
from foulweather.drilling.clients import Identity
from foulweather.drilling.lab import Lab
from foulweather.drilling.load import (
    Even,
    Ledger,
    Poisson,
    Publisher,
    QueueWatch,
    Recorded,
    Report,
    Unprocessable,
    WorkerFleet,
)
from foulweather.policy import principal as principals

HOUR_MS = 60 * MINUTE_MS


def put_to_work(lab: Lab, url: str, arrivals: Any, **settings: Any) -> WorkerFleet:
    lab.add(Publisher(lab, "shop", to=url, arrivals=arrivals))
    fleet = WorkerFleet(lab, "workers", queue_url=url, **settings)
    lab.add(fleet)
    return fleet


def told(lab: Lab, deadline_ms: int = 10 * MINUTE_MS) -> Report:
    return Ledger.of(lab).report(now_ms=lab.now_ms, deadline_ms=deadline_ms)


def left(lab: Lab, url: str) -> int:
    level = QueueWatch(lab, "look", queue_url=url).level()
    return level.visible + level.in_flight


async def test_healthy_workers_serve_everything_once() -> None:
    lab = new_lab()
    url = new_queue(lab)
    fleet = put_to_work(lab, url, Poisson(per_s=20, until_ms=MINUTE_MS), workers="5")
    await pass_ms(lab, 2 * MINUTE_MS)
    report = told(lab)
    assert report.asked > 1000
    assert report.served == report.asked == fleet.deleted == fleet.effects
    assert fleet.receive_counts == {1: report.asked}
    assert report.latency.percentile(50) >= 200
    assert left(lab, url) == 0


async def test_one_worker_processes_one_message_at_a_time() -> None:
    lab = new_lab()
    url = new_queue(lab)
    put_to_work(lab, url, Recorded([0, 0, 0]), processing_ms="1000")
    await pass_ms(lab, MINUTE_MS)
    ledger = Ledger.of(lab)
    assert [effect.at_ms - START_MS for key in range(3) for effect in ledger.effects_of(key)] == [1000, 2000, 3000]


# The catalog's case: a visibility timeout of 30 s, and 60 to 100 s for a batch of ten.
BATCHES = Recorded([0] * 10, every_ms=5 * MINUTE_MS)
SLOW = {"workers": "4", "processing_ms": "6000-10000"}


async def test_a_visibility_timeout_below_the_processing_time_brings_messages_back_three_or_four_times() -> None:
    lab = new_lab()
    fleet = put_to_work(lab, new_queue(lab, VisibilityTimeout="30"), BATCHES, **SLOW)
    await pass_ms(lab, HOUR_MS - 1)
    report = told(lab)
    assert report.asked == 120
    assert report.duplicated > 60
    assert set(fleet.receive_counts) == {1, 2, 3, 4}
    assert max(len(Ledger.of(lab).effects_of(key)) for key in range(120)) == 4
    assert fleet.received_again_permille > 400


async def test_what_takes_longer_than_its_visibility_timeout_in_each_hand_ends_among_the_dead_letters() -> None:
    lab = new_lab()
    new_queue(lab, "orders-dlq")
    arn = f"arn:aws:sqs:us-east-1:{lab.account}:orders-dlq"
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 4})
    url = new_queue(lab, VisibilityTimeout="30", RedrivePolicy=redrive)
    put_to_work(
        lab, url, Even(per_min=1, until_ms=10 * MINUTE_MS), workers="9", batch="1", processing_ms="60000-100000"
    )
    await pass_ms(lab, HOUR_MS)
    # No receipt is the latest one when its work is done, so no delete counts.
    assert [len(Ledger.of(lab).effects_of(key)) for key in range(9)] == [4] * 9
    assert left(lab, url) == 0


@pytest.mark.parametrize("mended", [{"heartbeat": "on"}, {"visibility_s": "300"}])
async def test_a_heartbeat_or_a_longer_visibility_mends_it(mended: dict[str, str]) -> None:
    lab = new_lab()
    fleet = put_to_work(lab, new_queue(lab, VisibilityTimeout="30"), BATCHES, **SLOW, **mended)
    await pass_ms(lab, HOUR_MS - 1)
    assert told(lab).served == told(lab).asked == 120
    assert set(fleet.receive_counts) == {1}
    assert not fleet.log


async def test_idempotent_workers_have_one_effect_though_they_receive_more_often() -> None:
    lab = new_lab()
    fleet = put_to_work(lab, new_queue(lab, VisibilityTimeout="30"), BATCHES, **SLOW, idempotent="on")
    await pass_ms(lab, HOUR_MS - 1)
    assert told(lab).served == told(lab).asked
    assert fleet.skipped > 60
    assert {3, 4} <= set(fleet.receive_counts)


async def test_to_check_first_and_act_later_is_a_race() -> None:
    lab = new_lab()
    url = new_queue(lab, VisibilityTimeout="30")
    put_to_work(
        lab, url, Even(per_min=6, until_ms=10 * MINUTE_MS), workers="30", batch="1", processing_ms="60000-100000",
        idempotent="check-first",
    )  # fmt: skip
    await pass_ms(lab, HOUR_MS)
    assert told(lab).duplicated > told(lab).asked // 2


async def test_a_crash_after_the_effect_brings_the_message_back_after_the_visibility_timeout() -> None:
    lab = new_lab()
    url = new_queue(lab, VisibilityTimeout="30")
    fleet = put_to_work(lab, url, Recorded([0]), crash_after_ppm="1000000", restart_s="5")
    await pass_ms(lab, 15_000)
    lab.deploy("workers", crash_after_ppm="0")
    await pass_ms(lab, MINUTE_MS)
    first, second = Ledger.of(lab).effects_of(0)
    assert (first.at_ms, first.receive_count) == (START_MS + 200, 1)
    assert (second.at_ms, second.receive_count) == (START_MS + 30_200, 2)
    assert fleet.crashes == 1
    assert [line.text for line in fleet.log] == ["killed after its effect, before delete"]
    assert left(lab, url) == 0


async def test_a_crash_before_the_effect_delays_it_and_no_more() -> None:
    lab = new_lab()
    url = new_queue(lab)
    put_to_work(lab, url, Recorded([0]), crash_before_ppm="1000000")
    await pass_ms(lab, 15_000)
    lab.deploy("workers", crash_before_ppm="0")
    await pass_ms(lab, MINUTE_MS)
    assert told(lab).served == 1
    assert told(lab).latency.largest == 30_200


async def test_deleting_before_processing_loses_what_a_crash_had_in_hand() -> None:
    lab = new_lab()
    url = new_queue(lab)
    fleet = put_to_work(
        lab, url, Poisson(per_s=10, until_ms=MINUTE_MS), workers="10", delete="before", crash_before_ppm="50000"
    )
    await pass_ms(lab, 20 * MINUTE_MS)
    report = told(lab, deadline_ms=5 * MINUTE_MS)
    assert fleet.crashes > 10
    assert report.lost >= fleet.crashes
    assert report.served + report.lost == report.asked
    assert left(lab, url) == 0
    assert fleet.deleted == fleet.received


async def test_deleting_always_loses_what_failed_though_every_receive_was_deleted() -> None:
    lab = new_lab()
    url = new_queue(lab)
    fleet = put_to_work(
        lab, url, Even(per_s=10, until_ms=MINUTE_MS), workers="10", delete="always", failure_ppm="100000"
    )
    await pass_ms(lab, 20 * MINUTE_MS)
    report = told(lab)
    assert fleet.failures == report.lost > 30
    assert fleet.deleted == fleet.received == report.asked
    assert left(lab, url) == 0


async def test_deleting_after_success_retries_what_failed_until_it_is_served() -> None:
    lab = new_lab()
    url = new_queue(lab)
    fleet = put_to_work(lab, url, Even(per_s=10, until_ms=MINUTE_MS), workers="10", failure_ppm="100000")
    await pass_ms(lab, 20 * MINUTE_MS)
    assert fleet.failures > 30
    assert told(lab).served == told(lab).asked


async def test_never_deleting_does_everything_over_and_over() -> None:
    lab = new_lab()
    url = new_queue(lab)
    put_to_work(lab, url, Recorded([0]), delete="never")
    await pass_ms(lab, 5 * MINUTE_MS)
    assert len(Ledger.of(lab).effects_of(0)) == 10


@pytest.mark.parametrize(("on_failure", "after_ms"), [("leave", 30_200), ("release", 410)])
async def test_a_failed_message_comes_back_after_its_timeout_or_at_once(on_failure: str, after_ms: int) -> None:
    lab = new_lab()
    url = new_queue(lab)
    fleet = put_to_work(lab, url, Recorded([0]), failure_ppm="1000000", on_failure=on_failure, restart_s="1")
    await pass_ms(lab, 205)
    lab.deploy("workers", failure_ppm="0")
    await pass_ms(lab, MINUTE_MS)
    assert told(lab).latency.largest == after_ms
    assert fleet.failures == 1


def cursed(event: dict[str, Any]) -> bool:
    return event["sequence"] == 4


@pytest.mark.parametrize(("partial", "is_dead"), [("on", {4}), ("off", set(range(10)))])
async def test_one_poisoned_record_takes_its_whole_batch_to_the_dead_letters_unless_results_are_partial(
    partial: str, is_dead: set[int]
) -> None:
    lab = new_lab()
    dead = new_queue(lab, "orders-dlq")
    arn = f"arn:aws:sqs:us-east-1:{lab.account}:orders-dlq"
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
    url = new_queue(lab, RedrivePolicy=redrive)
    lab.add(Publisher(lab, "shop", to=url, arrivals=Recorded([0] * 10)))
    await pass_ms(lab, 100)
    fleet = lab.add(
        WorkerFleet(lab, "workers", queue_url=url, poison=cursed, delete_by="batch", partial=partial, wait="1")
    )
    await pass_ms(lab, 10 * MINUTE_MS)
    received = lab.client("sqs").receive_message(QueueUrl=dead, MaxNumberOfMessages=10)["Messages"]
    assert {json.loads(message["Body"])["sequence"] for message in received} == is_dead
    assert fleet.failures == 3
    assert left(lab, url) == 0
    assert told(lab).duplicated == (9 if partial == "off" else 0)


async def test_a_fifo_batch_that_stops_at_its_failure_keeps_the_order() -> None:
    lab = new_lab()
    url = new_queue(lab, "orders.fifo", VisibilityTimeout="30")
    lab.add(Publisher(lab, "shop", to=url, arrivals=Recorded([0] * 10), grouping="one"))
    await pass_ms(lab, 100)
    lab.add(
        WorkerFleet(
            lab,
            "workers",
            queue_url=url,
            failure_ppm="300000",
            after_failure="stop-batch",
            delete_by="batch",
            on_failure="release",
        )
    )
    await pass_ms(lab, 20 * MINUTE_MS)
    ledger = Ledger.of(lab)
    assert told(lab).served == 10
    firsts = [ledger.effects_of(key)[0].at_ms for key in range(10)]
    assert firsts == sorted(firsts)


async def test_several_workers_on_a_standard_queue_do_not_keep_the_order_and_a_fifo_queue_does() -> None:
    reports: list[Report] = []
    for name in ("orders", "orders.fifo"):
        lab = new_lab()
        url = new_queue(lab, name)
        shop = Publisher(lab, "shop", to=url, arrivals=Poisson(per_s=10, until_ms=2 * MINUTE_MS), customers="5")
        lab.add(shop)
        lab.add(WorkerFleet(lab, "workers", queue_url=url, workers="20", processing_ms="100-900", batch="1"))
        await pass_ms(lab, 10 * MINUTE_MS)
        reports.append(told(lab))
    standard, fifo = reports
    assert standard.out_of_order > 50
    assert fifo.out_of_order == 0
    assert fifo.served == fifo.asked


@pytest.mark.parametrize(("wait", "fewest", "most"), [("0", 3 * 590, 3 * 601), ("20", 1, 3 * 30)])
async def test_short_polling_counts_empty_receives_and_long_polling_hardly_any(
    wait: str, fewest: int, most: int
) -> None:
    lab = new_lab()
    url = new_queue(lab)
    fleet = put_to_work(lab, url, Recorded([]), workers="3", wait=wait, pause_ms="990")
    await pass_ms(lab, 10 * MINUTE_MS)
    assert fewest <= fleet.empty_receives <= most


async def test_a_long_poll_begins_to_work_the_moment_that_a_message_comes() -> None:
    lab = new_lab()
    url = new_queue(lab)
    fleet = put_to_work(lab, url, Recorded([7_777]), processing_ms="50")
    await pass_ms(lab, HOUR_MS)  # one jump: held time must not slip between the answer and the work
    assert Ledger.of(lab).effects_of(0)[0].at_ms == START_MS + 7_777 + 50
    assert fleet.records.count("delete_message", "") == 1


async def test_the_envelope_of_sns_is_taken_off() -> None:
    lab = new_lab()
    url = new_queue(lab)
    topic = new_topic(lab, url, is_raw=False)
    fleet = put_to_work(lab, url, Recorded([]))
    lab.add(Publisher(lab, "web", to=topic, arrivals=Even(per_s=1, until_ms=5_500)))
    await pass_ms(lab, MINUTE_MS)
    assert fleet.effects == told(lab).served == 5


async def test_a_message_that_is_no_event_fails_and_one_without_a_key_has_no_effect_on_record() -> None:
    lab = new_lab()
    url = new_queue(lab)
    fleet = put_to_work(lab, url, Recorded([]))
    lab.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
    lab.client("sqs").send_message(QueueUrl=url, MessageBody='{"hello": 1}')
    await pass_ms(lab, 20_000)
    assert (fleet.failures, fleet.deleted, fleet.effects) == (1, 1, 0)
    assert "this is no event" in fleet.log[0].text


async def test_workers_without_permission_are_refused_and_go_on_trying() -> None:
    lab = new_lab()
    url = new_queue(lab)
    stranger = Identity("999988887777", lab.region, principals.root("999988887777"))
    fleet = put_to_work(lab, url, Even(per_s=1, until_ms=10_000), identity=stranger)
    await pass_ms(lab, 10_500)
    assert fleet.records.errors == 11
    assert set(fleet.records.codes()) <= {"AccessDenied", "AccessDeniedException"}
    assert fleet.received == 0
    assert left(lab, url) == 9


@pytest.mark.parametrize(("awaits", "noted"), [("on", 0), ("off", 10)])
async def test_a_fleet_finds_a_queue_that_comes_later_and_notes_its_absence_unless_it_awaits_it(
    awaits: str, noted: int
) -> None:
    lab = new_lab()
    url = f"https://sqs.{lab.region}.amazonaws.com/{lab.account}/orders"
    fleet = lab.add(WorkerFleet(lab, "workers", queue_url=url, await_queue=awaits))
    await pass_ms(lab, 9_500)
    assert fleet.records.count("receive_message", "QueueDoesNotExist") == 10
    assert len(fleet.log) == noted
    lab.add(Publisher(lab, "shop", to=new_queue(lab), arrivals=Recorded([100])))
    await pass_ms(lab, 5_000)
    assert fleet.deleted == 1


async def test_a_stopped_fleet_leaves_what_it_had_in_hand_to_its_visibility_timeout() -> None:
    lab = new_lab()
    url = new_queue(lab)
    fleet = put_to_work(lab, url, Even(per_s=10, until_ms=MINUTE_MS), workers="3", processing_ms="500")
    watch = lab.add(QueueWatch(lab, "watch", queue_url=url))
    await pass_ms(lab, 20_000)
    fleet.stop()
    received = fleet.received
    await pass_ms(lab, 10 * MINUTE_MS)
    assert fleet.received == received
    assert isinstance(watch, QueueWatch)
    assert watch.levels[-1].visible > 300
    assert watch.levels[-1].oldest_ms > 9 * MINUTE_MS
    fleet.start()
    lab.deploy("workers", workers="20")
    await pass_ms(lab, 5 * MINUTE_MS)
    assert left(lab, url) == 0
    assert lab.world.in_flight == 0


async def test_a_stopped_fleet_lets_go_of_its_long_polls() -> None:
    lab = new_lab()
    url = new_queue(lab)
    fleet = put_to_work(lab, url, Recorded([30_000]), workers="2")
    await pass_ms(lab, 5_000)
    fleet.stop()
    await pass_ms(lab, MINUTE_MS)
    assert left(lab, url) == 1
    assert fleet.received == 0
    assert lab.world.in_flight == 0


async def test_a_deploy_changes_the_number_of_workers() -> None:
    lab = new_lab()
    url = new_queue(lab)
    fleet = put_to_work(lab, url, Even(per_s=10, until_ms=5 * MINUTE_MS), workers="1", processing_ms="1000")
    await pass_ms(lab, MINUTE_MS)
    assert left(lab, url) > 400
    lab.deploy("workers", workers="30")
    await pass_ms(lab, 2 * MINUTE_MS)
    assert left(lab, url) < 30
    lab.deploy("workers", workers="2")
    assert len(fleet.workers) == 2


def test_a_release_with_settings_that_make_no_sense_is_refused_whole() -> None:
    lab = new_lab()
    fleet = lab.add(WorkerFleet(lab, "workers", queue_url=new_queue(lab)))
    with pytest.raises(ValueError, match="no time to work"):
        lab.deploy("workers", workers="9", processing_ms="fast")
    with pytest.raises(ValueError, match="number of seconds"):
        lab.deploy("workers", visibility_s="long")
    with pytest.raises(ValueError, match="one of"):
        lab.deploy("workers", delete="sometimes")
    assert fleet.settings["workers"] == "1"


async def test_workers_may_do_other_work() -> None:
    class Strict(WorkerFleet):
        def work(self, event: dict[str, Any]) -> None:
            if event["version"] > 1:
                raise Unprocessable("not yet")

    lab = new_lab()
    url = new_queue(lab)
    lab.add(Publisher(lab, "shop", to=url, arrivals=Recorded([0] * 20), versions="2"))
    fleet = lab.add(Strict(lab, "workers", queue_url=url))
    await pass_ms(lab, 20_000)
    assert isinstance(fleet, Strict)
    assert fleet.effects == 10
    assert fleet.failures == 10


async def run_once(seed: int) -> dict[str, Any]:
    lab = new_lab(seed)
    url = new_queue(lab)
    topic = new_topic(lab, url)
    shop = Publisher(lab, "shop", to=topic, arrivals=Poisson(per_s=30, until_ms=MINUTE_MS), retry="jitter")
    fleet = WorkerFleet(
        lab, "workers", queue_url=url, workers="10", processing_ms="~250", crash_after_ppm="5000",
        failure_ppm="20000", delete_by="batch",
    )  # fmt: skip
    lab.faults.add(kind="unavailable", service="sns", percent=20, until_ms=START_MS + 20_000)
    lab.add(shop)
    lab.add(fleet)
    await pass_ms(lab, 5 * MINUTE_MS)
    events = [(event.seq, event.at_ms, event.kind, event.request_id) for event in lab.world.journal]
    return {
        "ledger": told(lab).summary(),
        "workers": fleet.summary(),
        "shop": shop.records.summary(),
        "journal": hash(tuple(events)),
    }


async def test_the_same_seed_gives_the_same_run_to_the_last_event_and_another_seed_another() -> None:
    first = await run_once(5)
    assert first["ledger"]["asked"] > 1500
    assert first["ledger"]["duplicated"] > 0
    assert await run_once(5) == first
    assert await run_once(6) != first
