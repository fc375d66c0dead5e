from __future__ import annotations

import copy
from typing import Any

import pytest

from foulweather.services.dynamodb.language.expressions import update
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.sizes import item_size
from foulweather.services.dynamodb.language.updates import INVALID_PATH, NO_ATTRIBUTE, WRONG_TYPE, Applied

KEY: dict[str, Any] = {"pk": {"S": "k"}}
VALUES: dict[str, Any] = {
    ":1": {"N": "1"}, ":2": {"N": "2.0"}, ":3": {"N": "3"}, ":s": {"S": "str"}, ":l": {"L": [{"N": "8"}]},
    ":e": {"L": []},
    ":ss": {"SS": ["b", "c"]}, ":ns": {"NS": ["1"]}, ":m": {"M": {}}, ":mm": {"M": {"x": {"M": {}}}},
    ":t": {"BOOL": True}, ":a1": {"S": "a1"},
    ":a2": {"S": "a2"}, ":a3": {"S": "a3"}, ":big": {"S": "x" * 409_600},
}  # fmt: skip


def n(*numbers: int) -> dict[str, Any]:
    return {"L": [{"N": str(number)} for number in numbers]}


def applied(text: str, existed: bool = True, **attributes: Any) -> Applied:
    item = {**KEY, **attributes}
    before = copy.deepcopy(item)
    found = update(text, Placeholders({"#dot": "a.b", "#n": "name"}, VALUES), ("pk",))
    first = found.apply(item, existed=existed)
    assert item == before, "the item given was changed"
    assert first.size == item_size(first.item)
    assert found.apply(item, item_size(item), existed) == first
    return first


def after(text: str, existed: bool = True, **attributes: Any) -> dict[str, Any]:
    item = dict(applied(text, existed, **attributes).item)
    assert item.pop("pk") == KEY["pk"]
    return item


@pytest.mark.parametrize(
    ("text", "before", "found"),
    [
        ("SET a = :2", {}, {"a": {"N": "2"}}),
        ("sEt a = :1, #n = :s", {"a": {"S": "old"}}, {"a": {"N": "1"}, "name": {"S": "str"}}),
        ("SET b = a", {"a": {"S": "x"}}, {"a": {"S": "x"}, "b": {"S": "x"}}),
        ("SET b = pk", {}, {"b": {"S": "k"}}),
        ("SET a = b, b = a", {"a": {"N": "1"}, "b": {"N": "2"}}, {"a": {"N": "2"}, "b": {"N": "1"}}),
        ("REMOVE a SET b = a", {"a": {"N": "1"}}, {"b": {"N": "1"}}),
        ("SET a = a + :2", {"a": {"N": "1"}}, {"a": {"N": "3"}}),
        ("SET a = :1 - a", {"a": {"N": "3"}}, {"a": {"N": "-2"}}),
        ("SET a = if_not_exists(a, :3) + :1", {}, {"a": {"N": "4"}}),
        ("SET a = if_not_exists(a, :3) + :1", {"a": {"N": "9"}}, {"a": {"N": "10"}}),
        ("SET b = if_not_exists(x, if_not_exists(a, :3))", {"a": {"N": "7"}}, {"a": {"N": "7"}, "b": {"N": "7"}}),
        ("SET a = if_not_exists(a.b, :1)", {"a": {"S": "x"}}, {"a": {"N": "1"}}),
        ("SET a = list_append(a, :l)", {"a": n(1)}, {"a": n(1, 8)}),
        ("SET a = list_append(:l, a)", {"a": n(1)}, {"a": n(8, 1)}),
        ("SET a = list_append(if_not_exists(a, :e), :l)", {}, {"a": n(8)}),
        ("SET #dot = :1", {}, {"a.b": {"N": "1"}}),
        ("REMOVE a, b", {"a": {"N": "1"}, "c": {"N": "2"}}, {"c": {"N": "2"}}),
        ("ADD a :2", {}, {"a": {"N": "2"}}),
        ("ADD a :2", {"a": {"N": "5"}}, {"a": {"N": "7"}}),
        ("ADD a :ss", {}, {"a": {"SS": ["b", "c"]}}),
        ("ADD a :ss", {"a": {"SS": ["a", "b"]}}, {"a": {"SS": ["a", "b", "c"]}}),
        ("ADD a.x :1", {"a": {"M": {"x": {"N": "1"}}}}, {"a": {"M": {"x": {"N": "2"}}}}),
        ("ADD a[1] :ns", {"a": {"L": [{"S": "x"}, {"NS": ["2"]}]}}, {"a": {"L": [{"S": "x"}, {"NS": ["2", "1"]}]}}),
        ("DELETE a :ss", {"a": {"SS": ["a", "b"]}}, {"a": {"SS": ["a"]}}),
        ("DELETE a :ss", {"a": {"SS": ["b"]}}, {}),
        ("DELETE a :ss", {"a": {"SS": ["z"]}}, {"a": {"SS": ["z"]}}),
        ("DELETE a :ss", {"b": {"N": "1"}}, {"b": {"N": "1"}}),
        ("SET a.b = :1, a.c.d = :3 REMOVE a.x", {"a": {"M": {"x": {"N": "0"}, "c": {"M": {"y": {"N": "4"}}}}}},
         {"a": {"M": {"b": {"N": "1"}, "c": {"M": {"y": {"N": "4"}, "d": {"N": "3"}}}}}}),
        ("SET a[1] = :3", {"a": n(1, 2)}, {"a": n(1, 3)}),
        ("SET a[7] = :3", {"a": n(1, 2)}, {"a": n(1, 2, 3)}),
        ("SET a[84] = :a1, a[37] = :a2, a[17] = :a3", {"a": n(1)},
         {"a": {"L": [{"N": "1"}, {"S": "a3"}, {"S": "a2"}, {"S": "a1"}]}}),
        ("REMOVE a[1] SET a[3] = :1", {"a": n(2, 3, 4, 5, 6)}, {"a": n(2, 4, 1, 6)}),
        ("SET a[3] = :1 REMOVE a[1]", {"a": n(2, 3, 4, 5, 6)}, {"a": n(2, 4, 1, 6)}),
        ("REMOVE a[0], a[2]", {"a": n(2, 3, 4, 5)}, {"a": n(3, 5)}),
        ("REMOVE a[17]", {"a": n(1)}, {"a": n(1)}),
        ("REMOVE a[0]", {"a": n(1)}, {"a": {"L": []}}),
        ("REMOVE a.b", {"a": {"M": {"b": {"N": "1"}}}}, {"a": {"M": {}}}),
        ("REMOVE a.y, c", {"a": {"M": {"b": {"N": "1"}}}}, {"a": {"M": {"b": {"N": "1"}}}}),
        ("SET a.c[1].x.y[1] = :1", {"a": {"M": {"c": {"L": [{"S": "hi"}, {"M": {"x": {"M": {"y": n(3, 5)}}}}]}}}},
         {"a": {"M": {"c": {"L": [{"S": "hi"}, {"M": {"x": {"M": {"y": n(3, 1)}}}}]}}}}),
        ("REMOVE a.c[1].x.y[1], a.c[1].q", {"a": {"M": {"c": {"L": [{"N": "0"}, {"M": {"x": {"M": {"y": n(3, 5)}},
         "q": {"N": "2"}}}]}}}}, {"a": {"M": {"c": {"L": [{"N": "0"}, {"M": {"x": {"M": {"y": n(3)}}}}]}}}}),
    ],
)  # fmt: skip
def test_updates(text: str, before: dict[str, Any], found: dict[str, Any]) -> None:
    assert after(text, **before) == found


