"""A baseline of 1,000 read and 500 write units bought for one year or three: what it saves, and from when on."""

from __future__ import annotations

from decimal import Decimal

import pytest

from foulweather.drilling.calculators import Answer, find
from foulweather.meter.price_book import price

BLOCK = 100
"""Reserved capacity is bought by the hundred units, in part in advance."""
# us-east-1: https://aws.amazon.com/dynamodb/pricing/provisioned/
OFFERS = {
    ("rcu", 1): (Decimal(30), Decimal("0.0025")),
    ("rcu", 3): (Decimal(36), Decimal("0.0016")),
    ("wcu", 1): (Decimal(150), Decimal("0.0128")),
    ("wcu", 3): (Decimal(180), Decimal("0.0081")),
}
BASELINE = {"rcu": 1000, "wcu": 500}


def reserved(kind: str, years: int, utilisation: int = 100) -> Answer:
    """A commitment for the baseline against what is paid by the hour."""
    upfront, hourly = OFFERS[kind, years]
    given = {
        "on_demand_per_hour": str(price("dynamodb", f"{kind}-hour").amount * BLOCK),
        "instances": str(BASELINE[kind] // BLOCK),
        "committed_per_month": str(hourly * 730),
        "upfront": str(upfront),
        "term_years": str(years),
        "utilisation_percent": str(utilisation),
    }
    return find("calc-ri-savings-plan").run(given)


def number(answer: Answer, name: str) -> Decimal:
    value = answer.value(name)
    assert isinstance(value, Decimal)
    return value


@pytest.mark.parametrize(("years", "saved"), [(1, 54), (3, 77)])
@pytest.mark.parametrize("kind", ["rcu", "wcu"])
def test_the_discount_is_54_percent_in_a_year_and_77_in_three(kind: str, years: int, saved: int) -> None:
    answer = reserved(kind, years)
    assert abs(number(answer, "saving_percent") - saved) < 1
    assert number(answer, "saving_term") > 0


@pytest.mark.parametrize(("years", "least"), [(1, 46), (3, 23)])
def test_it_pays_from_a_utilisation_on(years: int, least: int) -> None:
    for kind in BASELINE:
        assert abs(number(reserved(kind, years), "break_even_percent") - least) < 1
        assert number(reserved(kind, years, least - 2), "saving") < 0
        assert number(reserved(kind, years, least + 2), "saving") > 0


def test_the_baseline_costs_332_a_month_by_the_hour_and_half_of_it_reserved() -> None:
    answers = [reserved(kind, 1) for kind in BASELINE]
    full = sum(number(answer, "on_demand_full") for answer in answers)
    assert full == Decimal("332.15"), "1,000 × 0.00013 + 500 × 0.00065, for 730 hours"
    assert sum(number(answer, "committed") for answer in answers) < full * 47 / 100
