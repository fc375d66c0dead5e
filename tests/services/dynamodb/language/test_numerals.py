from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.services.dynamodb.language import numerals
from foulweather.services.dynamodb.language.refusals import LanguageError

NUMBERS = st.builds(
    lambda sign, digits, exponent: f"{sign}{digits}E{exponent}",
    st.sampled_from(["", "-"]),
    st.integers(0, 10**38 - 1),
    st.integers(-130, 87),
)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("1", "1"), ("-0", "0"), ("0.000", "0"), ("+3", "3"), (".123", "0.123"), ("0001.23", "1.23"), ("1e+5",
        "100000"),
        ("1000.0", "1000"), ("-7.1234", "-7.1234"), ("1E3", "1000"), ("-17.4E37", "-174" + "0" * 36), ("5.", "5"),
        ("1e125", "1" + "0" * 125), ("1e-130", "0." + "0" * 129 + "1"), ("0.1e126", "1" + "0" * 125),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ],
)  # fmt: skip
def test_a_numeral_is_given_back_without_what_says_nothing(given: str, stored: str) -> None:
    assert numerals.read(given)[0] == stored


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "dog", "-dog", " 1", "1 ", "1_000", "--1", "e5", "١"])
def test_what_is_no_numeral_is_refused(text: str) -> None:
    with pytest.raises(LanguageError) as refused:
        numerals.read(text)
    assert refused.value.message == f"The parameter cannot be converted to a numeric value: {text}"


def test_an_empty_numeral_is_refused() -> None:
    with pytest.raises(LanguageError, match=r"^The parameter cannot be converted to a numeric value$"):
        numerals.read("")


@pytest.mark.parametrize("text", ["1e126", "11e125", "-1e126", "1.0e100000000", "1e99999999999999999999"])
def test_a_magnitude_too_large_is_refused(text: str) -> None:
    with pytest.raises(LanguageError) as refused:
        numerals.read(text)
    assert (
        refused.value.message
        == "Number overflow. Attempting to store a number with magnitude larger than supported range"
    )


@pytest.mark.parametrize("text", ["1e-131", "0.1e-130", "-1e-131", "1e-100000000"])
def test_a_magnitude_too_small_is_refused(text: str) -> None:
    with pytest.raises(LanguageError) as refused:
        numerals.read(text)
    assert (
        refused.value.message
        == "Number underflow. Attempting to store a number with magnitude smaller than supported range"
    )


@pytest.mark.parametrize(
    "text",
    [
        "3.14159265358979323846264338327950288419",
        "314159265358979323846.264338327950288419",
        "314159265358979323846264338327950288419e30",
    ],
)
def test_more_than_38_significant_digits_are_refused(text: str) -> None:
    with pytest.raises(LanguageError, match=r"^Attempting to store more than 38 significant digits in a Number$"):
        numerals.read(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 1), ("1", 2), ("-1", 3), ("12", 2), ("123", 3), ("100", 2), ("-123.45", 5), ("0.001", 2), ("1e125", 2)],
)
def test_a_number_takes_a_byte_for_two_significant_digits(text: str, size: int) -> None:
    assert numerals.read(text)[1] == size


@settings(max_examples=300)
@given(NUMBERS)
def test_reading_keeps_the_value_and_is_idempotent(text: str) -> None:
    value = Decimal(text)
    if value and value.adjusted() > 125:
        return
    stored = numerals.read(text)[0]
    assert Decimal(stored) == value
    assert numerals.read(stored)[0] == stored


def test_sums_are_exact_to_38_digits() -> None:
    assert numerals.add("1", "1" + "0" * 22) == "1" + "0" * 21 + "1"
    assert numerals.subtract("0.3", "0.1") == "0.2"
    assert numerals.subtract("1", "1") == "0"
    assert numerals.add("9e125", "9e124") == "99" + "0" * 124


@pytest.mark.parametrize(("one", "other"), [("9e125", "9e125"), ("1e50", "-1")])
def test_a_sum_that_cannot_be_stored_is_an_overflow(one: str, other: str) -> None:
    with pytest.raises(LanguageError, match=r"^Number overflow"):
        numerals.add(one, other)
