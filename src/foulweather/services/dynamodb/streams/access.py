"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Resource
from foulweather.services.dynamodb.streams.iterators import opened


def stream(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The stream that StreamArn names."""
    return (_named(call, request.get("StreamArn") or ""),)


def stream_of_iterator(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    """The stream that a shard iterator reads."""
    iterator = opened(request.get("ShardIterator") or "")
    return (_named(call, "" if iterator is None else iterator.arn),)


def _named(call: Call, arn: str) -> Resource:
    parts = arn.split(":")
    return Resource(arn or "*", parts[4] if len(parts) > 5 and parts[4] else call.account)


ACCESS: dict[str, Access] = {
    "DescribeStream": Access("dynamodb:DescribeStream", stream, is_read=True),
    "GetRecords": Access("dynamodb:GetRecords", stream_of_iterator, is_read=True, is_data=True),
    "GetShardIterator": Access("dynamodb:GetShardIterator", stream, is_read=True, is_data=True),
    "ListStreams": Access("dynamodb:ListStreams", is_read=True),
}
