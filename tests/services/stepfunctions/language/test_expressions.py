"""https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html"""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.stepfunctions.language import expression_engine
from services.stepfunctions.language.spoken import evaluated, failure, left, passed, said_of

DOCUMENT: dict[str, Any] = {"items": [{"n": 3}, {"n": 9}], "nul": None, "list": [1, None, 2], "text": "a,b"}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.items.n", [3, 9]),
        ("$sum($states.input.items.n)", 12),
        ("$states.input.items[n = 9].n", 9),
        ("$states.input.items^(>n).n", [9, 3]),
        ("$states.input.nul", None),
        ("$states.input.list", [1, None, 2]),
        ("$states.context.Execution.Id", "arn:execution"),
        ("$name & '!'", "María!"),
        ("$nothing", None),
        ("$split($states.input.text, ',')", ["a", "b"]),
        ("$map([1..3], function($v) { $v * 2 })", [2, 4, 6]),
        ("($x := 2; $x * 3)", 6),
        ("{'a': null, 'b': [1, null]}", {"a": None, "b": [1, None]}),
        ("5.5 % 2", 1.5),
        ("[1..3] ~> $count()", 3),
        ("1 / 0", "Infinity"),
        ("[-1 / 0]", ["-Infinity"]),
        ("$exists($states.input.zz)", False),
        ("$replace('abc', /b(c)/, '$1x')", "acx"),
        ("$match('ab', /(a)(b)/).groups", ["a", "b"]),
        ("$replace('265USD', /([0-9]+)USD/, '$$$1 $0$2')", "$265 265USD"),
        ("$replace('a1b2', /[0-9]/, function($m) { '<' & $m.match & '>' }, 1)", "a<1>b2"),
        ("$sort([{'n': 2, 'k': 1}, {'n': 1}, {'n': 2, 'k': 2}], function($a, $b) { $a.n > $b.n }).k", [1, 2]),
        ("$sort(['b', 'a'])", ["a", "b"]),
        ("$map(['ab', 'cb'], $match(?, /b/)).index", [1, 1]),
        ("$string({'é': [null, 1.0, 0.1 + 0.2, true]})", '{"é":[null,1,0.3,true]}'),
        ("$string([1, {'a': 2}], true)", '[\n  1,\n  {\n    "a": 2\n  }\n]'),
        ("'<' & [1, 2] & {} & 0.5 & null & '>'", "<[1,2]{}0.5null>"),
    ],
)
def test_an_expression_is_evaluated(expression: str, value: Any) -> None:
    assert evaluated(expression, DOCUMENT, name="María", nothing=None) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$partition([1, 2, 3, 4, 5, 6, 7, 8, 9], 4)", [[1, 2, 3, 4], [5, 6, 7, 8], [9]]),
        ("$range(0, 10, 2)", [0, 2, 4, 6, 8, 10]),
        ("$range(5, 1, -2)", [5, 3, 1]),
        ("$hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("$random()", 0.5),
        ("$uuid()", "00000000-0000-4000-8000-000000000000"),
        ("$parse('{\"a\": [null]}')", {"a": [None]}),
        ("$random(42) = $random(42)", True),
        ("$random(42) = $random(43)", False),
    ],
)
def test_step_functions_has_functions_of_its_own(expression: str, value: Any) -> None:
    assert evaluated(expression) == value


@pytest.mark.parametrize("expression", ["$number('12')", "$power(2, 3) + 4", "$number('1.2e1')"])
def test_a_number_without_a_fraction_is_written_without_one(expression: str) -> None:
    assert repr(evaluated(expression, DOCUMENT)) == "12"


def test_time_is_the_worlds() -> None:
    assert evaluated("$millis()") == 1_700_000_000_000
    assert evaluated("$now()") == "2023-11-14T22:13:20.000Z"


def test_chance_is_the_worlds() -> None:
    assert evaluated("$shuffle([1, 2, 3])") == evaluated("$shuffle([1, 2, 3])")


def test_expressions_stand_at_any_depth_and_other_strings_are_as_they_are() -> None:
    output = {"a": ["{% $states.input.n + 1 %}", {"b": "{% $states.input %}"}], "c": " {% 1 %}", "d": "plain"}
    assert passed({"Output": output}, {"n": 1}, "JSONata") == {"a": [2, {"b": {"n": 1}}], "c": " {% 1 %}", "d": "plain"}


