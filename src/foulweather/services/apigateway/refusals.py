"""The refusals of API Gateway's management API, in AWS's words."""

from __future__ import annotations

from typing import Any, Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

INVALID_MAPPING: Final = "Invalid mapping expression specified: Validation Result: warnings : [], errors : [{}]"
INVALID_PARAMETER: Final = "Invalid mapping expression parameter specified: {}"
INVALID_ARN: Final = "Invalid ARN specified in the request"


def invalid(message: str, *facts: Fact, remedy: tuple[str, ...] = (), **asked: Any) -> AwsError:
    """A request that cannot be meant, or not in this state; `asked` is what of it does not fit."""
    told = tuple(Fact("request", name, value) for name, value in asked.items())
    return AwsError("BadRequestException", message, 400, facts=(*facts, *told), remedy=remedy)


def missing(message: str, what: str, *, remedy: tuple[str, ...] = ()) -> AwsError:
    """There is no such thing; `what` is the path that names it."""
    return AwsError("NotFoundException", message, 404, facts=(Fact(what, "exists", False),), remedy=remedy)


def conflict(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """Something else is in the way."""
    return AwsError("ConflictException", message, 409, facts=facts, remedy=remedy)


def too_many(things: str, scope: str, where: str, most: int) -> AwsError:
    """A quota is used up."""
    message = f"Maximum number of {things} for this {scope} has been reached."
    return AwsError(
        "LimitExceededException",
        f"{message} Please contact AWS if you need additional {things}.",
        429,
        facts=(Fact(where, things, most), Fact(where, f"{things} quota", most)),
    )


def invalid_mapping(expression: str, facts: tuple[Fact, ...] = ()) -> AwsError:
    """A mapping names a parameter that a method does not declare, or nothing that could be mapped."""
    words = INVALID_MAPPING.format(INVALID_PARAMETER.format(expression))
    return invalid(words, *facts, mapping=expression)
