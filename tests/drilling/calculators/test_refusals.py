"""What cannot be is refused, with what would do; the language of formulas knows nothing but arithmetic."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.drilling.calculators import CALCULATORS, Refusal, find
from foulweather.drilling.calculators.formula import FormulaError, Scope
from foulweather.drilling.calculators.numbers import grouped, measured, money, plain


@pytest.mark.parametrize(
    ("id", "name", "text", "says"),
    [
        ("lambda-cost", "requests", "-1", "a whole number, 0 or more"),
        ("lambda-cost", "requests", "1.5", "a whole number"),
        ("lambda-cost", "requests", "many", "a whole number"),
        ("lambda-cost", "requests", "", "a whole number"),
        ("lambda-cost", "requests", "nan", "a whole number"),
        ("lambda-cost", "requests", "Infinity", "a whole number"),
        ("lambda-cost", "requests", "1e999999999", "a whole number"),
        ("nat-cost", "gb", "1e-133", "a number"),
        ("lambda-cost", "requests", "9" * 3000, "2,000 characters"),
        ("lambda-cost", "memory_mb", "127", "128 to 10,240"),
        ("lambda-cost", "memory_mb", "10241", "128 to 10,240"),
        ("lambda-cost", "duration_ms", "900001", "1 to 900,000"),
        ("lambda-cost", "architecture", "sparc", "x86_64 | arm64"),
        ("lambda-cost", "free_tier", "perhaps", "yes | no"),
        ("lambda-cost", "hours", "745", "to 744"),
        ("lambda-cost", "hours", "0", "to 744"),
        ("dynamodb-cost", "item_kb", "401", "0.001 to 400"),
        ("dynamodb-cost", "item_kb", "0", "0.001 to 400"),
        ("dynamodb-cost", "priced_on", "yesterday", "a date"),
        ("dynamodb-cost", "priced_on", "2010-01-01", "begins on"),
        ("dr-strategy", "rpo", "-5m", "a duration"),
        ("dr-strategy", "rpo", "3 parsecs", "a duration"),
        ("cidr", "vpc", "10.0.0.0/8", "/16 to /28"),
        ("cidr", "vpc", "10.0.0.1/16", "host bits"),
        ("cidr", "vpc", "10.0.0.0", "no prefix length"),
        ("cidr", "vpc", "10.0.0.0/16,10.1.0.0/16", "one CIDR block"),
        ("cidr", "vpc", "", "one CIDR block"),
        ("cidr", "subnets", "10.0.0.0/29", "/16 to /28"),
        ("cidr", "subnets", "fd00::/64", "cannot be"),
        ("security-cost", "plan", "1 + two", "amounts, with"),
        ("transfer-time", "mbps", "0", "0.001 to"),
        ("schedule-savings", "hours_per_day", "25", "0 to 24"),
        ("s3-cost", "expire_after_days", "60", "glacier_after_days comes before expire_after_days"),
        ("s3-cost", "ia_after_days", "29", "30 to"),
        ("lambda-cost", "requsts", "1", "takes no requsts"),
    ],
)
def test_impossible_inputs_are_refused(id: str, name: str, text: str, says: str) -> None:
    with pytest.raises(Refusal) as refusal:
        find(id).run({name: text})
    assert says in str(refusal.value)
    assert name in str(refusal.value) or says in ("one CIDR block", "begins on")


@pytest.mark.parametrize("number", [0, -1, 99])
def test_an_example_that_is_not_there_is_refused(number: int) -> None:
    with pytest.raises(Refusal, match="examples 1 to"):
        find("cidr").example(number)


@pytest.mark.parametrize(
    ("text", "value"), [("1,000", 1_000), ("1_000", 1_000), ("2k", 2_000), ("1.5M", 1_500_000), ("1e3", 1_000)]
)
def test_numbers_may_be_written_as_people_write_them(text: str, value: int) -> None:
    assert find("lambda-cost").run({"requests": text}).inputs["requests"] == value


@given(st.sampled_from(sorted(CALCULATORS)), st.data())
@settings(max_examples=300, deadline=None)
def test_any_text_is_an_answer_or_a_refusal(id: str, data: st.DataObject) -> None:
    calculator = CALCULATORS[id]
    name = data.draw(st.sampled_from([each.name for each in calculator.inputs]))
    text = data.draw(st.one_of(st.text(max_size=12), st.decimals().map(str), st.floats().map(str)))
    try:
        answer = calculator.run({name: text})
    except Refusal:
        return
    assert all(each.shown for each in answer.steps)


@pytest.mark.parametrize(
    "text", ["__import__('os')", "a.b", "a[0]", "a ** b", "lambda: 1", "[1]", "a if b else c", "1 +", "open('x')"]
)
def test_the_language_has_nothing_but_arithmetic(text: str) -> None:
    scope = Scope({"a": Decimal(2), "b": Decimal(3), "c": Decimal(1)}, {})
    with pytest.raises(FormulaError):
        scope.computed(text)


@pytest.mark.parametrize(
    ("text", "value", "filled"),
    [
        ("a × b ÷ 4", "1.5", "2 GB × 3 ÷ 4"),
        ("a − (b − 1)", "0", "2 GB − (3 − 1)"),
        ("(a + b) × 2", "10", "(2 GB + 3) × 2"),
        ("a ÷ (b × 2)", "0.3333333333", "2 GB ÷ (3 × 2)"),
        ("0.1 × 3", "0.3", "0.1 × 3"),
        ("ceil(a ÷ b)", "1", "ceil(2 GB ÷ 3)"),
        ("when(a < b, a, b)", "2", "2 GB"),
        ("pick(kind, this_one=a, other=b)", "2", "2 GB"),
        ("max(a, b, 1)", "3", "max(2 GB, 3, 1)"),
    ],
)
def test_formulas_are_computed_exactly_and_filled_in(text: str, value: str, filled: str) -> None:
    scope = Scope({"a": Decimal(2), "b": Decimal(3), "kind": "this-one"}, {"a": "GB"})
    found = scope.computed(text)
    assert isinstance(found, Decimal)
    assert plain(found) == value
    assert scope.filled(text) == filled


def test_a_decision_shows_what_decided_it() -> None:
    scope = Scope({"a": Decimal(2), "b": Decimal(3)}, {})
    assert scope.filled("when(a ≥ b, 'yes', 'no')") == "2 ≥ 3 does not hold"
    assert scope.computed("when(a ≥ b, 'yes', 'no')") == "no"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "$0"),
        ("16.425", "$16.43"),
        ("1234.5", "$1,234.50"),
        ("5000", "$5,000"),
        ("0.0000002", "$0.0000002"),
        ("0.625", "$0.625"),
        ("0.999999", "$1"),
        ("-3.1", "-$3.10"),
        ("1e40", "$10" + ",000" * 13),
    ],
)
def test_money_is_written_in_cents_and_prices_in_full(value: str, shown: str) -> None:
    assert money(Decimal(value)) == shown


def test_units_agree_with_their_number() -> None:
    assert measured(Decimal(1), "shards") == "1 shard"
    assert measured(Decimal(2), "request") == "2 requests"
    assert measured(Decimal("64.2857"), "%") == "64.3 %"
    assert grouped(Decimal("0.038052")) == "0.038052"
