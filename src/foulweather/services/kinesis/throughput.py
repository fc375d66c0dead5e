"""What a shard takes and gives in a second, and why it takes no more.

"Each shard can support writes up to 1,000 records per second, up to a maximum data write total of 1 MiB per second",
and reads of five calls and 2 MiB a second. A stream that takes larger records has room for one of them, which it fills
again at that rate: https://docs.aws.amazon.com/streams/latest/dev/large-records.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.kinesis import limits
from foulweather.services.kinesis.live import Lane, Live
from foulweather.services.kinesis.records import unpacked

CODE = "ProvisionedThroughputExceededException"


def refill(live: Live, lane: Lane, now_ms: int) -> None:
    """Give a shard the room that has come since it was last written to."""
    passed_ms = now_ms - lane.written_ms
    lane.written_ms = now_ms
    level = lane.bytes_level + passed_ms * limits.WRITE_BYTES_PER_S
    most = live.stream.record_kib_max * 1_024_000
    lane.bytes_level = most if level > most else level
    level = lane.records_level + passed_ms * limits.WRITE_RECORDS_PER_S
    most = limits.WRITE_RECORDS_PER_S * 1000
    lane.records_level = most if level > most else level


def take_write(live: Live, lane: Lane, size: int, now_ms: int) -> bool:
    """Take room for one record if the shard has it."""
    if lane.written_ms != now_ms:
        refill(live, lane, now_ms)
    if lane.bytes_level < size * 1000 or lane.records_level < 1000:
        return False
    lane.bytes_level -= size * 1000
    lane.records_level -= 1000
    return True


def words(live: Live, lane: Lane) -> str:
    """AWS's words for a shard that takes no more."""
    stream = live.stream
    return f"Rate exceeded for shard {lane.id} in stream {stream.name} under account {stream.account}."


def write_why(call: Call, live: Live, lane: Lane, key: str, size: int) -> Why:
    """Why a shard takes no more of this key now: which limit, and how much of it is that key's."""
    stream, (taken, of_key) = live.stream, _taken_this_second(lane, key, call.now)
    share = of_key * 100 // taken if taken else 0
    by_records = lane.records_level < 1000
    limit = f"{limits.WRITE_RECORDS_PER_S} records" if by_records else f"{limits.WRITE_BYTES_PER_S} bytes"
    shown = f"{stream.arn}/{lane.id}"
    facts = (
        Fact(shown, "write limit a second", limit),
        Fact(shown, "bytes taken this second", taken),
        Fact(shown, "bytes of this record", size),
        Fact(shown, f"share of the partition key {key!r} in percent", share),
        call.fact(stream.arn, "open shards", len(live.open)),
    )
    if share >= 50 and len(live.open) > 1:
        cause = f"The partition key {key!r} makes {share} % of what {lane.id} was given this second."
        return Why("throttled", cause, facts, ("Use a partition key with more values, so that records spread.",))
    cause = f"{lane.id} takes {limit} a second."
    return Why("throttled", cause, facts, (scaling_command(live),))


def _taken_this_second(lane: Lane, key: str, now_ms: int) -> tuple[int, int]:
    """How many bytes a shard has taken in this second, and how many of them had a key."""
    second = now_ms // 1000
    if lane.tally_second != second:
        lane.tally_second, lane.tallied, lane.tally = second, lane.first, {}
    # Only what has come since the last refusal is looked at: a shard that is refused often is asked this often.
    for place in range(lane.next - 1, max(lane.first, lane.tallied) - 1, -1):
        came, _, its_key, data = unpacked(lane.entry(place))
        if came // 1000 != second:
            break
        lane.tally[its_key] = lane.tally.get(its_key, 0) + len(its_key.encode()) + len(data)
    lane.tallied = lane.next
    return sum(lane.tally.values()), lane.tally.get(key, 0)


def scaling_command(live: Live) -> str:
    """The command that gives a stream more room."""
    stream = live.stream
    if stream.mode == "ON_DEMAND":
        return "Raise the rate by no more than double within 15 minutes: a stream on demand follows its peak."
    return (
        f"aws kinesis update-shard-count --stream-name {stream.name} --target-shard-count {2 * len(live.open)} "
        f"--scaling-type UNIFORM_SCALING --region {stream.region}"
    )


def check_read(call: Call, live: Live, lane: Lane) -> None:
    """Take one of the five calls a second, and refuse while what was read before is more than 2 MiB a second."""
    passed_ms = call.now - lane.read_ms
    lane.read_ms = call.now
    lane.reads_level = min(limits.READS_PER_S * 1000, lane.reads_level + passed_ms * limits.READS_PER_S)
    most = limits.READ_BYTES_PER_S * 1000
    lane.read_level = min(most, lane.read_level + passed_ms * limits.READ_BYTES_PER_S)
    if lane.reads_level >= 1000 and lane.read_level > 0:
        lane.reads_level -= 1000
        return
    by_calls = lane.reads_level < 1000
    limit = f"{limits.READS_PER_S} GetRecords calls" if by_calls else f"{limits.READ_BYTES_PER_S} bytes"
    raise _read_refusal(call, live, lane, limit)


def check_iterators(call: Call, live: Live, lane: Lane) -> None:
    """Take one of the five iterators that a shard gives a second."""
    level = lane.iterators_level + (call.now - lane.iterators_ms) * limits.ITERATORS_PER_S
    lane.iterators_level = min(limits.ITERATORS_PER_S * 1000, level)
    lane.iterators_ms = call.now
    if lane.iterators_level < 1000:
        raise _read_refusal(call, live, lane, f"{limits.ITERATORS_PER_S} GetShardIterator calls")
    lane.iterators_level -= 1000


def _read_refusal(call: Call, live: Live, lane: Lane, limit: str) -> AwsError:
    call.happened("kinesis.Throttled", live.arn, shard=lane.id, direction="read", records=1, **shard_metrics(live))
    stream = live.stream
    why = Why(
        "throttled",
        f"{lane.id} gives all its readers together {limit} a second.",
        (Fact(f"{live.arn}/{lane.id}", "read limit a second", limit),),
        (
            f"aws kinesis register-stream-consumer --stream-arn {live.arn} --consumer-name NAME "
            f"--region {stream.region}",
            "Ask each shard once a second, with a higher Limit.",
        ),
    )
    return AwsError(CODE, words(live, lane), why=why)


def shard_metrics(live: Live) -> dict[str, list[str]]:
    """The shard-level metrics that a stream has enabled, where it has."""
    return {"shard_metrics": live.stream.metrics} if live.stream.metrics else {}
