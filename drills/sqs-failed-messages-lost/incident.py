"""A clean-up removes the empty dead-letter queue, a release deletes in a `finally`, and more orders fail than ever."""

from __future__ import annotations

from typing import cast

from stack import Shop

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Poisson


def strike(lab: Lab) -> None:
    """The clean-up, the release, the mobile app's new vouchers, a database under load."""
    sqs = lab.client("sqs")
    sqs.set_queue_attributes(QueueUrl=lab.notes["queue"], Attributes={"RedrivePolicy": ""})
    sqs.delete_queue(QueueUrl=lab.notes["dead_letters"])
    lab.deploy("order-worker", delete="always", workers="3", pause_ms="0")
    lab.app("order-worker").befall(failure_ppm="60000")
    shop = cast(Shop, lab.apps["shop"])
    shop.has_vouchers = True
    shop.arrive(Poisson(per_min=4))
