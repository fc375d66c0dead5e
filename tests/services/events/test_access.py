"""Permissions: every operation has its row, and entries are judged one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy import principal as principals
from foulweather.services.events.access import ACCESS
from harness import ACCOUNT, Aws

OTHER = "444455556666"


def user(aws: Aws, *statements: dict[str, Any]) -> Aws:
    """The same place as a user with a policy."""
    aws.iam.create_user({"UserName": "ann"})
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": policy})
    ann = aws.iam.get_user({"UserName": "ann"})["User"]
    return aws.as_principal(principals.Principal("user", ann["Arn"], ACCOUNT, ann["UserId"]))


def refused(operate, request) -> AwsError:
    with pytest.raises(AwsError) as error:
        operate(request)
    return error.value


def test_every_operation_that_is_built_has_its_row(aws: Aws) -> None:
    services = aws.pipeline.services
    service = services.find("events")
    assert service is not None
    assert set(services.built(service)) == set(ACCESS)


def test_each_entry_is_judged_by_its_own_source_type_and_bus(aws: Aws) -> None:
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    condition = {"StringEquals": {"events:source": "shop", "events:detail-type": "order"}}
    statement = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus, "Condition": condition}
    ann = user(aws, statement)
    good = {"Source": "shop", "DetailType": "order", "Detail": "{}"}
    assert ann.events_.put_events({"Entries": [good, good]})["FailedEntryCount"] == 0
    for changed in ({"Source": "mail"}, {"DetailType": "bill"}, {"EventBusName": "own"}):
        error = refused(ann.events_.put_events, {"Entries": [good, {**good, **changed}]})
        assert (error.code, error.status) == ("AccessDeniedException", 400)
        assert error.message.startswith(f"User: {ann.principal.arn} is not authorized to perform: events:PutEvents")


def test_a_policy_bounds_which_targets_and_patterns_are_put(aws: Aws, bridge) -> None:
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox"
    ann = user(
        aws,
        {"Effect": "Allow", "Action": "events:PutTargets", "Resource": "*",
         "Condition": {"ForAllValues:ArnEquals": {"events:TargetArn": queue}}},
        {"Effect": "Allow", "Action": "events:PutRule", "Resource": "*",
         "Condition": {"ForAllValues:StringEquals": {"events:source": "shop"}, "Null": {"events:source": "false"}}},
    )  # fmt: skip
    ann.events_.put_rule({"Name": "orders", "EventPattern": '{"source": ["shop"]}'})
    assert refused(ann.events_.put_rule, {"Name": "b", "EventPattern": '{"source": ["mail"]}'}).status == 400
    assert refused(ann.events_.put_rule, {"Name": "b", "EventPattern": '{"region": ["x"]}'}).status == 400
    ann.events_.put_targets({"Rule": "orders", "Targets": [{"Id": "1", "Arn": queue}]})
    other = [{"Id": "2", "Arn": f"{queue}2"}]
    assert refused(ann.events_.put_targets, {"Rule": "orders", "Targets": other}).code == "AccessDeniedException"


async def test_another_account_makes_rules_on_a_bus_whose_policy_lets_it(aws: Aws, bridge) -> None:
    bus = aws.events_.create_event_bus({"Name": "own"})["EventBusArn"]
    other = aws.in_account(OTHER)
    request = {"Name": "theirs", "EventBusName": bus, "EventPattern": '{"source": ["shop"]}'}
    assert refused(other.events_.put_rule, request).code == "AccessDeniedException"
    rules = bus.replace(":event-bus/own", ":rule/own/*")
    allowed = {"Sid": "r", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
               "Action": ["events:PutRule", "events:DescribeRule"], "Resource": rules}  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.events_.put_permission({"EventBusName": "own", "Policy": policy})
    arn = other.events_.put_rule(request)["RuleArn"]
    assert arn == f"arn:aws:events:us-east-1:{ACCOUNT}:rule/own/theirs"
    assert other.events_.describe_rule({"Name": "theirs", "EventBusName": bus})["CreatedBy"] == OTHER
    assert refused(other.events_.delete_rule, {"Name": "theirs", "EventBusName": bus}).code == "AccessDeniedException"
