"""Event source mappings at work: a feed for each that is enabled, of the kind that its source needs.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.lambda_.feeds import BEAT_MS, Feed, Feeds, is_at_work
from foulweather.services.lambda_.records import Mapping
from foulweather.services.lambda_.sources.dynamodb import StreamFeed
from foulweather.services.lambda_.sources.sqs import QueueFeed
from foulweather.services.lambda_.state import LambdaState

KINDS: dict[str, type[Feed]] = {"sqs": QueueFeed, "dynamodb": StreamFeed}


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
        feed = _feed(call, mapping)
        feeds.add(feed)
    call.world.agenda.cancel(feed.beat)
    feed.beat = call.later(call.now + BEAT_MS, "lambda.poll", uuid=uuid)
    feed.tend()


def _feed(call: Call, mapping: Mapping) -> Feed:
    service = mapping.source_arn.split(":")[2]
    kind = KINDS.get(service)
    if kind is None:
        raise not_implemented("lambda", f"CreateEventSourceMapping of {service}")
    return kind(call.pipeline, mapping)
