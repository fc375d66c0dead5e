"""What of an account's concurrency has been promised, whether or not it is there yet."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.lambda_.records import Function
from foulweather.services.lambda_.state import LambdaState


def promised(function: Function) -> int:
    """What a function has for itself: its reservation, or else what is provisioned for it."""
    if function.reserved is not None:
        return function.reserved
    return sum(each.requested for each in function.provisioned.values())


def promised_to_all(call: Call, account: str, region: str) -> int:
    """What all functions of an account have for themselves."""
    return sum(promised(each) for each in call.state(LambdaState, account, region).functions.values())
