"""https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.stepfunctions.language import path_syntax, paths
from foulweather.services.stepfunctions.language.errors import InvalidDefinition
from services.stepfunctions.language.spoken import failure, parameter, passed, scope

DOCUMENT: dict[str, Any] = {
    "foo": 123,
    "bar": ["a", "b", "c"],
    "car": {"cdr": True},
    "jar": [{"a": 1}, {"a": 5}, {"a": 2}, {"a": 7}, {"a": 3}],
    "a b": {"it's": None},
    "dash-ed": {"1": "one"},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.foo", 123),
        ("$.bar", ["a", "b", "c"]),
        ("$.car.cdr", True),
        ("$['car']['cdr']", True),
        ('$["car"].cdr', True),
        ("$.bar[0]", "a"),
        ("$.bar[-1]", "c"),
        ("$.jar[1].a", 5),
        ("$['a b']['it\\'s']", None),
        ("$.dash-ed.1", "one"),
        ("$.b\\ar[1]", "b"),
    ],
)
def test_a_definite_path_gives_the_value(path: str, value: Any) -> None:
    assert parameter(path, DOCUMENT) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.jar[?(@.a >= 5)]", [{"a": 5}, {"a": 7}]),
        ("$.jar[?(@.a >= 5)].a", [5, 7]),
        ("$.jar[?(@.a == 99)]", []),
        ("$.jar[?(@.a > $.car.cdr || @.a == 1)].a", [1]),
        ("$.bar[0:2]", ["a", "b"]),
        ("$.bar[-2:]", ["b", "c"]),
        ("$.bar[0,2]", ["a", "c"]),
        ("$['foo','bar']", [123, ["a", "b", "c"]]),
        ("$.jar[*].a", [1, 5, 2, 7, 3]),
        ("$.car.*", [True]),
        ("$..cdr", [True]),
        ("$..a", [1, 5, 2, 7, 3]),
        ("$.missing[*]", []),
        ("$.missing..a", []),
        ("$.jar[*].zz", []),
    ],
)
def test_an_indefinite_path_gives_the_list_of_what_it_finds(path: str, value: Any) -> None:
    assert parameter(path, DOCUMENT) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.bar.length()", 3),
        ("$.jar[*].a.max()", 7),
        ("$.jar[*].a.min()", 1),
        ("$.jar[*].a.sum()", 18),
        ("$.jar[*].a.avg()", 3.6),
    ],
)
def test_a_function_ends_a_path(path: str, value: Any) -> None:
    assert parameter(path, DOCUMENT) == value


def test_two_dollars_are_the_context_object() -> None:
    assert parameter("$$.Execution.Id", {}) == "arn:execution"
    assert parameter("$$", {})["State"] == {"Name": "S"}


def test_a_dollar_and_a_name_is_a_variable() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html"""
    assert parameter("$found", {}, found=[1]) == [1]
    assert parameter("$found.items[1]", {}, found={"items": [1, 2]}) == 2
    assert failure(lambda: parameter("$lost", {})).error == "States.Runtime"


def test_a_path_that_leads_nowhere_is_worded_as_aws_words_it() -> None:
    error = failure(lambda: parameter("$.application.address", {"flagged": False}))
    assert error.error == "States.Runtime"
    words = (
        "The JSONPath '$.application.address' specified for the field 'x.$' "
        "could not be found in the input '{\"flagged\":false}'"
    )
    assert error.cause == words
    assert error.cause_in("Check Address", 7) == (
        f"An error occurred while executing the state 'Check Address' (entered at the event id #7). {words}"
    )


@pytest.mark.parametrize("field", ["InputPath", "OutputPath"])
def test_input_and_output_paths_name_their_field(field: str) -> None:
    error = failure(lambda: passed({field: "$.user.id"}, {}))
    assert (
        error.cause
        == f"The JSONPath '$.user.id' specified for the field '{field}' could not be found in the input '{{}}'"
    )


@pytest.mark.parametrize("path", ["$.bar[3]", "$.bar[-4]", "$.foo.x", "$.bar.x", "$.car[0]", "$.car.cdr.x"])
def test_a_definite_path_past_the_data_fails(path: str) -> None:
    assert failure(lambda: parameter(path, DOCUMENT)).error == "States.Runtime"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "foo",
        "$.",
        "$.a[",
        "$.a['b",
        "$[abc]",
        "$.a b",
        "$.a..",
        "$.f()",
        "$.a.length().b",
        "$1",
        "$[1:2:0]",
        "$x-y",
    ],
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidDefinition):
        paths.finder(path)


@pytest.mark.parametrize("path", ["$.a[*]", "$.a[0,1]", "$.a[0:1]", "$.a[?(@.b)]", "$..a", "$.a[-1]", "$.a.length()"])
def test_a_reference_path_identifies_one_node(path: str) -> None:
    with pytest.raises(InvalidDefinition):
        paths.finder(path, reference=True)


def test_regular_expressions_in_filters_are_not_built() -> None:
    with pytest.raises(AwsError) as refused:
        paths.finder("$.a[?(@.b =~ /x.*/)]")
    assert refused.value.status == 501


def test_descent_goes_as_deep_as_the_data() -> None:
    deep: Any = {"x": 1}
    for _ in range(sys.getrecursionlimit() * 3):
        deep = {"a": deep}
    assert paths.finder("$..x")(deep, scope()) == [1]


@pytest.mark.parametrize(
    ("path", "document", "result"),
    [
        ("$.master.detail", {"master": {"detail": [1, 2, 3]}}, {"master": {"detail": 6}}),
        ("$.master.result.sum", {"master": {"detail": [1]}}, {"master": {"detail": [1], "result": {"sum": 6}}}),
        ("$.list[1].x", {"list": [0, {}]}, {"list": [0, {"x": 6}]}),
        ("$", {"gone": 1}, 6),
        ("$['a b']", {}, {"a b": 6}),
    ],
)
def test_a_result_path_puts_the_result_in_its_place(path: str, document: Any, result: Any) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultpath.html"""
    import copy

    before = copy.deepcopy(document)
    assert passed({"Result": 6, "ResultPath": path}, document) == result
    assert document == before


@pytest.mark.parametrize(
    ("path", "document"), [("$.a", "text"), ("$.a.b", {"a": 1}), ("$.a[2]", {"a": [0]}), ("$.a[0]", {})]
)
def test_a_result_path_that_cannot_be_applied_is_a_match_failure(path: str, document: Any) -> None:
    error = failure(lambda: passed({"Result": 6, "ResultPath": path}, document))
    assert error.error == "States.ResultPathMatchFailure"
    assert error.cause.startswith(f"Unable to apply ReferencePath {path} to input ")


def test_null_paths_discard() -> None:
    assert passed({"InputPath": None}, {"a": 1}) == {}
    assert passed({"OutputPath": None}, {"a": 1}) == {}
    assert passed({"Result": 6, "ResultPath": None}, {"a": 1}) == {"a": 1}


def test_a_canonical_path_is_read_again_as_the_same() -> None:
    path = path_syntax.parse("$.a['b c'][0][-2:][1,2].*")
    again = path_syntax.parse(path_syntax.canonical(path))
    assert again.steps == path.steps
