"""CloudTrail's quotas, and the names that are checked against its rules.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html
"""

from __future__ import annotations

import re
from typing import Any, Final

from foulweather.kernel.service import Rate
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail.refusals import refused

TRAILS_MAX: Final = 5
STORES_MAX: Final = 10
SELECTORS_MAX: Final = 5
CONDITIONS_MAX: Final = 500
DATA_RESOURCES_MAX: Final = 250
LOOKED_UP_MAX: Final = 50
QUERIES_AT_ONCE_MAX: Final = 10
TAGS_MAX: Final = 50
PREFIX_MAX: Final = 200
TOPIC_MAX: Final = 256
RESTORABLE_MS: Final = 7 * 86_400_000
QUERIES_KEPT_MS: Final = 7 * 86_400_000
DELEGATED_MAX: Final = 3

_READS: Final = (
    "DescribeQuery DescribeTrails GetChannel GetDashboard GetEventConfiguration GetEventDataStore GetEventSelectors "
    "GetInsightSelectors GetQueryResults GetResourcePolicy GetTrail GetTrailStatus ListEventDataStores "
    "ListInsightsData ListPublicKeys ListQueries ListTags ListTrails"
)
_WRITES: Final = (
    "AddTags CancelQuery CreateEventDataStore CreateTrail DeleteEventDataStore DeleteResourcePolicy DeleteTrail "
    "DeregisterOrganizationDelegatedAdmin PutEventConfiguration PutEventSelectors PutInsightSelectors "
    "PutResourcePolicy RegisterOrganizationDelegatedAdmin RemoveTags RestoreEventDataStore "
    "StartEventDataStoreIngestion StartLogging StartQuery StopEventDataStoreIngestion StopLogging "
    "UpdateEventDataStore UpdateTrail"
)


def _rate(per_s: int) -> Rate:
    return Rate(per_s, per_s, "ThrottlingException", "Rate exceeded")


# AWS counts "all other APIs" together; each has the whole rate here.
RATES: dict[str, Rate] = {
    "LookupEvents": _rate(2),
    **dict.fromkeys(_READS.split(), _rate(10)),
    **dict.fromkeys(_WRITES.split(), _rate(1)),
}

_CHARACTERS = re.compile(r"[A-Za-z0-9._-]+")
_ADJACENT = re.compile(r"[._-]{2}")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]")


def _bad_name(name: str, message: str) -> Exception:
    return refused("InvalidTrailName", message, Fact("request", "Name", name))


def checked_trail_name(name: str) -> str:
    """A trail's name."""
    if not name:
        raise _bad_name(name, "Trail name cannot be blank!")
    if len(name) < 3:
        message = f"Minimum allowed length: 3 characters. Specified name length: {len(name)} characters."
        raise _bad_name(name, f"Trail name too short. {message}")
    if len(name) > 128:
        message = f"Maximum allowed length: 128 characters. Specified name length: {len(name)} characters."
        raise _bad_name(name, f"Trail name too long. {message}")
    if not _CHARACTERS.fullmatch(name):
        raise _bad_name(
            name,
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), "
            "hyphens (-), and underscores (_).",
        )
    if not _ALPHANUMERIC.match(name[0]):
        raise _bad_name(name, "Trail name must starts with a letter or number.")
    if not _ALPHANUMERIC.match(name[-1]):
        raise _bad_name(name, "Trail name must ends with a letter or number.")
    if _ADJACENT.search(name):
        raise _bad_name(name, "Trail name cannot have adjacent periods, underscores or dashes.")
    if _ADDRESS.fullmatch(name):
        raise _bad_name(name, "Trail name cannot be in IP address format.")
    return name


def checked_bucket_name(name: str) -> str:
    """The name of a trail's bucket."""
    if not _BUCKET.fullmatch(name) or ".." in name or _ADDRESS.fullmatch(name):
        raise refused("InvalidS3BucketName", f"Bucket name is invalid: {name}", Fact("request", "S3BucketName", name))
    return name


def checked_prefix(prefix: str) -> str:
    """What the keys of a trail's files begin with."""
    if len(prefix) > PREFIX_MAX:
        message = f"S3 prefix is longer than maximum length: {PREFIX_MAX}"
        raise refused("InvalidS3Prefix", message, Fact("request", "S3KeyPrefix", prefix))
    return prefix.strip("/") if prefix != "/" else ""


def checked_topic(topic: str) -> str:
    """A trail's topic, by name or ARN."""
    name = topic.rpartition(":")[2] if topic.startswith("arn:") else topic
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{1,{TOPIC_MAX}}}", name):
        raise refused(
            "InvalidSnsTopicName", f"SNS topic name is invalid: {topic}", Fact("request", "SnsTopicName", topic)
        )
    return topic


def checked_tags(given: list[dict[str, Any]] | None, held: dict[str, str]) -> dict[str, str]:
    """The tags of a resource after a request adds to them."""
    tags, seen = dict(held), set[str]()
    for tag in given or ():
        key = str(tag.get("Key") or "")
        if not key or key.lower().startswith("aws:"):
            message = f"Tag key is invalid: {key}"
            raise refused("InvalidTagParameter", message, Fact("request", "TagsList", given))
        if key in seen:
            raise refused("InvalidTagParameter", f"Duplicate tag key: {key}", Fact("request", "TagsList", given))
        seen.add(key)
        tags[key] = str(tag.get("Value") or "")
    if len(tags) > TAGS_MAX:
        message = f"The number of tags per resource has exceeded the limit of {TAGS_MAX}."
        raise refused("TagsLimitExceeded", message, Fact("request", "tags", len(tags)))
    return tags
