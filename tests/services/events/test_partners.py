"""A partner's event sources: offered, taken, deactivated, left too long; and the events that come by them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws
from services.events.bridged import Bridge

PARTNER = "999988887777"
NAME = "aws.partner/shop.example/orders/eu"
ARN = f"arn:aws:events:us-east-1::event-source/{NAME}"
DAY_S = 86_400


@pytest.fixture
def partner(aws: Aws) -> Aws:
    """A vendor who has offered the account a source."""
    partner = aws.in_account(PARTNER)
    made = partner.events_.create_partner_event_source({"Name": NAME, "Account": ACCOUNT})
    assert made == {"EventSourceArn": ARN}
    return partner


def taken(aws: Aws) -> None:
    made = aws.events_.create_event_bus({"Name": NAME, "EventSourceName": NAME})
    assert made["EventBusArn"] == f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/{NAME}"


def put(partner: Aws, *numbers: int, **more: Any) -> dict[str, Any]:
    entry = {"Source": NAME, "DetailType": "placed", **more}
    return partner.events_.put_partner_events(
        {"Entries": [{**entry, "Detail": json.dumps({"id": number})} for number in numbers]}
    )


def state_of(aws: Aws) -> str:
    return aws.events_.describe_event_source({"Name": NAME})["State"]


def refused(call: Any, request: dict[str, Any]) -> AwsError:
    with pytest.raises(AwsError) as caught:
        call(request)
    return caught.value


async def test_events_of_a_partner_reach_the_rules_of_the_bus_that_the_account_made(aws: Aws, partner: Aws) -> None:
    taken(aws)
    bridge = Bridge(aws)
    queue = bridge.reaching(bus=NAME, pattern={"source": [{"prefix": "aws.partner/shop.example/"}]})
    answer = put(partner, 7, Resources=["order-7"])
    assert answer["FailedEntryCount"] == 0
    await aws.advance(seconds=1)
    (event,) = bridge.bodies(queue)
    assert event == {
        "version": "0",
        "id": answer["Entries"][0]["EventId"],
        "detail-type": "placed",
        "source": NAME,
        "account": ACCOUNT,
        "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1",
        "resources": ["order-7"],
        "detail": {"id": 7},
    }


def test_a_source_that_is_offered_is_pending_for_two_weeks_and_told_to_both(aws: Aws, partner: Aws) -> None:
    told = {
        "Arn": ARN,
        "CreatedBy": "aws.partner/shop.example",
        "CreationTime": aws.now,
        "ExpirationTime": aws.now + 14 * DAY_S * 1000,
        "Name": NAME,
        "State": "PENDING",
    }
    assert aws.events_.describe_event_source({"Name": NAME}) == told
    assert aws.events_.list_event_sources({"NamePrefix": "aws.partner/shop"})["EventSources"] == [told]
    assert aws.events_.list_event_sources({"NamePrefix": "aws.partner/other"})["EventSources"] == []
    assert partner.events_.describe_partner_event_source({"Name": NAME}) == {"Arn": ARN, "Name": NAME}
    listed = partner.events_.list_partner_event_sources({"NamePrefix": "aws.partner/shop.example/"})
    assert listed["PartnerEventSources"] == [{"Arn": ARN, "Name": NAME}]
    (account,) = partner.events_.list_partner_event_source_accounts({"EventSourceName": NAME})[
        "PartnerEventSourceAccounts"
    ]
    assert account == {
        "Account": ACCOUNT,
        "CreationTime": aws.now,
        "ExpirationTime": told["ExpirationTime"],
        "State": "PENDING",
    }


async def test_a_source_that_nobody_takes_is_gone_after_two_weeks(aws: Aws, partner: Aws) -> None:
    await aws.advance(seconds=14 * DAY_S - 1)
    assert state_of(aws) == "PENDING"
    await aws.advance(seconds=1)
    assert refused(aws.events_.describe_event_source, {"Name": NAME}).code == "ResourceNotFoundException"
    assert refused(partner.events_.describe_partner_event_source, {"Name": NAME}).code == "ResourceNotFoundException"
    error = refused(aws.events_.create_event_bus, {"Name": NAME, "EventSourceName": NAME})
    assert (error.code, error.message) == ("ResourceNotFoundException", f"Event source {NAME} does not exist.")


async def test_a_deactivated_source_takes_events_and_delivers_none_until_it_is_activated(
    aws: Aws, partner: Aws
) -> None:
    taken(aws)
    bridge = Bridge(aws)
    queue = bridge.reaching(bus=NAME, pattern={"detail-type": ["placed"]})
    aws.events_.deactivate_event_source({"Name": NAME})
    assert put(partner, 1)["FailedEntryCount"] == 0
    await aws.advance(seconds=1)
    assert bridge.received(queue) == []
    why = bridge.why()
    assert why.decision == "dropped"
    assert why.remedy == (f"aws events activate-event-source --name {NAME}",)
    assert refused(aws.events_.deactivate_event_source, {"Name": NAME}).code == "InvalidStateException"
    aws.events_.activate_event_source({"Name": NAME})
    assert state_of(aws) == "ACTIVE"
    assert "ExpirationTime" not in aws.events_.describe_event_source({"Name": NAME})
    put(partner, 2)
    await aws.advance(seconds=1)
    assert [event["detail"]["id"] for event in bridge.bodies(queue)] == [2]
    await aws.advance(seconds=14 * DAY_S)
    assert state_of(aws) == "ACTIVE"


async def test_a_source_that_stays_deactivated_is_deleted_and_its_bus_stays(aws: Aws, partner: Aws) -> None:
    taken(aws)
    aws.events_.deactivate_event_source({"Name": NAME})
    await aws.advance(seconds=14 * DAY_S)
    assert state_of(aws) == "DELETED"
    assert aws.events_.describe_event_bus({"Name": NAME})["Name"] == NAME
    assert refused(aws.events_.activate_event_source, {"Name": NAME}).code == "InvalidStateException"
    assert put(partner, 1)["Entries"] == [
        {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}
    ]


async def test_a_source_that_is_made_again_serves_the_rules_that_are_there(aws: Aws, partner: Aws) -> None:
    taken(aws)
    bridge = Bridge(aws)
    queue = bridge.reaching(bus=NAME, pattern={"detail-type": ["placed"]})
    error = refused(partner.events_.create_partner_event_source, {"Name": NAME, "Account": ACCOUNT})
    assert error.code == "ResourceAlreadyExistsException"
    partner.events_.delete_partner_event_source({"Name": NAME, "Account": ACCOUNT})
    partner.events_.delete_partner_event_source({"Name": NAME, "Account": ACCOUNT})
    assert state_of(aws) == "DELETED"
    partner.events_.create_partner_event_source({"Name": NAME, "Account": ACCOUNT})
    assert state_of(aws) == "PENDING"
    aws.events_.activate_event_source({"Name": NAME})
    put(partner, 3)
    await aws.advance(seconds=1)
    assert len(bridge.received(queue)) == 1


def test_without_its_bus_a_source_is_pending_again(aws: Aws, partner: Aws) -> None:
    taken(aws)
    aws.events_.delete_event_bus({"Name": NAME})
    assert state_of(aws) == "PENDING"
    error = refused(aws.events_.activate_event_source, {"Name": NAME})
    assert (error.code, error.message) == ("InvalidStateException", f"Event source {NAME} is in the state PENDING.")
    taken(aws)
    partner.events_.delete_partner_event_source({"Name": NAME, "Account": ACCOUNT})
    aws.events_.delete_event_bus({"Name": NAME})
    assert aws.events_.list_event_sources()["EventSources"] == []


def test_a_partner_bus_has_the_name_of_its_source(aws: Aws, partner: Aws) -> None:
    error = refused(aws.events_.create_event_bus, {"Name": "own", "EventSourceName": NAME})
    assert (error.code, error.message) == (
        "ValidationException",
        f"Event bus name must match the event source name {NAME}.",
    )
    assert refused(aws.events_.create_event_bus, {"Name": NAME}).code == "ValidationException"
    assert state_of(aws) == "PENDING"


def test_entries_of_a_partner_fail_one_by_one(aws: Aws, partner: Aws) -> None:
    taken(aws)
    fine = {"Source": NAME, "DetailType": "placed", "Detail": "{}"}
    bad = [{**fine, "Detail": "x"}, {"Source": NAME, "Detail": "{}"}, {**fine, "Source": "aws.partner/an/other"}]
    answer = partner.events_.put_partner_events({"Entries": [*bad, fine]})
    codes = [entry.get("ErrorCode") for entry in answer["Entries"]]
    assert codes == ["MalformedDetail", "InvalidArgument", "NotAuthorizedForSourceException", None]
    assert answer["FailedEntryCount"] == 3
    assert aws.events_.put_partner_events({"Entries": [fine]})["FailedEntryCount"] == 1, "only the partner may"
    put_on = {"Entries": [{**fine, "EventBusName": NAME, "Source": "own"}]}
    assert refused(aws.events_.put_events, put_on).code == "ValidationException"