def test_one_state_can_be_jsonata_in_a_jsonpath_machine() -> None:
    definition = {"QueryLanguage": "JSONata", "Output": "{% $states.input.n %}"}
    assert passed(definition, {"n": 1}) == 1


def test_assign_and_output_see_the_variables_as_they_were() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html"""
    definition = {"Assign": {"x": "{% $x + 1 %}", "y": "{% $x %}", "k": 5}, "Output": "{% $x %}"}
    found = left(definition, {}, "JSONata", x=1)
    assert (found.output, found.assigned) == (1, {"x": 2, "y": 1, "k": 5})


def test_nothing_is_a_failure_that_names_the_field() -> None:
    error = failure(lambda: passed({"Output": {"v": ["{% $states.input.missing %}"]}}, {}, "JSONata"))
    assert error.error == "States.QueryEvaluationError"
    assert error.location == "Output/v[0]"
    assert error.cause == (
        "The JSONata expression '$states.input.missing' specified for the field 'Output/v[0]' "
        "returned nothing (undefined)."
    )


@pytest.mark.parametrize(
    ("expression", "rest"),
    [
        ("$eval('1')", ". T1006: Attempted to invoke a non-function"),
        ("$uppercase(1)", '. T0410: Argument 1 of function "uppercase" does not match function signature'),
        ("$sum([1, 'a'])", '. T0412: Argument 1 of function "sum" must be an array of "numbers"'),
        ("'a' + 1", '. T2001: The left side of the "+" operator must evaluate to a number'),
        ("1 - 'a'", '. T2002: The right side of the "-" operator must evaluate to a number'),
        ("-'a'", '. D1002: Cannot negate a non-numeric value: "a"'),
        ("$number('x')", '. D3030: Unable to cast value to a number: "x"'),
        ("(1 / 0) + 1", ". D1001: Number out of range: null"),
        (
            "$toMillis('foo')",
            '. D3110: The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given "foo"',
        ),
        ("$error('boom')", ". D3137: boom"),
        ("$assert(false, 'no')", ". D3141: no"),
        ("1 ~> 2", ". T2006: The right side of the function application operator ~> must be a function"),
        ("[1..873783] ~> $count()", ": Expression evaluation memory limit exceeded: Check for excessive memory usage"),
        (
            "$hash('a', 'X')",
            ": The second argument of the hash function must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512",
        ),
    ],
)
def test_what_an_expression_throws_is_told_in_jsonatas_words(expression: str, rest: str) -> None:
    error = failure(lambda: evaluated(expression))
    assert error.error == "States.QueryEvaluationError"
    head = f"The JSONata expression '{expression}' specified for the field 'Output' threw an error during evaluation"
    assert error.cause == head + rest


def test_a_function_is_no_result() -> None:
    assert failure(lambda: evaluated("function($x) { $x }")).cause.endswith("returned an unsupported result type.")


EVIL = [
    "($f := function($x) { $f($x + 1) }; $f(1))",
    "($f := function($x) { 1 + $f($x + 1) }; $f(1))",
    "+".join(["1"] * 200),
    "($p := function($s, $n) { $n = 0 ? $s : $p($s & $s, $n - 1) }; $length($p('x', 60)))",
    "($p := function($s, $n) { $n = 0 ? $s : $p({'a': $s, 'b': $s}, $n - 1) }; $string($p('x', 60)))",
    "($p := function($s, $n) { $n = 0 ? $s : $p([[$s], [$s]], $n - 1) }; $p(1, 60))",
    "$reduce([1..800000], $append)",
    "$pad('x', 1000000000)",
    "$replace($pad('', 1000000, 'a'), 'a', $pad('', 1000000, 'b'))",
    "$replace($pad('', 1000000, 'a'), /a/, $pad('', 1000000, 'b'))",
    "($b := [1..800000]; [1..10000].($ in $b))",
    "($b := [1..800000]; [1..10000].($b = $b))",
    "[1..100000]{ $string($ % 10): $ }",
    "$fromMillis(0, '[Y,99999999-]')",
    "[1..1000].[1..1000].[1..1000]",
    "$join([1..100000].'x', $pad('', 1000000, 'b'))",
    "$zip([1..800000], [1..800000])",
    "$match($pad('', 4000000, 'a'), /a/)",
    "$string($reduce([1..1000], function($a, $v) { [[$a]] }, [1..100000]), true)",
]


@pytest.mark.parametrize("work_max", [400_000, pytest.param(4_000_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("expression", EVIL)
def test_an_evil_expression_ends_soon(expression: str, work_max: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's depth of 100 and its memory of 6,990,256 bytes; and a count of work, since a loop needs neither."""
    monkeypatch.setattr(expression_engine, "WORK_MAX", work_max)
    before, limit = time.process_time(), sys.getrecursionlimit()
    error = failure(lambda: evaluated(expression))
    assert error.error == "States.QueryEvaluationError"
    assert time.process_time() - before < 10
    assert sys.getrecursionlimit() == limit


