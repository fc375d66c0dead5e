"""Tags as they are checked."""

from __future__ import annotations

from collections.abc import Mapping

from foulweather.kernel.why import Fact
from foulweather.services.firehose import limits, refusals


def checked(given: Mapping[str, str], held: Mapping[str, str]) -> dict[str, str]:
    """Tags with others added, fifty at most."""
    merged = {**held, **given}
    for key in given:
        if key.lower().startswith("aws:"):
            raise refusals.invalid("Tag keys with the prefix aws: are reserved.", Fact("request", "Tags", key))
    if len(merged) > limits.TAGS_MAX:
        raise refusals.over_limit(
            f"A delivery stream can have at most {limits.TAGS_MAX} tags.", Fact("request", "tags", len(merged))
        )
    return merged
