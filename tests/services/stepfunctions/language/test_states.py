"""https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html and the page of each type of state"""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.stepfunctions.language.errors import InvalidDefinition
from foulweather.services.stepfunctions.language.parsing import parse
from foulweather.services.stepfunctions.language.records import (
    Fail,
    Failure,
    Parallel,
    Pass,
    Pause,
    Succeed,
    Task,
    Wait,
)
from services.stepfunctions.language.spoken import failure, left, machine, passed, scope, state

TASK: dict[str, Any] = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:F"}


def finished(definition: dict[str, Any], document: Any, result: Any, language: str = "JSONPath") -> Any:
    return state(definition, language).finish(document, result, scope())


def test_pass_hands_its_input_on() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-pass.html"""
    assert isinstance(state({"Type": "Pass"}), Pass)
    assert passed({}, {"a": 1}) == {"a": 1}
    assert passed({"Result": {"x": 0.381}, "ResultPath": "$.coords"}, {"a": 1}) == {"a": 1, "coords": {"x": 0.381}}
    assert passed({"InputPath": "$.a"}, {"a": {"b": 1}}) == {"b": 1}


def test_parameters_are_filled_from_what_the_input_path_leaves() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html"""
    definition = {
        "InputPath": "$.product",
        "Parameters": {
            "comment": "Selecting what I care about.",
            "MyDetails": {"size.$": "$.details.size", "list": [{"id.$": "$$.Execution.Id"}, 1], "StaticValue": "foo"},
        },
    }
    assert passed(definition, {"product": {"details": {"size": "small"}}}) == {
        "comment": "Selecting what I care about.",
        "MyDetails": {"size": "small", "list": [{"id": "arn:execution"}, 1], "StaticValue": "foo"},
    }


def test_the_result_is_placed_into_the_raw_input() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultpath.html"""
    definition = {**TASK, "InputPath": "$.numbers", "ResultPath": "$.sum", "OutputPath": "$.sum"}
    document = {"title": "t", "numbers": {"val1": 3}}
    assert finished({**TASK, "InputPath": "$.numbers", "ResultPath": "$.sum"}, document, 7).output == {
        **document,
        "sum": 7,
    }
    assert finished(definition, document, 7).output == 7
    assert state(definition).arguments(document, scope()) == {"val1": 3}


def test_the_result_selector_comes_before_the_result_path() -> None:
    definition = {**TASK, "ResultSelector": {"id.$": "$.output.ClusterId"}, "ResultPath": "$.EMROutput"}
    result = {"output": {"ClusterId": "AKIA"}, "resource": "createCluster.sync"}
    assert finished(definition, {"other": 1}, result).output == {"other": 1, "EMROutput": {"id": "AKIA"}}


def test_task_has_its_limits() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html"""
    found = state({**TASK, "TimeoutSeconds": 300, "HeartbeatSeconds": 60})
    assert isinstance(found, Task)
    assert (found.timeout_s({}, scope()), found.heartbeat_s({}, scope())) == (300, 60)
    assert state(TASK).timeout_s({}, scope()) is None
    found = state({**TASK, "TimeoutSecondsPath": "$.t", "HeartbeatSecondsPath": "$.h"})
    assert (found.timeout_s({"t": 5}, scope()), found.heartbeat_s({"h": 2}, scope())) == (5, 2)
    error = failure(lambda: found.timeout_s({"t": "soon"}, scope()))
    assert error.error == "States.Runtime"
    assert error.cause == "The TimeoutSecondsPath parameter cannot be parsed as a long value: $.t == soon"
    assert failure(lambda: found.timeout_s({"t": -1}, scope())).error == "States.Runtime"
    error = failure(lambda: found.heartbeat_s({}, scope()))
    assert error.cause == "The HeartbeatSecondsPath parameter does not reference an input value: $.h"


