"""A workflow that takes a year, on a held clock: its history tells each wait and retry at its time, and no more."""

from __future__ import annotations

import json
from typing import Any

from harness import START_MS, Aws
from services.stepfunctions.workflows import Workflows, flow

DAY_S, WEEK = 86_400, 7
# 52 weeks: with the retries it ends within the 365 days that an execution may run.
DAYS = 364
# IntervalSeconds 60, BackoffRate 3, MaxAttempts 3.
BACK_OFF_S = (60, 180, 540)
MISSING = "arn:aws:states:::aws-sdk:sqs:getQueueUrl"


def definition(days: int) -> dict[str, Any]:
    """Waits for a day; every seventh day asks for a queue that is not there, tries again three times, and goes on."""
    retry = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 60, "BackoffRate": 3, "MaxAttempts": 3}
    made = flow(
        ("Begin", {"Type": "Pass", "Assign": {"day": 0}}),
        ("Day", {"Type": "Wait", "Seconds": DAY_S, "Assign": {"day": "{% $day + 1 %}"}}),
        (
            "What",
            {
                "Type": "Choice",
                "Choices": [{"Condition": f"{{% $day % {WEEK} = 0 %}}", "Next": "Ask"}],
                "Default": "Day",
            },
        ),
        (
            "Ask",
            {
                "Type": "Task",
                "Resource": MISSING,
                "Arguments": {"QueueName": "gone"},
                "Retry": [retry],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Enough", "Output": "{% $day %}"}],
            },
        ),
        (
            "Enough",
            {"Type": "Choice", "Choices": [{"Condition": f"{{% $day < {days} %}}", "Next": "Day"}], "Default": "Done"},
        ),
        ("Done", {"Type": "Succeed"}),
    )
    return {"QueryLanguage": "JSONata", **made}


def expected() -> list[tuple[int, str, str]]:
    """What the history has to say: seconds since the start, type, and the state that is entered or left."""
    now, told = 0, [(0, "ExecutionStarted", ""), (0, "PassStateEntered", "Begin"), (0, "PassStateExited", "Begin")]
    for day in range(1, DAYS + 1):
        told.append((now, "WaitStateEntered", "Day"))
        now += DAY_S
        told += [
            (now, "WaitStateExited", "Day"),
            (now, "ChoiceStateEntered", "What"),
            (now, "ChoiceStateExited", "What"),
        ]
        if day % WEEK:
            continue
        told.append((now, "TaskStateEntered", "Ask"))
        for pause in (*BACK_OFF_S, 0):
            told += [(now, kind, "") for kind in ("TaskScheduled", "TaskStarted", "TaskFailed")]
            now += pause
        told += [(now, "TaskStateExited", "Ask"), (now, "ChoiceStateEntered", "Enough")]
        told.append((now, "ChoiceStateExited", "Enough"))
    told += [(now, "SucceedStateEntered", "Done"), (now, "SucceedStateExited", "Done"), (now, "ExecutionSucceeded", "")]
    return told


def name_of(event: dict[str, Any]) -> str:
    details = event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails") or {}
    return details.get("name", "")


async def test_a_year_of_daily_waits_and_weekly_retries_is_told_exactly(aws: Aws) -> None:
    flows = Workflows(aws)
    arn = flows.start(flows.machine(definition(DAYS), "sqs:GetQueueUrl"))
    await aws.advance(seconds=365 * DAY_S)
    assert flows.output(arn) == DAYS
    assert flows.execution(arn)["stopDate"] == START_MS + (DAYS * DAY_S + DAYS // WEEK * sum(BACK_OFF_S)) * 1000
    events = flows.events(arn)
    told = [((event["timestamp"] - START_MS) / 1000, event["type"], name_of(event)) for event in events]
    assert told == expected()
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    # One flow: each event follows the one before; the first state's names none.
    assert [event["previousEventId"] for event in events] == [0, 0, *range(2, len(events))]
    days = [
        json.loads(event["stateExitedEventDetails"]["assignedVariables"]["day"])
        for event in events
        if name_of(event) == "Day" and event["type"] == "WaitStateExited"
    ]
    assert days == list(range(1, DAYS + 1))


async def test_an_execution_ends_when_it_has_run_for_a_year(aws: Aws) -> None:
    flows = Workflows(aws)
    arn = flows.start(flows.machine(definition(DAYS + WEEK), "sqs:GetQueueUrl"))
    await aws.advance(seconds=400 * DAY_S)
    found = flows.execution(arn)
    assert (found["status"], found["stopDate"]) == ("TIMED_OUT", START_MS + 365 * DAY_S * 1000)
    assert flows.kinds(arn)[-1] == "ExecutionTimedOut"
