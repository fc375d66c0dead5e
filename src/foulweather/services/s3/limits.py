"""S3's limits, and what is checked against them.

https://docs.aws.amazon.com/general/latest/gr/s3.html#limits_s3 (buckets)
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html (keys)
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html (metadata)
https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html (uploads)
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals

BUCKETS_MAX: Final = 10_000
BUCKETS_LISTED_MAX: Final = 10_000
KEY_BYTES_MAX: Final = 1024
METADATA_BYTES_MAX: Final = 2048
PUT_BYTES_MAX: Final = refusals.PUT_BYTES_MAX
COPIED_BYTES_MAX: Final = 5 << 30
PART_BYTES_MIN: Final = 5 << 20
PART_BYTES_MAX: Final = 5 << 30
PARTS_MAX: Final = 10_000
LISTED_MAX: Final = 1000
DELETED_AT_ONCE_MAX: Final = 1000
COUNT_MAX: Final = 2_147_483_647

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
# Buckets that were made before 2018 in us-east-1 may have such names.
_ANY_NAME = re.compile(r"[A-Za-z0-9._-]{3,255}")
_VERSION_ID = re.compile(r"null|[A-Za-z0-9._-]{20,1024}")


def checked_new_name(name: str) -> str:
    """The name of a bucket that is to be made."""
    if (
        not _NAME.fullmatch(name)
        or ".." in name
        or name.startswith(_RESERVED_STARTS)
        or name.endswith(_RESERVED_ENDS)
        or _is_address(name)
    ):
        raise refusals.invalid_bucket_name(name)
    return name


def checked_name(name: str) -> str:
    """The name of a bucket that may exist."""
    if not _ANY_NAME.fullmatch(name):
        raise refusals.invalid_bucket_name(name)
    return name


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


def checked_key(key: str) -> str:
    """An object's key: up to 1,024 bytes of UTF-8; dots and slashes mean nothing in it."""
    if not key:
        raise AwsError(
            "UserKeyMustBeSpecified",
            "The bucket POST must contain the specified field name. If it is specified, check the order of the fields.",
            400,
            facts=(Fact("request", "Key", ""),),
        )
    if len(key) * 4 > KEY_BYTES_MAX:
        size = len(key.encode("utf-8", "surrogatepass"))
        if size > KEY_BYTES_MAX:
            raise AwsError(
                "KeyTooLongError",
                "Your key is too long",
                400,
                facts=(Fact("request", "key size", size), Fact("S3", "maximum size of keys", KEY_BYTES_MAX)),
                members={"Size": size, "MaxSizeAllowed": KEY_BYTES_MAX},
            )
    return key


def checked_metadata(metadata: dict[str, str]) -> dict[str, str]:
    """User-defined metadata: names in lower case, 2 KB in all."""
    size = sum([len(name) + len(value.encode("utf-8", "replace")) for name, value in metadata.items()])
    if size > METADATA_BYTES_MAX:
        raise AwsError(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            400,
            facts=(Fact("request", "metadata size", size), Fact("S3", "maximum of metadata", METADATA_BYTES_MAX)),
            members={"Size": size, "MaxSizeAllowed": METADATA_BYTES_MAX},
        )
    return metadata


def checked_version_id(version_id: str | None) -> str | None:
    """A version's id, where one is given."""
    if version_id is None:
        return None
    if not version_id:
        raise refusals.invalid_argument("versionId", "", "Version id cannot be the empty string")
    if not _VERSION_ID.fullmatch(version_id):
        raise refusals.invalid_argument("versionId", version_id, "Invalid version id specified")
    return version_id


def checked_count(name: str, count: int | None, most: int = LISTED_MAX) -> int:
    """How many entries a listing is to have: more than the most means the most."""
    if count is None:
        return most
    if not 0 <= count <= COUNT_MAX:
        message = f"Argument {name} must be an integer between 0 and {COUNT_MAX}"
        raise refusals.invalid_argument(name, count, message)
    return min(count, most)


def checked_part_number(number: int) -> int:
    """A part's number."""
    if not 1 <= number <= PARTS_MAX:
        message = f"Part number must be an integer between 1 and {PARTS_MAX}, inclusive"
        raise refusals.invalid_argument("partNumber", number, message)
    return number
