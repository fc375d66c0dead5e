"""https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.stepfunctions.language import retrying
from foulweather.services.stepfunctions.language.records import Retrier
from services.stepfunctions.language.spoken import said_of, state

TASK: dict[str, Any] = {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:A", "End": True}

NAMES = [
    "States.BranchFailed",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.TaskFailed",
    "States.Timeout",
    "Lambda.TooManyRequestsException",
    "MyOwnError",
]


@pytest.mark.parametrize("error", NAMES)
def test_an_error_is_matched_by_its_name_and_by_all(error: str) -> None:
    assert retrying.matches((error,), error)
    assert retrying.matches(("States.ALL",), error)
    assert not retrying.matches(("Another", error.lower()), error)
    assert retrying.matches(("States.TaskFailed",), error) is (error != "States.Timeout")


def test_a_missed_heartbeat_is_a_timeout_too() -> None:
    assert retrying.matches(("States.Timeout",), "States.HeartbeatTimeout")
    assert not retrying.matches(("States.HeartbeatTimeout",), "States.Timeout")


@pytest.mark.parametrize("error", ["States.Runtime", "States.DataLimitExceeded"])
def test_terminal_errors_are_not_caught_by_all(error: str) -> None:
    assert not retrying.matches(("States.ALL", "States.TaskFailed"), error)
    assert retrying.matches((error,), error) is (error == "States.DataLimitExceeded")


def test_the_first_entry_that_matches_is_taken() -> None:
    retry = [{"ErrorEquals": ["A", "B"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"]}]
    found = state({**TASK, "Retry": retry}).retry
    assert retrying.first(found, "B") is found[0]
    assert retrying.first(found, "C") is found[1]
    assert retrying.first(found, "States.Runtime") is None


def test_defaults_are_aws_s() -> None:
    (found,) = state({**TASK, "Retry": [{"ErrorEquals": ["States.ALL"]}]}).retry
    assert found == Retrier(("States.ALL",), 1, 3, 2.0, None, "NONE")


def test_the_guides_back_off() -> None:
    retry = {"ErrorEquals": ["E"], "IntervalSeconds": 3, "MaxAttempts": 4, "BackoffRate": 2, "MaxDelaySeconds": 20}
    (found,) = state({**TASK, "Retry": [retry]}).retry
    delays = [retrying.delay_ms(found, attempt, lambda: 0.5) for attempt in range(1, 6)]
    assert delays == [3_000, 6_000, 12_000, 20_000, None]


def test_full_jitter_is_anything_up_to_the_delay() -> None:
    retry = {"ErrorEquals": ["E"], "IntervalSeconds": 3, "BackoffRate": 1.5, "JitterStrategy": "FULL"}
    (found,) = state({**TASK, "Retry": [retry]}).retry
    assert [retrying.delay_ms(found, attempt, lambda: 0.5) for attempt in (1, 2)] == [1_500, 2_250]
    assert retrying.delay_ms(found, 1, lambda: 0.0) == 0


def test_a_back_off_without_end_is_bounded() -> None:
    assert retrying.delay_ms(Retrier(("E",), 1, 99_999_999, 10.0), 5_000, lambda: 0.0) == 31_622_400_000


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ({}, "/States/S/Retry[0]"),
        ({"ErrorEquals": []}, "/States/S/Retry[0]/ErrorEquals"),
        ({"ErrorEquals": [1]}, "/States/S/Retry[0]/ErrorEquals"),
        ({"ErrorEquals": "E"}, "/States/S/Retry[0]/ErrorEquals"),
        ({"ErrorEquals": ["E", "States.ALL"]}, "/States/S/Retry[0]/ErrorEquals"),
        ({"ErrorEquals": ["E"], "IntervalSeconds": 0}, "/States/S/Retry[0]/IntervalSeconds"),
        ({"ErrorEquals": ["E"], "IntervalSeconds": 1.5}, "/States/S/Retry[0]/IntervalSeconds"),
        ({"ErrorEquals": ["E"], "MaxAttempts": -1}, "/States/S/Retry[0]/MaxAttempts"),
        ({"ErrorEquals": ["E"], "MaxAttempts": 100_000_000}, "/States/S/Retry[0]/MaxAttempts"),
        ({"ErrorEquals": ["E"], "BackoffRate": 0.5}, "/States/S/Retry[0]/BackoffRate"),
        ({"ErrorEquals": ["E"], "MaxDelaySeconds": 31_622_400}, "/States/S/Retry[0]/MaxDelaySeconds"),
        ({"ErrorEquals": ["E"], "IntervalSeconds": 5, "MaxDelaySeconds": 5}, "/States/S/Retry[0]/MaxDelaySeconds"),
        ({"ErrorEquals": ["E"], "JitterStrategy": "SOME"}, "/States/S/Retry[0]/JitterStrategy"),
        ({"ErrorEquals": ["E"], "Unknown": 1}, "/States/S/Retry[0]"),
    ],
)
def test_a_retrier_that_cannot_be_right_is_refused(entry: dict[str, Any], place: str) -> None:
    assert place in [where for _, _, where in said_of({**TASK, "Retry": [entry]})]


def test_all_is_alone_and_last() -> None:
    retry = [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]
    found = said_of({**TASK, "Retry": retry})
    assert [place for _, _, place in found] == ["/States/S/Retry[0]/ErrorEquals"]


def test_a_catcher_has_its_fields() -> None:
    found = said_of({**TASK, "Catch": [{"ErrorEquals": ["E"], "Next": "S", "Output": 1}, {"Next": "S"}]})
    assert [(message, place) for _, message, place in found] == [
        (
            "The QueryLanguage is set to 'JSONPath', "
            "but field 'Output' is only supported for the 'JSONata' QueryLanguage",
            "/States/S/Catch[0]",
        ),
        ("These fields are required: [ErrorEquals]", "/States/S/Catch[1]"),
    ]