@pytest.mark.parametrize(
    ("text", "before", "words"),
    [
        ("SET c = z", {}, NO_ATTRIBUTE), ("SET z = z", {}, NO_ATTRIBUTE), ("SET x = :1, y = x", {}, NO_ATTRIBUTE),
        ("SET a = a + :1", {}, NO_ATTRIBUTE), ("SET a = list_append(b, :l)", {}, NO_ATTRIBUTE),
        ("SET a = b.c", {"b": {"M": {}}}, NO_ATTRIBUTE), ("SET a = b + :1", {"b": {"S": "x"}}, WRONG_TYPE),
        ("SET a = list_append(b, :l)", {"b": {"S": "x"}}, WRONG_TYPE), ("ADD a :1", {"a": {"S": "x"}}, WRONG_TYPE),
        ("ADD a :ns", {"a": {"SS": ["x"]}}, WRONG_TYPE), ("ADD a :ns", {"a": n(1)}, WRONG_TYPE),
        ("DELETE a :ss", {"a": {"NS": ["1"]}}, WRONG_TYPE),
        ("SET a.c = :1", {"a": {"S": "x"}}, INVALID_PATH), ("SET b.c = :1", {"b": n(1)}, INVALID_PATH),
        ("SET c.c = :1", {}, INVALID_PATH), ("SET a[0] = :1", {"a": {"M": {}}}, INVALID_PATH),
        ("SET a[0] = :1", {}, INVALID_PATH), ("REMOVE a.c", {"a": {"S": "x"}}, INVALID_PATH),
        ("REMOVE c.c", {}, INVALID_PATH), ("REMOVE a[0]", {"a": {"S": "x"}}, INVALID_PATH),
        ("REMOVE b[0]", {}, INVALID_PATH),
        ("SET a[5].b = :1", {"a": n(1)}, INVALID_PATH),
        ("SET a = :big", {}, "Item size to update has exceeded the maximum allowed size"),
    ],
)  # fmt: skip
def test_what_an_update_meets_in_the_item(text: str, before: dict[str, Any], words: str) -> None:
    with pytest.raises(LanguageError) as refused:
        applied(text, **before)
    assert refused.value.message == words


