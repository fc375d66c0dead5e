"""No pattern of a user's holds the world up, and both engines find the same."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.kernel.errors import AwsError
from foulweather.kernel.linear_patterns import Expression, InvalidExpression, glob, wildcard
from foulweather.services.logs.insights.errors import NotBuilt
from foulweather.services.logs.insights.language import compiled as query
from harness import Aws
from services.logs.insights.insights_events import rows
from services.logs.log_calls import GROUP, filtered, make, put

WORST = [
    r"(a+)+b",
    r"(a|aa)+b",
    r"a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?" + "a" * 28 + "b",
    r"(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)(a|aa)b",
    r".*.*.*.*x",
    r"a*a*b",
    r"\d*\w*\S*b",
    r"a+b",
]


@pytest.mark.parametrize("pattern", WORST)
@pytest.mark.parametrize("length", [28, 100, 1000, 100_000])
def test_no_pattern_takes_long(pattern: str, length: int) -> None:
    expression = Expression(pattern)
    before = time.process_time()
    assert expression.search("a" * length) is None
    assert not list(expression.finditer("a" * length))
    assert time.process_time() - before < 0.5


def test_globs_and_wildcards_take_no_long_either() -> None:
    before = time.process_time()
    assert glob("* " * 12 + "X*").search("a " * 2000) is None
    assert wildcard("*a" * 12 + "b").fullmatch("a" * 2000) is None
    assert time.process_time() - before < 0.5


@given(
    st.text("ab1 .", max_size=20),
    st.lists(st.sampled_from(["a", "b*", r"\d+", ".", ".*?", "(a)", "(b|1)", "$", " ?", "[^a]+", "(a+)+", "|"])),
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_both_engines_find_the_same(text: str, parts: list[str]) -> None:
    pattern = "".join(parts)
    try:
        slow = Expression(f"(?:{pattern})é?")  # a letter that sends it to the other engine
    except InvalidExpression:
        return
    quick = re.compile(f"(?:{pattern})é?", re.ASCII)
    for one in (text, text + "\n"):
        found, wanted = slow.search(one), quick.search(one)
        assert (found is None) == (wanted is None)
        if found is not None and wanted is not None and "$" not in pattern:
            assert found.span() == wanted.span()


@pytest.mark.parametrize(
    ("text", "message", "found"),
    [
        ("took * ms", "it took 7 ms", ("7",)),
        ("[*] *: *", "x [ERROR] db: gone: now", ("ERROR", "db", "gone: now")),
        ("*=*", "a=b=c", ("a", "b=c")),
        ("a*b", "xaab", ("a",)),
        ("a*b", "xac", None),
        ("*", "all\nof it", ("all\nof it",)),
    ],
)
def test_a_glob_takes_as_little_as_it_can_and_the_last_the_rest(
    text: str, message: str, found: tuple[str, ...] | None
) -> None:
    match = glob(text).search(message)
    assert (None if match is None else match.groups()) == found


def test_offsets_are_of_characters() -> None:
    match = Expression("(b+)+(é)").search("éabé")
    assert match is not None
    assert (match.span(), match[2]) == ((2, 4), "é")


def test_what_cannot_be_linear_is_not_built() -> None:
    for pattern in ("(?=x)y", r"(a)\1", "(?<!a)b", r"\p{L}"):
        with pytest.raises(NotBuilt):
            query(f"filter @message like /{pattern}/")
    assert rows(r"filter @message like /a\\1/ | fields @message", ["a\\1", "b"]) == [{"@message": "a\\1"}]


async def test_a_search_with_the_worst_pattern_is_over_at_once(aws: Aws) -> None:
    make(aws)
    put(aws, *["a" * 5000] * 20)
    before = time.process_time()
    assert filtered(aws, "%a*a*a*a*a*a*b%") == []
    assert filtered(aws, '[w = "*a*a*a*a*a*a*a*b"]') == []
    aws.logs.put_metric_filter(
        {
            "logGroupName": GROUP,
            "filterName": "f",
            "filterPattern": "%a+a+a+a+b%",
            "metricTransformations": [{"metricName": "M", "metricNamespace": "N", "metricValue": "1"}],
        }
    )
    put(aws, *["a" * 5000] * 20)
    assert time.process_time() - before < 1
    with pytest.raises(AwsError, match="InvalidParameterException"):
        filtered(aws, "%a{1,5000}%")
