"""Who may do what, and what the access table says of each operation."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import ServiceModel
from foulweather.policy import principal as principals
from foulweather.services.sqs.access import ACCESS
from harness import ACCOUNT, REGION, Aws
from services.sqs.sqs_calls import arn, make_queue, redrive, send

OTHER = "999999999999"
OWNERS_ONLY = {
    "AddPermission": {"Label": "x", "AWSAccountIds": [OTHER], "Actions": ["SendMessage"]},
    "DeleteQueue": {},
    "ListQueueTags": {},
    "RemovePermission": {"Label": "x"},
    "SetQueueAttributes": {"Attributes": {"DelaySeconds": "1"}},
    "TagQueue": {"Tags": {"a": "b"}},
    "UntagQueue": {"TagKeys": ["a"]},
    "StartMessageMoveTask": {"SourceArn": arn("orders")},
    "ListMessageMoveTasks": {"SourceArn": arn("orders")},
}
SHARED = {
    "ChangeMessageVisibilityBatch": {"Entries": []},
    "DeleteMessageBatch": {"Entries": []},
    "GetQueueAttributes": {},
    "ListDeadLetterSourceQueues": {},
    "PurgeQueue": {},
    "ReceiveMessage": {},
    "SendMessage": {"MessageBody": "x"},
    "SendMessageBatch": {"Entries": []},
}


def allow(aws: Aws, url: str, **members: Any) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": OTHER},
        "Action": "sqs:*",
        "Resource": arn("orders"),
        **members,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"Policy": policy}})


def run(aws: Aws, operation: str, request: dict[str, Any]) -> Any:
    call = Call(aws.pipeline, "sqs", operation, aws.account, aws.region, aws.principal)
    return aws.pipeline.run(call, aws.pipeline.services.operation("sqs", operation), request)


def test_every_operation_of_the_model_has_a_row_and_a_function(aws: Aws) -> None:
    names = set(ServiceModel.load("sqs").operations())
    assert set(ACCESS) == names
    for name in names:
        assert aws.pipeline.services.operation("sqs", name).run is not None


def test_batches_are_permitted_by_their_single_action() -> None:
    for name in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility"):
        assert ACCESS[f"{name}Batch"].action == ACCESS[name].action == f"sqs:{name}"


@pytest.mark.parametrize(("operation", "members"), sorted((OWNERS_ONLY | SHARED).items()))
def test_another_account_needs_the_queues_policy(aws: Aws, operation: str, members: dict[str, Any]) -> None:
    url = make_queue(aws)
    with pytest.raises(AwsError, match="AccessDenied") as info:
        run(aws.in_account(OTHER), operation, {"QueueUrl": url, **members})
    assert f"sqs:{ACCESS[operation].action[4:].lower()} on resource: {arn('orders')}" in info.value.message
    assert info.value.status == 403


@pytest.mark.parametrize(("operation", "members"), sorted(OWNERS_ONLY.items()))
def test_what_is_the_owners_alone_no_policy_can_share(aws: Aws, operation: str, members: dict[str, Any]) -> None:
    url = make_queue(aws)
    allow(aws, url)
    with pytest.raises(AwsError, match="AccessDenied"):
        run(aws.in_account(OTHER), operation, {"QueueUrl": url, **members})


@pytest.mark.parametrize(("operation", "members"), sorted(SHARED.items()))
def test_the_rest_a_policy_can_share(aws: Aws, operation: str, members: dict[str, Any]) -> None:
    url = make_queue(aws)
    allow(aws, url)
    try:
        run(aws.in_account(OTHER), operation, {"QueueUrl": url, **members})
    except AwsError as error:
        assert error.code == "EmptyBatchRequest"  # noqa: PT017


def test_a_queue_of_another_account_is_found_by_name_and_owner(aws: Aws) -> None:
    url = make_queue(aws)
    request = {"QueueName": "orders", "QueueOwnerAWSAccountId": ACCOUNT}
    with pytest.raises(AwsError, match="AccessDenied"):
        aws.in_account(OTHER).sqs.get_queue_url(request)
    allow(aws, url)
    assert aws.in_account(OTHER).sqs.get_queue_url(request) == {"QueueUrl": url}


def test_a_changed_policy_is_in_force_at_once(aws: Aws) -> None:
    url = make_queue(aws)
    other = aws.in_account(OTHER)
    aws.sqs.add_permission({"QueueUrl": url, "Label": "x", "AWSAccountIds": [OTHER], "Actions": ["SendMessage"]})
    send(other, url)
    aws.sqs.remove_permission({"QueueUrl": url, "Label": "x"})
    with pytest.raises(AwsError, match="AccessDenied"):
        send(other, url)


def test_a_service_needs_the_queues_policy_even_in_the_same_account(aws: Aws) -> None:
    url = make_queue(aws)
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:topic"
    call = Call(aws.pipeline, "sns", "Deliver", ACCOUNT, REGION, principals.service("sns.amazonaws.com"))
    port = call.acting_as("sns.amazonaws.com", source_arn=topic).sqs
    with pytest.raises(AwsError, match="AccessDenied"):
        port.send_message({"QueueUrl": url, "MessageBody": "x"})
    allow(aws, url, Principal={"Service": "sns.amazonaws.com"}, Condition={"ArnEquals": {"aws:SourceArn": topic}})
    port.send_message({"QueueUrl": url, "MessageBody": "x"})


def test_a_policy_may_let_everybody_in(aws: Aws) -> None:
    url = make_queue(aws)
    anonymous = aws.as_principal(principals.ANONYMOUS)
    with pytest.raises(AwsError, match="AccessDenied"):
        send(anonymous, url)
    allow(aws, url, Principal="*")
    send(anonymous, url)
    found = aws.pipeline.services.find("sqs")
    assert found is not None
    assert found.takes_anonymous


def test_tags_of_requests_and_queues_are_conditions(aws: Aws) -> None:
    call = Call(aws.pipeline, "sqs", "CreateQueue", ACCOUNT, REGION, aws.principal)
    row = ACCESS["CreateQueue"]
    request = {"QueueName": "orders", "tags": {"Team": "a"}}
    assert row.conditions is not None
    assert row.also is not None
    expected = {"aws:requesttag/team": "a", "aws:tagkeys": ["Team"]}
    assert row.conditions(call, request) == expected
    (tagging,) = row.also(call, request)
    assert (tagging.action, tagging.resource.arn, tagging.conditions) == ("sqs:TagQueue", arn("orders"), expected)
    assert row.also(call, {"QueueName": "orders"}) == ()
    url = aws.sqs.create_queue(request)["QueueUrl"]
    (resource,) = ACCESS["SendMessage"].resources(call, {"QueueUrl": url})
    assert resource.tags == {"Team": "a"}
    untag = ACCESS["UntagQueue"].conditions
    assert untag is not None
    assert untag(call, {"TagKeys": ["Team"]}) == {"aws:tagkeys": ["Team"]}


def test_a_move_task_needs_what_it_does(aws: Aws) -> None:
    make_queue(aws, "dead")
    make_queue(aws, RedrivePolicy=redrive("dead", 1))
    call = Call(aws.pipeline, "sqs", "StartMessageMoveTask", ACCOUNT, REGION, aws.principal)
    also = ACCESS["StartMessageMoveTask"].also
    assert also is not None
    on_source = [(f"sqs:{name}", arn("dead")) for name in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
    for request, destination in (
        ({"SourceArn": arn("dead")}, "orders"),
        ({"SourceArn": arn("dead"), "DestinationArn": arn("elsewhere")}, "elsewhere"),
    ):
        needed = [(permission.action, permission.resource.arn) for permission in also(call, request)]
        assert needed == [*on_source, ("sqs:SendMessage", arn(destination))]
