"""Buses and their policies: who may put events on them, from where they go on."""

from __future__ import annotations

import json

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws

OTHER, THIRD = "444455556666", "777788889999"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/own"


def refused(operate, request) -> AwsError:
    with pytest.raises(AwsError) as error:
        operate(request)
    return error.value


def test_buses_are_made_shown_and_deleted(aws: Aws, bridge) -> None:
    made = aws.events_.create_event_bus({"Name": "own", "Description": "d", "Tags": [{"Key": "k", "Value": "v"}]})
    assert made == {"EventBusArn": BUS, "Description": "d"}
    assert refused(aws.events_.create_event_bus, {"Name": "own"}).message == "Event bus own already exists."
    assert refused(aws.events_.create_event_bus, {"Name": "a/b"}).message == "Event bus name must not contain '/'."
    assert [bus["Name"] for bus in aws.events_.list_event_buses()["EventBuses"]] == ["default", "own"]
    assert refused(aws.events_.delete_event_bus, {"Name": "default"}).message == "Cannot delete event bus default."
    bridge.rule(bus="own")
    assert refused(aws.events_.delete_event_bus, {"Name": "own"}).code == "ValidationException"
    aws.events_.delete_rule({"Name": "orders", "EventBusName": "own"})
    aws.events_.delete_event_bus({"Name": "own"})
    error = refused(aws.events_.describe_event_bus, {"Name": "own"})
    assert (error.code, error.message) == ("ResourceNotFoundException", "Event bus own does not exist.")


def test_a_customers_key_and_endpoints_are_not_built(aws: Aws) -> None:
    error = refused(aws.events_.create_event_bus, {"Name": "own", "KmsKeyIdentifier": "alias/k"})
    assert error.code == "NotImplemented"
    with pytest.raises(AwsError, match="events:CreateEndpoint"):
        aws.events_.create_endpoint({})


async def test_another_account_puts_events_only_where_the_policy_lets_it(aws: Aws, bridge) -> None:
    aws.events_.create_event_bus({"Name": "own"})
    queue = bridge.reaching(bus="own")
    other = aws.in_account(OTHER)
    error = refused(lambda aws: bridge.put(aws=aws, EventBusName=BUS), other)
    assert error.code == "AccessDeniedException"
    assert "resource-based policy" in error.message
    permission = {"EventBusName": "own", "Action": "events:PutEvents", "Principal": OTHER, "StatementId": "other"}
    aws.events_.put_permission(permission)
    bridge.put(aws=other, EventBusName=BUS)
    await aws.advance(seconds=1)
    (event,) = bridge.bodies(queue)
    assert event["account"] == OTHER
    aws.events_.remove_permission({"EventBusName": "own", "StatementId": "other"})
    assert refused(lambda aws: bridge.put(aws=aws, EventBusName=BUS), other).code == "AccessDeniedException"
    error = refused(aws.events_.remove_permission, {"EventBusName": "own", "StatementId": "other"})
    assert error.message == "EventBus does not have a policy."


def test_a_statement_is_replaced_by_its_id_and_the_policy_is_bounded(aws: Aws) -> None:
    permission = {"Action": "events:PutEvents", "Principal": OTHER, "StatementId": "s"}
    aws.events_.put_permission(permission)
    organization = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1"}
    aws.events_.put_permission({**permission, "Principal": "*", "Condition": organization})
    policy = json.loads(aws.events_.describe_event_bus()["Policy"])
    assert policy["Statement"] == [
        {
            "Sid": "s",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "events:PutEvents",
            "Resource": BUS.replace("/own", "/default"),
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        }
    ]
    error = refused(aws.events_.remove_permission, {"StatementId": "t"})
    assert error.message == "Statement with the provided id does not exist."
    assert refused(aws.events_.put_permission, {"Policy": "{}"}).code == "ValidationException"
    long = json.dumps({**policy, "Id": "x" * 10_240})
    assert refused(aws.events_.put_permission, {"Policy": long}).code == "PolicyLengthExceededException"


async def test_an_event_goes_from_bus_to_bus_as_it_is(aws: Aws, bridge) -> None:
    aws.events_.create_event_bus({"Name": "own"})
    queue = bridge.reaching("far", bus="own")
    bridge.rule("near")
    bridge.target(BUS, "near")
    id = bridge.put()["Entries"][0]["EventId"]
    await aws.advance(seconds=1)
    assert [event["id"] for event in bridge.bodies(queue)] == [id]


async def test_an_event_reaches_another_account_but_not_a_third_one(aws: Aws, bridge) -> None:
    def open_bus(owner: Aws, sender: str) -> str:
        owner.events_.put_permission({"Action": "events:PutEvents", "Principal": sender, "StatementId": "s"})
        return f"arn:aws:events:us-east-1:{owner.account}:event-bus/default"

    here, there = aws.in_account(OTHER), aws.in_account(THIRD)
    first, second = open_bus(here, ACCOUNT), open_bus(there, OTHER)
    bridge.rule("on")
    bridge.target(first, "on")
    for owner, target in ((here, second), (there, None)):
        own = type(bridge)(owner)
        own.rule("on")
        own.target(target or own.queue("never"), "on")
    queue = type(bridge)(here).reaching("kept")
    bridge.put()
    await aws.advance(seconds=2)
    assert len(bridge.received(queue, here)) == 1
    assert [event for event in aws.events("events.Matched") if event.account == THIRD] == []
    assert "third" in bridge.why().cause


async def test_a_bus_of_another_account_that_does_not_let_events_in_loses_them(aws: Aws, bridge) -> None:
    bridge.rule()
    bridge.target(f"arn:aws:events:us-east-1:{OTHER}:event-bus/default")
    bridge.put()
    await aws.advance(seconds=1)
    why = bridge.why()
    assert why.decision == "dropped"
    assert why.because[0].decision == "denied"
    assert len(aws.events("events.FailedInvocation")) == 1


async def test_two_buses_that_send_events_back_and_forth_do_not_hold_the_clock_up(aws: Aws, bridge) -> None:
    aws.events_.create_event_bus({"Name": "own"})
    bridge.rule("there")
    bridge.target(BUS, "there")
    bridge.rule("back", bus="own")
    bridge.target(BUS.replace("/own", "/default"), "back", "own")
    bridge.put()
    await aws.advance(seconds=10)
    assert 50 <= len(aws.events("events.Matched")) <= 150
