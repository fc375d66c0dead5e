"""Whatever is given as a definition, an input or an expression: diagnostics and States errors, no other exception."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foulweather.kernel.errors import AwsError
from foulweather.services.stepfunctions.language import comparisons, intrinsics, paths, schema
from foulweather.services.stepfunctions.language.diagnostics import diagnostics, refusal
from foulweather.services.stepfunctions.language.errors import InvalidDefinition, StatesError
from foulweather.services.stepfunctions.language.expressions import States, compiled
from foulweather.services.stepfunctions.language.parsing import parse
from foulweather.services.stepfunctions.language.records import Choice, Fail, Map, Pass, Task, Wait
from services.stepfunctions.language.spoken import scope

FIELDS = sorted({name for shape in schema.SHAPES.values() for name in shape.both | shape.jsonpath | shape.jsonata})
INNER = "Variable And Not Condition a.$ StartAt States ErrorEquals Mode ProcessorConfig ReaderConfig InputType RoleArn"
WORDS = [
    "$",
    "$.a",
    "$.a[0]",
    "$.a[*]",
    "$$",
    "$$.Execution",
    "$v",
    "$..a",
    "$[",
    "States.UUID()",
    "States.Array($.a)",
    "A",
    "S",
    "States.ALL",
    "JSONata",
    "JSONPath",
    "DISTRIBUTED",
    "EXPRESS",
    "arn:x",
    "2024-01-01T00:00:00Z",
]
EXPRESSIONS = [f"{{% {text} %}}" for text in ("1", "$states.input", "$states.result", "a", "(", "$states.input.a[0]")]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 400),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from([*WORDS, *EXPRESSIONS, *schema.TYPES]),
)
KEYS = st.sampled_from([*FIELDS, *sorted(comparisons.OPERATORS), *INNER.split()]) | st.text(max_size=3)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
FLOW = {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}
TEMPLATE = {"x.$": "$.a", "y": [1, {"z.$": "$$.Execution"}]}
OUTPUT = {"v": ["{% $states.input.a %}", 1], "w": "{% $sum($states.input.a) %}"}
RULES = [
    {"Variable": "$.a", "NumericLessThan": 5, "Next": "End"},
    {"Or": [{"Variable": "$.a[0]", "IsPresent": True}, {"Variable": "$$.State.Name", "StringEqualsPath": "$.a"}]},
]

# What may well stand in a field; a machine of these is mostly sound, so that its states are carried out.
LIKELY: dict[str, list[Any]] = {
    "InputPath": ["$", "$.a", None, "$$", "$v", "$.a[*]"],
    "OutputPath": ["$", "$.a", None, "$..a"],
    "ResultPath": ["$", "$.a", "$.a.b", "$.a[0]", None],
    "Parameters": [TEMPLATE, {}, {"s.$": "States.Format('{}', $.a)"}],
    "ResultSelector": [{"r.$": "$.r"}, {"h.$": "States.Hash($.r, 'MD5')"}],
    "Result": [1, None, {"a": "$.a"}],
    "Assign": [{"v": 1}, {"w": {"n": None}}],
    "Output": [OUTPUT, 5, "{% $states.input %}", None],
    "Arguments": [OUTPUT, "{% $states.input.a %}"],
    "Resource": ["arn:aws:states:::sqs:sendMessage"],
    "TimeoutSeconds": [5],
    "TimeoutSecondsPath": ["$.a", "$.t"],
    "HeartbeatSecondsPath": ["$.a[0]"],
    "Credentials": [{"RoleArn": "arn:r"}],
    "Retry": [[{"ErrorEquals": ["States.ALL"], "BackoffRate": 1.5}]],
    "Catch": [[{"ErrorEquals": ["States.ALL"], "Next": "End"}]],
    "Default": ["End"],
    "Seconds": [1],
    "SecondsPath": ["$.a", "$.t"],
    "Timestamp": ["2024-01-01T00:00:00Z"],
    "TimestampPath": ["$.t"],
    "Error": ["E"],
    "ErrorPath": ["$.t", "States.UUID()"],
    "CausePath": ["$.a", "States.JsonToString($)"],
    "Branches": [[FLOW]],
    "ItemsPath": ["$.a", "$"],
    "Items": ["{% $states.input.a %}", [1, "{% 2 %}"]],
    "ItemSelector": [{"i": 1}],
    "MaxConcurrency": [3],
    "MaxConcurrencyPath": ["$.t"],
    "Comment": ["c"],
}


@st.composite
def sound_machines(draw: Any) -> Any:
    language = draw(st.sampled_from(["JSONPath", "JSONata"]))
    kind = draw(st.sampled_from(schema.TYPES))
    shape = schema.SHAPES[kind]
    fits = sorted((shape.both | (shape.jsonata if language == "JSONata" else shape.jsonpath)) & set(LIKELY))
    state = {name: draw(st.sampled_from(LIKELY[name])) for name in draw(st.lists(st.sampled_from(fits), max_size=4))}
    needed: dict[str, Any] = {
        "Task": {"Resource": LIKELY["Resource"][0]},
        "Parallel": {"Branches": [FLOW]},
        "Map": {"ItemProcessor": FLOW},
        "Choice": {"Choices": [{"Condition": "{% $states.input.a[0] = 1 %}", "Next": "End"}], "Default": "End"},
    }.get(kind, {})
    if kind == "Choice" and language == "JSONPath":
        needed = {"Choices": [{**rule, "Next": "End"} for rule in RULES], "Default": "End"}
    if kind == "Wait" and not {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} & set(state):
        state["Seconds"] = 1
    state = {**state, **needed, "Type": kind}
    if "Next" in shape.both:
        state["Next"] = "End"
    states = {"S": state} | ({"End": {"Type": "Succeed"}} if kind not in ("Succeed", "Fail") else {})
    return {"QueryLanguage": language, "StartAt": "S", "States": states}


@st.composite
def machines(draw: Any) -> Any:
    states: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(["A", "B", "S", ""]), min_size=1, max_size=3, unique=True)):
        state: dict[str, Any] = {"Type": draw(st.sampled_from(schema.TYPES))}
        fields = draw(st.lists(st.sampled_from(FIELDS), max_size=5))
        state |= {field: draw(JSON) for field in fields if field != "Type"}
        states[name] = state if draw(st.integers(0, 9)) else draw(JSON)
    whole = {"StartAt": draw(st.sampled_from(["A", "B", "S"])), "States": states}
    if draw(st.booleans()):
        whole["QueryLanguage"] = draw(st.sampled_from(["JSONata", "JSONPath", 5]))
    return whole


def ending(call: Callable[[], Any]) -> StatesError | None:
    """How a call fails, if it does: any other exception is the test's."""
    try:
        call()
    except StatesError as error:
        return error
    return None


