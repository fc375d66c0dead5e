"""The sizes of Resource Groups, and its refusals.

https://docs.aws.amazon.com/ARG/latest/userguide/gettingstarted-query.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel import validation
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import ServiceModel
from foulweather.kernel.why import Fact

PAGE: Final = 50
TAG_FILTERS_MAX: Final = 50
TAGS_MAX: Final = 50


def check_model(call: Call, request: Mapping[str, Any]) -> None:
    """Refuse what breaks the model's constraints."""
    violations = validation.check(ServiceModel.load("resource-groups").operation(call.operation), request)
    if violations:
        raise validation.coral_error(violations, code="BadRequestException")


def bad(message: str, *facts: Fact) -> AwsError:
    """BadRequestException, in words."""
    return AwsError("BadRequestException", message, facts=facts)


def no_group(name: str) -> AwsError:
    """NotFoundException."""
    return AwsError("NotFoundException", f"Cannot find group: {name}", 404, facts=(Fact(name, "exists", False),))


def checked_tags(had: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """A group's tags with those of a request."""
    for key in given:
        if key.lower().startswith("aws:"):
            raise bad("Tag keys that begin with aws: are reserved for AWS use.", Fact("request", "Tags", key))
    tags = {**had, **given}
    if len(tags) > TAGS_MAX:
        raise bad(f"A resource can have up to {TAGS_MAX} tags.", Fact("request", "tags", len(tags)))
    return tags
