"""https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html"""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.services.stepfunctions.language.diagnostics import diagnostics, refusal
from services.stepfunctions.language.spoken import DONE, machine, said, said_of

SCHEMA = "SCHEMA_VALIDATION_FAILED"
END: dict[str, Any] = {"Type": "Pass", "End": True}


def test_a_sound_definition_says_nothing() -> None:
    assert said(machine({"A": END})) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "MISSING_DESCRIPTION"),
        ("  ", "MISSING_DESCRIPTION"),
        ("{", "INVALID_JSON_DESCRIPTION"),
        ("[]", "INVALID_JSON_DESCRIPTION"),
        ('"text"', "INVALID_JSON_DESCRIPTION"),
        ('{"StartAt": NaN}', "INVALID_JSON_DESCRIPTION"),
        ('{"StartAt": "A", "StartAt": "B"}', "INVALID_JSON_DESCRIPTION"),
        ("[" * 100_000, "TOO_DEEPLY_NESTED"),
        ('{"a":' * 200 + "1" + "}" * 200, "TOO_DEEPLY_NESTED"),
    ],
)
def test_what_is_no_definition_at_all(text: str, code: str) -> None:
    assert [found for found, _, _ in said(text)] == [code]


def test_maps_in_maps_are_refused_when_they_are_too_many() -> None:
    inner = machine({"I0": END})
    for level in range(1, 60):
        inner = machine({f"I{level}": {"Type": "Map", "ItemProcessor": inner, "End": True}})
        if level == 20:
            assert said(inner) == []
    assert [code for code, _, _ in said(inner)] == ["TOO_DEEPLY_NESTED"]


def test_missing_targets_and_unreachable_states_are_told_in_aws_words() -> None:
    """CreateStateMachine's answer on AWS to this definition, word for word."""
    text = json.dumps(machine({"pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": END}))
    assert refusal(diagnostics(text)) == (
        "Invalid State Machine Definition: "
        "'MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at /States/pass1/Next, "
        'MISSING_TRANSITION_TARGET: State "pass2" is not reachable. at /States/pass2\''
    )


def test_a_start_that_is_not_there() -> None:
    found = said({"StartAt": "run", "States": {"run_step": END}})
    assert found == [
        ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: run", "/StartAt"),
        ("MISSING_TRANSITION_TARGET", 'State "run_step" is not reachable.', "/States/run_step"),
    ]


def test_targets_are_looked_for_at_every_place() -> None:
    states: dict[str, Any] = {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "X"}], "Default": "Y"},
        "T": {"Type": "Task", "Resource": "arn:x", "Catch": [{"ErrorEquals": ["E"], "Next": "Z"}], "End": True},
    }
    places = [place for code, message, place in said(machine(states)) if message.startswith("Missing 'Next' target: ")]
    assert places == ["/States/C/Choices[0]/Next", "/States/C/Default", "/States/T/Catch[0]/Next"]


def test_a_loop_without_end_says_only_that() -> None:
    loop: dict[str, Any] = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}
    alone = [("MISSING_END_STATE", "Workflow has no terminal state", None)]
    assert said(machine(loop)) == alone
    assert said(machine({**loop, "C": {"Type": "Pass", "Next": "A"}})) == alone
    assert said(machine({**loop, "C": END})) == [
        ("MISSING_TRANSITION_TARGET", 'State "C" is not reachable.', "/States/C")
    ]
    assert refusal(diagnostics(json.dumps(machine(loop)))).endswith(
        "'MISSING_END_STATE: Workflow has no terminal state at null'"
    )


def test_a_dangling_target_and_no_end_are_both_told() -> None:
    assert [code for code, _, _ in said(machine({"A": {"Type": "Pass", "Next": "NOPE"}}))] == [
        "MISSING_TRANSITION_TARGET",
        "MISSING_END_STATE",
    ]


def test_required_fields_are_told_where_they_are_missing() -> None:
    assert said({}) == [(SCHEMA, "These fields are required: [StartAt, States]", "")]
    rule = {"Variable": "$", "StringMatches": "Test"}
    choice = {"Type": "Choice", "Choices": [rule], "Default": "S"}
    assert said(machine({"Choice": choice, "S": DONE})) == [
        (SCHEMA, "These fields are required: [Next]", "/States/Choice/Choices[0]")
    ]
    assert said_of({}) == [(SCHEMA, "These fields are required: [Type]", "/States/S")]
    assert said_of({"Type": "Task", "End": True}) == [(SCHEMA, "These fields are required: [Resource]", "/States/S")]
    assert said_of({"Type": "Pass"}) == [(SCHEMA, "These fields are required: [Next]", "/States/S")]


ONLY_ON = {
    "TimeoutSeconds": {"Task"},
    "Catch": {"Task", "Parallel", "Map"},
    "Retry": {"Task", "Parallel", "Map"},
    "Resource": {"Task"},
    "Next": {"Task", "Parallel", "Map", "Pass", "Wait"},
    "Assign": {"Task", "Parallel", "Map", "Pass", "Wait", "Choice"},
    "ResultPath": {"Task", "Parallel", "Map", "Pass"},
    "ResultSelector": {"Task", "Parallel", "Map"},
    "InputPath": {"Task", "Parallel", "Map", "Pass", "Wait", "Choice", "Succeed"},
    "Error": {"Fail"},
    "Branches": {"Parallel"},
    "ItemsPath": {"Map"},
    "Nonsense": set[str](),
}


