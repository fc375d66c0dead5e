"""A bill: what was used between two times, in money; what has no price is named, never guessed."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from foulweather.meter.price_book import UnknownPrice, price
from foulweather.meter.rates import FREE, RATES
from foulweather.meter.usage import DAY_MS, Place, Usage

GIB: Final = Decimal(1 << 30)
_PIECES: Final = {
    "gb": GIB,
    "milli": Decimal(1000),
    "hour": Decimal(3_600_000),
    "minute": Decimal(60_000),
    # Mebibytes times milliseconds.
    "gb-second": Decimal(1024 * 1000),
}
A_MONTH: Final = {"gb-month": 1 / GIB, "month": Decimal(1), "hour": Decimal(730), "minute": Decimal(730 * 60)}
_EPOCH: Final = date(1970, 1, 1)
NOTES: Final[tuple[tuple[str, str], ...]] = (
    (
        "",
        "List prices without free tiers, taxes and data transfer. Hours and minutes are counted exactly (AWS "
        "rounds them up).",
    ),
    (
        "s3",
        "S3: temporary copies of restored objects and the daily reports are not metered; 4xx of strangers are "
        "counted as anybody's.",
    ),
    (
        "sqs sns",
        "SQS and SNS: a request is one, whatever its size (AWS counts each 64 KB); text messages have no price here.",
    ),
    ("kms", "KMS: further versions of rotated keys are not metered."),
    (
        "dynamodb",
        "DynamoDB: reserved capacity, Contributor Insights and changes sent to Kinesis are not metered; what a "
        "table held before its first change under this meter is not known.",
    ),
    (
        "cloudwatch",
        "CloudWatch: alarms on Metrics Insights queries have no price here (AWS charges for each metric that they "
        "analyze); log events that match rules of Contributor Insights, their reports and pictures of widgets are "
        "not metered; a metric published in two units counts as two.",
    ),
    (
        "logs",
        "CloudWatch Logs: storage is counted as it came in (AWS compresses it first); live tails are not metered.",
    ),
    (
        "cloudtrail",
        "CloudTrail: insights and what event data stores take in are not metered; the free copy of management "
        "events is that of the trail that delivers first.",
    ),
    ("kinesis", "Kinesis: retention beyond seven days is not metered."),
    ("firehose", "Firehose: hours of JQ parsing are not metered."),
    ("apigateway", "API Gateway: caches, VPC links and messages from clients beyond 32 KB are not metered."),
    ("events", "EventBridge: what goes to other accounts and API destinations, replays and discovery are not metered."),
    ("scheduler", "Scheduler: an invocation is one, whatever its size (AWS counts each 64 KB)."),
    (
        "stepfunctions",
        "Step Functions: express executions count with 64 MB of memory, the least (AWS adds what their definition "
        "and data take).",
    ),
    ("lambda", "Lambda: provisioned concurrency is counted where it runs, not while it waits."),
    (
        "cognito-idp",
        "Cognito: users are active who sign up, sign in or refresh tokens (AWS counts every operation on them); "
        "federation and machines are not told apart.",
    ),
    ("secretsmanager", "Secrets Manager: replicas are not metered."),
)
"""What a bill does not say of services: with those that are on it, and the first always."""


class Line(msgspec.Struct, frozen=True):
    """One line of a bill: how much of what, of which resource, and its price in US dollars (empty: it has none)."""

    account: str
    region: str
    service: str
    usage_type: str
    resource: str
    quantity: str
    unit: str
    amount: str


class Bill(msgspec.Struct, frozen=True):
    """What was used from one time to another, the dearest first.

    `storage_a_month` is what a month of storage costs as things lie now, `standing_a_month` what a month of 730 hours
    costs of all that stands, used or not. `not_priced` are usage types without a price
    in the book; they are in no total.
    """

    since: str
    until: str
    currency: str
    total: str
    storage_a_month: str
    standing_a_month: str
    lines: list[Line]
    by: dict[str, str]
    not_priced: list[str]
    notes: list[str]


def bill(usage: Usage, now_ms: int, since_ms: int = 0, by: str = "usage") -> Bill:
    """The bill of the days from `since_ms` on (whole days in UTC); `by` is service, usage or resource."""
    first = since_ms // DAY_MS
    amounts: defaultdict[Place, Decimal] = defaultdict(Decimal)
    totals: defaultdict[tuple[str, str, str, str, int], Decimal] = defaultdict(Decimal)
    days: set[int] = set()
    for day, place, quantity in usage.used(now_ms):
        days.add(day)
        if day < first or not quantity:
            continue
        units = _units(place, day, quantity)
        amounts[place] += units
        totals[place.account, place.region, place.service, place.usage_type, _month(day)] += units
    prices = _average_prices(totals)
    lines = [_line(place, units, prices.get(place[:4])) for place, units in amounts.items()]
    lines.sort(key=lambda line: (-Decimal(line.amount or 0), line.service, line.usage_type, line.resource))
    grouped: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        grouped[_group(line, by)] += Decimal(line.amount or 0)
    unpriced = sorted({f"{line.service} {line.usage_type} ({line.region})" for line in lines if not line.amount})
    return Bill(
        _iso(max(first, min(days, default=now_ms // DAY_MS)) * DAY_MS),
        _iso(now_ms),
        "USD",
        _text(sum((Decimal(line.amount or 0) for line in lines), Decimal(0))),
        _text(storage_a_month(usage)),
        _text(_standing_a_month(usage)),
        lines,
        {name: _text(amount) for name, amount in sorted(grouped.items(), key=lambda each: -each[1])},
        unpriced,
        _notes({line.service for line in lines}),
    )


def _notes(services: set[str]) -> list[str]:
    """What goes for every bill, and for the services on this one."""
    return [note for about, note in NOTES if not about or not services.isdisjoint(about.split())]


def storage_a_month(usage: Usage, resource: str = "") -> Decimal:
    """What a month of storage costs as things lie now; of one bucket or log group if named."""
    totals: defaultdict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    for place, amount in usage.standing():
        if not resource or place.resource.partition(" ")[0] == resource:
            rate = RATES.get((place.service, place.usage_type))
            if rate is not None and (rate.measure == "gb-month" or place.service == "s3"):
                totals[place[:4]] += Decimal(amount) / (GIB if rate.measure == "gb-month" else 1)
    found = Decimal(0)
    for (_, region, service, usage_type), units in totals.items():
        rate = RATES.get((service, usage_type))
        if rate is not None:
            try:
                found += price(service, rate.item, region).of(units)
            except UnknownPrice:
                continue
    return found


def _standing_a_month(usage: Usage) -> Decimal:
    """What a month of 730 hours costs of all that stands as it does now, if nobody uses it."""
    totals: defaultdict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    for place, amount in usage.standing():
        rate = RATES.get((place.service, place.usage_type))
        if rate is not None and rate.measure in A_MONTH:
            totals[place[:4]] += Decimal(amount) * A_MONTH[rate.measure]
    found = Decimal(0)
    for (_, region, service, usage_type), units in totals.items():
        with suppress(UnknownPrice):
            found += price(service, RATES[service, usage_type].item, region).of(units)
    return found


def _units(place: Place, day: int, quantity: int) -> Decimal:
    rate = RATES.get((place.service, place.usage_type))
    measure = rate.measure if rate is not None else "count"
    if measure == "count":
        return Decimal(quantity)
    if measure in _PIECES:
        return Decimal(quantity) / _PIECES[measure]
    at = _EPOCH + timedelta(days=day)
    months = Decimal(quantity) / (DAY_MS * monthrange(at.year, at.month)[1])
    return months / GIB if measure == "gb-month" else months


def _average_prices(
    totals: dict[tuple[str, str, str, str, int], Decimal],
) -> dict[tuple[str, ...], tuple[Decimal, str]]:
    """The average unit price (tiers are of a month and an account) and the unit, of each usage type that has one."""
    money: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    units_of: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    unit: dict[tuple[str, ...], str] = {}
    for (account, region, service, usage_type, _), units in totals.items():
        rate = RATES.get((service, usage_type))
        if rate is None:
            continue
        place = (account, region, service, usage_type)
        if rate is FREE:
            unit[place], units_of[place] = rate.measure, units_of[place] + units
            continue
        try:
            found = price(service, rate.item, region)
        except UnknownPrice:
            continue
        money[place] += found.of(units)
        units_of[place] += units
        unit[place] = found.unit
    return {place: (money[place] / units_of[place], unit[place]) for place in unit if units_of[place]}


def _line(place: Place, units: Decimal, priced: tuple[Decimal, str] | None) -> Line:
    quantity = f"{units:.12f}".rstrip("0").rstrip(".") or "0"
    unit, amount = (priced[1], _text(units * priced[0])) if priced is not None else ("", "")
    return Line(*place, quantity, unit, amount)


def _group(line: Line, by: str) -> str:
    if by == "service":
        return line.service
    return f"{line.service} {line.usage_type}" if by == "usage" else f"{line.service} {line.resource}"


def _month(day: int) -> int:
    at = _EPOCH + timedelta(days=day)
    return at.year * 12 + at.month


def _text(amount: Decimal) -> str:
    return f"{amount:.12f}"


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
