"""The sizes of the Resource Groups Tagging API, and its refusals.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/overview.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel import validation
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import ServiceModel
from foulweather.kernel.tagging import Arn
from foulweather.kernel.why import Fact

RESOURCES_PAGE: Final = 50
RESOURCES_PAGE_MAX: Final = 100  # GetResources, ResourcesPerPage: "a minimum of 1 and a maximum value of 100"
TAGS_PAGE_MIN: Final = 100  # TagsPerPage: "a minimum of 100 items up to a maximum of 500 items"
TAGS_PAGE_MAX: Final = 500
NAMES_PAGE: Final = 100
SUMMARIES_PAGE: Final = 100
TYPE_FILTERS_MAX: Final = 100  # ResourceTypeFilters: "The array can include up to 100 items."
TOKEN_LIFE_MS: Final = 15 * 60_000  # "A PaginationToken is valid for a maximum of 15 minutes."
REPORT_KEPT_MS: Final = 90 * 86_400_000  # NO REPORT: "No report was generated in the last 90 days."
# How long AWS takes to make a report is not documented: this is ours.
REPORT_MS: Final = 30_000
TAG_POLICIES: Final = "tagpolicies.tag.amazonaws.com"


def check_model(call: Call, request: Mapping[str, Any]) -> None:
    """Refuse what breaks the model's constraints."""
    violations = validation.check(ServiceModel.load("resourcegroupstaggingapi").operation(call.operation), request)
    if violations:
        raise validation.coral_error(violations, code="InvalidParameterException")


def invalid(message: str, *facts: Fact) -> AwsError:
    """InvalidParameterException, in words."""
    return AwsError("InvalidParameterException", message, facts=facts)


def constraint(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """ConstraintViolationException, in words."""
    return AwsError("ConstraintViolationException", message, facts=facts, remedy=remedy)


def checked_arn(text: str) -> Arn:
    """An ARN, taken apart."""
    arn = Arn.of(text)
    if arn is None or arn.partition != "aws":
        raise invalid(f"{text} is not a valid AmazonResourceName (ARN)", Fact("request", "ResourceARNList", text))
    return arn


def checked_size(request: Mapping[str, Any], member: str, least: int, most: int, default: int) -> int:
    """How many of something are on a page."""
    size = request.get(member, default)
    if not least <= size <= most:
        raise invalid(f"{member} must be between {least} and {most}.", Fact("request", member, size))
    return size
