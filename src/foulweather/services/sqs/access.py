"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.sqs.addresses import addressed, parsed_arn
from foulweather.services.sqs.handles import parsed_task
from foulweather.services.sqs.redrive import sources_of
from foulweather.services.sqs.state import SqsState


def policy_command(arn: str, document: str) -> str:
    """The command that sets a queue's policy."""
    region, account, name = arn.split(":")[3:6]
    url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
    attributes = shlex.quote(json.dumps({"Policy": document}))
    return f"aws sqs set-queue-attributes --queue-url {url} --attributes {attributes} --region {region}"


def queue_named_in_url(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The queue that QueueUrl names, with its policy."""
    account, name = addressed(request.get("QueueUrl") or "")
    return (_resource(call, account or call.account, name),)


def owned_queue_named_in_url(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The queue that QueueUrl names, for actions that a queue policy cannot grant to another account."""
    return _owners_only(call, queue_named_in_url(call, request)[0])


def queue_named(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The queue of a name, and of QueueOwnerAWSAccountId."""
    account = request.get("QueueOwnerAWSAccountId") or call.account
    return (_resource(call, account, request.get("QueueName") or ""),)


def new_queue(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The queue to be made: it has no policy yet, and the tags of an older one do not matter."""
    return (Resource(call.arn("sqs", request.get("QueueName") or ""), call.account),)


def dead_letters(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The queue that SourceArn names."""
    return (_named_by_arn(call, request.get("SourceArn") or ""),)


def dead_letters_of_task(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The queue whose messages the task of TaskHandle moves."""
    try:
        source_arn = parsed_task(request.get("TaskHandle") or "")[1]
    except AwsError:
        source_arn = ""
    return (_named_by_arn(call, source_arn),)


def given_tags(call: Call, request: Mapping[str, Any]) -> Mapping[str, str | list[str]]:
    """The tags that a request would set."""
    tags: Mapping[str, str] = request.get("tags") or request.get("Tags") or {}
    return _tag_conditions(tags, list(tags))


def given_tag_keys(call: Call, request: Mapping[str, Any]) -> Mapping[str, str | list[str]]:
    """The keys of the tags that a request would remove."""
    return _tag_conditions({}, request.get("TagKeys") or [])


def tagging(call: Call, request: Mapping[str, Any]) -> Sequence[Permission]:
    """Tags on a new queue need sqs:TagQueue too (CreateQueue, API reference)."""
    if not request.get("tags"):
        return ()
    return (Permission("sqs:TagQueue", new_queue(call, request)[0], given_tags(call, request)),)


def moving(call: Call, request: Mapping[str, Any]) -> Sequence[Permission]:
    """A move task receives from the dead-letter queue and sends to the destinations.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    """
    (source,) = dead_letters(call, request)
    needed = [
        Permission(f"sqs:{action}", source) for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    ]
    if destination := request.get("DestinationArn"):
        return (*needed, Permission("sqs:SendMessage", _named_by_arn(call, destination)))
    sources = sources_of(call.state(SqsState), source.arn)
    return (*needed, *(Permission("sqs:SendMessage", _named_by_arn(call, queue.arn)) for queue in sources))


def cancelling(call: Call, request: Mapping[str, Any]) -> Sequence[Permission]:
    """What cancelling a move task needs beside its own action."""
    (source,) = dead_letters_of_task(call, request)
    return [Permission(f"sqs:{action}", source) for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]


def listing_tasks(call: Call, request: Mapping[str, Any]) -> Sequence[Permission]:
    """What listing move tasks needs beside its own action."""
    return (Permission("sqs:GetQueueAttributes", dead_letters(call, request)[0]),)


def _resource(call: Call, account: str, name: str) -> Resource:
    backlog = call.state(SqsState, account).backlogs.get(name)
    if backlog is None:
        return Resource(f"arn:aws:sqs:{call.region}:{account}:{name}", account)
    return Resource(backlog.arn, account, backlog.policy, backlog.queue.tags)


def _named_by_arn(call: Call, arn: str) -> Resource:
    place = parsed_arn(arn)
    if place is None or place[0] != call.region:
        return Resource(arn or "*", call.account if place is None else place[1])
    return _owners_only(call, _resource(call, place[1], place[2]))[0]


def _owners_only(call: Call, found: Resource) -> Sequence[Resource]:
    """Without its policy, a queue grants nothing to another account.

    "Cross-account permissions don't apply to the following actions":
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-limitations-of-custom-policies.html
    """
    return (found if call.principal.account == found.account else found._replace(policy=None),)


def _tag_conditions(tags: Mapping[str, str], keys: Sequence[str]) -> Mapping[str, str | list[str]]:
    if not keys:
        return {}
    conditions: dict[str, str | list[str]] = {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
    conditions["aws:tagkeys"] = list(keys)
    return conditions


ACCESS: dict[str, Access] = {
    "AddPermission": Access("sqs:AddPermission", owned_queue_named_in_url),
    "CancelMessageMoveTask": Access("sqs:CancelMessageMoveTask", dead_letters_of_task, also=cancelling),
    "ChangeMessageVisibility": Access("sqs:ChangeMessageVisibility", queue_named_in_url, is_data=True),
    "ChangeMessageVisibilityBatch": Access("sqs:ChangeMessageVisibility", queue_named_in_url, is_data=True),
    "CreateQueue": Access("sqs:CreateQueue", new_queue, given_tags, tagging),
    "DeleteMessage": Access("sqs:DeleteMessage", queue_named_in_url, is_data=True),
    "DeleteMessageBatch": Access("sqs:DeleteMessage", queue_named_in_url, is_data=True),
    "DeleteQueue": Access("sqs:DeleteQueue", owned_queue_named_in_url),
    "GetQueueAttributes": Access("sqs:GetQueueAttributes", queue_named_in_url, is_read=True),
    "GetQueueUrl": Access("sqs:GetQueueUrl", queue_named, is_read=True),
    "ListDeadLetterSourceQueues": Access("sqs:ListDeadLetterSourceQueues", queue_named_in_url, is_read=True),
    "ListMessageMoveTasks": Access("sqs:ListMessageMoveTasks", dead_letters, also=listing_tasks, is_read=True),
    "ListQueueTags": Access("sqs:ListQueueTags", owned_queue_named_in_url, is_read=True),
    "ListQueues": Access("sqs:ListQueues", is_read=True),
    "PurgeQueue": Access("sqs:PurgeQueue", queue_named_in_url),
    "ReceiveMessage": Access("sqs:ReceiveMessage", queue_named_in_url, is_data=True, is_read=True),
    "RemovePermission": Access("sqs:RemovePermission", owned_queue_named_in_url),
    "SendMessage": Access("sqs:SendMessage", queue_named_in_url, is_data=True),
    "SendMessageBatch": Access("sqs:SendMessage", queue_named_in_url, is_data=True),
    "SetQueueAttributes": Access("sqs:SetQueueAttributes", owned_queue_named_in_url),
    "StartMessageMoveTask": Access("sqs:StartMessageMoveTask", dead_letters, also=moving),
    "TagQueue": Access("sqs:TagQueue", owned_queue_named_in_url, given_tags),
    "UntagQueue": Access("sqs:UntagQueue", owned_queue_named_in_url, given_tag_keys),
}
