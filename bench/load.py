"""An hour of messages through SNS, SQS and workers that crash, on the held clock: its real time and percentiles.

python -m bench.load --minutes 60 --rate 500
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import json
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Ledger, Poisson, Publisher, QueueWatch, WorkerFleet
from foulweather.drilling.load.plot import of_ledger, of_levels, of_records, svg
from foulweather.kernel.services import Services
from foulweather.world.driver import Driver
from foulweather.world.world import World

START_MS = 1_767_225_600_000
DRAIN_MS = 5 * 60_000
STEP_MS = 1_000
DEADLINE_MS = 60_000


def built(lab: Lab) -> tuple[str, str]:
    """A topic whose messages go to a queue, bare."""
    sqs, sns = lab.client("sqs"), lab.client("sns")
    url = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    arn = f"arn:aws:sqs:{lab.region}:{lab.account}:orders"
    topic = sns.create_topic(Name="orders")["TopicArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return topic, url


async def run(options: argparse.Namespace) -> dict[str, object]:
    driver = Driver(world := World(seed=options.seed, mode="held", start_ms=START_MS))
    lab = Lab(world, Services(), "111122223333")
    topic, url = built(lab)
    for_ms = options.minutes * 60_000
    shop = Publisher(
        lab,
        "shop",
        to=topic,
        arrivals=Poisson(per_s=options.rate, until_ms=for_ms),
        attributes=options.attributes,
        batch=str(options.batch),
    )
    fleet = WorkerFleet(
        lab,
        "workers",
        queue_url=url,
        workers=str(options.workers),
        processing_ms=options.processing_ms,
        delete_by="batch",
        crash_after_ppm=str(options.crash_ppm),
        restart_s="10",
    )
    watch = QueueWatch(lab, "watch", queue_url=url)
    for app in (shop, fleet, watch):
        lab.add(app)
    if options.gc:
        gc.collect()
        gc.freeze()
        gc.set_threshold(200_000, 20, 100)
    began, cpu = time.perf_counter(), time.process_time()
    for until_ms in range(START_MS + STEP_MS, START_MS + for_ms + DRAIN_MS + 1, STEP_MS):
        await driver.advance_to(until_ms)
        await asyncio.sleep(0)  # what was written is committed between two steps, as it is between two requests
    driver.stop()
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    report = Ledger.of(lab).report(now_ms=lab.now_ms, deadline_ms=DEADLINE_MS)
    outcome = {"ledger": report.summary(), "workers": fleet.summary(), "shop": shop.records.summary()}
    digest = hashlib.sha256(json.dumps(outcome, sort_keys=True).encode()).hexdigest()[:16]
    if options.svg:
        lines = of_ledger(Ledger.of(lab), 60_000, now_ms=lab.now_ms, deadline_ms=DEADLINE_MS)
        panels = [*of_records(fleet.records, 60_000, "Workers' calls")[:1], *lines, *of_levels(watch.levels)]
        Path(options.svg).write_text(svg(f"{options.rate} messages a second to {options.workers} workers", panels))
    return {
        "seed": options.seed,
        "real_s": round(took_s, 1),
        "cpu_s": round(cpu_s, 1),
        "us_per_message": round(cpu_s * 1e6 / max(1, shop.asked), 1),
        "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "journal_seq": world.journal.seq,
        "digest": digest,
        **outcome,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--rate", type=int, default=500, help="messages a second")
    parser.add_argument("--workers", type=int, default=20)
    parser.add_argument("--processing-ms", default="32-40", help="200, 100-300 or ~200")
    parser.add_argument("--crash-ppm", type=int, default=100, help="crashes in a million messages, after the effect")
    parser.add_argument("--attributes", choices=("event_type", "none"), default="none")
    parser.add_argument("--batch", type=int, default=10, help="messages in one PublishBatch; 1 is Publish")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--no-gc-tuning", dest="gc", action="store_false")
    parser.add_argument("--svg", help="write the time line there")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    told = asyncio.run(run(options))
    if options.json:
        print(json.dumps(told, indent=2))
        return
    for name in ("seed", "real_s", "cpu_s", "us_per_message", "memory_mib", "journal_seq", "digest"):
        print(f"{name:16} {told[name]}")
    print(f"{'ledger':16} {json.dumps(told['ledger'])}")
    workers = told["workers"]
    assert isinstance(workers, dict)
    print(f"{'workers':16} {json.dumps({key: value for key, value in workers.items() if key != 'calls'})}")


if __name__ == "__main__":
    main()
