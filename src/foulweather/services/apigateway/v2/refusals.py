"""The refusals of the management API of HTTP and WebSocket APIs, in AWS's words."""

from __future__ import annotations

from typing import Any

from foulweather.kernel import validation
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact


def of_violations(violations: list[validation.Violation]) -> AwsError:
    """What breaks the model's constraints: the model knows no ValidationException."""
    return validation.coral_error(violations, code="BadRequestException")


def invalid(message: str, *facts: Fact, remedy: tuple[str, ...] = (), **asked: Any) -> AwsError:
    """A request that cannot be meant, or not in this state; `asked` is what of it does not fit."""
    told = tuple(Fact("request", name, value) for name, value in asked.items())
    return AwsError("BadRequestException", message, 400, facts=(*facts, *told), remedy=remedy)


def missing(message: str, what: str, *, remedy: tuple[str, ...] = ()) -> AwsError:
    """There is no such thing; `what` is its ARN."""
    return AwsError("NotFoundException", message, 404, facts=(Fact(what, "exists", False),), remedy=remedy)


def conflict(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """Something else is in the way."""
    return AwsError("ConflictException", message, 409, facts=facts, remedy=remedy)


def too_many(things: str, where: str, most: int) -> AwsError:
    """A quota is used up."""
    return AwsError(
        "TooManyRequestsException",
        f"Limit exceeded: at most {most} {things} are allowed.",
        429,
        facts=(Fact(where, things, most), Fact(where, f"{things} quota", most)),
    )