def judged(text: str) -> bool:
    """Whether a definition is sound; its states have been carried out then."""
    found = diagnostics(text)
    if any(one.severity == "ERROR" for one in found):
        assert refusal(found).startswith("Invalid State Machine Definition: '")
        with pytest.raises(InvalidDefinition):
            parse(text)
        return False
    for state in parse(text).flow.states.values():
        for document in ({}, {"a": [1], "t": 3}, {"a": {"a": None}, "t": "x"}, [1], "text", None):
            for call in calls(state, document):
                error = ending(call)
                assert error is None or (error.error.startswith("States.") and error.cause)
    return True


def calls(state: Any, document: Any) -> list[Callable[[], Any]]:
    seen = scope(v=1)
    if isinstance(state, Choice):
        return [lambda: state.decide(document, seen)]
    if isinstance(state, Fail):
        return [lambda: state.failure(document, seen)]
    if isinstance(state, Pass):
        return [lambda: state.finish(document, state.result(document, seen), seen)]
    found = [lambda: state.finish(document, {"r": "1"}, seen)]
    if isinstance(state, Wait):
        found.append(lambda: state.pause(document, seen))
    if isinstance(state, Task):
        found += [lambda: state.arguments(document, seen), lambda: state.timeout_s(document, seen)]
        found += [lambda: state.heartbeat_s(document, seen)]
    if isinstance(state, Map):
        found += [lambda: state.items(document, seen), lambda: state.concurrency_max(document, seen)]
    return found


