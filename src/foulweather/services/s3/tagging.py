"""Tags of objects and buckets: their limits, in S3's words.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/allocation-tag-restrictions.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals

OBJECT_TAGS_MAX = 10
BUCKET_TAGS_MAX = 50
KEY_CHARACTERS_MAX = 128
VALUE_CHARACTERS_MAX = 256
_ALLOWED = re.compile(r"[\w\s+\-=.:/@]*")


def of_header(text: str | None) -> dict[str, str]:
    """The tags of an `x-amz-tagging` header: `key=value&…`, percent-encoded."""
    if not text:
        return {}
    pairs = [piece.partition("=") for piece in text.split("&") if piece]
    tags = [{"Key": unquote_plus(key), "Value": unquote_plus(value)} for key, _, value in pairs]
    if len({tag["Key"] for tag in tags}) != len(tags) or any(not tag["Key"] for tag in tags):
        message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
        raise refusals.invalid_argument("x-amz-tagging", text, f"{message}without tag name duplicates.")
    return checked_object_tags(tags)


def checked_object_tags(tags: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The tags of an object, checked."""
    if len(tags) > OBJECT_TAGS_MAX:
        raise _too_many("Object tags cannot be greater than 10", len(tags), OBJECT_TAGS_MAX)
    return _checked(tags)


def checked_bucket_tags(tags: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The tags of a bucket, checked."""
    if len(tags) > BUCKET_TAGS_MAX:
        raise _too_many("Bucket tag count cannot be greater than 50", len(tags), BUCKET_TAGS_MAX)
    return _checked(tags)


def as_set(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the API's members, by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def _checked(tags: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    made: dict[str, str] = {}
    for tag in tags:
        key, value = str(tag.get("Key", "")), str(tag.get("Value", ""))
        if not 1 <= len(key) <= KEY_CHARACTERS_MAX or not _ALLOWED.fullmatch(key):
            raise _invalid("The TagKey you have provided is invalid", "TagKey", key)
        if len(value) > VALUE_CHARACTERS_MAX or not _ALLOWED.fullmatch(value):
            raise _invalid("The TagValue you have provided is invalid", "TagValue", value, TagKey=key)
        if key.lower().startswith("aws:"):
            raise _invalid("System tags cannot be added/updated by requester", "TagKey", key)
        if key in made:
            raise _invalid("Cannot provide multiple Tags with the same key", "TagKey", key)
        made[key] = value
    return made


def _invalid(message: str, name: str, value: str, **members: str) -> AwsError:
    return AwsError("InvalidTag", message, 400, facts=(Fact("request", name, value),), members={name: value, **members})


def _too_many(message: str, count: int, most: int) -> AwsError:
    return AwsError(
        "BadRequest", message, 400, facts=(Fact("request", "tags", count), Fact("S3", "maximum of tags", most))
    )