def test_what_aws_accepts_is_within_the_bounds() -> None:
    assert evaluated("[1..873782] ~> $count()") == 873_782
    doubling = "($p := function($s, $n) {{ $n = 0 ? $s : $p($s & $s, $n - 1) }}; $length($p('x', {})))"
    assert evaluated(doubling.format(22)) == 2**22
    assert "memory limit" in failure(lambda: evaluated(doubling.format(23))).cause
    assert evaluated("+".join(["1"] * 90)) == 90
    assert evaluated("$distinct([1..100000].($ % 1000)) ~> $count()") == 1000


def test_a_regular_expression_takes_linear_time() -> None:
    assert evaluated("$contains($states.input, /(a+)+$/)", "a" * 5000 + "b") is False


def test_look_around_is_not_built() -> None:
    with pytest.raises(AwsError) as refused:
        evaluated("$contains('abc', /(?=b)/)")
    assert refused.value.status == 501


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("$states.input.a[1,2)", 'Expected "]", got ","'),
        ('"unterminated', "String literal must be terminated by a matching quote"),
        ("1 +", "Unexpected end of expression"),
        ("{'a':}", 'The symbol "}" cannot be used as a unary operator'),
        ("$x :=", "Unexpected end of expression"),
        ("$match('a', /abc", "No terminating / in regular expression"),
    ],
)
def test_what_does_not_parse_is_refused_at_creation(expression: str, message: str) -> None:
    found = said_of({"Type": "Pass", "End": True, "Output": {"v": f"{{% {expression} %}}"}}, "JSONata")
    assert found == [("INVALID_JSONATA_EXPRESSION", message, "/States/S/Output/v")]


@pytest.mark.parametrize(
    ("expression", "name"),
    [("phone", "phone"), ("$sum(items.n)", "items"), ("$", "$"), ("a.b", "a"), ("$x[n = 1] + y", "y"), ("*", "*")],
)
def test_a_name_at_the_top_level_is_refused_at_creation(expression: str, name: str) -> None:
    found = said_of({"Type": "Pass", "End": True, "Output": f"{{% {expression} %}}"}, "JSONata")
    words = f"Reference to '{name}' at the top level is not supported."
    assert found == [("UNSUPPORTED_JSONATA_EXPRESSION", words, "/States/S/Output")]


@pytest.mark.parametrize(
    "expression",
    ["$x[n = 1].($.n)", "$x{n: $sum(m)}", "$x^(n)", "$x ~> |a|{'b': c}|", "$map($x, function($v) { $v.a })"],
)
def test_names_inside_a_path_are_allowed(expression: str) -> None:
    assert said_of({"Type": "Pass", "End": True, "Output": f"{{% {expression} %}}"}, "JSONata") == []


@pytest.mark.parametrize("expression", ["$states.result", "$states.errorOutput.Error", "$$", "$x.$$"])
def test_what_a_field_does_not_have_is_refused_at_creation(expression: str) -> None:
    found = said_of({"Type": "Pass", "End": True, "Output": f"{{% {expression} %}}"}, "JSONata")
    assert [code for code, _, _ in found] == ["UNSUPPORTED_JSONATA_EXPRESSION"]


def test_a_deeply_nested_expression_is_refused() -> None:
    for expression in ("(" * 5000 + "1" + ")" * 5000, "[" * 3000 + "]" * 3000, "-" * 9000 + "1"):
        found = said_of({"Type": "Pass", "End": True, "Output": f"{{% {expression} %}}"}, "JSONata")
        if not found:
            assert failure(lambda text=expression: evaluated(text)).error == "States.QueryEvaluationError"


def test_an_evaluation_leaves_its_input_as_it_is() -> None:
    document: dict[str, Any] = {"a": {"b": 1}, "l": [None]}
    assert evaluated("$states.input ~> |a|{'b': 2}|", document)["a"] == {"b": 2}
    assert document == {"a": {"b": 1}, "l": [None]}
