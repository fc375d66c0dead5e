"""The rules of tags. https://docs.aws.amazon.com/sns/latest/dg/sns-tags.html"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.services.sns.limits import TAGS_MAX, invalid_parameter


def checked_tags(tags: Sequence[Any]) -> dict[str, str]:
    """Tags as a request lists them."""
    made: dict[str, str] = {}
    for tag in tags:
        key, value = tag.get("Key", ""), tag.get("Value", "")
        if not 1 <= len(key) <= 128 or key.lower().startswith("aws:"):
            raise invalid_parameter("Tags Reason: Invalid tag key")
        if len(value) > 256:
            raise invalid_parameter("Tags Reason: Invalid tag value")
        if key in made:
            raise invalid_parameter("Duplicated keys are not allowed.")
        made[key] = value
    refuse_many(made)
    return made


def refuse_many(tags: dict[str, str]) -> None:
    """Refuse more than fifty tags."""
    if len(tags) > TAGS_MAX:
        raise AwsError("TagLimitExceededException", "Could not complete request: tag quota of per resource exceeded")
