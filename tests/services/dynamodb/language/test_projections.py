from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.dynamodb.language.expressions import projection
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.refusals import LanguageError

A: dict[str, Any] = {
    "M": {"b": {"L": [{"N": "2"}, {"N": "4"}, {"M": {"x": {"S": "hi"}, "y": {"S": "yo"}}}]}, "c": {"N": "5"}}
}
ITEM: dict[str, Any] = {"a": A, "b": {"S": "hello"}, "a.b": {"S": "dotted"}}


def m(**members: Any) -> dict[str, Any]:
    return {"M": members}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a", {"a": A}), (" a  ,   b  ", {"a": A, "b": {"S": "hello"}}), ("x", {}),
        ("a.b", {"a": m(b=A["M"]["b"])}),
        ("a.b[0]", {"a": m(b={"L": [{"N": "2"}]})}),
        ("a.b[2].y", {"a": m(b={"L": [m(y={"S": "yo"})]})}),
        ("a.b[2].y, a.b[0]", {"a": m(b={"L": [{"N": "2"}, m(y={"S": "yo"})]})}),
        ("a.b[1],a.b[0]", {"a": m(b={"L": [{"N": "2"}, {"N": "4"}]})}),
        ("a.b[0],a.c", {"a": m(b={"L": [{"N": "2"}]}, c={"N": "5"})}),
        ("a.b[3]", {}), ("a.x", {}), ("a.x.y", {}), ("a.b[3].x", {}), ("a.b.x", {}), ("a[0]", {}), ("a.b[0].x", {}),
        ("a.b[0][0]", {}), ("a.x, a.b[0], x, a.b[3].x", {"a": m(b={"L": [{"N": "2"}]})}),
        ("#d", {"a.b": {"S": "dotted"}}), ("#n.#c", {"a": m(c={"N": "5"})}),
    ],
)  # fmt: skip
def test_projections(text: str, found: dict[str, Any]) -> None:
    assert projection(text, Placeholders({"#d": "a.b", "#n": "a", "#c": "c"}, None)).of(ITEM) == found


@pytest.mark.parametrize(
    ("text", "one", "two"),
    [
        ("a,a", "[a]", "[a]"), ("a.b[0],a.b[0]", "[a, b, [0]]", "[a, b, [0]]"), ("a,a.b[0]", "[a]", "[a, b, [0]]"),
        ("a.b, a", "[a, b]", "[a]"), ("#n.b, a.b", "[a, b]", "[a, b]"),
    ],
)  # fmt: skip
def test_paths_that_overlap_are_refused(text: str, one: str, two: str) -> None:
    with pytest.raises(LanguageError) as refused:
        projection(text, Placeholders({"#n": "a"}, None))
    assert refused.value.message == (
        "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these "
        f"paths; path one: {one}, path two: {two}"
    )


def test_reserved_words_and_undefined_names_are_refused() -> None:
    with pytest.raises(LanguageError, match="reserved keyword: name"):
        projection("a, name", Placeholders(None, None))
    with pytest.raises(LanguageError, match="attribute name: #q"):
        projection("#q", Placeholders({"#n": "a"}, None))


def test_a_path_has_at_most_32_levels() -> None:
    projection("a" + ".b" * 31, Placeholders(None, None))
    with pytest.raises(LanguageError) as refused:
        projection("a" + "[0]" * 32, Placeholders(None, None))
    assert (
        refused.value.message
        == "Invalid ProjectionExpression: The document path has too many nesting levels; nesting levels: 33"
    )


def test_an_index_that_is_no_integer_is_refused() -> None:
    assert projection("l[999]", Placeholders(None, None)).of({"l": {"L": [{"N": "1"}]}}) == {}
    with pytest.raises(LanguageError) as refused:
        projection("l[99999999999999]", Placeholders(None, None))
    assert (
        refused.value.message
        == "Invalid ProjectionExpression: List index is not within the allowable range; index: [99999999999999]"
    )
