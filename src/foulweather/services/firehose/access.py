"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisfirehose.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.service import NO_TAGS, Access, Permission, Resource
from foulweather.services.firehose import roles
from foulweather.services.firehose.state import FirehoseState

Request = Mapping[str, Any]


def stream(call: Call, request: Request) -> Sequence[Resource]:
    """The delivery stream of a name."""
    name = request.get("DeliveryStreamName") or ""
    live = call.state(FirehoseState).live.get(name)
    tags = NO_TAGS if live is None else live.stream.tags
    return (Resource(call.arn("firehose", f"deliverystream/{name}"), call.account, tags=tags),)


def new_stream(call: Call, request: Request) -> Sequence[Resource]:
    """The delivery stream to be made: it has no tags yet."""
    return (stream(call, request)[0]._replace(tags=NO_TAGS),)


def given_tags(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """The tags that a request would set."""
    listed = cast("Sequence[Mapping[str, str]]", request.get("Tags") or ())
    tags = {each["Key"]: each.get("Value", "") for each in listed}
    if not tags:
        return {}
    conditions: dict[str, str | list[str]] = {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
    conditions["aws:tagkeys"] = list(tags)
    return conditions


def given_tag_keys(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """The keys of the tags that a request would remove."""
    keys: list[str] = request.get("TagKeys") or []
    return {"aws:tagkeys": keys} if keys else {}


def passing(call: Call, request: Request) -> Sequence[Permission]:
    """iam:PassRole on each role that a delivery stream is given, and the tags of a new one.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    found = sorted(set(_roles(request)))
    passed = {"iam:passedtoservice": roles.SERVICE}
    needed = [
        Permission("iam:PassRole", Resource(role, role.split(":")[4]), passed) for role in found if role.count(":") >= 5
    ]
    if call.operation == "CreateDeliveryStream" and request.get("Tags"):
        tagging = Permission("firehose:TagDeliveryStream", new_stream(call, request)[0], given_tags(call, request))
        needed.append(tagging)
    return needed


def _roles(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        held = cast("Mapping[str, Any]", value)
        own = [str(held["RoleARN"])] if "RoleARN" in held else []
        return own + [role for each in held.values() for role in _roles(each)]
    return []


ACCESS: dict[str, Access] = {
    "CreateDeliveryStream": Access("firehose:CreateDeliveryStream", new_stream, given_tags, passing),
    "DeleteDeliveryStream": Access("firehose:DeleteDeliveryStream", stream),
    "DescribeDeliveryStream": Access("firehose:DescribeDeliveryStream", stream, is_read=True),
    "ListDeliveryStreams": Access("firehose:ListDeliveryStreams", is_read=True),
    "ListTagsForDeliveryStream": Access("firehose:ListTagsForDeliveryStream", stream, is_read=True),
    "PutRecord": Access("firehose:PutRecord", stream, is_data=True),
    "PutRecordBatch": Access("firehose:PutRecordBatch", stream, is_data=True),
    "StartDeliveryStreamEncryption": Access("firehose:StartDeliveryStreamEncryption", stream),
    "StopDeliveryStreamEncryption": Access("firehose:StopDeliveryStreamEncryption", stream),
    "TagDeliveryStream": Access("firehose:TagDeliveryStream", stream, given_tags),
    "UntagDeliveryStream": Access("firehose:UntagDeliveryStream", stream, given_tag_keys),
    "UpdateDestination": Access("firehose:UpdateDestination", stream, also=passing),
}
