"""Event source mappings at work: a feed for each that is enabled, of the kind that its source needs.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

from __future__ import annotations

from collections.abc import Callable

from foulweather.kernel.call import Call
from foulweather.kernel.pipeline import Pipeline
from foulweather.services.lambda_.feeds import BEAT_MS, Feed, Feeds, is_at_work
from foulweather.services.lambda_.records import Mapping
from foulweather.services.lambda_.sources import kinesis
from foulweather.services.lambda_.sources.dynamodb import TableFeed
from foulweather.services.lambda_.sources.sqs import QueueFeed
from foulweather.services.lambda_.state import LambdaState

KINDS: dict[str, Callable[[Pipeline, Mapping], Feed]] = {
    "sqs": QueueFeed,
    "dynamodb": TableFeed,
    "kinesis": kinesis.feed_of,
}


def keep(call: Call, uuid: str) -> None:
    """See to it that a mapping is polled for as long as it is enabled, and no longer."""
    feeds = Feeds.of(call.world)
    mapping = call.state(LambdaState).mappings.get(uuid)
    if mapping is None or not is_at_work(mapping):
        feeds.drop(uuid)
        return
    feed = feeds.by_uuid.get(uuid)
    if feed is not None and feed.is_stale(mapping):
        feeds.drop(uuid)
        feed = None
    if feed is None:
        feed = KINDS[mapping.source_arn.split(":")[2]](call.pipeline, mapping)
        feeds.add(feed)
    call.world.agenda.cancel(feed.beat)
    feed.beat = call.later(call.now + BEAT_MS, "lambda.poll", uuid=uuid)
    feed.tend()
