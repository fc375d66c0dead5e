"""EventBridge's refusals, in its words."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.event_documents import PatternSyntax
from foulweather.kernel.why import Fact
from foulweather.services.events.state import DEFAULT


def invalid(message: str, **facts: Any) -> AwsError:
    """A request that cannot be meant."""
    return AwsError(
        "ValidationException", message, facts=tuple(Fact("request", name, value) for name, value in facts.items())
    )


def no_bus(name: str) -> AwsError:
    """There is no such bus."""
    return AwsError(
        "ResourceNotFoundException",
        f"Event bus {name} does not exist.",
        facts=(Fact(f"event-bus/{name}", "exists", False),),
        remedy=(f"aws events create-event-bus --name {name}",),
    )


def no_rule(name: str, bus: str) -> AwsError:
    """There is no such rule."""
    where = "" if bus == DEFAULT else f" on EventBus {bus}"
    return AwsError(
        "ResourceNotFoundException",
        f"Rule {name} does not exist{where}.",
        facts=(Fact(f"rule/{name}", "exists", False),),
    )


def missing(kind: str, name: str) -> AwsError:
    """There is no such archive or replay."""
    return AwsError("ResourceNotFoundException", f"{kind} {name} does not exist.", facts=(Fact(name, "exists", False),))


def exists(kind: str, name: str) -> AwsError:
    """There is one of that name."""
    return AwsError(
        "ResourceAlreadyExistsException", f"{kind} {name} already exists.", facts=(Fact(name, "exists", True),)
    )


def too_many(resource: str, name: str, value: int, most: int) -> AwsError:
    """A quota is used up."""
    return AwsError(
        "LimitExceededException",
        "The requested resource exceeds the maximum number allowed.",
        facts=(Fact(resource, name, value), Fact("quota", name, most)),
    )


def not_a_pattern(text: str, error: PatternSyntax) -> AwsError:
    """A pattern that the rule compiler refuses."""
    return AwsError(
        "InvalidEventPatternException",
        f"Event pattern is not valid. Reason: {error.located(text)}",
        facts=(Fact("request", "EventPattern", text), Fact("EventPattern", "position", error.at)),
    )
