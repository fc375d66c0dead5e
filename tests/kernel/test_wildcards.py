"""Wildcards: what they fit, and that no text takes them longer than its length."""

from __future__ import annotations

import re
from itertools import product

import pytest

from foulweather.kernel.wildcards import escaped_wildcard, wildcard


@pytest.mark.parametrize("pattern", ["".join(each) for size in range(6) for each in product("ab*", repeat=size)])
def test_a_wildcard_fits_what_its_regular_expression_fits(pattern: str) -> None:
    same = re.compile(re.sub(r"\*+", ".*", pattern))
    for size in range(6):
        for text in map("".join, product("ab", repeat=size)):
            assert bool(wildcard(pattern).fullmatch(text)) == bool(same.fullmatch(text)), (pattern, text)
            assert bool(escaped_wildcard(pattern).fullmatch(text)) == bool(same.fullmatch(text)), (pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        (r"a\\*", "a\\anything", True),
        (r"a\\\*", "a\\*", True),
        (r"*\*", "x*", True),
        ("*", "two\nlines", True),
        ("a.c*", "abc", False),
    ],
)
def test_a_backslash_makes_an_asterisk_stand_for_itself(pattern: str, text: str, fits: bool) -> None:
    assert bool(escaped_wildcard(pattern).fullmatch(text)) is fits


def test_a_text_is_read_once() -> None:
    """Tried anew from each place, for each of the asterisks, this would not end."""
    assert escaped_wildcard("*a" * 40 + "*b").fullmatch("a" * 100_000) is None
