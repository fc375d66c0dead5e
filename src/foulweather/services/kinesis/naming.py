"""Streams and consumers by their ARNs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.kinesis import refusals
from foulweather.services.kinesis.live import Live, LiveConsumer
from foulweather.services.kinesis.records import Consumer, Stream
from foulweather.services.kinesis.state import KinesisState, located


class Owned(NamedTuple):
    """A stream or a consumer, what holds its parsed policy, and the state that it is in."""

    state: KinesisState
    row: Stream | Consumer
    holder: Live | LiveConsumer

    def touch(self) -> None:
        """Have it written."""
        if isinstance(self.row, Stream):
            self.state.streams.touch(self.row.name)
        else:
            self.state.consumers.touch(self.row.arn)


def owned_stream(call: Call, request: Mapping[str, Any]) -> Owned:
    """The stream of a request."""
    state, live = located(call, request)
    return Owned(state, live.stream, live)


def owned(call: Call, arn: str) -> Owned:
    """The stream or the consumer of an ARN."""
    if "/consumer/" not in arn:
        return owned_stream(call, {"StreamARN": arn})
    state, known = consumer(call, arn)
    return Owned(state, known.consumer, known)


def consumer(call: Call, arn: str) -> tuple[KinesisState, LiveConsumer]:
    """The consumer of an ARN."""
    parts = arn.split(":")
    state = call.state(KinesisState, parts[4])
    known = state.known.get(arn)
    if known is None or parts[3] != call.region:
        raise refusals.no_consumer(parts[4], arn)
    return state, known


def consumer_of(call: Call, request: Mapping[str, Any]) -> tuple[KinesisState, LiveConsumer]:
    """The consumer that a request names by its ARN, or by its stream's ARN and its name."""
    arn, stream, name = request.get("ConsumerARN"), request.get("StreamARN"), request.get("ConsumerName")
    if arn is not None:
        state, known = consumer(call, arn)
        row = known.consumer
        if stream not in (None, row.stream_arn) or name not in (None, row.name):
            raise refusals.invalid(
                "ConsumerARN, StreamARN and ConsumerName do not name the same consumer.",
                Fact("request", "ConsumerARN", arn),
            )
        return state, known
    if stream is None or name is None:
        raise refusals.invalid("Either ConsumerARN or both StreamARN and ConsumerName must be specified.")
    state, live = located(call, {"StreamARN": stream})
    for row in state.consumers_of(live.stream.name):
        if row.name == name:
            return state, state.known[row.arn]
    raise refusals.no_consumer(live.stream.account, name)
