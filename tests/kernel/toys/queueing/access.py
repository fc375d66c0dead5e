from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Resource


def queue(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    return (Resource(call.arn("sqs", request["QueueUrl"]), call.account),)


ACCESS = {
    "SendMessage": Access("sqs:SendMessage", queue),
    "ReceiveMessage": Access("sqs:ReceiveMessage", queue),
    "PurgeQueue": Access("sqs:PurgeQueue", queue),
}
