"""JSONPath with choices: right for ordinary paths, and ended where there would be no end."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel import json_queries
from foulweather.kernel.json_queries import InvalidQuery, TooMuchWork, compiled
from foulweather.services.stepfunctions.language import paths
from foulweather.services.stepfunctions.language.errors import StatesError

ITEMS = [{"a": 1, "b": "one"}, {"a": 2, "b": "two"}, {"a": True, "b": "aaaa!"}]


def nested(depth: int) -> Any:
    found: Any = 1
    for _ in range(depth):
        found = {"a": found}
    return found


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$[*].a", [1, 2, True]),
        ("$..b", ["one", "two", "aaaa!"]),
        ("$[?(@.a == 2)].b", ["two"]),
        ("$[?(@.a > 1 && @.b == 'two')].a", [2]),
        ("$[?(@.b =~ /T.O/i)].a", [2]),
        ("$[?(@.b =~ /w/)].a", []),
        ("$[?match(@.b, 't.*')].a", [2]),
        ("$[?search(@.b, 'w')].a", [2]),
        ("$[0:2].a", [1, 2]),
        ("$[?(@.b == $[1].b)].a", [2]),
    ],
)
def test_a_path_finds(path: str, expected: list[Any]) -> None:
    assert compiled(path)(ITEMS) == expected


def test_true_and_false_have_an_order_or_none() -> None:
    assert compiled("$[?(@.a < 2)].a")(ITEMS) == [1, True]
    assert compiled("$[?(@.a < 2)].a", orders_truths=False)(ITEMS) == [1]


@pytest.mark.parametrize("path", ["$[", "$|$", "$ & $", "$[?(" * 2_000, "$[?(@.a =~ /(?=a)/)]", "$[?(@.a =~ /(/)]"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidQuery):
        compiled(path)


@pytest.mark.parametrize("path", ["$" + "..a" * 6, "$" + "..*" * 6, "$" + "[*,*]" * 25, "$" + "..[?(@..a)]" * 3])
def test_a_path_that_comes_by_everything_ever_again_is_ended(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_queries, "WORK_MAX", 20_000)
    with pytest.raises(TooMuchWork):
        compiled(path)(nested(60))


@pytest.mark.parametrize("test", ["@.b =~ /(a+)+/", "match(@.b, '(a|a)*')", "search(@.b, '(a+)+$')"])
def test_a_regular_expression_takes_time_that_grows_with_the_text(test: str) -> None:
    assert compiled(f"$[?{test}]")([{"b": "a" * 100_000 + "!"}]) == []


def test_what_a_long_text_is_compared_with_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_queries, "WORK_MAX", 20_000)
    with pytest.raises(TooMuchWork):
        compiled("$[?(@.b contains 'x')]")([{"b": "a" * 100_000}] * 100)


def test_a_scalar_has_nothing_beneath_it() -> None:
    assert compiled("$..a")('{"a": 1}') == []


@pytest.mark.parametrize("path", ["$" + "..*" * 6, "$" + "..a" * 8 + ".b"])
def test_paths_of_state_machines_are_ended_too(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_queries, "WORK_MAX", 20_000)
    find: Any = paths.finder(path)
    with pytest.raises(StatesError, match="too many values"):
        find(nested(60), None)
