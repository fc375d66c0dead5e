"""Whether an account has room for more shards."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.kinesis import limits, refusals
from foulweather.services.kinesis.records import PROVISIONED
from foulweather.services.kinesis.state import KinesisState


def check_shards(call: Call, state: KinesisState, more: int) -> None:
    """Refuse more shards than the account may have; those of streams on demand do not count."""
    current, limit = open_shards(state), limits.shards_max(call.region)
    if current + more > limit:
        raise refusals.over_shard_limit(state.account, call.region, current, limit, more)


def open_shards(state: KinesisState) -> int:
    """The open shards of provisioned streams."""
    return sum(len(live.open) for live in state.live.values() if live.stream.mode == PROVISIONED)
