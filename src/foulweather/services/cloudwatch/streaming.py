"""Metric streams by the clock: every minute, half a minute after it is over, its datapoints go to Firehose.

What is added later to a minute that was sent, by at most two days, is sent with the next ones: the minute as a whole.
A stream runs until somebody stops it; that its role or its delivery stream fails is told by PublishErrorRate alone.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-operation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-metric-streams-trustpolicy.html
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Why
from foulweather.policy.principal import Principal
from foulweather.services.cloudwatch import settling, stream_formats
from foulweather.services.cloudwatch.buckets import Bucket
from foulweather.services.cloudwatch.records import MetricStream, Tick, Unsent
from foulweather.services.cloudwatch.series import DAY_MS, MINUTE_MS, Reading
from foulweather.services.cloudwatch.state import Metric, WatchState
from foulweather.services.cloudwatch.stream_formats import Update

PRINCIPAL = "streams.metrics.cloudwatch.amazonaws.com"
DELAY_MS = 30_000
OLDEST_MS = 2 * DAY_MS
NEXT = "metric streams"
RECORDS_A_CALL = 500
BYTES_A_CALL = 3 << 20
ATTEMPTS_MAX = 5
CHARGED_TOGETHER = 5
_AGAIN = ("ServiceUnavailableException", "InternalFailure", "ServiceUnavailable", "ThrottlingException")


def schedule(call: Call) -> None:
    """Have the minute that runs streamed when it is over, if there is a stream that runs."""
    state = call.state(WatchState)
    state.see_streamed()
    held = state.ticks.get(NEXT)
    is_wanted = any(stream.is_running for stream in state.metric_streams.values())
    if held is not None and not is_wanted:
        call.world.agenda.cancel(held.seq)
        state.ticks.delete(NEXT)
    if not is_wanted:
        for key in list(state.late):
            state.late.delete(key)
    elif held is None:
        when_ms = call.now - call.now % MINUTE_MS + MINUTE_MS + DELAY_MS
        state.ticks.put(NEXT, Tick(call.later(when_ms, "cloudwatch.stream_metrics"), when_ms))


async def stream_minute(call: Call) -> None:
    """Send each running stream what came since it was sent something, and put the next minute on the agenda."""
    state = call.state(WatchState)
    tick = state.ticks.get(NEXT)
    if tick is None or tick.when_ms > call.now:
        return
    state.ticks.delete(NEXT)
    settling.settle(call.world)
    last = tick.when_ms // MINUTE_MS - 1
    running = [stream for stream in state.metric_streams.values() if stream.is_running]
    late = [(row.series, row.minute) for row in state.late.values()]
    first = min((stream.sent_minute + 1 for stream in running), default=last + 1)
    updates = sorted([*_updates(state, first, last, call.now), *_late(state, late, call.now)], key=_order)
    for key in list(state.late):
        state.late.delete(key)
    for stream in running:
        if own := _filtered(stream, updates):
            _put_down(call, state, stream, own)
        stream.sent_minute = last
        state.metric_streams.touch(stream.name)
    schedule(call)


def _order(update: Update) -> tuple[int, Metric, str]:
    return update.at_ms, update.metric, update.unit


def _updates(state: WatchState, first: int, last: int, now_ms: int) -> Iterator[Update]:
    """The datapoints of some minutes."""
    first = max(first, (now_ms - OLDEST_MS) // MINUTE_MS)
    wanted = Reading(first * MINUTE_MS, (last + 1) * MINUTE_MS, MINUTE_MS, 0, now_ms)
    for metric, units in state.metrics.items():
        for unit, series in units.items():
            if series.newest_ms(now_ms) < wanted.start_ms:
                continue
            found: dict[int, Bucket] = {}
            series.read(wanted, found)
            for at_ms, bucket in found.items():
                if bucket.count:
                    yield Update(metric, unit, at_ms, bucket)


def _late(state: WatchState, late: Sequence[tuple[str, int]], now_ms: int) -> Iterator[Update]:
    """The minutes that were added to after they had been sent."""
    for series, minute in late:
        row = state.streams.get(series)
        if row is None or minute * MINUTE_MS < now_ms - OLDEST_MS:
            continue
        metric = Metric(row.namespace, row.name, row.dimensions)
        found: dict[int, Bucket] = {}
        start_ms = minute * MINUTE_MS
        wanted = Reading(start_ms, start_ms + MINUTE_MS, MINUTE_MS, 0, now_ms)
        state.metrics[metric][row.unit].read(wanted, found)
        for at_ms, bucket in found.items():
            if bucket.count:
                yield Update(metric, row.unit, at_ms, bucket)


# --- which of them


def _filtered(stream: MetricStream, updates: Sequence[Update]) -> list[Update]:
    """What a stream sends, with the statistics that it is asked for."""
    include, exclude = (_by_namespace(stream.config.get(each)) for each in ("IncludeFilters", "ExcludeFilters"))
    wanted: dict[tuple[str, str], list[str]] = {}
    for each in stream.config.get("StatisticsConfigurations") or ():
        for metric in each["IncludeMetrics"]:
            wanted.setdefault((metric["Namespace"], metric["MetricName"]), []).extend(each["AdditionalStatistics"])
    found: list[Update] = []
    for update in updates:
        if (not include or _is_named(include, update.metric)) and not _is_named(exclude, update.metric):
            names = wanted.get((update.metric.namespace, update.metric.name))
            found.append(update if names is None else update._replace(statistics=tuple(dict.fromkeys(names))))
    return found


def _by_namespace(filters: Sequence[Mapping[str, Any]] | None) -> dict[str, set[str] | None]:
    """The metrics' names by namespace; None stands for all of them."""
    found: dict[str, set[str] | None] = {}
    for each in filters or ():
        names = each.get("MetricNames")
        held = found.get(each["Namespace"], set())
        found[each["Namespace"]] = None if not names or held is None else held | set(names)
    return found


