"""Load on the world's clock: clients that ask, worker fleets that poll, and what came of it.

    ledger = Ledger.of(lab)                                     # what was asked, and what took effect
    shop = lab.add(Publisher(
        lab, "shop", to=topic_arn,                              # a topic's ARN (Publish) or a queue's URL (SendMessage)
        arrivals=Poisson(per_s=5, shapes=(Surge(at_ms=600_000, for_ms=300_000, times=4),), until_ms=3_600_000),
        mix=[(9, web), (1, mobile)],                            # Identities by weight; the root user by default
        retry="jitter", attempts="4", versions="2", grouping="customer", deduplication="order-version",
    ))
    workers = lab.add(WorkerFleet(
        lab, "workers", queue_url=queue_url, identity=worker,   # polls, processes, deletes as this identity
        workers="20", wait="20", batch="10", processing_ms="60000-100000", delete="after-success",
        heartbeat="off", idempotent="off", crash_after_ppm="200", restart_s="10",
        poison=lambda event: event["type"] == "order.cursed",
    ))
    await lab.world.advance_to(lab.now_ms + 3_600_000)          # held clock; paced: just wait
    lab.deploy("workers", heartbeat="on")                       # settings are what a release can change
    told = ledger.report(since_ms=lab.now_ms - 600_000, now_ms=lab.now_ms, deadline_ms=120_000)
    told.served_permille, told.lost, told.duplicated, told.out_of_order, told.latency.percentile(95)
    workers.receive_counts, workers.records.count("receive_message", "AccessDenied"), workers.empty_receives
    print(workers.records.table()); shop.records.timeline(60_000)

A business event is a JSON object: `key` (the ledger's number for it), `order_id`, `customer`, `version`, `type`
(`order.created`, `order.updated`), `sequence`, `sent_ms`. To say more, subclass: `Publisher.event(n, now_ms)`,
`.attributes(event)`, `.group(event)`, `.deduplication_id(event)`; `WorkerFleet.read(message)`, `.work(event)`,
and add to `SETTINGS`. Every number in a setting is text, as a release's configuration is.

API calls of any service that is built go in by `service=` (S3's PutObject and GetObject, DynamoDB's PutItem, at
thousands a second, are no different from SendMessage). Requests to a data plane (an API Gateway stage, a CloudFront
distribution, an ALB, an S3 website) plug in by `target=`, with what `client.Target` describes: an object whose `get` or
`post` passes an HttpRequest to that plane's `traffic.py` in process, gives the answer, or raises AwsError with the
status as its code. Arrivals, retries, records and plots stay as they are. `apis.ApiClient` is such
a client of API Gateway.

Processing times are written `200` (always), `100-300` (uniform) or `~200` (a long tail around that median).
Everything is drawn from streams of the world's seed: the same seed gives the same load, whoever else draws.
"""

from foulweather.drilling.load.arrivals import Arrivals, Daily, Even, Poisson, Ramp, Recorded, Surge
from foulweather.drilling.load.client import LoadClient, Made, Request, Target
from foulweather.drilling.load.fleet import WorkerFleet
from foulweather.drilling.load.histogram import Histogram
from foulweather.drilling.load.ledger import Effect, Ledger, Report
from foulweather.drilling.load.publisher import Publisher
from foulweather.drilling.load.records import Moment, Records
from foulweather.drilling.load.watch import Level, QueueWatch
from foulweather.drilling.load.worker import Unprocessable

__all__ = [
    "Arrivals",
    "Daily",
    "Effect",
    "Even",
    "Histogram",
    "Ledger",
    "Level",
    "LoadClient",
    "Made",
    "Moment",
    "Poisson",
    "Publisher",
    "QueueWatch",
    "Ramp",
    "Recorded",
    "Records",
    "Report",
    "Request",
    "Surge",
    "Target",
    "Unprocessable",
    "WorkerFleet",
]