def test_limits_in_jsonata() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"""
    found = state({**TASK, "TimeoutSeconds": "{% $states.input.t %}"}, "JSONata")
    assert found.timeout_s({"t": 5}, scope()) == 5
    assert failure(lambda: found.timeout_s({"t": "x"}, scope())).cause.endswith(
        "specified for the field 'TimeoutSeconds' returned an unexpected result type. "
        "Expected 'number', but was 'string' for value: \"x\""
    )
    assert failure(lambda: found.timeout_s({"t": -1}, scope())).error == "States.QueryEvaluationError"


def test_jsonata_tasks_have_arguments_and_output() -> None:
    definition = {
        **TASK,
        "Arguments": {"Payload": "{% $states.input.n %}", "plain": 1},
        "Output": {"was": "{% $states.input.n %}", "is": "{% $states.result.v %}"},
        "Assign": {"v": "{% $states.result.v %}"},
    }
    found = state(definition, "JSONata")
    assert found.arguments({"n": 1}, scope()) == {"Payload": 1, "plain": 1}
    done = found.finish({"n": 1}, {"v": 2}, scope())
    assert (done.output, done.assigned) == ({"was": 1, "is": 2}, {"v": 2})
    bare = state(TASK, "JSONata")
    assert bare.arguments({"n": 1}, scope()) == {"n": 1}
    assert bare.finish({"n": 1}, {"v": 2}, scope()).output == {"v": 2}


def test_credentials_name_a_role() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html"""
    assert state(TASK).credentials is None
    found = state({**TASK, "Credentials": {"RoleArn.$": "$.role"}})
    assert found.credentials({"role": "arn:r"}, scope()) == {"RoleArn": "arn:r"}
    found = state({**TASK, "Credentials": {"RoleArn": "{% $states.input.role %}"}}, "JSONata")
    assert found.credentials({"role": "arn:r"}, scope()) == {"RoleArn": "arn:r"}


def test_a_catcher_makes_its_output_of_the_error() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"""
    error = {"Error": "E", "Cause": "C"}
    catch = [
        {"ErrorEquals": ["E"], "Next": "Yes", "ResultPath": "$.err", "Assign": {"why.$": "$.Cause"}},
        {"ErrorEquals": ["States.ALL"], "Next": "No"},
    ]
    first, second = state({**TASK, "Catch": catch}).catch
    done = first.finish({"a": 1}, error, scope())
    assert (done.output, done.assigned, first.next) == ({"a": 1, "err": error}, {"why": "C"}, "Yes")
    assert second.finish({"a": 1}, error, scope()).output == error
    catch = [{"ErrorEquals": ["E"], "Next": "Yes", "Output": "{% $states.errorOutput.Cause & $states.input.a %}"}]
    (only,) = state({**TASK, "Catch": catch}, "JSONata").catch
    assert only.finish({"a": "!"}, error, scope()).output == "C!"


def test_wait_waits_for_seconds_or_until_a_moment() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html"""
    assert isinstance(state({"Type": "Wait", "Seconds": 10}), Wait)

    def paused(fields: dict[str, Any], document: Any = None, language: str = "JSONPath") -> Pause:
        return state({"Type": "Wait", **fields}, language).pause(document, scope())

    moment = "2024-08-18T17:33:00Z"
    assert paused({"Seconds": 10}) == Pause(delay_ms=10_000)
    assert paused({"SecondsPath": "$.s"}, {"s": 0}) == Pause(delay_ms=0)
    assert paused({"Timestamp": moment}) == Pause(at_ms=1_724_002_380_000)
    assert paused({"TimestampPath": "$.t"}, {"t": moment}) == Pause(at_ms=1_724_002_380_000)
    assert paused({"Seconds": "{% 2 * 3 %}"}, {}, "JSONata") == Pause(delay_ms=6_000)
    assert paused({"Timestamp": "{% $states.input %}"}, moment, "JSONata") == Pause(at_ms=1_724_002_380_000)


@pytest.mark.parametrize(
    ("fields", "document", "cause"),
    [
        ({"SecondsPath": "$.s"}, {"s": "x"}, "The SecondsPath parameter cannot be parsed as a long value: $.s == x"),
        ({"SecondsPath": "$.s"}, {"s": -1}, "The SecondsPath parameter cannot be parsed as a long value: $.s == -1"),
        ({"SecondsPath": "$.s"}, {}, "The SecondsPath parameter does not reference an input value: $.s"),
        (
            {"TimestampPath": "$.t"},
            {"t": "now"},
            "The TimestampPath parameter is not a valid ISO-8601 extended offset date-time format string: $.t == now",
        ),
    ],
)
def test_a_wait_that_cannot_be_read_fails(fields: dict[str, Any], document: Any, cause: str) -> None:
    error = failure(lambda: state({"Type": "Wait", **fields}).pause(document, scope()))
    assert (error.error, error.cause) == ("States.Runtime", cause)


