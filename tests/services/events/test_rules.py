"""Rules and their targets: what is refused in which words, and what is shown."""

from __future__ import annotations

import json

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy import principal as principals
from harness import ACCOUNT, Aws

SQS = f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox"


def refused(operate, request) -> AwsError:
    with pytest.raises(AwsError) as error:
        operate(request)
    return error.value


def test_a_rule_is_shown_as_it_was_put(aws: Aws, bridge) -> None:
    arn = bridge.rule(Description="all orders", Tags=[{"Key": "team", "Value": "shop"}])
    assert aws.events_.describe_rule({"Name": "orders"}) == {
        "Name": "orders",
        "Arn": arn,
        "State": "ENABLED",
        "EventBusName": "default",
        "EventPattern": '{"source": ["shop"]}',
        "Description": "all orders",
        "CreatedBy": ACCOUNT,
    }
    assert aws.events_.list_tags_for_resource({"ResourceARN": arn})["Tags"] == [{"Key": "team", "Value": "shop"}]
    aws.events_.create_event_bus({"Name": "own"})
    assert bridge.rule(bus="own").endswith(":rule/own/orders")
    assert [rule["EventBusName"] for rule in aws.events_.list_rules({"EventBusName": "own"})["Rules"]] == ["own"]


@pytest.mark.parametrize(
    ("changed", "code", "message"),
    [
        ({"EventPattern": None}, "ValidationException",
         "Parameter(s) EventPattern or ScheduleExpression must be specified."),
        ({"ScheduleExpression": "rate(1 minutes)"}, "ValidationException",
         "Parameter ScheduleExpression is not valid."),
        ({"ScheduleExpression": "at(2026-01-01T00:00:00)"}, "ValidationException",
         "Parameter ScheduleExpression is not valid."),
        ({"EventBusName": "own", "ScheduleExpression": "rate(1 hour)"}, "ValidationException",
         "ScheduleExpression is supported only on the default event bus."),
        ({"EventBusName": "none"}, "ResourceNotFoundException", "Event bus none does not exist."),
    ],
)  # fmt: skip
def test_what_a_rule_cannot_be_is_refused(aws: Aws, changed, code, message) -> None:
    aws.events_.create_event_bus({"Name": "own"})
    request = {"Name": "r", "EventPattern": '{"source": ["x"]}', **changed}
    error = refused(aws.events_.put_rule, {name: value for name, value in request.items() if value is not None})
    assert (error.code, error.message) == (code, message)


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        ({"Arn": "inbox"}, "ValidationException",
         "Parameter inbox is not valid. Reason: Provided Arn is not in correct format."),
        ({"Input": "{}", "InputPath": "$"}, "ValidationException",
         "Only one of Input, InputPath, or InputTransformer must be provided for target 1."),
        ({"Input": "{"}, "ValidationException", "JSON syntax error in input for target 1."),
        ({"InputPath": "detail"}, "ValidationException", "Invalid InputPath for target 1."),
        ({"Arn": f"{SQS}.fifo"}, "ValidationException",
         "Parameter(s) SqsParameters must be specified for target: 1."),
        ({"Arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:g", "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"},
         "ValidationException", f"RoleArn is not supported for target arn:aws:logs:us-east-1:{ACCOUNT}:log-group:g."),
        ({"Arn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/c"}, "NotImplemented",
         "foulweather does not implement events:PutTargets.Targets.Arn ecs yet."),
        ({"Arn": f"arn:aws:events:us-east-1:{ACCOUNT}:endpoint/e"}, "NotImplemented",
         "foulweather does not implement events:PutTargets.Targets.Arn endpoint yet."),
        ({"Arn": f"arn:aws:events:us-east-1:{ACCOUNT}:api-destination/d/1"}, "ValidationException",
         f"RoleArn is required for target arn:aws:events:us-east-1:{ACCOUNT}:api-destination/d/1."),
        ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/none"}, "ValidationException",
         f"Provided role 'arn:aws:iam::{ACCOUNT}:role/none' cannot be assumed by principal 'events.amazonaws.com'."),
    ],
)  # fmt: skip
def test_what_a_target_cannot_be_is_refused(aws: Aws, bridge, target, code, message) -> None:
    bridge.rule()
    error = refused(aws.events_.put_targets, {"Rule": "orders", "Targets": [{"Id": "1", "Arn": SQS, **target}]})
    assert (error.code, error.message) == (code, message)
    assert aws.events_.list_targets_by_rule({"Rule": "orders"})["Targets"] == []


