"""Firehose's refusals, in its words, with the facts behind them.

Codes: the errors of each operation in https://docs.aws.amazon.com/firehose/latest/APIReference/Welcome.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.firehose.records import Delivery


def invalid(message: str, *facts: Fact, why: Why | None = None) -> AwsError:
    """An argument that is wrong."""
    return AwsError("InvalidArgumentException", message, facts=facts, why=why)


def no_stream(account: str, region: str, name: str) -> AwsError:
    """There is no delivery stream of that name."""
    arn = f"arn:aws:firehose:{region}:{account}:deliverystream/{name}"
    return AwsError(
        "ResourceNotFoundException",
        f"Firehose {name} under account {account} not found.",
        facts=(Fact(arn, "exists", False),),
        remedy=(f"aws firehose list-delivery-streams --region {region}",),
    )


def in_use(message: str, *facts: Fact) -> AwsError:
    """A delivery stream that is there already, or is being made or deleted."""
    return AwsError("ResourceInUseException", message, facts=facts)


def not_active(call: Call, stream: Delivery) -> AwsError:
    """A delivery stream that is not ACTIVE."""
    return in_use(
        f"Firehose {stream.name} under account {stream.account} is not in ACTIVE state, it is {stream.status}.",
        call.fact(stream.arn, "DeliveryStreamStatus", stream.status),
    )


def over_limit(message: str, *facts: Fact) -> AwsError:
    """A quota that has no room."""
    return AwsError("LimitExceededException", message, facts=facts)