def test_succeed_ends_with_what_its_paths_leave() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-succeed.html"""
    found = state({"Type": "Succeed", "InputPath": "$.a", "OutputPath": "$.b"})
    assert isinstance(found, Succeed)
    document = {"a": {"b": 1}}
    assert found.finish(document, found.arguments(document, scope()), scope()).output == 1
    found = state({"Type": "Succeed", "Output": "{% $states.input.a %}"}, "JSONata")
    assert found.finish({"a": 1}, {"a": 1}, scope()).output == 1


def test_fail_says_its_error_and_cause() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-fail.html"""

    def failed(fields: dict[str, Any], document: Any = None, language: str = "JSONPath") -> Failure:
        found = state({"Type": "Fail", **fields}, language)
        assert isinstance(found, Fail)
        return found.failure(document, scope())

    assert failed({}) == Failure(None, None)
    assert failed({"Error": "E", "Cause": "Invalid response."}) == Failure("E", "Invalid response.")
    assert failed({"ErrorPath": "$.e", "CausePath": "$$.State.Name"}, {"e": "X"}) == Failure("X", "S")
    assert failed({"CausePath": "States.Format('cause: {}', $.c)"}, {"c": 1}) == Failure(None, "cause: 1")
    assert failed({"Error": "{% $states.input.e %}"}, {"e": "X"}, "JSONata") == Failure("X", None)
    assert failure(lambda: failed({"ErrorPath": "$.e"}, {"e": 1})).error == "States.Runtime"
    assert failure(lambda: failed({"Error": "{% 1 %}"}, {}, "JSONata")).error == "States.QueryEvaluationError"


def test_parallel_has_branches() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html"""
    branches = [machine({"A": {"Type": "Succeed"}}), machine({"B": {"Type": "Pass", "End": True}})]
    found = state({"Type": "Parallel", "Branches": branches, "Parameters": {"n.$": "$.n"}, "ResultPath": "$.r"})
    assert isinstance(found, Parallel)
    assert [flow.start_at for flow in found.branches] == ["A", "B"]
    assert found.arguments({"n": 1, "m": 2}, scope()) == {"n": 1}
    assert found.finish({"n": 1}, [1, 2], scope()).output == {"n": 1, "r": [1, 2]}


def test_a_machine_has_its_own_fields() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html"""
    found = parse(
        '{"Comment": "c", "Version": "1.0", "TimeoutSeconds": 60, "QueryLanguage": "JSONata", "StartAt": "S",'
        ' "States": {"S": {"Type": "Succeed", "Comment": "s"}}}'
    )
    assert (found.comment, found.version, found.timeout_s, found.query_language) == ("c", "1.0", 60, "JSONata")
    assert found.flow.states["S"].comment == "s"
    assert found.flow.states["S"].query_language == "JSONata"


def test_parse_refuses_with_create_state_machines_words() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        parse('{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}')
    assert (
        refused.value.message
        == "Invalid State Machine Definition: 'MISSING_END_STATE: Workflow has no terminal state at null'"
    )


def test_assign_sees_the_result_of_a_task_and_the_input_of_a_wait() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html"""
    done = finished({**TASK, "Assign": {"v.$": "$.r", "c": 1}, "ResultPath": None}, {"a": 1}, {"r": 2})
    assert (done.output, done.assigned) == ({"a": 1}, {"v": 2, "c": 1})
    done = finished({"Type": "Wait", "Seconds": 1, "Assign": {"v.$": "$.a"}}, {"a": 1}, {"a": 1})
    assert (done.output, done.assigned) == ({"a": 1}, {"v": 1})
    assert left({"Assign": {"x.$": "$x.y"}}, {}, x={"y": 3}).assigned == {"x": 3}