def test_a_rule_has_five_targets_at_most(aws: Aws, bridge) -> None:
    bridge.rule()
    targets = [{"Id": str(number), "Arn": SQS} for number in range(6)]
    error = refused(aws.events_.put_targets, {"Rule": "orders", "Targets": targets})
    assert error.code == "LimitExceededException"
    assert error.message == "The requested resource exceeds the maximum number allowed."
    aws.events_.put_targets({"Rule": "orders", "Targets": targets[:5]})
    assert aws.events_.list_rule_names_by_target({"TargetArn": SQS})["RuleNames"] == ["orders"]


def test_a_rule_with_targets_stays(aws: Aws, bridge) -> None:
    bridge.rule()
    bridge.target(SQS)
    error = refused(aws.events_.delete_rule, {"Name": "orders"})
    assert error.message == "Rule can't be deleted since it has targets."
    aws.events_.remove_targets({"Rule": "orders", "Ids": ["1"]})
    aws.events_.delete_rule({"Name": "orders"})
    aws.events_.delete_rule({"Name": "orders"})
    error = refused(aws.events_.describe_rule, {"Name": "orders"})
    assert (error.code, error.message) == ("ResourceNotFoundException", "Rule orders does not exist.")


def test_a_role_must_be_passed(aws: Aws, bridge) -> None:
    bridge.rule()
    role = bridge.role("bridge", "events.amazonaws.com", "sqs:SendMessage")
    aws.iam.create_user({"UserName": "ann"})
    allowed = {"Effect": "Allow", "Action": "events:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": policy})
    user = aws.iam.get_user({"UserName": "ann"})["User"]
    ann = aws.as_principal(principals.Principal("user", user["Arn"], ACCOUNT, user["UserId"]))
    request = {"Rule": "orders", "Targets": [{"Id": "1", "Arn": SQS, "RoleArn": role}]}
    error = refused(ann.events_.put_targets, request)
    assert error.code == "AccessDeniedException"
    assert "iam:PassRole" in error.message


async def test_a_scheduled_rule_runs_one_period_after_it_was_made(aws: Aws, bridge) -> None:
    queue = bridge.queue("inbox", bridge.rule(ScheduleExpression="rate(10 minutes)"))
    bridge.target(queue)
    await aws.advance(seconds=599)
    assert bridge.received(queue) == []
    await aws.advance(seconds=601)
    times = [event["time"] for event in bridge.bodies(queue)]
    assert times == ["2026-01-01T00:10:00Z", "2026-01-01T00:20:00Z"]


async def test_cron_runs_in_utc_until_the_rule_is_disabled(aws: Aws, bridge) -> None:
    arn = bridge.rule(ScheduleExpression="cron(15 12 ? * MON-FRI *)")
    queue = bridge.queue("inbox", arn)
    bridge.target(queue, Input='{"run": true}')
    await aws.advance(seconds=2 * 86_400)
    assert bridge.bodies(queue) == [{"run": True}, {"run": True}]
    aws.events_.disable_rule({"Name": "orders"})
    await aws.advance(seconds=7 * 86_400)
    assert bridge.received(queue) == []
    aws.events_.remove_targets({"Rule": "orders", "Ids": ["1"]})
    aws.events_.delete_rule({"Name": "orders"})
    assert aws.world.agenda.dues() == []
