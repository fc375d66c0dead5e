"""Tags as they are checked."""

from __future__ import annotations

from collections.abc import Mapping

from foulweather.kernel.why import Fact
from foulweather.services.kinesis import limits, refusals


def checked(given: Mapping[str, str], held: Mapping[str, str]) -> dict[str, str]:
    """Tags with others added, fifty at most."""
    for key in given:
        if key.lower().startswith("aws:"):
            raise refusals.invalid(
                "Tag keys starting with 'aws:' are reserved for system use.", Fact("request", "Tags", key)
            )
    merged = {**held, **given}
    if len(merged) > limits.TAGS_MAX:
        raise refusals.invalid(
            f"Failed to add tags: a resource can have at most {limits.TAGS_MAX} tags.",
            Fact("request", "tags", len(merged)),
        )
    return merged
