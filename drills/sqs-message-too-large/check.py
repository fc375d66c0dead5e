"""Every order is booked in time, with its whole document, whatever its size."""

from __future__ import annotations

from stack import BUCKET, QUEUE, gateway_of, worker_of

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

GRACE_MS = 10 * MINUTE_MS


def symptom(lab: Lab) -> Why | None:
    """Orders that the gateway could not pass on."""
    gateway = gateway_of(lab)
    if len(gateway.waiting) < 5:
        return None
    largest = max(gateway.sizes[number] for number in gateway.waiting)
    return unmended(
        f"{len(gateway.waiting)} orders could not be passed on.",
        Fact("order-gateway", "largest document in bytes", largest),
        _limit(lab),
    )


def _limit(lab: Lab) -> Fact:
    told = lab.client("sqs").get_queue_attributes(QueueUrl=lab.notes["queue"], AttributeNames=["MaximumMessageSize"])
    return shown(lab, lab.queue_arn(QUEUE), "MaximumMessageSize", told["Attributes"]["MaximumMessageSize"])


def check(lab: Lab) -> Why | None:
    """The orders, then their documents, then what the bucket is open to."""
    gateway, worker = gateway_of(lab), worker_of(lab)
    since_ms = lab.settling_since(lab.now_ms - 60 * MINUTE_MS)
    settings = shown(lab, "order-gateway", "payload", gateway.settings["payload"])
    reads = shown(lab, "order-worker", "reads", worker.settings["reads"])
    if gateway.waiting:
        largest = max(gateway.sizes[number] for number in gateway.waiting)
        return unmended(
            f"{len(gateway.waiting)} orders wait at the gateway; the largest has {largest} bytes.",
            settings,
            _limit(lab),
        )
    due = [number for number, placed_ms in gateway.placed.items() if placed_ms <= lab.now_ms - GRACE_MS]
    missing = [number for number in due if number not in worker.booked]
    if missing:
        return unmended(f"{len(missing)} orders were passed on and are not booked.", settings, reads)
    torn = [number for number, digest in worker.booked.items() if digest != gateway.documents[number]]
    if torn:
        return unmended(
            f"{len(torn)} orders are booked without their whole document, order {torn[-1]} for one.",
            shown(lab, "order-gateway", "cut_at_limit", gateway.settings["cut_at_limit"]),
        )
    if not any(placed_ms > since_ms for placed_ms in gateway.placed.values()):
        return unmended("No order has come since.", settings)
    return _exposed(lab)


def _exposed(lab: Lab) -> Why | None:
    """Whether documents lie where everybody can read them."""
    s3 = lab.client("s3")
    try:
        flags = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    except AwsError as error:
        return unmended("The bucket of the documents is not closed to the public.", Fact(BUCKET, "flags", error.code))
    if not all(flags.values()):
        return unmended("The bucket of the documents is not closed to the public.", Fact(BUCKET, "flags", str(flags)))
    return None
