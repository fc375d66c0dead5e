from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.services.dynamodb.language import keys, numerals

NUMBERS = st.builds(
    lambda sign, digits, exponent: numerals.read(f"{sign}{digits}E{exponent}")[0],
    st.sampled_from(["", "-"]),
    st.one_of(st.integers(0, 200), st.integers(0, 10**38 - 1)),
    st.one_of(st.integers(-3, 3), st.integers(-130, 87)),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
BYTES = st.binary(max_size=6)
# Bytes that try the escapes.
EDGES = st.lists(st.sampled_from([0, 1, 2, 254, 255]), max_size=5).map(bytes)


@settings(max_examples=400)
@given(NUMBERS, NUMBERS)
def test_numbers_sort_by_value(one: str, other: str) -> None:
    left, right = keys.sort_key({"N": one}), keys.sort_key({"N": other})
    assert (left < right) == (Decimal(one) < Decimal(other))
    assert (left == right) == (Decimal(one) == Decimal(other))


def test_some_numbers_in_order() -> None:
    ordered = ["-1e125", "-100", "-99.5", "-99", "-2", "-1.5", "-1", "-0.1", "-1e-130", "0", "1e-130", "0.1", "1",
    "1.5",
               "2", "10", "99", "100", "1e125"]  # fmt: skip
    encoded = [keys.sort_key({"N": numerals.read(text)[0]}) for text in ordered]
    assert encoded == sorted(encoded)
    assert len(set(encoded)) == len(encoded)


@given(TEXTS, TEXTS)
def test_strings_sort_by_their_utf_8(one: str, other: str) -> None:
    assert (keys.sort_key({"S": one}) < keys.sort_key({"S": other})) == (one.encode() < other.encode())


@given(BYTES, BYTES)
def test_binaries_sort_as_unsigned_bytes(one: bytes, other: bytes) -> None:
    assert (keys.sort_key({"B": one}) < keys.sort_key({"B": other})) == (one < other)


@settings(max_examples=400)
@given(EDGES, NUMBERS, EDGES, EDGES, NUMBERS, EDGES)
def test_keys_of_several_attributes_sort_attribute_by_attribute(
    a: bytes, b: str, c: bytes, d: bytes, e: str, f: bytes
) -> None:
    left = keys.sort_key({"B": a}, {"N": b}, {"B": c})
    right = keys.sort_key({"B": d}, {"N": e}, {"B": f})
    assert (left < right) == ((a, Decimal(b), c) < (d, Decimal(e), f))


def test_partition_keys_differ_by_type_and_by_where_their_attributes_end() -> None:
    found = [
        keys.hash_key({"S": "1"}), keys.hash_key({"N": "1"}), keys.hash_key({"B": b"1"}),
        keys.hash_key({"S": "ab"}, {"S": "c"}), keys.hash_key({"S": "a"}, {"S": "bc"}),
    ]  # fmt: skip
    assert len(set(found)) == len(found)


def selects(operator: str, operands: list[bytes], key: bytes) -> bool:
    return {
        "=": lambda: key == operands[0],
        "<": lambda: key < operands[0],
        "<=": lambda: key <= operands[0],
        ">": lambda: key > operands[0],
        ">=": lambda: key >= operands[0],
        "BETWEEN": lambda: operands[0] <= key <= operands[1],
        "begins_with": lambda: key.startswith(operands[0]),
    }[operator]()


@settings(max_examples=60)
@pytest.mark.parametrize("operator", ["=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"])
@given(st.lists(EDGES, min_size=2, max_size=2).map(sorted), st.lists(EDGES, max_size=12))
def test_bounds_select_what_the_operator_says(operator: str, operands: list[bytes], stored: list[bytes]) -> None:
    low, high = keys.bounds(b"", operator, tuple({"B": operand} for operand in operands), True)
    for key in stored:
        encoded = keys.sort_key({"B": key})
        assert (low <= encoded and (high is None or encoded < high)) == selects(operator, operands, key)


@settings(max_examples=60)
@pytest.mark.parametrize("operator", ["=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"])
@given(
    st.lists(EDGES, min_size=2, max_size=2).map(sorted),
    EDGES,
    st.lists(st.tuples(EDGES, EDGES, EDGES), max_size=12),
)
def test_bounds_select_in_the_middle_of_a_key(
    operator: str, operands: list[bytes], first: bytes, stored: list[tuple[bytes, bytes, bytes]]
) -> None:
    low, high = keys.bounds(keys.prefix({"B": first}), operator, tuple({"B": operand} for operand in operands), False)
    for key in [*stored, *((first, b, c) for _, b, c in stored)]:
        encoded = keys.sort_key(*({"B": part} for part in key))
        wanted = key[0] == first and selects(operator, operands, key[1])
        assert (low <= encoded and (high is None or encoded < high)) == wanted


@given(EDGES, EDGES)
def test_a_prefix_alone_selects_what_begins_with_it(first: bytes, other: bytes) -> None:
    low, high = keys.bounds(keys.prefix({"B": first}), None, (), False)
    encoded = keys.sort_key({"B": other}, {"B": b"x"})
    assert (low <= encoded and (high is None or encoded < high)) == (first == other)


def test_no_condition_selects_everything() -> None:
    assert keys.bounds(b"", None, (), True) == (b"", None)
