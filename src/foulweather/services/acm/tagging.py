"""Which tags a certificate can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.acm import limits


def checked(tags: Sequence[Mapping[str, str]], held: Mapping[str, str]) -> dict[str, str]:
    """Tags added to those that a certificate has."""
    made = dict(held)
    for tag in tags:
        if tag["Key"].lower().startswith("aws:"):
            fact = Fact("request", "Key", tag["Key"])
            raise AwsError("InvalidTagException", "Tag keys cannot begin with aws:", facts=(fact,))
        made[tag["Key"]] = tag.get("Value", "")
    if len(made) > limits.TAGS_MAX:
        fact = Fact("request", "Tags", len(made))
        words = f"A certificate can have at most {limits.TAGS_MAX} tags."
        raise AwsError("TooManyTagsException", words, facts=(fact,))
    return made
