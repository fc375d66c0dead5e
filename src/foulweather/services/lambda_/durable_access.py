"""What the operations of durable executions need permission for.

"For most durable execution API actions, Lambda authorizes the request against the durable execution ARN, not the
function ARN": https://docs.aws.amazon.com/lambda/latest/dg/durable-security.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Resource
from foulweather.services.lambda_ import durable_tokens
from foulweather.services.lambda_.state import LambdaState

Request = Mapping[str, Any]


def execution(call: Call, request: Request) -> Sequence[Resource]:
    """The execution that a request names, with its function's tags."""
    return (_resource(call, request["DurableExecutionArn"]),)


def callback(call: Call, request: Request) -> Sequence[Resource]:
    """The execution that has made a callback."""
    found = durable_tokens.callback(call, request["CallbackId"])
    if found is None:
        return (Resource(call.arn("lambda", "function:*"), call.account),)
    return (_resource(call, found[1].arn),)


def _resource(call: Call, arn: str) -> Resource:
    named = durable_tokens.parts_of(arn)
    if named is None:
        return Resource(arn, call.account)
    function = call.state(LambdaState, named.account, named.region).functions.get(named.function)
    return Resource(arn, named.account, tags={} if function is None else function.tags)


ACCESS: dict[str, Access] = {
    "CheckpointDurableExecution": Access("lambda:CheckpointDurableExecution", execution, is_data=True),
    "GetDurableExecutionState": Access("lambda:GetDurableExecutionState", execution, is_read=True, is_data=True),
    "GetDurableExecution": Access("lambda:GetDurableExecution", execution, is_read=True),
    "GetDurableExecutionHistory": Access("lambda:GetDurableExecutionHistory", execution, is_read=True),
    "StopDurableExecution": Access("lambda:StopDurableExecution", execution),
    **{
        f"SendDurableExecutionCallback{how}": Access(f"lambda:SendDurableExecutionCallback{how}", callback)
        for how in ("Success", "Failure", "Heartbeat")
    },
}