CALM = list(HealthCheck)
QUICK = settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=CALM)
LONG = settings(max_examples=5_000, deadline=None, database=None, suppress_health_check=CALM)


@QUICK
@given(machines())
def test_any_machine_gives_diagnostics(definition: Any) -> None:
    judged(json.dumps(definition))


@QUICK
@given(sound_machines())
def test_a_likely_machine_runs(definition: Any) -> None:
    judged(json.dumps(definition))


def test_likely_machines_are_mostly_sound() -> None:
    """Else the test before this one would carry out nothing."""
    sound: list[bool] = []

    @QUICK
    @given(sound_machines())
    def counted(definition: Any) -> None:
        sound.append(judged(json.dumps(definition)))

    counted()
    assert sum(sound) > len(sound) / 2


@pytest.mark.slow
@LONG
@given(machines() | sound_machines())
def test_very_many_machines_give_diagnostics_or_run(definition: Any) -> None:
    judged(json.dumps(definition))


@QUICK
@given(st.text(max_size=60) | JSON.map(json.dumps))
def test_any_text_gives_diagnostics(text: str) -> None:
    judged(text)


PATH_TOKENS = [
    "$",
    "$$",
    ".",
    "..",
    "*",
    "[",
    "]",
    "'",
    '"',
    "a",
    "b",
    "0",
    "-1",
    ":",
    ",",
    "?",
    "(",
    ")",
    "@",
    "==",
    "\\",
    "length()",
    "v",
]
CALL_TOKENS = [
    "States.",
    "Format",
    "Array",
    "UUID",
    "Hash",
    "MathAdd",
    "(",
    ")",
    ",",
    "'",
    "{}",
    "\\",
    "$.a",
    "1",
    "null",
    "x",
]
EXPRESSION_TOKENS = [
    "$states",
    ".input",
    ".a",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "+",
    "-",
    "1",
    "'s'",
    "$sum",
    "$map",
    ",",
    "function($x){",
    "$x",
    ":=",
    ";",
    "?",
    ":",
    "~>",
    "/a/",
    "..",
    "in",
    "^",
    "<",
    "|",
    "%",
    "@",
    "#",
    "null",
    "**",
    "&",
    "$string",
    "$replace",
    "$parse",
    "$merge",
]


def sentences(tokens: list[str], count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choice(tokens) for _ in range(chance.randint(1, 14))) for _ in range(count)]


def call_of(text: str) -> Any:
    return intrinsics.compiled(text, "field")


@pytest.mark.parametrize(("tokens", "compiling"), [(PATH_TOKENS, paths.finder), (CALL_TOKENS, call_of)])
def test_any_path_or_call_is_read_or_refused(tokens: list[str], compiling: Any) -> None:
    for text in sentences(tokens, 4_000, 7):
        try:
            find = compiling(text)
        except (InvalidDefinition, AwsError):
            continue
        for document in ({"a": [{"b": 1}], "length()": 2}, [1, [2]], "text", None):
            error = ending(lambda find=find, document=document: find(document, scope(v={"a": 1})))
            assert error is None or error.error in ("States.Runtime", "States.IntrinsicFailure")


def test_any_expression_is_evaluated_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for text in sentences(EXPRESSION_TOKENS, 3_000, 11):
        try:
            expression = compiled("{%" + text + "%}", "Output")
        except (InvalidDefinition, AwsError):
            continue
        for document in ({"a": [1, None, {"a": "s"}]}, None):
            states = States(document, scope(x=1))
            error = ending(lambda expression=expression, states=states: json.dumps(expression.evaluate(states)))
            assert error is None or error.error == "States.QueryEvaluationError"
    assert capsys.readouterr().out == ""