def test_removing_inside_an_item_that_does_not_exist_is_ignored() -> None:
    assert after("REMOVE x.y, z[0]", existed=False) == {}
    with pytest.raises(LanguageError, match="document path"):
        applied("SET x.y = :1", existed=False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SET status = :1", "Attribute name is a reserved keyword; reserved keyword: status"),
        ("SET a = :q", "An expression attribute value used in expression is not defined; attribute value: :q"),
        ("SET a = f(b,c,d)", "Invalid function name; function: f"),
        ("SET a = size(b)", "The function is not allowed in an update expression; function: size"),
        (
            "SET a = list_append(:l)",
            "Incorrect number of operands for operator or function; operator or function: list_append, number of "
            "operands: 1",
        ),
        (
            "SET a = list_append(:l, :s)",
            "Incorrect operand type for operator or function; operator or function: list_append, operand type: S",
        ),
        (
            "SET a = list_append(list_append(:l, :l), :l)",
            "The function is not allowed to be used this way in an expression; function: list_append",
        ),
        (
            "SET a = if_not_exists(:1, :2)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "SET a = if_not_exists(if_not_exists(a, :1), :2)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "SET a = :s + :1",
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            "ADD a :s",
            "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: "
            "ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "ADD a :l",
            "Incorrect operand type for operator or function; operator: ADD, operand type: LIST, typeSet: "
            "ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "DELETE a :1",
            "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: "
            "ALLOWED_FOR_DELETE_OPERAND",
        ),
        (
            "SET a.b.c = :1 REMOVE a.b",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: "
            "[a, b, c], path two: [a, b]",
        ),
        (
            "SET a = :1 REMOVE a",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], "
            "path two: [a]",
        ),
        (
            "SET a.b = :1, a[1] = :2",
            "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b], "
            "path two: [a, [1]]",
        ),
    ],
)
def test_what_an_update_may_not_ask(text: str, words: str) -> None:
    with pytest.raises(LanguageError) as refused:
        applied(text)
    assert refused.value.message == f"Invalid UpdateExpression: {words}"


@pytest.mark.parametrize(
    "text", ["SET pk = :1", "REMOVE pk", "ADD pk :1", "DELETE pk :ss", "SET pk.x = :1", "SET a = :1, pk = :1"]
)
def test_the_key_cannot_be_updated(text: str) -> None:
    with pytest.raises(LanguageError) as refused:
        applied(text)
    assert refused.value.message == (
        "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"
    )


def test_a_document_does_not_grow_deeper_than_32() -> None:
    value: dict[str, Any] = {"M": {}}
    for _ in range(30):
        value = {"M": {"a": value}}
    deepest = ".".join(["d"] + ["a"] * 30)
    assert applied(f"SET {deepest}.z = :m", d=value)
    with pytest.raises(LanguageError, match="Nesting Levels have exceeded supported limits"):
        applied(f"SET {deepest}.z = :mm", d=value)


@pytest.mark.parametrize(
    ("text", "before", "old", "new"),
    [
        ("SET a = :1, b = :2", {"a": {"N": "0"}}, {"a": {"N": "0"}}, {"a": {"N": "1"}, "b": {"N": "2"}}),
        ("REMOVE a", {"a": {"N": "0"}}, {"a": {"N": "0"}}, {}),
        ("SET m.x = :1", {"m": {"M": {"x": {"S": "o"}, "y": {"S": "k"}}}}, {"m": {"M": {"x": {"S": "o"}}}},
         {"m": {"M": {"x": {"N": "1"}}}}),
        ("SET l[9] = :1", {"l": n(5)}, {}, {}),
        ("REMOVE l[1]", {"l": n(5, 6, 7)}, {"l": n(6)}, {"l": n(7)}),
    ],
)  # fmt: skip
def test_updated_old_and_updated_new_are_what_the_paths_show(
    text: str, before: dict[str, Any], old: dict[str, Any], new: dict[str, Any]
) -> None:
    found = update(text, Placeholders(None, VALUES))
    item = {**KEY, **before}
    assert found.old(item) == old
    assert found.new(found.apply(item).item) == new


@pytest.mark.parametrize(
    ("text", "creates"),
    [("SET a = :1", True), ("ADD a :1", True), ("REMOVE a", False), ("DELETE a :ss REMOVE b", False)],
)
def test_only_set_and_add_make_an_item(text: str, creates: bool) -> None:
    assert update(text, Placeholders(None, VALUES)).creates is creates


def test_the_top_level_attributes_touched_are_named() -> None:
    assert applied("SET a.b = :1, a.c = :1 REMOVE z", a={"M": {}}).touched == ("a", "z")
