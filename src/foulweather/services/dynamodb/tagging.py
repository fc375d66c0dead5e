"""Tags as DynamoDB takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from foulweather.services.dynamodb import limits, refusals
from foulweather.services.dynamodb.refusals import invalid


def checked_tags(tags: Sequence[Mapping[str, str]], before: Mapping[str, str] | None = None) -> dict[str, str]:
    """Tags added to those that are there, within the quota.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html
    """
    given = {tag["Key"]: tag["Value"] for tag in tags}
    if len(given) != len(tags):
        raise invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    for key in given:
        if key.lower().startswith("aws:"):
            raise refusals.validation(
                "One or more parameter values were invalid: Tag keys that start with aws: are reserved for AWS use"
            )
    merged = {**(before or {}), **given}
    if len(merged) > limits.TAGS_MAX:
        raise refusals.validation(f"Too many tags: a resource has at most {limits.TAGS_MAX}")
    return merged
