"""The price book: what AWS charges for one unit of an item, in one region, as of a date."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec

REGION = "us-east-1"
BOOK = Path(__file__).with_name("prices.toml")


class UnknownPrice(LookupError):
    """The price book does not have the price; nothing is made up instead."""


class Tier(msgspec.Struct, frozen=True):
    """A unit price up to a monthly quantity (the last tier has no end)."""

    amount: Decimal
    up_to: Decimal | None = None


class Price(msgspec.Struct, frozen=True):
    """What one unit of an item costs, in US dollars: `amount` is the first tier's."""

    amount: Decimal
    unit: str
    source: str
    as_of: date
    service: str
    item: str
    region: str
    tiers: tuple[Tier, ...]
    free: Decimal = Decimal(0)
    """The units a month that AWS's free tier gives an account, for those who count them."""

    def shares(self, quantity: Decimal) -> list[tuple[Decimal, Decimal]]:
        """How much of a month's quantity is charged at which unit price."""
        if quantity < 0:
            raise ValueError(f"{self.service} {self.item}: a quantity below 0")
        found: list[tuple[Decimal, Decimal]] = []
        start = Decimal(0)
        for tier in self.tiers:
            end = quantity if tier.up_to is None else min(quantity, tier.up_to)
            if end > start or not found:
                found.append((end - start, tier.amount))
            start = end
        return found

    def of(self, quantity: Decimal) -> Decimal:
        """What a month's quantity costs, tier by tier."""
        return sum((part * amount for part, amount in self.shares(quantity)), Decimal(0))


def price(service: str, item: str, region: str = REGION, on: date | None = None) -> Price:
    """The price of one unit of an item in a region, now or on a day of the past that the book remembers."""
    found = _entries().get((service, item, region))
    if found is None:
        raise UnknownPrice(f"The price book has no price of {service} {item} in {region}.")
    if on is not None:
        if on < (since := cast("date", _book()["since"])):
            raise UnknownPrice(f"The price book has no prices of {on}: it begins on {since}.")
        for until, earlier in found.earlier:
            if on < until:
                return earlier
    return found.now


def prices() -> list[Price]:
    """Every price of the book."""
    return [entry.now for entry in _entries().values()]


def as_of() -> date:
    """The day the book was last gone through as a whole."""
    return cast("date", _book()["as_of"])


class _Entry(msgspec.Struct, frozen=True):
    now: Price
    earlier: tuple[tuple[date, Price], ...]
    """Prices that held until a day, oldest first."""


@cache
def _book() -> dict[str, Any]:
    # Decimal from the text itself: a float would not be the price that is written there.
    return tomllib.loads(BOOK.read_text(encoding="utf-8"), parse_float=Decimal)


@cache
def _entries() -> dict[tuple[str, str, str], _Entry]:
    book = _book()
    found: dict[tuple[str, str, str], _Entry] = {}
    for service, sheet in cast("dict[str, dict[str, Any]]", book["services"]).items():
        for item, entry in cast("dict[str, dict[str, Any]]", sheet["items"]).items():
            region = cast("str", entry.get("region", book["region"]))
            made = _price(service, item, region, {"source": sheet["source"], "as_of": book["as_of"]} | entry)
            earlier = [
                (cast("date", past["until"]), _price(service, item, region, {"source": sheet["source"]} | entry | past))
                for past in cast("list[dict[str, Any]]", entry.get("earlier", []))
            ]
            found[service, item, region] = _Entry(made, tuple(sorted(earlier, key=lambda each: each[0])))
    return found


def _price(service: str, item: str, region: str, entry: dict[str, Any]) -> Price:
    tiers = tuple(
        Tier(_decimal(tier["amount"]), None if "up_to" not in tier else _decimal(tier["up_to"]))
        for tier in cast("list[dict[str, Any]]", entry.get("tiers") or [{"amount": entry.get("amount")}])
    )
    return Price(
        amount=tiers[0].amount,
        unit=entry["unit"],
        source=entry["source"],
        as_of=cast("date", entry.get("until") or entry["as_of"]),
        service=service,
        item=item,
        region=region,
        tiers=tiers,
        free=_decimal(entry.get("free", 0)),
    )


def _decimal(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int):
        return Decimal(value)
    raise TypeError(f"{value!r} is no amount")
