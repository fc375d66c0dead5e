"""Kinesis' refusals, in its words, with the facts behind them.

Codes: the errors of each operation in https://docs.aws.amazon.com/kinesis/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kinesis.records import Stream


def invalid(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """An argument that is wrong."""
    return AwsError("InvalidArgumentException", message, facts=facts, remedy=remedy)


def breaks(member: str, value: object, constraint: str) -> AwsError:
    """A member that breaks a constraint which the model alone does not know."""
    return AwsError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}",
        facts=(Fact("request", member, str(value)),),
    )


def no_stream(account: str, region: str, name: str, *facts: Fact) -> AwsError:
    """There is no stream of that name, or it cannot be used yet."""
    arn = f"arn:aws:kinesis:{region}:{account}:stream/{name}"
    return AwsError(
        "ResourceNotFoundException",
        f"Stream {name} under account {account} not found.",
        facts=facts or (Fact(arn, "exists", False),),
        remedy=() if facts else (f"aws kinesis create-stream --stream-name {name} --region {region}",),
    )


def stream_exists(stream: Stream) -> AwsError:
    """The name is taken."""
    return AwsError(
        "ResourceInUseException",
        f"Stream {stream.name} under account {stream.account} already exists.",
        facts=(Fact(stream.arn, "StreamStatus", stream.status),),
    )


def not_active(call: Call, stream: Stream) -> AwsError:
    """A stream that is being made, changed or deleted."""
    return AwsError(
        "ResourceInUseException",
        f"Stream {stream.name} under account {stream.account} not ACTIVE, instead in state {stream.status}",
        facts=(call.fact(stream.arn, "StreamStatus", stream.status),),
        remedy=(f"aws kinesis wait stream-exists --stream-name {stream.name} --region {stream.region}",),
    )


def no_shard(stream: Stream, shard: str) -> AwsError:
    """There is no shard of that id, or it has expired."""
    return AwsError(
        "ResourceNotFoundException",
        f"Could not find shard {shard} in stream {stream.name} under account {stream.account}.",
        facts=(Fact(stream.arn, "open shards", len(stream.open_shards)),),
        remedy=(f"aws kinesis list-shards --stream-name {stream.name} --region {stream.region}",),
    )


def no_consumer(account: str, what: str) -> AwsError:
    """There is no such consumer."""
    return AwsError(
        "ResourceNotFoundException",
        f"Consumer {what}, account {account} not found.",
        facts=(Fact(what, "exists", False),),
    )


def over_limit(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """A quota that has no room."""
    return AwsError("LimitExceededException", message, facts=facts, remedy=remedy)


def over_shard_limit(account: str, region: str, current: int, limit: int, more: int) -> AwsError:
    """More shards than the account may have."""
    return over_limit(
        f"This request would exceed the shard limit for the account {account} in {region}. Current shard count for "
        f"the account: {current}. Limit: {limit}. Number of additional shards that would have resulted from this "
        f"request: {more}. Refer to the AWS Service Limits page "
        "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request "
        "higher limits.",
        Fact(account, f"open shards in {region}", current),
        Fact(account, "shard limit", limit),
    )
