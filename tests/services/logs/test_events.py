from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from foulweather.services.logs import limits, storage
from foulweather.services.logs.state import LogsState
from harness import START_MS, Aws, new_aws
from services.logs.log_calls import DAY_MS, GROUP, HOUR_MS, STREAM, filtered, make, put, put_at, read


def refused(operation: Any, *arguments: Any, **more: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        operation(*arguments, **more)
    return caught.value


# --- what is taken


def test_what_is_too_old_or_too_new_is_rejected_and_the_rest_taken(aws: Aws) -> None:
    make(aws)
    now = aws.now
    answer = put_at(
        aws,
        (now - 14 * DAY_MS - 1, "too old"),
        (now - 1, "taken"),
        (now + 2 * HOUR_MS, "still taken"),
        (now + 2 * HOUR_MS + 1, "too new"),
    )
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 3}
    assert filtered(aws) == ["taken", "still taken"]
    (event,) = aws.events("logs.EventsRejected")
    assert event.facts["events"] == 2
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    (why,) = [hop.why for hop in trace.hops if hop.why is not None]
    assert (why.decision, why.cause) == ("dropped", "2 of 4 log events were rejected: too old, too new, or expired.")


def test_what_the_retention_does_not_keep_has_expired_on_arrival(aws: Aws) -> None:
    make(aws)
    aws.logs.put_retention_policy({"logGroupName": GROUP, "retentionInDays": 3})
    answer = put_at(aws, (aws.now - 3 * DAY_MS - 1, "expired"), (aws.now - 3 * DAY_MS + 5, "kept"))
    assert answer["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    assert filtered(aws) == ["kept"]


def test_a_batch_that_is_rejected_as_a_whole_is_no_error(aws: Aws) -> None:
    make(aws)
    answer = put(aws, "x", at_ms=aws.now - 20 * DAY_MS)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    assert aws.events("logs.Ingested") == []


def test_events_must_be_in_order_and_within_a_day(aws: Aws) -> None:
    make(aws)
    error = refused(put_at, aws, (aws.now, "b"), (aws.now - 1, "a"))
    assert (error.code, error.message) == (
        "InvalidParameterException",
        "Log events in a single PutLogEvents request must be in chronological order.",
    )
    error = refused(put_at, aws, (aws.now - DAY_MS - 1, "a"), (aws.now, "b"))
    assert "cannot span more than 24 hours" in error.message
    # Of what is rejected anyway the span does not matter.
    assert "rejectedLogEventsInfo" in put_at(aws, (aws.now - 20 * DAY_MS, "a"), (aws.now, "b"))
    assert filtered(aws) == ["b"]


def test_a_batch_has_its_limits(aws: Aws) -> None:
    make(aws)
    whole = limits.BATCH_BYTES_MAX - 26
    put(aws, "x" * whole)
    assert refused(put, aws, "x" * (whole + 1)).message == (
        "Log event too large: 1048577 bytes exceeds limit of 1048576"
    )
    half = "ö" * (whole // 4)
    assert refused(put, aws, half, half, "x" * 30).message.startswith("Upload too large: ")
    assert "less than or equal to 10000" in refused(put, aws, *["x"] * 10_001).message
    assert "logEvents.1.member.message" in refused(put, aws, "").message
    assert "logEvents" in refused(put, aws).message
    request = {"logGroupName": GROUP, "logStreamName": STREAM, "logEvents": [{"message": "x"}]}
    assert "timestamp" in refused(aws.logs.put_log_events, request).message
    assert refused(aws.logs.put_log_events, {"logEvents": []}).message.startswith("3 validation errors detected")


def test_groups_and_streams_must_be_there(aws: Aws) -> None:
    assert refused(put, aws, "x").message == "The specified log group does not exist."
    make(aws)
    error = refused(put, aws, "x", stream="other")
    assert (error.code, error.message) == ("ResourceNotFoundException", "The specified log stream does not exist.")
    assert "create-log-stream" in error.why.remedy[0]


def test_sequence_tokens_do_not_matter_any_more(aws: Aws) -> None:
    make(aws)
    event = {"timestamp": aws.now, "message": "x"}
    request = {"logGroupName": GROUP, "logStreamName": STREAM, "logEvents": [event]}
    first = aws.logs.put_log_events(request)["nextSequenceToken"]
    second = aws.logs.put_log_events({**request, "sequenceToken": "wrong"})["nextSequenceToken"]
    assert len(first) == len(second) == 56
    assert first != second


def test_what_came_in_is_counted(aws: Aws) -> None:
    make(aws)
    put(aws, "four", "ö")
    (event,) = aws.events("logs.Ingested")
    assert (event.facts["bytes"], event.facts["events"]) == (4 + 2 + 2 * 26, 2)
    assert aws.logs.describe_log_groups({})["logGroups"][0]["storedBytes"] == 58


def test_5000_puts_a_second_are_too_many(aws: Aws) -> None:
    make(aws)
    for _ in range(5000):
        put(aws, "x")
    error = refused(put, aws, "x")
    assert (error.code, error.message) == ("ThrottlingException", "Rate exceeded")
    assert [event.facts for event in aws.events("logs.Throttled")] == [{"operation": "PutLogEvents"}]


# --- reading a stream


def test_the_newest_events_are_read_first_and_tokens_go_both_ways(aws: Aws) -> None:
    make(aws)
    for n in range(10):
        put(aws, str(n), at_ms=aws.now - 10 + n)
    page = read(aws, limit=3)
    assert page["events"] == ["7", "8", "9"]
    before = read(aws, limit=3, nextToken=page["nextBackwardToken"])
    assert before["events"] == ["4", "5", "6"]
    assert read(aws, limit=3, nextToken=before["nextForwardToken"], startFromHead=True)["events"] == ["7", "8", "9"]
    assert read(aws, limit=2, startFromHead=True)["events"] == ["0", "1"]


def test_at_the_end_of_a_stream_the_token_stays_the_same_until_something_comes(aws: Aws) -> None:
    make(aws)
    token = read(aws, startFromHead=True)["nextForwardToken"]
    assert read(aws, nextToken=token)["nextForwardToken"] == token
    put(aws, "first")
    page = read(aws, nextToken=token)
    assert page["events"] == ["first"]
    token = page["nextForwardToken"]
    again = read(aws, nextToken=token)
    assert (again["events"], again["nextForwardToken"]) == ([], token)
    put(aws, "second")
    assert read(aws, nextToken=token)["events"] == ["second"]
    back = page["nextBackwardToken"]
    assert read(aws, nextToken=back)["events"] == []
    assert read(aws, nextToken=back)["nextBackwardToken"] == back


def test_the_start_of_a_range_is_in_it_and_the_end_is_not(aws: Aws) -> None:
    make(aws)
    put_at(aws, *[(aws.now - 3 + n, str(n)) for n in range(4)])
    assert read(aws, startTime=aws.now - 2, endTime=aws.now)["events"] == ["1", "2"]
    # FilterLogEvents: "Events with a timestamp later than this time are not returned."
    assert filtered(aws, startTime=aws.now - 2, endTime=aws.now) == ["1", "2", "3"]
    assert refused(read, aws, startTime=2, endTime=1).code == "InvalidParameterException"


def test_a_page_holds_one_megabyte(aws: Aws) -> None:
    make(aws)
    for n in range(3):
        put(aws, str(n) * 500_000, at_ms=aws.now + n)
    page = read(aws, startFromHead=True)
    assert [message[0] for message in page["events"]] == ["0", "1"]
    assert [message[0] for message in read(aws, nextToken=page["nextForwardToken"])["events"]] == ["2"]
    found = aws.logs.filter_log_events({"logGroupName": GROUP})
    assert len(found["events"]) == 2
    assert filtered(aws, nextToken=found["nextToken"])[0][0] == "2"


@pytest.mark.parametrize("token", ["x", "f/1/s", "g/" + "1" * 56 + "/s"])
def test_a_token_that_nobody_was_given_is_refused(aws: Aws, token: str) -> None:
    make(aws)
    assert refused(read, aws, nextToken=token).message == "The specified nextToken is invalid."
    assert refused(filtered, aws, nextToken=token).message == "The specified nextToken is invalid."


def test_a_group_is_named_once(aws: Aws) -> None:
    make(aws)
    both = {"logGroupName": GROUP, "logGroupIdentifier": GROUP}
    assert refused(aws.logs.filter_log_events, both).code == "InvalidParameterException"
    assert refused(aws.logs.filter_log_events, {}).code == "InvalidParameterException"
    arn = f"arn:aws:logs:us-east-1:{aws.account}:log-group:{GROUP}"
    assert aws.logs.filter_log_events({"logGroupIdentifier": arn})["events"] == []
    other = arn.replace(aws.account, "999988887777")
    assert refused(aws.logs.filter_log_events, {"logGroupIdentifier": other}).code == "AccessDeniedException"


# --- searching a group


def test_streams_are_interleaved_in_order_of_time(aws: Aws) -> None:
    make(aws, GROUP, "a", "b")
    for n in range(6):
        put(aws, str(n), at_ms=aws.now - 6 + n, stream="ab"[n % 2])
    assert filtered(aws) == list("012345")
    assert filtered(aws, logStreamNames=["b"]) == ["1", "3", "5"]
    assert filtered(aws, logStreamNamePrefix="a") == ["0", "2", "4"]
    found = aws.logs.filter_log_events({"logGroupName": GROUP, "limit": 2})
    assert [event["logStreamName"] for event in found["events"]] == ["a", "b"]
    assert found["searchedLogStreams"] == []
    assert len({event["eventId"] for event in found["events"]}) == 2
    rest = aws.logs.filter_log_events({"logGroupName": GROUP, "limit": 4, "nextToken": found["nextToken"]})
    assert [event["message"] for event in rest["events"]] == list("2345")
    assert "nextToken" not in rest


def test_streams_to_search_are_named_one_way(aws: Aws) -> None:
    make(aws)
    error = refused(filtered, aws, logStreamNames=["s"], logStreamNamePrefix="s")
    assert "mutually exclusive" in error.message
    assert refused(filtered, aws, logStreamNames=["nobody"]).code == "ResourceNotFoundException"
    assert refused(filtered, aws, "{ $.a = }").code == "InvalidParameterException"


async def test_a_token_of_a_search_lasts_a_day(aws: Aws) -> None:
    make(aws)
    put(aws, "a", "b")
    token = aws.logs.filter_log_events({"logGroupName": GROUP, "limit": 1})["nextToken"]
    await aws.advance(ms=DAY_MS)
    assert filtered(aws, nextToken=token) == ["b"]
    await aws.advance(ms=1)
    assert "expired" in refused(filtered, aws, nextToken=token).message


def test_a_page_looks_through_no_more_than_it_may(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAGE_SCANNED_BYTES", 1_000)
    make(aws)
    for n in range(30):
        put(aws, f"{n} " + "x" * 100, at_ms=aws.now + n)
    put(aws, "needle", at_ms=aws.now + 100)
    monkeypatch.setitem(limits.RATES, "FilterLogEvents", None)
    found = aws.logs.filter_log_events({"logGroupName": GROUP, "filterPattern": "needle"})
    assert found["events"] == []
    pages = 1
    while not found["events"]:
        token = found["nextToken"]
        found = aws.logs.filter_log_events({"logGroupName": GROUP, "filterPattern": "needle", "nextToken": token})
        pages += 1
    assert [event["message"] for event in found["events"]] == ["needle"]
    assert 3 < pages <= 5


# --- how they are stored


def test_many_small_batches_become_few_chunks_and_read_the_same(aws: Aws) -> None:
    make(aws)
    order = random.Random(5)
    times = [aws.now - order.randrange(100_000) for _ in range(storage.LOOSE_MAX * 3 + 5)]
    for n, time_ms in enumerate(times):
        put(aws, f"{time_ms} {n}", at_ms=time_ms)
    state = aws.world.state(LogsState, aws.account, aws.region)
    assert len(state.events) == 3 + 5
    expected = [f"{time_ms} {n}" for time_ms, n in sorted((time_ms, n) for n, time_ms in enumerate(times))]
    assert filtered(aws) == expected
    assert read(aws, startFromHead=True)["events"] == expected
    assert read(aws, limit=50)["events"] == expected[-50:]
    seen: list[str] = []
    page = read(aws, limit=17)
    while page["events"]:
        seen = page["events"] + seen
        page = read(aws, limit=17, nextToken=page["nextBackwardToken"])
    assert seen == expected


def test_a_search_finds_the_same_with_and_without_looking_for_text_first(aws: Aws) -> None:
    make(aws)
    order = random.Random(7)
    words = ["ERROR", "WARN", "RROR", "E", "ERRO", "R", "ör", "\\u0045RROR"]
    messages = ["".join(order.choices(words, k=3)) for _ in range(500)]
    for start in range(0, 500, 5):
        put(aws, *messages[start : start + 5])
    assert filtered(aws, "ERROR") == [message for message in messages if "ERROR" in message]
    assert filtered(aws, "ERROR -WARN") == [m for m in messages if "ERROR" in m and "WARN" not in m]


def test_events_survive_a_restart(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    make(aws)
    for n in range(storage.LOOSE_MAX + 3):
        put(aws, str(n), at_ms=START_MS + n)
    stored = aws.logs.describe_log_groups({})["logGroups"][0]["storedBytes"]
    token = read(aws)["nextForwardToken"]
    aws.world.close()
    again = new_aws(directory=tmp_path)
    assert filtered(again) == [str(n) for n in range(storage.LOOSE_MAX + 3)]
    assert again.logs.describe_log_groups({})["logGroups"][0]["storedBytes"] == stored
    put(again, "later", at_ms=START_MS + 1000)
    assert read(again, nextToken=token)["events"] == ["later"]
    again.world.close()


def test_a_new_stream_of_an_old_name_has_none_of_its_events(aws: Aws) -> None:
    make(aws, GROUP, "a", "b")
    put(aws, "of a", stream="a")
    aws.logs.delete_log_stream({"logGroupName": GROUP, "logStreamName": "a"})
    aws.logs.create_log_stream({"logGroupName": GROUP, "logStreamName": "a"})
    assert filtered(aws) == []
