"""CloudWatch's refusals, in its words."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact


def facts(**given: Any) -> tuple[Fact, ...]:
    """What the request said."""
    return tuple(Fact("request", name, value) for name, value in given.items())


def invalid(message: str, **given: Any) -> AwsError:
    """A parameter whose value may not be."""
    return AwsError("InvalidParameterValueException", message, facts=facts(**given))


def missing(name: str) -> AwsError:
    """A parameter that has to be given."""
    return AwsError("MissingRequiredParameterException", f"The parameter {name} is required.")


def combination(message: str, **given: Any) -> AwsError:
    """Parameters that do not go together."""
    return AwsError("InvalidParameterCombinationException", message, facts=facts(**given))


def validation(message: str, **given: Any) -> AwsError:
    """What GetMetricData and the alarms' operations refuse."""
    return AwsError("ValidationError", message, facts=facts(**given))


def no_alarm(name: str) -> AwsError:
    """An alarm that does not exist."""
    return AwsError("ResourceNotFound", f"Alarm {name} does not exist", 404, facts=facts(AlarmName=name))


def unknown_resource(arn: str) -> AwsError:
    """A resource of which there are no tags because there is none."""
    return AwsError(
        "ResourceNotFoundException",
        f"Unknown resource: {arn}",
        404,
        facts=facts(ResourceARN=arn),
        members={"ResourceType": "resource", "ResourceId": arn},
    )


def bad_token() -> AwsError:
    """A token of no page."""
    return AwsError("InvalidNextToken", "The NextToken is invalid.")


def limit(message: str, **given: Any) -> AwsError:
    """A quota that is used up."""
    return AwsError("LimitExceededFault", message, facts=facts(**given))
