"""Every quota of X-Ray, and the words of its refusals.

https://docs.aws.amazon.com/general/latest/gr/xray.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Rate
from foulweather.kernel.why import Fact

# Who does not sign (an exporter, a daemon) is the root user of the account that unknown keys stand for.
ACCOUNT: Final = "000000000000"
REGION: Final = "us-east-1"
DAY_MS: Final = 86_400_000
RETENTION_MS: Final = 30 * DAY_MS
# This product's own bound, so that a busy world does not grow without end: the oldest traces go first.
SEGMENTS_MAX: Final = 100_000
# Of a segment document and of a trace (https://docs.aws.amazon.com/general/latest/gr/xray.html).
SEGMENT_BYTES_MAX: Final = 65_536
TRACE_BYTES_MAX: Final = 512_000
# Custom sampling rules of a Region, and groups of an account (the same page).
RULES_MAX: Final = 25
GROUPS_MAX: Final = 25
TAGS_MAX: Final = 50
POLICIES_MAX: Final = 5
POLICY_BYTES_MAX: Final = 5_120
TRACE_IDS_MAX: Final = 5
SUMMARY_RANGE_MS_MAX: Final = DAY_MS
GRAPH_RANGE_MS_MAX: Final = 6 * 3_600_000
# AWS takes some minutes until a key is in use; nobody wants to wait for these here.
ENCRYPTION_MS: Final = 5_000
# 2,600 segments a second in the large Regions (the same page), as requests of one document each.
_THROTTLED: Final = ("ThrottledException", "Rate exceeded", 429)
RATES: dict[str, Rate] = {"PutTraceSegments": Rate(2_600, 2_600, *_THROTTLED)}


def invalid(message: str, **facts: Any) -> AwsError:
    """A request that cannot be meant; X-Ray has one code for what is missing, too."""
    return AwsError(
        "InvalidRequestException",
        message,
        400,
        facts=tuple(Fact("request", name, value) for name, value in facts.items()),
    )


def missing(arn: str) -> AwsError:
    """There is nothing to tag."""
    return AwsError(
        "ResourceNotFoundException", f"Resource {arn} does not exist", 404, facts=(Fact(arn, "exists", False),)
    )


def checked_range(request: Mapping[str, Any], most_ms: int) -> tuple[int, int]:
    """The time range that a request asks for."""
    start, end = request["StartTime"], request["EndTime"]
    if start > end:
        raise invalid("The start time cannot be after the end time.", StartTime=start, EndTime=end)
    if end - start > most_ms:
        hours = most_ms // 3_600_000
        raise invalid(f"The time range cannot be longer than {hours} hours.", StartTime=start, EndTime=end)
    return start, end


def checked_tags(tags: Sequence[Mapping[str, str]], held: Mapping[str, str]) -> dict[str, str]:
    """Tags added to those that a resource has."""
    made = dict(held)
    for tag in tags:
        if tag["Key"].lower().startswith("aws:"):
            raise invalid("Tag keys starting with 'aws:' are reserved for system use", Key=tag["Key"])
        made[tag["Key"]] = tag["Value"]
    if len(made) > TAGS_MAX:
        raise AwsError(
            "TooManyTagsException",
            f"A resource can have at most {TAGS_MAX} tags.",
            400,
            facts=(Fact("request", "tags", len(made)),),
        )
    return made