@pytest.mark.parametrize("field", list(ONLY_ON))
@pytest.mark.parametrize("kind", ["Pass", "Wait", "Choice", "Succeed", "Fail", "Map", "Parallel", "Task"])
def test_a_field_is_refused_on_states_that_do_not_have_it(field: str, kind: str) -> None:
    refused = (SCHEMA, f"Field '{field}' is not supported", "/States/S")
    assert (refused in said_of({"Type": kind, field: 1})) is (kind not in ONLY_ON[field])


def test_fields_of_the_other_language_are_refused_as_such() -> None:
    assert said_of({"Type": "Pass", "End": True, "Output": 1}) == [
        (
            SCHEMA,
            "The QueryLanguage is set to 'JSONPath', "
            "but field 'Output' is only supported for the 'JSONata' QueryLanguage",
            "/States/S",
        )
    ]
    assert said_of({"Type": "Pass", "End": True, "InputPath": "$"}, "JSONata") == [
        (
            SCHEMA,
            "The QueryLanguage is set to 'JSONata', "
            "but field 'InputPath' is only supported for the 'JSONPath' QueryLanguage",
            "/States/S",
        )
    ]


def test_a_state_cannot_go_back_to_jsonpath() -> None:
    assert said_of({**END, "QueryLanguage": "JSONPath"}, "JSONata") == [
        (SCHEMA, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", "/States/S")
    ]
    assert said_of({**END, "QueryLanguage": "JSONata", "Output": 1}) == []


def test_states_inside_a_map_have_the_machines_language() -> None:
    inner = machine({"P": {**END, "Output": 1}})
    found = said_of({"Type": "Map", "QueryLanguage": "JSONata", "ItemProcessor": inner, "End": True})
    assert [place for _, _, place in found] == ["/States/S/ItemProcessor/States/P"]
    found = said_of({"Type": "Map", "ItemProcessor": {**machine({"P": END}), "QueryLanguage": "JSONPath"}, "End": True})
    assert found == [(SCHEMA, "Field 'QueryLanguage' is not supported", "/States/S/ItemProcessor")]


@pytest.mark.parametrize(
    ("definition", "message", "place"),
    [
        ({**END, "Comment": 1}, "Expected value of type String", "/States/S/Comment"),
        ({"Type": "Pass", "End": "yes"}, "Expected value of type Boolean", "/States/S/End"),
        ({"Type": "Wait", "End": True, "Seconds": "1"}, "Expected value of type Integer", "/States/S/Seconds"),
        ({"Type": "Choice", "Choices": {}}, "Expected value of type Array", "/States/S/Choices"),
        ({**END, "Parameters": []}, "Expected value of type Object", "/States/S/Parameters"),
        (
            {"Type": "Pazz", "End": True},
            "Value must be one of [Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait]",
            "/States/S/Type",
        ),
        (
            {**END, "ResultPath": "$.a[*]"},
            "The value for the field 'ResultPath' must be a valid Reference Path",
            "/States/S/ResultPath",
        ),
        (
            {**END, "InputPath": "a"},
            "The value for the field 'InputPath' must be a valid JSONPath",
            "/States/S/InputPath",
        ),
        (
            {**END, "Parameters": {"JobName.$": "foo"}},
            "The value for the field 'JobName.$' must be a valid JSONPath or a valid intrinsic function call",
            "/States/S/Parameters",
        ),
        (
            {**END, "Parameters": {"a.$": 1}},
            "The value for the field 'a.$' must be a STRING that contains a JSONPath but was a NUMBER",
            "/States/S/Parameters",
        ),
    ],
)
def test_values_are_refused_at_their_place(definition: dict[str, Any], message: str, place: str) -> None:
    assert (SCHEMA, message, place) in said_of(definition)


def test_a_resource_must_be_known() -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::foo:bar", "End": True}
    text = json.dumps(machine({"S": task}))
    assert diagnostics(text, lambda resource: True) == []
    (found,) = diagnostics(text, lambda resource: "foo" not in resource)
    assert (found.location, found.message) == (
        "/States/S/Resource",
        "The resource provided arn:aws:states:::foo:bar is not recognized. The value is not a valid resource ARN, "
        "or the resource is not available in this region.",
    )
    assert [code for code, _, _ in said_of({**task, "Resource": "create"})] == [SCHEMA]


def test_names_are_unique_in_the_whole_machine() -> None:
    found = said_of({"Type": "Map", "End": True, "ItemProcessor": machine({"S": END})})
    assert found == [("DUPLICATE_STATE_NAME", "Duplicate State name: S", "/States/S/ItemProcessor/States/S")]


def test_a_name_has_80_characters_at_most() -> None:
    assert said(machine({"x" * 80: END})) == []
    assert [code for code, _, _ in said(machine({"x" * 81: END}))] == ["INVALID_STATE_NAME"]


def test_labels_are_unique() -> None:
    inner = {**machine({"I": END}), "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    other = json.loads(json.dumps(inner).replace('"I"', '"J"'))
    states = {
        "A": {"Type": "Map", "Label": "same", "ItemProcessor": inner, "Next": "B"},
        "B": {"Type": "Map", "Label": "same", "ItemProcessor": other, "End": True},
    }
    assert [(code, place) for code, _, place in said(machine(states))] == [("DUPLICATE_LABEL_NAME", "/States/B/Label")]


def test_warnings_do_not_refuse() -> None:
    definition = machine({"A": {**END, "Parameters": {"a": {"b": "$.c"}}, "Result": "$.r"}})
    found = diagnostics(json.dumps(definition))
    assert [(one.severity, one.code, one.location) for one in found] == [
        ("WARNING", "NO_DOLLAR", "/States/A/Parameters/a/b"),
        ("WARNING", "PASS_RESULT_IS_STATIC", "/States/A/Result"),
    ]
    assert said(definition) == []
