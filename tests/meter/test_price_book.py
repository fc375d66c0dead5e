"""The price book: exact amounts, tiers, history, and no price that is not in it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foulweather.meter.price_book import Price, UnknownPrice, as_of, price, prices


def named(each: Price) -> str:
    return f"{each.service}-{each.item}"


def test_a_price_has_its_amount_unit_source_and_date() -> None:
    found = price("lambda", "request")
    assert found.amount == Decimal("0.0000002")
    assert (found.unit, found.region) == ("request", "us-east-1")
    assert found.source == "https://aws.amazon.com/lambda/pricing/"
    assert found.as_of == as_of()


def test_amounts_are_exact() -> None:
    assert price("lambda", "gb-second-x86_64").amount == Decimal("0.0000166667")
    assert "float" not in {type(tier.amount).__name__ for each in prices() for tier in each.tiers}


@pytest.mark.parametrize(
    ("service", "item", "region"),
    [("lambda", "request", "eu-west-1"), ("lambda", "nothing", "us-east-1"), ("nothing", "request", "us-east-1")],
)
def test_what_is_not_in_the_book_has_no_price(service: str, item: str, region: str) -> None:
    with pytest.raises(UnknownPrice, match=f"{service} {item} in {region}"):
        price(service, item, region)


def test_prices_of_the_past_are_remembered() -> None:
    before, after = (price("dynamodb", "write-request-unit", on=date(2024, *day)) for day in ((10, 31), (11, 1)))
    assert before.amount == Decimal("0.00000125")
    assert after.amount == Decimal("0.000000625")
    assert before.as_of == date(2024, 11, 1)


def test_the_book_does_not_guess_prices_of_before_its_first_day() -> None:
    with pytest.raises(UnknownPrice, match="begins on"):
        price("lambda", "request", on=date(2015, 1, 1))


def test_tiers_are_charged_one_after_the_other() -> None:
    found = price("ec2", "transfer-internet-gb")
    assert found.of(Decimal(10_240)) == Decimal("921.60")
    assert found.of(Decimal(10_241)) == Decimal("921.685")
    assert found.of(Decimal(0)) == 0
    # 10 TB, 40 TB, 100 TB, and what is beyond.
    assert found.of(Decimal(200_000)) == Decimal("921.6") + Decimal("3481.6") + Decimal("7168") + 46_400 * Decimal(
        "0.05"
    )


def test_nothing_is_charged_for_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="below 0"):
        price("s3", "put-request").of(Decimal(-1))


@pytest.mark.parametrize("found", prices(), ids=named)
def test_every_price_is_whole(found: Price) -> None:
    assert found.source.startswith("https://aws.amazon.com/")
    assert found.unit
    assert found.amount == found.tiers[0].amount
    ends = [tier.up_to for tier in found.tiers]
    assert ends[-1] is None, "the last tier has no end"
    assert ends[:-1] == sorted(end for end in ends if end is not None)
    assert all(tier.amount >= 0 for tier in found.tiers)
    assert any(tier.amount > 0 for tier in found.tiers)


@given(
    st.sampled_from(prices()),
    st.decimals(0, 10**12, places=3, allow_nan=False),
    st.decimals(0, 10**12, places=3, allow_nan=False),
)
def test_more_never_costs_less(found: Price, one: Decimal, more: Decimal) -> None:
    assert found.of(one) <= found.of(one + more)


@given(st.sampled_from(prices()), st.decimals(0, 10**12, places=3, allow_nan=False))
def test_shares_add_up_to_the_quantity(found: Price, quantity: Decimal) -> None:
    assert sum(part for part, _ in found.shares(quantity)) == quantity
