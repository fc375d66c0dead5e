"""Somebody saves on the index that is asked least; half an hour later the shop is busy."""

from __future__ import annotations

from typing import cast

from stack import TABLE, UNITS, Writer

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Poisson


def strike(lab: Lab) -> None:
    """One write unit for one of the five, and the orders of a usual morning."""
    units = {"ReadCapacityUnits": UNITS, "WriteCapacityUnits": 1}
    update = {"Update": {"IndexName": "by-user-product", "ProvisionedThroughput": units}}
    lab.client("dynamodb").update_table(TableName=TABLE, GlobalSecondaryIndexUpdates=[update])
    cast(Writer, lab.app("order-writer")).arrive(Poisson(per_s=4))
