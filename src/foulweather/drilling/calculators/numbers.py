"""How numbers are written: grouped, with their unit, money in dollars and cents."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

CENT = Decimal("0.01")
# Rounding keeps every digit before the point: a product of the largest inputs has more than the default 28.
WIDE = Context(prec=200, rounding=ROUND_HALF_UP)
PLACES_MAX = 10
SINGULAR = {
    "accounts": "account",
    "addresses": "address",
    "AZs": "AZ",
    "connections": "connection",
    "consumers": "consumer",
    "days": "day",
    "devices": "device",
    "endpoints": "endpoint",
    "environments": "environment",
    "gateways": "gateway",
    "indexes": "index",
    "instances": "instance",
    "load balancers": "load balancer",
    "minutes": "minute",
    "nodes": "node",
    "objects": "object",
    "partitions": "partition",
    "paths": "path",
    "queries": "query",
    "requests": "request",
    "shards": "shard",
    "tasks": "task",
    "units": "unit",
    "years": "year",
}
PLURAL = {one: many for many, one in SINGULAR.items()}


def plain(value: Decimal, places: int = PLACES_MAX) -> str:
    """A number without grouping or exponent: what a program reads."""
    return _trimmed(f"{_rounded(value, places):f}")


def grouped(value: Decimal, places: int = 4) -> str:
    """A number with its thousands apart; small ones keep the digits that say something."""
    if value and abs(value) < Decimal("0.1"):
        places = min(PLACES_MAX, places - value.adjusted())
    return _trimmed(f"{_rounded(value, places):,f}")


def money(value: Decimal) -> str:
    """An amount: cents, or all the digits of a price below a cent."""
    sign = "-" if value < 0 else ""
    value = abs(value)
    if value < 1 and value != _rounded(value, 2):
        is_amount = value >= CENT
        return f"{sign}${_trimmed(f'{_rounded(value, 4 if is_amount else PLACES_MAX):f}')}"
    shown = f"{_rounded(value, 2):,f}"
    return f"{sign}${shown.removesuffix('.00')}"


def measured(value: Decimal, unit: str) -> str:
    """A number with its unit."""
    if unit == "USD":
        return money(value)
    if unit == "%":
        return f"{grouped(value, 1)} %"
    unit = SINGULAR.get(unit, unit) if value == 1 else PLURAL.get(unit, unit)
    return f"{grouped(value)} {unit}".rstrip()


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), context=WIDE)


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
