"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisdatastreams.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.kinesis import iterators
from foulweather.services.kinesis.state import KinesisState

Request = Mapping[str, Any]


def stream(call: Call, request: Request) -> Sequence[Resource]:
    """The stream that StreamARN or StreamName names, with its policy."""
    arn = request.get("StreamARN")
    if arn is not None:
        return (_by_arn(call, arn),)
    token = request.get("NextToken")
    name = request.get("StreamName")
    if name is None and token is not None:
        name = _listed(call, token)
    return (_named(call, call.account, name or ""),)


def new_stream(call: Call, request: Request) -> Sequence[Resource]:
    """The stream to be made: it has neither policy nor tags yet."""
    return (Resource(call.arn("kinesis", f"stream/{request.get('StreamName', '')}"), call.account),)


def stream_of_iterator(call: Call, request: Request) -> Sequence[Resource]:
    """The stream that a shard iterator reads."""
    iterator = iterators.opened(request.get("ShardIterator") or "")
    if iterator is None:
        return stream(call, request)
    return (_named(call, iterator.account, iterator.name),)


def consumer(call: Call, request: Request) -> Sequence[Resource]:
    """The consumer of an ARN, or of a stream's ARN and a name; nobody needs to be there."""
    arn = request.get("ConsumerARN")
    if arn is None:
        of, name = request.get("StreamARN", ""), request.get("ConsumerName", "")
        arn = f"{of}/consumer/{name}:*"
        if of.count(":") >= 5:
            state = call.state(KinesisState, of.split(":")[4])
            found = [each.arn for each in state.consumers.values() if each.stream_arn == of and each.name == name]
            arn = found[0] if found else arn
    return (_by_arn(call, arn),)


def either(call: Call, request: Request) -> Sequence[Resource]:
    """The stream or the consumer of ResourceARN."""
    return (_by_arn(call, request.get("ResourceARN") or ""),)


def given_tags(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """The tags that a request would set."""
    tags: Mapping[str, str] = request.get("Tags") or {}
    if not tags:
        return {}
    conditions: dict[str, str | list[str]] = {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
    conditions["aws:tagkeys"] = list(tags)
    return conditions


def given_tag_keys(call: Call, request: Request) -> Mapping[str, str | list[str]]:
    """The keys of the tags that a request would remove."""
    keys: list[str] = request.get("TagKeys") or []
    return {"aws:tagkeys": keys} if keys else {}


def tagging_stream(call: Call, request: Request) -> Sequence[Permission]:
    """Tags on a new stream need kinesis:AddTagsToStream too."""
    if not request.get("Tags"):
        return ()
    return (Permission("kinesis:AddTagsToStream", new_stream(call, request)[0], given_tags(call, request)),)


def tagging_consumer(call: Call, request: Request) -> Sequence[Permission]:
    """Tags on a new consumer need kinesis:TagResource too (RegisterStreamConsumer, API reference)."""
    if not request.get("Tags"):
        return ()
    arn = f"{request.get('StreamARN', '')}/consumer/{request.get('ConsumerName', '')}:{call.now // 1000}"
    return (Permission("kinesis:TagResource", Resource(arn, call.account), given_tags(call, request)),)


def _named(call: Call, account: str, name: str) -> Resource:
    live = call.state(KinesisState, account).live.get(name)
    if live is None:
        return Resource(f"arn:aws:kinesis:{call.region}:{account}:stream/{name}", account)
    return Resource(live.arn, account, live.policy, live.stream.tags)


def _by_arn(call: Call, arn: str) -> Resource:
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[3] != call.region:
        return Resource(arn or "*", parts[4] if len(parts) > 5 and parts[4] else call.account)
    account, rest = parts[4], parts[5]
    if "/consumer/" not in rest:
        return _named(call, account, rest.partition("/")[2])
    known = call.state(KinesisState, account).known.get(arn)
    return Resource(arn, account) if known is None else Resource(arn, account, known.policy, known.consumer.tags)


def _listed(call: Call, token: str) -> str:
    """The stream that a listing goes on with."""
    try:
        return iterators.opened_token(token, call.now, 6)[0]
    except AwsError:
        return ""


def _of_stream(operation: str, *, is_read: bool = False, is_data: bool = False) -> Access:
    return Access(f"kinesis:{operation}", stream, is_read=is_read, is_data=is_data)


ACCESS: dict[str, Access] = {
    "AddTagsToStream": Access("kinesis:AddTagsToStream", stream, given_tags),
    "CreateStream": Access("kinesis:CreateStream", new_stream, given_tags, tagging_stream),
    "DecreaseStreamRetentionPeriod": _of_stream("DecreaseStreamRetentionPeriod"),
    "DeleteResourcePolicy": Access("kinesis:DeleteResourcePolicy", either),
    "DeleteStream": _of_stream("DeleteStream"),
    "DeregisterStreamConsumer": Access("kinesis:DeregisterStreamConsumer", consumer),
    "DescribeLimits": Access("kinesis:DescribeLimits", is_read=True),
    "DescribeStream": _of_stream("DescribeStream", is_read=True),
    "DescribeStreamConsumer": Access("kinesis:DescribeStreamConsumer", consumer, is_read=True),
    "DescribeStreamSummary": _of_stream("DescribeStreamSummary", is_read=True),
    "DisableEnhancedMonitoring": _of_stream("DisableEnhancedMonitoring"),
    "EnableEnhancedMonitoring": _of_stream("EnableEnhancedMonitoring"),
    "GetRecords": Access("kinesis:GetRecords", stream_of_iterator, is_read=True, is_data=True),
    "GetResourcePolicy": Access("kinesis:GetResourcePolicy", either, is_read=True),
    "GetShardIterator": _of_stream("GetShardIterator", is_read=True, is_data=True),
    "IncreaseStreamRetentionPeriod": _of_stream("IncreaseStreamRetentionPeriod"),
    "ListShards": _of_stream("ListShards", is_read=True),
    "ListStreamConsumers": _of_stream("ListStreamConsumers", is_read=True),
    "ListStreams": Access("kinesis:ListStreams", is_read=True),
    "ListTagsForResource": Access("kinesis:ListTagsForResource", either, is_read=True),
    "ListTagsForStream": _of_stream("ListTagsForStream", is_read=True),
    "MergeShards": _of_stream("MergeShards"),
    "PutRecord": _of_stream("PutRecord", is_data=True),
    "PutRecords": _of_stream("PutRecords", is_data=True),
    "PutResourcePolicy": Access("kinesis:PutResourcePolicy", either),
    "RegisterStreamConsumer": Access("kinesis:RegisterStreamConsumer", stream, given_tags, tagging_consumer),
    "RemoveTagsFromStream": Access("kinesis:RemoveTagsFromStream", stream, given_tag_keys),
    "SplitShard": _of_stream("SplitShard"),
    "StartStreamEncryption": _of_stream("StartStreamEncryption"),
    "StopStreamEncryption": _of_stream("StopStreamEncryption"),
    "SubscribeToShard": Access("kinesis:SubscribeToShard", consumer, is_read=True, is_data=True),
    "TagResource": Access("kinesis:TagResource", either, given_tags),
    "UntagResource": Access("kinesis:UntagResource", either, given_tag_keys),
    "UpdateMaxRecordSize": _of_stream("UpdateMaxRecordSize"),
    "UpdateShardCount": _of_stream("UpdateShardCount"),
    "UpdateStreamMode": _of_stream("UpdateStreamMode"),
}
