"""PutEvents: which entries fail, in which words; and what becomes of events for no bus."""

from __future__ import annotations

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws

GOOD = {"Source": "shop", "DetailType": "t", "Detail": "{}"}


@pytest.mark.parametrize(
    ("changed", "code", "message"),
    [
        ({"Source": ""}, "InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."),
        ({"DetailType": None}, "InvalidArgument",
         "Parameter DetailType is not valid. Reason: DetailType is a required argument."),
        ({"Detail": ""}, "InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."),
        ({"Detail": "[]"}, "MalformedDetail", "Detail is malformed."),
        ({"Detail": "{"}, "MalformedDetail", "Detail is malformed."),
        ({"Detail": '{"a": NaN}'}, "MalformedDetail", "Detail is malformed."),
        ({"Source": "aws.s3"}, "NotAuthorizedForSourceException", "Not authorized for the source."),
    ],
)  # fmt: skip
def test_a_bad_entry_fails_by_itself(aws: Aws, changed, code, message) -> None:
    entry = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    answer = aws.events_.put_events({"Entries": [GOOD, entry]})
    assert answer["FailedEntryCount"] == 1
    assert "EventId" in answer["Entries"][0]
    assert answer["Entries"][1] == {"ErrorCode": code, "ErrorMessage": message}


def test_ten_entries_of_one_megabyte_are_the_most(aws: Aws) -> None:
    with pytest.raises(AwsError) as refused:
        aws.events_.put_events({"Entries": [GOOD] * 11})
    assert refused.value.code == "ValidationException"
    assert "Member must have length less than or equal to 10" in refused.value.message
    large = {**GOOD, "Detail": '{"a":"%s"}' % ("x" * (1_048_576 - 13))}
    assert aws.events_.put_events({"Entries": [large]})["FailedEntryCount"] == 0
    with pytest.raises(AwsError) as refused:
        aws.events_.put_events({"Entries": [{**large, "Source": "shops"}]})
    assert refused.value.message == "Total size of the entries in the request is over the limit."


def test_an_event_for_no_bus_is_lost_in_silence_and_the_reason_is_on_record(aws: Aws, bridge) -> None:
    answer = bridge.put(EventBusName="none")
    assert answer["FailedEntryCount"] == 0
    why = bridge.why()
    assert why.decision == "dropped"
    assert why.remedy == ("aws events create-event-bus --name none",)


async def test_half_a_surrogate_pair_travels_escaped(aws: Aws, bridge) -> None:
    queue = bridge.reaching()
    bridge.put(Detail='{"a": "\\ud800", "b": "\u00e9"}')
    await aws.advance(seconds=1)
    (message,) = bridge.received(queue)
    assert '"detail":{"a":"\\ud800"' in message["Body"]


def test_a_bus_of_another_region_is_not_reached(aws: Aws, bridge) -> None:
    bus = aws.in_region("eu-west-1").events_.create_event_bus({"Name": "far"})["EventBusArn"]
    assert bridge.put(EventBusName=bus)["FailedEntryCount"] == 0
    assert "no event bus far in us-east-1" in bridge.why().cause
