"""Archives keep events for their time; replays send them once more, with their own name on them."""

from __future__ import annotations

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, START_MS, Aws

BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
ARCHIVE = f"arn:aws:events:us-east-1:{ACCOUNT}:archive/all"
DAY_S = 86_400


def replay(aws: Aws, **more):
    request = {
        "ReplayName": "again",
        "EventSourceArn": ARCHIVE,
        "EventStartTime": START_MS,
        "EventEndTime": START_MS + 60_000,
        "Destination": {"Arn": BUS},
        **more,
    }
    return aws.events_.start_replay(request)


def refused(operate, request) -> AwsError:
    with pytest.raises(AwsError) as error:
        operate(request)
    return error.value


async def test_archived_events_are_replayed_to_the_rules_that_match(aws: Aws, bridge) -> None:
    aws.events_.create_archive({"ArchiveName": "all", "EventSourceArn": BUS, "EventPattern": '{"source": ["shop"]}'})
    ids = [bridge.put({"n": number})["Entries"][0]["EventId"] for number in range(3)]
    bridge.put(Source="mail")
    held = aws.events_.describe_archive({"ArchiveName": "all"})
    assert (held["EventCount"], held["State"]) == (3, "ENABLED")
    assert held["SizeBytes"] > 300
    await aws.advance(seconds=3600)
    queue = bridge.reaching()
    assert replay(aws)["State"] == "STARTING"
    await aws.advance(seconds=5)
    bodies = bridge.bodies(queue)
    assert [event["id"] for event in bodies] == ids
    assert {event["replay-name"] for event in bodies} == {"again"}
    shown = aws.events_.describe_replay({"ReplayName": "again"})
    assert (shown["State"], shown["EventLastReplayedTime"]) == ("COMPLETED", START_MS)
    assert aws.events_.describe_archive({"ArchiveName": "all"})["EventCount"] == 3
    error = refused(aws.events_.cancel_replay, {"ReplayName": "again"})
    assert error.code == "IllegalStatusException"


async def test_a_replay_goes_to_the_rules_that_it_names_and_can_be_cancelled(aws: Aws, bridge) -> None:
    aws.events_.create_archive({"ArchiveName": "all", "EventSourceArn": BUS})
    for number in range(150):
        bridge.put({"n": number})
    one, two = bridge.reaching("one"), bridge.reaching("two")
    replay(aws, Destination={"Arn": BUS, "FilterArns": [f"arn:aws:events:us-east-1:{ACCOUNT}:rule/one"]})
    await aws.advance(ms=10)
    assert aws.events_.describe_replay({"ReplayName": "again"})["State"] == "RUNNING"
    assert aws.events_.cancel_replay({"ReplayName": "again"})["State"] == "CANCELLING"
    await aws.advance(seconds=60)
    assert len(bridge.received(one)) == 100
    assert bridge.received(two) == []
    assert aws.events_.list_replays({"State": "CANCELLED"})["Replays"][0]["ReplayName"] == "again"


async def test_events_leave_an_archive_when_their_retention_is_over(aws: Aws, bridge) -> None:
    aws.events_.create_archive({"ArchiveName": "all", "EventSourceArn": BUS, "RetentionDays": 2})
    bridge.put()
    await aws.advance(seconds=DAY_S)
    bridge.put()
    await aws.advance(seconds=DAY_S)
    assert aws.events_.describe_archive({"ArchiveName": "all"})["EventCount"] == 1
    await aws.advance(seconds=DAY_S)
    (shown,) = aws.events_.list_archives()["Archives"]
    assert (shown["EventCount"], shown["SizeBytes"]) == (0, 0)


def test_what_cannot_be_replayed_is_refused(aws: Aws) -> None:
    aws.events_.create_event_bus({"Name": "own"})
    aws.events_.create_archive({"ArchiveName": "all", "EventSourceArn": BUS})
    assert refused(lambda more: replay(aws, **more), {"EventEndTime": START_MS}).message == (
        "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."
    )
    elsewhere = {"Destination": {"Arn": BUS.replace("/default", "/own")}}
    assert refused(lambda more: replay(aws, **more), elsewhere).message == (
        "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted."
    )
    error = refused(aws.events_.create_archive, {"ArchiveName": "all", "EventSourceArn": BUS})
    assert (error.code, error.message) == ("ResourceAlreadyExistsException", "Archive all already exists.")
    error = refused(aws.events_.describe_archive, {"ArchiveName": "none"})
    assert error.message == "Archive none does not exist."
    aws.events_.delete_archive({"ArchiveName": "all"})
    assert aws.events_.list_archives()["Archives"] == []
