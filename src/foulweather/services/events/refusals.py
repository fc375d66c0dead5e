"""EventBridge's refusals, in its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.event_documents import PatternSyntax
from foulweather.kernel.why import Fact
from foulweather.services.events.state import DEFAULT

# What an entry of PutEvents or PutPartnerEvents fails with.
NOT_YOUR_SOURCE: Final = {
    "ErrorCode": "NotAuthorizedForSourceException",
    "ErrorMessage": "Not authorized for the source.",
}
MALFORMED: Final = {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}


def of_entry(entry: Mapping[str, Any]) -> dict[str, str] | None:
    """What an entry lacks that every event has."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            reason = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": reason}
    return None


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


def wrong_state(name: str, state: str, *, has_bus: bool = True) -> AwsError:
    """A partner event source is in no state for it."""
    facts = (Fact(name, "State", state), Fact(f"event-bus/{name}", "exists", has_bus))
    remedy = () if has_bus else (f"aws events create-event-bus --name {name} --event-source-name {name}",)
    words = f"Event source {name} is in the state {state}."
    return AwsError("InvalidStateException", words, facts=facts, remedy=remedy)


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
