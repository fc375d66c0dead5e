"""Permissions: statements of a queue's policy that the API writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.sqs import configuration, limits, refusals
from foulweather.services.sqs.backlog import Backlog
from foulweather.services.sqs.state import SqsState, located

if TYPE_CHECKING:
    from aws_types.sqs import AddPermissionRequest, RemovePermissionRequest

# What can be shared with another account; the other actions are the owner's alone.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-limitations-of-custom-policies.html
SHARED_ACTIONS = (
    "*",
    "SendMessage",
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
)
OWNERS_ACTIONS = (
    "AddPermission",
    "CancelMessageMoveTask",
    "CreateQueue",
    "DeleteQueue",
    "ListMessageMoveTasks",
    "ListQueues",
    "ListQueueTags",
    "RemovePermission",
    "SetQueueAttributes",
    "StartMessageMoveTask",
    "TagQueue",
    "UntagQueue",
)


def add_permission(call: Call, request: AddPermissionRequest) -> None:
    """Let other accounts use a queue, by a statement in its policy."""
    state, backlog = located(call, request.get("QueueUrl"))
    label = limits.checked_label(request.get("Label"))
    accounts = _checked_accounts(request.get("AWSAccountIds") or [])
    actions = _checked_actions(request.get("Actions") or [])
    policy = _policy(backlog)
    if any(statement.get("Sid") == label for statement in policy["Statement"]):
        raise refusals.invalid("Label", label, "Already exists.")
    principals = [f"arn:aws:iam::{account}:root" for account in accounts]
    named = [f"SQS:{action}" for action in actions]
    policy["Statement"].append(
        {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {"AWS": principals[0] if len(principals) == 1 else principals},
            "Action": named[0] if len(named) == 1 else named,
            "Resource": backlog.arn,
        }
    )
    _set_policy(call, state, backlog, msgspec.json.encode(policy).decode())


def remove_permission(call: Call, request: RemovePermissionRequest) -> None:
    """Take a statement out of a queue's policy by its label."""
    state, backlog = located(call, request.get("QueueUrl"))
    label = limits.checked_label(request.get("Label"))
    policy = _policy(backlog)
    kept = [statement for statement in policy["Statement"] if statement.get("Sid") != label]
    if len(kept) == len(policy["Statement"]):
        raise refusals.invalid("Label", label, "can't find label.")
    policy["Statement"] = kept
    _set_policy(call, state, backlog, msgspec.json.encode(policy).decode() if kept else "")


def _checked_accounts(accounts: Sequence[str]) -> Sequence[str]:
    if not accounts:
        raise refusals.missing("AWSAccountIds")
    for account in accounts:
        if len(account) != 12 or not account.isascii() or not account.isdigit():
            raise refusals.invalid("PrincipalId", f"[{account}]", "Unable to verify.")
    return accounts


def _checked_actions(actions: Sequence[str]) -> Sequence[str]:
    if not actions:
        raise refusals.missing("Actions")
    if len(actions) > limits.POLICY_ACTIONS_MAX:
        raise refusals.over_policy_limit("Actions", len(actions), limits.POLICY_ACTIONS_MAX)
    for action in actions:
        if action in OWNERS_ACTIONS:
            raise refusals.invalid(
                "ActionName", f"SQS:{action}", "Only the queue owner is allowed to invoke this action."
            )
        if action not in SHARED_ACTIONS:
            raise refusals.invalid(
                "ActionName", f"SQS:{action}", "Please refer to the appropriate WSDL for a list of valid actions."
            )
    return actions


def _policy(backlog: Backlog) -> dict[str, Any]:
    text = backlog.queue.policy
    if not text:
        return {"Version": "2008-10-17", "Id": f"{backlog.arn}/SQSDefaultPolicy", "Statement": []}
    policy = msgspec.json.decode(text, type=dict[str, Any])
    if not isinstance(policy["Statement"], list):
        policy["Statement"] = [policy["Statement"]]
    return policy


def _set_policy(call: Call, state: SqsState, backlog: Backlog, text: str) -> None:
    backlog.queue.policy = configuration.checked_policy("Policy", text)
    state.configured(backlog, call.now)
    call.changed("sqs.QueueAttributesSet", backlog.arn, Policy=text)
