"""The customer's history is imported: 600 orders under one partition key; and people look at them."""

from __future__ import annotations

from typing import cast

from stack import Page, Shop

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even

FIRST, IMPORTED, AT_ONCE = 1_000, 600, 50
EVERY_MS = 2_000


def strike(lab: Lab) -> None:
    """Fifty orders in two seconds, until all are there; the page is asked once in three seconds."""
    shop = cast(Shop, lab.app("shop"))

    def place(numbers: range) -> None:
        for number in numbers:
            shop.orders.place(number)

    for step, first in enumerate(range(FIRST, FIRST + IMPORTED, AT_ONCE)):
        lab.at(lab.now_ms + 500 + step * EVERY_MS, lambda first=first: place(range(first, first + AT_ONCE)))
    cast(Page, lab.app("large-orders")).arrive(Even(per_min=20))
