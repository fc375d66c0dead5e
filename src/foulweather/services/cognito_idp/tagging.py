"""What tags may be."""

from __future__ import annotations

from collections.abc import Mapping

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp.limits import TAGS_MAX


def checked(had: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """A pool's tags with those of a request."""
    for key in given:
        if key.lower().startswith("aws:"):
            raise _refused("Tag keys that begin with aws: are reserved for AWS use.", Fact("request", "tag", key))
    tags = {**had, **given}
    if len(tags) > TAGS_MAX:
        raise _refused(f"A user pool can have up to {TAGS_MAX} tags.", Fact("request", "tags", len(tags)))
    return tags


def _refused(message: str, fact: Fact) -> AwsError:
    return AwsError("InvalidParameterException", message, facts=(fact,))
