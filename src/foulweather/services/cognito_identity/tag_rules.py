"""What tags may be."""

from __future__ import annotations

from collections.abc import Mapping

from foulweather.kernel.why import Fact
from foulweather.services.cognito_identity.limits import TAGS_MAX
from foulweather.services.cognito_identity.refusals import invalid


def checked(had: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """A pool's tags with those of a request."""
    for key in given:
        if key.lower().startswith("aws:"):
            raise invalid("Tag keys that begin with aws: are reserved for AWS use.", Fact("request", "tag", key))
    tags = {**had, **given}
    if len(tags) > TAGS_MAX:
        raise invalid(f"An identity pool can have up to {TAGS_MAX} tags.", Fact("request", "tags", len(tags)))
    return tags
