"""Enhanced fan-out: a shard's records pushed to a consumer as they come, for five minutes.

The event stream is the body of an answer in HTTP/2, as on AWS, or in HTTP/1.1 for clients that speak no other.
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import batches, limits, positions, refusals, sequence, throughput
from foulweather.services.kinesis.live import Lane, Live
from foulweather.services.kinesis.records import ON_DEMAND
from foulweather.services.kinesis.state import KinesisState, shard_named

Request = Mapping[str, Any]
Events = AsyncIterator[tuple[str, Mapping[str, Any]]]


def subscribe_to_shard(call: Call, request: Request) -> dict[str, Any]:
    """Open a subscription: 2 MiB a second for this consumer alone."""
    arn = request["ConsumerARN"]
    account = arn.split(":")[4]
    state = call.state(KinesisState, account)
    known = state.known.get(arn)
    if known is None or arn.split(":")[3] != call.region:
        raise refusals.no_consumer(account, arn)
    consumer = known.consumer
    if consumer.status != "ACTIVE":
        raise AwsError(
            "ResourceInUseException",
            f"Consumer {consumer.name} not ACTIVE, instead in state {consumer.status}",
            facts=(call.fact(arn, "ConsumerStatus", consumer.status),),
        )
    live = state.live[consumer.stream]
    lane = shard_named(call, live, request["ShardId"])
    position = request["StartingPosition"]
    state.trim(live, lane, call.now)
    place = positions.place_of(
        call, state, live, lane, position["Type"], position.get("SequenceNumber"), position.get("Timestamp")
    )
    key = (arn, lane.shard.number)
    since_ms = live.subscriptions.get(key, (-limits.SUBSCRIBED_AGAIN_MS, ""))[0]
    if call.now - since_ms < limits.SUBSCRIBED_AGAIN_MS:
        raise AwsError(
            "ResourceInUseException",
            f"Another active subscription exists for this consumer: {account}:{consumer.stream}:{lane.id}:"
            f"{consumer.name}",
            facts=(Fact(arn, f"subscribed to {lane.id}", since_ms),),
            remedy=("Wait five seconds after a successful call before subscribing again.",),
        )
    live.subscriptions[key] = (call.now, call.request_id)
    call.happened("kinesis.Subscribed", live.arn, shard=lane.id, consumer=consumer.name)
    return {"EventStream": _pushed(call, state, live, lane, arn, place)}


async def _pushed(call: Call, state: KinesisState, live: Live, lane: Lane, arn: str, place: int) -> Events:
    """Events until five minutes are over, another subscription takes over, or the shard ends."""
    world, key = call.world, (arn, lane.shard.number)
    consumer = state.known[arn].consumer.name
    ends_ms, is_first = call.now + limits.SUBSCRIPTION_MS, True
    try:
        while True:
            _check_still_there(call, state, live, key)
            state.trim(live, lane, call.now)
            try:
                batch = batches.read(call, live, lane, place, limits.READ_RECORDS_MAX, limits.PUSH_BYTES_MAX)
            except answers.NotYet as pending:  # a fault slows KMS down
                await pending.come()
                continue
            if batch.records or batch.is_end or is_first:
                last = batch.records[-1]["SequenceNumber"] if batch.records else _before(lane, batch.next, call.now)
                event = {
                    "Records": batch.records,
                    "ContinuationSequenceNumber": last,
                    "MillisBehindLatest": batch.behind_ms,
                }
                if batch.is_end:
                    event["ChildShards"] = batches.children(live, lane)
                _tell(call, live, lane, consumer, batch)
                yield "SubscribeToShardEvent", event
            place, is_first = batch.next, False
            if batch.is_end:
                return
            # 2 MiB a second: what was sent has to be waited out before more is.
            paused_ms = call.now + batch.size * 1000 // limits.PUSH_BYTES_PER_S
            with world.flight():
                while call.now < min(paused_ms, ends_ms):
                    await lane.parking.wait(call, min(paused_ms, ends_ms))
                if place >= lane.next and not lane.shard.closed_ms and call.now < ends_ms:
                    await lane.parking.wait(call, ends_ms)
            if call.now >= ends_ms:
                return
    finally:
        answers.Answers.of(world).pop(call.request_id, None)
        if live.subscriptions.get(key, (0, ""))[1] == call.request_id:
            live.subscriptions[key] = (live.subscriptions[key][0], "")


def _check_still_there(call: Call, state: KinesisState, live: Live, key: tuple[str, int]) -> None:
    arn, _ = key
    if state.live.get(live.stream.name) is not live or arn not in state.known:
        raise refusals.no_consumer(live.stream.account, arn)
    if live.subscriptions[key][1] != call.request_id:
        raise AwsError(
            "ResourceInUseException",
            "Another subscription has taken over this consumer's subscription to the shard.",
            facts=(Fact(arn, "subscribed again", live.subscriptions[key][0]),),
        )


def _before(lane: Lane, place: int, now_ms: int) -> str:
    """Where a consumer that was told nothing goes on: after the place before the next."""
    return str(sequence.number(lane.base, place - 1, now_ms))


def _tell(call: Call, live: Live, lane: Lane, consumer: str, batch: batches.Batch) -> None:
    call.happened(
        "kinesis.Pushed",
        live.arn,
        shard=lane.id,
        consumer=consumer,
        records=len(batch.records),
        bytes=batch.size,
        behind_ms=batch.behind_ms,
        is_on_demand=live.stream.mode == ON_DEMAND,
        **throughput.shard_metrics(live),
    )
