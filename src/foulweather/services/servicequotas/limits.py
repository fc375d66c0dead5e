"""The numbers of Service Quotas, and its refusals.

https://docs.aws.amazon.com/servicequotas/latest/userguide/reference.html
"""

from __future__ import annotations

from typing import Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

PAGE: Final = 100
ACTIVE_REQUESTS_MAX: Final = 20  # "Active requests per account"
TEMPLATE_REQUESTS_MAX: Final = 10  # "Quota requests per template"
HISTORY_MS: Final = 90 * 86_400_000  # "Responses include any open or closed requests within 90 days."
REPORT_LIFE_MS: Final = 15 * 60_000  # "Reports are automatically deleted after 15 minutes."
TAGS_MAX: Final = 50
SERVICE: Final = "servicequotas.amazonaws.com"
# How long AWS takes is not documented ("several seconds", "a few days" at most): these are ours.
REPORT_MS: Final = 5_000
REVIEW_MS: Final = 5 * 60_000
CASE_MS: Final = 24 * 3_600_000
# Up to this many times the value in force, a request is granted without a support case: ours too.
GRANTED_AT_ONCE: Final = 2


def no_service(code: str) -> AwsError:
    """NoSuchResourceException: no quota of the service is told of in the region."""
    return AwsError(
        "NoSuchResourceException",
        "The request failed because the specified service does not exist.",
        facts=(Fact(code, "quotas here", 0),),
    )


def no_resource(sought: str) -> AwsError:
    """NoSuchResourceException, of anything else."""
    return AwsError(
        "NoSuchResourceException", "The specified resource does not exist.", facts=(Fact(sought, "exists", False),)
    )


def illegal(message: str, *facts: Fact) -> AwsError:
    """IllegalArgumentException, in words."""
    return AwsError("IllegalArgumentException", message, facts=facts)
