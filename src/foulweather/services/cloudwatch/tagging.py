"""Tags, as every resource of CloudWatch takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from foulweather.services.cloudwatch import limits, refusals


def given(tags: Sequence[Mapping[str, str]] | None, held: Mapping[str, str] | None = None) -> dict[str, str]:
    """Tags by key, together with those that are there."""
    new: dict[str, str] = {}
    for tag in tags or ():
        key, value = tag.get("Key") or "", tag.get("Value") or ""
        if not key or len(key) > 128 or key.lower().startswith("aws:"):
            raise refusals.invalid(f"The tag key {key} is invalid.", Key=key)
        if len(value) > 256:
            raise refusals.invalid(f"The value of tag {key} is too long.", Key=key)
        if key in new:
            raise refusals.invalid(f"Duplicate tag keys found: {key}.", Key=key)
        new[key] = value
    whole = {**(held or {}), **new}
    if len(whole) > limits.TAGS_MAX:
        raise refusals.invalid(f"The number of tags exceeds the limit of {limits.TAGS_MAX}.", Tags=len(whole))
    return whole
