from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.ssm.runbook_calls import made, ran, step

DAY_S = 86_400


def calendar(aws: Aws, name: str, *events: str, kind: str = "DEFAULT_OPEN") -> None:
    """Make a calendar; an event is its lines."""
    body = "".join(f"BEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Freeze\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    content = (
        "BEGIN:VCALENDAR\r\nPRODID:-//AWS//Change Calendar 1.0//EN\r\nVERSION:2.0\r\n"
        f"X-CALENDAR-TYPE:{kind}\r\nX-WR-CALDESC:\r\n{body}END:VCALENDAR"
    )
    aws.ssm.create_document(
        {"Name": name, "Content": content, "DocumentType": "ChangeCalendar", "DocumentFormat": "TEXT"}
    )


FREEZE = "DTSTART:20260102T000000Z\r\nDTEND:20260103T000000Z"


def state(aws: Aws, *names: str, **members: Any) -> dict[str, Any]:
    """The state of calendars."""
    return aws.ssm.get_calendar_state({"CalendarNames": list(names), **members})


async def test_a_calendar_is_closed_during_its_events(aws: Aws) -> None:
    calendar(aws, "freeze", FREEZE)
    await aws.advance(seconds=2)
    assert state(aws, "freeze") == {
        "State": "OPEN",
        "AtTime": "2026-01-01T00:00:02Z",
        "NextTransitionTime": "2026-01-02T00:00:00Z",
    }
    await aws.advance(seconds=DAY_S)
    assert state(aws, "freeze")["State"] == "CLOSED"
    assert state(aws, "freeze", AtTime="2026-01-03T00:00:00Z") == {"State": "OPEN", "AtTime": "2026-01-03T00:00:00Z"}


async def test_one_that_is_closed_by_default_opens_and_all_must_be_open(aws: Aws) -> None:
    calendar(aws, "freeze", FREEZE)
    evening = "DTSTART;TZID=America/New_York:20260101T190000\r\nDTEND;TZID=America/New_York:20260101T200000"
    calendar(aws, "hours", evening, kind="DEFAULT_CLOSED")
    await aws.advance(seconds=2)
    assert state(aws, "hours")["NextTransitionTime"] == "2026-01-02T00:00:00Z"
    both = state(aws, "freeze", "hours", AtTime="2026-01-02T00:30:00Z")
    assert both == {"State": "CLOSED", "AtTime": "2026-01-02T00:30:00Z"}
    assert state(aws, "hours", AtTime="2026-01-02T00:30:00Z")["State"] == "OPEN"


async def test_a_runbook_asks_before_it_changes_anything(aws: Aws) -> None:
    calendar(aws, "freeze", FREEZE)
    await aws.advance(seconds=DAY_S)
    ask = step(
        "ask",
        "assertAwsResourceProperty",
        Service="ssm",
        Api="GetCalendarState",
        CalendarNames=["freeze"],
        PropertySelector="$.State",
        DesiredValues=["OPEN"],
    )
    found = await ran(aws, ask)
    assert found["AutomationExecutionStatus"] == "Failed"
    assert "CLOSED" in found["FailureMessage"]


async def test_what_is_no_calendar_is_refused(aws: Aws) -> None:
    for given in ({"kind": "OPEN"}, {"event": "DTSTART:20260102T000000Z"}, {"event": FREEZE.replace("Z", "X")}):
        with pytest.raises(AwsError) as raised:
            calendar(aws, "bad", given.get("event", FREEZE), kind=given.get("kind", "DEFAULT_OPEN"))
        assert raised.value.code == "InvalidDocumentContent"
    with pytest.raises(AwsError) as raised:
        calendar(aws, "weekly", f"{FREEZE}\r\nRRULE:FREQ=WEEKLY")
    assert raised.value.status == 501
    with pytest.raises(AwsError) as raised:
        state(aws, "none")
    assert raised.value.code == "InvalidDocument"


async def test_it_is_read_as_it_was_written(aws: Aws) -> None:
    calendar(aws, "freeze", FREEZE)
    await aws.advance(seconds=2)
    found = aws.ssm.get_document({"Name": "freeze"})
    assert (found["DocumentFormat"], found["DocumentType"]) == ("TEXT", "ChangeCalendar")
    assert found["Content"].startswith("BEGIN:VCALENDAR\r\n")
    assert "SchemaVersion" not in aws.ssm.describe_document({"Name": "freeze"})["Document"]


async def test_an_association_runs_only_while_its_calendar_is_open(aws: Aws) -> None:
    calendar(aws, "freeze", FREEZE)
    made(aws, step("nap", "sleep", Duration="PT1S"))
    await aws.advance(seconds=2)
    given = {"Name": "book", "ScheduleExpression": "cron(0 12 ? * * *)", "CalendarNames": ["freeze"]}
    found = aws.ssm.create_association(given)["AssociationDescription"]
    assert found["CalendarNames"] == ["freeze"]
    asked = {"AssociationId": found["AssociationId"]}

    async def ran_by(days: int) -> int:
        await aws.advance(seconds=days * DAY_S)
        return len(aws.ssm.describe_association_executions(asked)["AssociationExecutions"])

    assert await ran_by(1) == 2  # at once, and at noon of the first
    assert await ran_by(1) == 2  # not at noon of the second
    assert await ran_by(1) == 3
    with pytest.raises(AwsError) as raised:
        aws.ssm.create_association(given | {"CalendarNames": ["book"]})
    assert raised.value.code == "InvalidDocumentType"


async def test_an_association_may_run_days_after_its_schedule(aws: Aws) -> None:
    made(aws, step("nap", "sleep", Duration="PT1S"))
    given = {"Name": "book", "ScheduleExpression": "cron(0 0 ? * THU#2 *)", "ScheduleOffset": 3}
    with pytest.raises(AwsError) as raised:
        aws.ssm.create_association(given)
    assert raised.value.code == "InvalidSchedule"
    given["ApplyOnlyAtCronInterval"] = True
    asked = {"AssociationId": aws.ssm.create_association(given)["AssociationDescription"]["AssociationId"]}
    await aws.advance(seconds=10 * DAY_S)  # the second Thursday is the 8th, and three days later is the 11th
    assert aws.ssm.describe_association_executions(asked)["AssociationExecutions"][0]["CreatedTime"] == aws.now
    await aws.advance(seconds=31 * DAY_S)
    assert len(aws.ssm.describe_association_executions(asked)["AssociationExecutions"]) == 1
