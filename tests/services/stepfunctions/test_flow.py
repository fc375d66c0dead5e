"""States one after the other: what they hand on, how they wait, choose, fork, iterate, fail; and the exact history."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import START_MS, Aws
from services.stepfunctions.workflows import PASS, Workflows, flow

DAY_S = 86_400


def test_the_history_of_two_pass_states_is_that_of_aws(flows: Workflows) -> None:
    machine = flows.machine(flow(("One", {"Type": "Pass", "Result": {"b": 2}}), ("Two", {"Type": "Pass"})))
    arn = flows.start(machine, {"a": 1})
    told = [(each["id"], each["previousEventId"], each["type"]) for each in flows.events(arn)]
    assert told == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "PassStateEntered"),
        (3, 2, "PassStateExited"),
        (4, 3, "PassStateEntered"),
        (5, 4, "PassStateExited"),
        (6, 5, "ExecutionSucceeded"),
    ]
    entered = flows.events(arn)[3]["stateEnteredEventDetails"]
    assert entered == {"name": "Two", "input": '{"b":2}', "inputDetails": {"truncated": False}}


def test_a_choice_goes_where_its_input_says(flows: Workflows) -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.n", "NumericGreaterThan": 5, "Next": "Large"}],
        "Default": "Small",
    }
    large, small = {**PASS, "Result": "large"}, {**PASS, "Result": "small"}
    machine = flows.machine(flow(("Choose", choice), ("Large", large), ("Small", small)))
    assert flows.output(flows.start(machine, {"n": 6})) == "large"
    assert flows.output(flows.start(machine, {"n": 5})) == "small"


async def test_a_wait_of_a_year_less_a_day_costs_nothing(aws: Aws, flows: Workflows) -> None:
    arn = flows.start(flows.machine(flow(("Wait", {"Type": "Wait", "Seconds": 364 * DAY_S}), ("End", PASS))))
    assert flows.execution(arn)["status"] == "RUNNING"
    await aws.advance(seconds=364 * DAY_S - 1)
    assert flows.execution(arn)["status"] == "RUNNING"
    await aws.advance(seconds=1)
    found = flows.execution(arn)
    assert (found["status"], found["stopDate"]) == ("SUCCEEDED", START_MS + 364 * DAY_S * 1000)


async def test_a_year_of_daily_work_is_quick_and_its_history_exact(aws: Aws, flows: Workflows) -> None:
    add = {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "More"}
    more = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.n", "NumericLessThan": 360, "Next": "Wait"}],
        "Default": "End",
    }
    machine = flows.machine(
        flow(("Wait", {"Type": "Wait", "Seconds": DAY_S}), ("Add", add), ("More", more), ("End", PASS))
    )
    arn = flows.start(machine, {"n": 0})
    await aws.advance(seconds=361 * DAY_S)
    assert flows.output(arn) == {"n": 360}
    events = flows.events(arn)
    assert [each["id"] for each in events] == list(range(1, 360 * 6 + 5))
    waits = [each["timestamp"] for each in events if each["type"] == "WaitStateExited"]
    assert waits == [START_MS + day * DAY_S * 1000 for day in range(1, 361)]


async def test_an_execution_ends_after_a_year(aws: Aws, flows: Workflows) -> None:
    arn = flows.start(flows.machine(flow(("Wait", {"Type": "Wait", "Seconds": 400 * DAY_S}))))
    await aws.advance(seconds=366 * DAY_S)
    assert flows.execution(arn)["status"] == "TIMED_OUT"


async def test_a_machine_with_a_timeout_ends_its_executions(aws: Aws, flows: Workflows) -> None:
    definition = {**flow(("Wait", {"Type": "Wait", "Seconds": 100})), "TimeoutSeconds": 10}
    arn = flows.start(flows.machine(definition))
    await aws.advance(seconds=9)
    assert flows.execution(arn)["status"] == "RUNNING"
    await aws.advance(seconds=1)
    found = flows.execution(arn)
    assert (found["status"], found["error"]) == ("TIMED_OUT", "States.Timeout")
    assert flows.kinds(arn)[-1] == "ExecutionTimedOut"


def test_a_parallel_gives_the_outputs_of_its_branches_in_order(flows: Workflows) -> None:
    branches = [flow(("A", {**PASS, "Result": 1})), flow(("B", {**PASS, "Result": 2}))]
    machine = flows.machine(flow(("Both", {"Type": "Parallel", "Branches": branches})))
    arn = flows.start(machine)
    assert flows.output(arn) == [1, 2]
    assert flows.kinds(arn) == [
        "ExecutionStarted",
        "ParallelStateEntered",
        "ParallelStateStarted",
        "PassStateEntered",
        "PassStateExited",
        "PassStateEntered",
        "PassStateExited",
        "ParallelStateSucceeded",
        "ParallelStateExited",
        "ExecutionSucceeded",
    ]
    events = flows.events(arn)
    assert [each["previousEventId"] for each in events] == [0, 0, 2, 3, 4, 3, 6, 7, 8, 9]


async def test_a_branch_that_fails_stops_the_others(aws: Aws, flows: Workflows) -> None:
    branches = [
        flow(("Long", {"Type": "Wait", "Seconds": 1000})),
        flow(("Short", {"Type": "Wait", "Seconds": 5}), ("Bad", {"Type": "Fail", "Error": "Broken", "Cause": "it"})),
    ]
    caught = {"ErrorEquals": ["Broken"], "ResultPath": "$.why", "Next": "Mend"}
    machine = flows.machine(
        flow(("Both", {"Type": "Parallel", "Branches": branches, "Catch": [caught]}), ("Mend", PASS))
    )
    arn = flows.start(machine, {"a": 1})
    await aws.advance(seconds=5)
    assert flows.output(arn) == {"a": 1, "why": {"Error": "Broken", "Cause": "it"}}
    assert "WaitStateAborted" in flows.kinds(arn)
    assert "ParallelStateFailed" in flows.kinds(arn)
    assert aws.world.agenda.next_ms() is None


def map_state(*states: tuple[str, dict[str, Any]], **further: Any) -> dict[str, Any]:
    return {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **flow(*states)}, **further}


def test_a_map_sees_index_and_value_of_its_items(flows: Workflows) -> None:
    selector = {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "all.$": "$.of"}
    state = map_state(("Do", PASS), ItemsPath="$.items", ItemSelector=selector)
    assert flows.run(flow(("Each", state)), {"items": ["a", "b"], "of": 2}) == [
        {"i": 0, "v": "a", "all": 2},
        {"i": 1, "v": "b", "all": 2},
    ]


async def test_a_map_runs_no_more_iterations_at_once_than_it_may(aws: Aws, flows: Workflows) -> None:
    state = map_state(("Wait", {"Type": "Wait", "Seconds": 10}), MaxConcurrency=2)
    arn = flows.start(flows.machine(flow(("Each", state))), [1, 2, 3, 4, 5])
    assert flows.kinds(arn).count("MapIterationStarted") == 2
    await aws.advance(seconds=10)
    assert flows.kinds(arn).count("MapIterationStarted") == 4
    await aws.advance(seconds=20)
    assert flows.output(arn) == [1, 2, 3, 4, 5]
    assert flows.events(arn)[2]["mapStateStartedEventDetails"] == {"length": 5}


def test_a_map_of_nothing_succeeds(flows: Workflows) -> None:
    assert flows.run(flow(("Each", map_state(("Do", PASS)))), []) == []


async def test_an_iteration_that_fails_aborts_the_others(aws: Aws, flows: Workflows) -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "Bad"}], "Default": "Wait"}
    state = map_state(
        ("Choose", choice),
        ("Wait", {"Type": "Wait", "Seconds": 5, "End": True}),
        ("Bad", {"Type": "Fail", "Error": "E"}),
    )
    arn = flows.start(flows.machine(flow(("Each", state))), [1, 2, 3])
    assert flows.execution(arn)["status"] == "FAILED"
    kinds = flows.kinds(arn)
    assert (kinds.count("MapIterationFailed"), kinds.count("MapIterationAborted")) == (1, 2)
    assert kinds[-2:] == ["MapStateFailed", "ExecutionFailed"]


def test_jsonata_assigns_variables_that_later_states_see(flows: Workflows) -> None:
    one = {"Type": "Pass", "Assign": {"n": "{% $states.input.a + 1 %}"}}
    two = {"Type": "Pass", "Output": "{% $n * 2 %}"}
    assert flows.run({"QueryLanguage": "JSONata", **flow(("One", one), ("Two", two))}, {"a": 20}) == 42


def test_variables_of_a_branch_stay_there(flows: Workflows) -> None:
    branch = flow(("In", {"Type": "Pass", "Assign": {"inner": 1}, "Output": "{% $outer %}"}))
    states = [("Set", {"Type": "Pass", "Assign": {"outer": 7}}), ("Both", {"Type": "Parallel", "Branches": [branch]})]
    assert flows.run({"QueryLanguage": "JSONata", **flow(*states)}) == [7]


def test_an_expression_that_fails_is_an_event_and_ends_the_execution(flows: Workflows) -> None:
    bad = {"Type": "Pass", "Output": "{% $states.input.a + 'x' %}"}
    arn = flows.start(flows.machine({"QueryLanguage": "JSONata", **flow(("Bad", bad))}), {"a": 1})
    found = flows.execution(arn)
    assert (found["status"], found["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert "An error occurred while executing the state 'Bad' (entered at the event id #2)." in found["cause"]
    assert flows.kinds(arn)[2] == "EvaluationFailed"


def test_a_path_to_nothing_cannot_be_caught(flows: Workflows) -> None:
    arn = flows.start(flows.machine(flow(("Bad", {"Type": "Pass", "InputPath": "$.nothing"}))))
    found = flows.execution(arn)
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    assert flows.kinds(arn)[-1] == "ExecutionFailed"


def test_an_output_beyond_256_kib_ends_the_execution(flows: Workflows) -> None:
    double = {"Type": "Pass", "Parameters": {"a.$": "$.a", "b.$": "$.a"}}
    arn = flows.start(flows.machine(flow(("Double", double))), {"a": "x" * 140_000})
    found = flows.execution(arn)
    assert found["error"] == "States.DataLimitExceeded"
    assert found["cause"].startswith("The state/task 'Double' returned a result with a size exceeding")


async def test_an_endless_loop_ends_at_25_000_events(aws: Aws, flows: Workflows) -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "End"}], "Default": "A"}
    arn = flows.start(flows.machine(flow(("A", {"Type": "Pass", "Next": "B"}), ("B", choice), ("End", PASS))))
    await aws.advance(seconds=60)
    found = flows.execution(arn)
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    events = flows.events(arn)
    assert (len(events), events[-1]["type"]) == (25_000, "ExecutionFailed")
    assert aws.events("stepfunctions.ExecutionThrottled")


def test_a_fail_state_names_its_error(flows: Workflows) -> None:
    arn = flows.start(flows.machine(flow(("Bad", {"Type": "Fail", "Error": "Mine", "Cause": "because"}))))
    found = flows.execution(arn)
    assert (found["status"], found["error"], found["cause"]) == ("FAILED", "Mine", "because")
    assert flows.kinds(arn) == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]
    assert flows.events(arn)[-1]["executionFailedEventDetails"] == {"error": "Mine", "cause": "because"}


def test_the_context_object_tells_of_execution_and_machine(flows: Workflows) -> None:
    state = {"Type": "Pass", "Parameters": {"e.$": "$$.Execution", "s.$": "$$.State", "m.$": "$$.StateMachine"}}
    machine = flows.machine(flow(("Tell", state)))
    arn = flows.start(machine, {"a": 1}, name="run")
    told = flows.output(arn)
    assert told["m"] == {"Id": machine, "Name": "machine"}
    assert told["s"] == {"EnteredTime": "2026-01-01T00:00:00.000Z", "Name": "Tell", "RetryCount": 0}
    assert (told["e"]["Id"], told["e"]["Name"], told["e"]["Input"]) == (arn, "run", {"a": 1})


@pytest.mark.parametrize("given", ["{", "", "nope"])
def test_what_is_no_json_is_no_input(flows: Workflows, given: str) -> None:
    from foulweather.kernel.errors import AwsError

    machine = flows.machine(flow(("A", PASS)))
    if not given:
        assert (
            json.loads(
                flows.execution(flows.sfn.start_execution({"stateMachineArn": machine})["executionArn"])["output"]
            )
            == {}
        )
        return
    with pytest.raises(AwsError, match="InvalidExecutionInput"):
        flows.sfn.start_execution({"stateMachineArn": machine, "input": given})
