"""https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html"""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.stepfunctions.language import intrinsics
from foulweather.services.stepfunctions.language.errors import InvalidDefinition
from foulweather.services.stepfunctions.language.intrinsic_functions import FUNCTIONS
from services.stepfunctions.language.spoken import failure, parameter

DOCUMENT: dict[str, Any] = {
    "name": "Arnav",
    "template": "Hello, my name is {}.",
    "json": '{"foo": "bar"}',
    "object": {"foo": "bar"},
    "list": [1, 2, 3, 4, 5, 6, 7, 8, 9],
    "mixed": [1, 1.0, True, "1", {"a": 1, "b": 2}, {"b": 2, "a": 1}, None, None],
    "one": {"a": {"a1": 1, "a2": 2}, "b": 2},
    "two": {"a": {"a3": 1, "a4": 2}, "c": 3},
    "text": "1,2,3,4,5",
    "long": "x" * 10_001,
    "broken": "{",
}

EXAMPLES: list[tuple[str, Any]] = [
    ("States.Format('Hello, my name is {}.', $.name)", "Hello, my name is Arnav."),
    ("States.Format($.template, $.name)", "Hello, my name is Arnav."),
    ("States.Format('{} {}\\'s \\{playlist\\} \\\\.', $.name, 1.5)", "Arnav 1.5's {playlist} \\."),
    ("States.Format('{}{}{}', null, $.object, true)", 'null{"foo":"bar"}true'),
    ("States.Format('no value')", "no value"),
    ("States.StringToJson($.json)", {"foo": "bar"}),
    ("States.JsonToString($.object)", '{"foo":"bar"}'),
    ("States.Array('Foo', 2022, $.object, null)", ["Foo", 2022, {"foo": "bar"}, None]),
    ("States.Array()", []),
    ("States.ArrayPartition($.list, 4)", [[1, 2, 3, 4], [5, 6, 7, 8], [9]]),
    ("States.ArrayContains($.list, 5)", True),
    ("States.ArrayContains($.list, '5')", False),
    ("States.ArrayContains($.mixed, $.mixed[5])", True),
    ("States.ArrayContains(States.Array(true), 1)", False),
    ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
    ("States.ArrayRange(5, 1, -2)", [5, 3, 1]),
    ("States.ArrayRange(1.5, 3.4, 1)", [2, 3]),
    ("States.ArrayRange(3, 1, 1)", []),
    ("States.ArrayGetItem($.list, 5)", 6),
    ("States.ArrayLength($.list)", 9),
    ("States.ArrayUnique($.mixed)", [1, True, "1", {"a": 1, "b": 2}, None]),
    ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
    ("States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", "Data to encode"),
    ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
    ("States.Hash('a', 'MD5')", "0cc175b9c0f1b6a831c399e269772661"),
    ("States.JsonMerge($.one, $.two, false)", {"a": {"a3": 1, "a4": 2}, "b": 2, "c": 3}),
    ("States.MathRandom(1, 999)", 500),
    ("States.MathAdd(111, -1)", 110),
    ("States.MathAdd(1.5, 1)", 3),
    ("States.StringSplit($.text, ',')", ["1", "2", "3", "4", "5"]),
    ("States.StringSplit('This.is+a,test=string', '.+,=')", ["This", "is", "a", "test", "string"]),
    ("States.StringSplit('a,,b', ',')", ["a", "b"]),
    ("States.UUID()", "00000000-0000-4000-8000-000000000000"),
    ("States.ArrayGetItem(States.StringSplit($.text, ','), States.MathAdd(States.ArrayLength($.list), -7))", "3"),
    ("States.Array($.list[?(@ > 8)], $$.State.Name, $v)", [[9], "S", "variable"]),
]


@pytest.mark.parametrize(("call", "value"), EXAMPLES)
def test_a_function_gives_what_the_guide_says(call: str, value: Any) -> None:
    found = parameter(call, DOCUMENT, v="variable")
    assert found == value
    assert isinstance(found, bool) == isinstance(value, bool)


def test_every_function_has_an_example() -> None:
    assert {name for name in FUNCTIONS if any(f"{name}(" in call for call, _ in EXAMPLES)} == set(FUNCTIONS)


@pytest.mark.parametrize(
    "call",
    [
        "States.Format($.template)",
        "States.Format($.broken, 1)",
        "States.StringToJson($.broken)",
        "States.StringToJson($.list)",
        "States.ArrayPartition($.list, 0)",
        "States.ArrayPartition($.name, 1)",
        "States.ArrayContains($.name, 1)",
        "States.ArrayRange(1, 9, 0)",
        "States.ArrayRange(1, 1001, 1)",
        "States.ArrayRange('1', 2, 1)",
        "States.ArrayGetItem($.list, 9)",
        "States.ArrayGetItem($.list, -1)",
        "States.ArrayLength($.name)",
        "States.ArrayUnique($.name)",
        "States.Base64Encode($.long)",
        "States.Base64Decode($.long)",
        "States.Base64Decode('***')",
        "States.Hash($.name, 'SHA-2')",
        "States.Hash($.long, 'MD5')",
        "States.JsonMerge($.one, $.two, true)",
        "States.JsonMerge($.one, $.list, false)",
        "States.MathRandom(5, 5)",
        "States.MathAdd(2147483647, 1)",
        "States.MathAdd(2147483648, -5)",
        "States.MathAdd(true, 1)",
        "States.StringSplit($.list, ',')",
    ],
)
def test_what_a_function_cannot_do_is_an_intrinsic_failure(call: str) -> None:
    error = failure(lambda: parameter(call, DOCUMENT))
    assert error.error == "States.IntrinsicFailure"
    assert error.cause.startswith(f"The function '{call}' had the following error: ")


def test_a_thousand_items_are_no_failure() -> None:
    assert len(parameter("States.ArrayRange(1, 1000, 1)", {})) == 1000
    assert len(parameter("States.Base64Decode(States.Base64Encode($.long))", {"long": "x" * 6000})) == 6000


def test_a_missing_argument_names_the_function() -> None:
    error = failure(lambda: parameter("States.Array($.gone)", {"here": 1}))
    assert error.error == "States.Runtime"
    assert error.cause == (
        "The function 'States.Array($.gone)' had the following error: "
        "The JsonPath argument for the field '$.gone' could not be found in the input '{\"here\":1}'"
    )


def test_a_seed_gives_the_same_number_every_time() -> None:
    first = parameter("States.MathRandom(0, 1000000, 42)", {})
    assert parameter("States.MathRandom(0, 1000000, 42)", {}) == first
    assert parameter("States.MathRandom(0, 1000000, 43)", {}) != first


@pytest.mark.parametrize(
    "call",
    [
        "States.Nothing()",
        "States.UUID(1)",
        "States.Format()",
        "States.Format('{}')",
        "States.Format('{', 1)",
        "States.Array(",
        "States.Array(1,)",
        "States.Array(1) 2",
        "States.Array('open)",
        "States.Array('a\\n')",
        "States.Array(abc)",
        "States.JsonMerge($.a, $.b)",
        "Format('a')",
        "States.Array(" * 11 + ")" * 11,
    ],
)
def test_a_call_that_cannot_be_right_is_refused_with_its_definition(call: str) -> None:
    with pytest.raises(InvalidDefinition):
        intrinsics.compiled(call, "x.$")


def test_ten_functions_can_be_in_each_other() -> None:
    value = parameter("States.Array(" * 10 + ")" * 10, {})
    for _ in range(9):
        (value,) = value
    assert value == []
