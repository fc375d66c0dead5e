"""A release that also writes receipts; nobody has thought of the role."""

from __future__ import annotations

from stack import BOOKING, FUNCTION

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.functions import caller, release

RECEIPT = """
[[calls]]
service = "s3"
operation = "put_object"
request = {Bucket = "order-receipts", Key = "2026/${uuid}.txt", Body = "Thank you for your order."}
"""


def strike(lab: Lab) -> None:
    """The release, on a busy morning."""
    release(lab, FUNCTION, BOOKING + RECEIPT)
    caller(lab, "shop").arrive(Even(per_min=2))