def _is_named(filters: Mapping[str, set[str] | None], metric: Metric) -> bool:
    names = filters.get(metric.namespace, ())
    return names is None or metric.name in names


# --- to Firehose


def _put_down(call: Call, state: WatchState, stream: MetricStream, updates: Sequence[Update]) -> None:
    """Put what a stream sends down before it is sent: none of it is lost if the process ends meanwhile."""
    # "Streaming between one and five additional statistics for a particular metric is billed as an additional update."
    charged = sum(1 + -(-len(update.statistics) // CHARGED_TOGETHER) for update in updates)
    records = stream_formats.records(stream, updates)
    batches: list[list[bytes]] = [[]]
    size = 0
    for record in records:
        if batches[-1] and (len(batches[-1]) >= RECORDS_A_CALL or size + len(record) > BYTES_A_CALL):
            batches.append([])
            size = 0
        batches[-1].append(record)
        size += len(record)
    call.happened("cloudwatch.MetricStreamUpdated", stream.arn, updates=len(updates), charged=charged)
    for batch in batches:
        key = call.world.ids.token(16)
        state.unsent.put(key, Unsent(stream.name, stream.config["FirehoseArn"], batch, 0))
        call.later(call.now, "cloudwatch.put_metrics_again", unsent=key)


async def put_again(call: Call, key: str) -> None:
    """Put records, or those that Firehose had no room for; what it still does not take is given up after a while."""
    state = call.state(WatchState)
    unsent = state.unsent.get(key)
    stream = state.metric_streams.get(unsent.stream) if unsent is not None else None
    if unsent is None or stream is None:
        if unsent is not None:
            state.unsent.delete(key)
        return
    unsent.attempt += 1
    state.unsent.touch(key)
    error: AwsError | None = None
    try:
        unsent.records = await _put(call, stream, unsent)
    except AwsError as refusal:
        error = refusal
    call.reread_clock()
    is_passing = error is None or error.code in _AGAIN or error.status in (500, 502, 503)
    if unsent.records and is_passing and unsent.attempt < ATTEMPTS_MAX:
        state.unsent.touch(key)
        call.later(call.now + (1000 << unsent.attempt), "cloudwatch.put_metrics_again", unsent=key)
        return
    state.unsent.delete(key)
    if not unsent.records:
        call.happened("cloudwatch.MetricStreamPublished", stream.arn, errors=0)
        if stream.told:
            stream.told = ""
            state.metric_streams.touch(stream.name)
        return
    _failed(call, state, stream, error)


async def _put(call: Call, stream: MetricStream, unsent: Unsent) -> list[bytes]:
    """Put records under the stream's role; those that were not taken are left."""
    ports = await _acting(call, stream)
    name = unsent.firehose.rpartition("/")[2]
    records = [{"Data": each} for each in unsent.records]
    answer = await _answered(ports.firehose.put_record_batch({"DeliveryStreamName": name, "Records": records}))
    told: list[dict[str, Any]] = answer["RequestResponses"]
    return [data for data, each in zip(unsent.records, told, strict=True) if each.get("ErrorCode")]


async def _acting(call: Call, stream: MetricStream) -> Ports:
    """The other services under the stream's role."""
    own = call.acting_as(PRINCIPAL, source_arn=stream.arn, source_account=call.account)
    role = stream.config["RoleArn"]
    made = await _answered(own.sts.assume_role({"RoleArn": role, "RoleSessionName": "MetricStream"}))
    user = made["AssumedRoleUser"]
    principal = Principal("assumed-role", user["Arn"], role.split(":")[4], user["AssumedRoleId"], role)
    return call.acting_as(principal)


async def _answered(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer


def _failed(call: Call, state: WatchState, stream: MetricStream, error: AwsError | None) -> None:
    call.happened("cloudwatch.MetricStreamPublished", stream.arn, errors=1)
    message = "Firehose took only a part of it." if error is None else error.message
    cause = f"What metric stream {stream.name} had to send was not taken: {message}"
    if stream.told == cause:
        return
    stream.told = cause
    state.metric_streams.touch(stream.name)
    facts = tuple(call.fact(stream.arn, name, stream.config[name]) for name in ("RoleArn", "FirehoseArn"))
    because = () if error is None else (error.why,)
    call.explain("StreamMetrics", stream.arn, Why("dropped", cause, facts, (), because), error.code if error else "")
