"""Secrets Manager's quotas, and what is checked against them.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.service import Rate
from foulweather.kernel.why import Fact
from foulweather.services.secretsmanager import refusals

SECRETS_MAX: Final = 500_000
VERSIONS_MAX: Final = 100
LABELS_MAX: Final = 20
VALUE_BYTES_MAX: Final = 65_536
TAGS_MAX: Final = 50
DAY_MS: Final = 86_400_000
# "Secrets Manager removes unlabeled versions when there are more than 100, but not those of the last 24 hours."
UNLABELED_KEPT_MS: Final = DAY_MS
RECOVERY_DAYS: Final = (7, 30)
RECOVERY_DAYS_DEFAULT: Final = 30
LIST_PAGE: Final = 100
BATCH_PAGE: Final = 20
# AWS tells no duration of a replication; it is short enough to wait for and long enough to be seen.
REPLICATION_MS: Final = 2_000

# "If any rotation step fails, Secrets Manager retries the entire rotation process multiple times": User Guide,
# "Rotation by Lambda function". How often and when is not told: assumed.
ROTATION_RETRIES_MS: Final = (60_000, 300_000, 900_000, 3_600_000, 14_400_000)

_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")


def _rate(per_s: int) -> Rate:
    return Rate(per_s, per_s, "ThrottlingException", "Rate exceeded")


# Where AWS counts several operations together, each has the whole rate here.
RATES: dict[str, Rate] = {
    operation: _rate(per_s)
    for per_s, operations in {
        50: (
            "CancelRotateSecret CreateSecret DeleteResourcePolicy DeleteSecret GetRandomPassword GetResourcePolicy "
            "ListSecretVersionIds PutResourcePolicy PutSecretValue RemoveRegionsFromReplication "
            "ReplicateSecretToRegions RestoreSecret RotateSecret StopReplicationToReplica TagResource UntagResource "
            "UpdateSecret UpdateSecretVersionStage ValidateResourcePolicy"
        ),
        100: "BatchGetSecretValue ListSecrets",
        10_000: "DescribeSecret GetSecretValue",
    }.items()
    for operation in operations.split()
}


def checked_name(name: str) -> str:
    """A new secret's name."""
    if not _NAME.fullmatch(name):
        raise AwsError(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
            facts=(Fact("request", "Name", name),),
        )
    return name


def checked_token(request: Mapping[str, Any]) -> str:
    """The ClientRequestToken, which becomes the version's id; clients make one by themselves."""
    token: str | None = request.get("ClientRequestToken")
    if not token:
        raise refusals.invalid_request(
            "You must provide a ClientRequestToken value. We recommend a UUID-type value.",
            Fact("request", "ClientRequestToken", None),
        )
    return token


def checked_value(request: Mapping[str, Any]) -> tuple[bytes, bool] | None:
    """A value as bytes, and whether it is binary; None where a request has none."""
    text: str | None = request.get("SecretString")
    blob: bytes | None = request.get("SecretBinary")
    if text is not None and blob is not None:
        raise refusals.invalid_parameter("You can't specify both SecretString and SecretBinary in the same request.")
    if text is None and blob is None:
        return None
    value = text.encode() if text is not None else bytes(blob or b"")
    if len(value) > VALUE_BYTES_MAX:  # the model counts characters, the quota bytes
        raise refusals.invalid_parameter(
            f"The secret value can't be longer than {VALUE_BYTES_MAX} bytes.", value_bytes=len(value)
        )
    return value, text is None


def check_type(request: Mapping[str, Any]) -> None:
    """Refuse secrets of third parties, which Secrets Manager would rotate by itself: they are not built."""
    if request.get("Type"):
        raise not_implemented("secretsmanager", "ManagedExternalSecrets.Type")


def checked_tags(given: Sequence[Mapping[str, str]], held: Mapping[str, str]) -> dict[str, str]:
    """A secret's tags after a request adds to them."""
    tags = dict(held)
    seen: set[str] = set()
    for tag in given:
        key = tag.get("Key", "")
        if not key:
            raise refusals.invalid_parameter("Tag keys can't be empty.", Tags=list(given))
        if key.lower().startswith("aws:"):
            raise refusals.invalid_parameter(
                "Tag keys can't start with aws:, which is reserved for AWS use.", TagKey=key
            )
        if key in seen:
            raise refusals.invalid_parameter(f"Duplicate tag key: {key}.", TagKey=key)
        seen.add(key)
        tags[key] = tag.get("Value", "")
    if len(tags) > TAGS_MAX:
        raise refusals.invalid_parameter(f"A secret can't have more than {TAGS_MAX} tags.", tags=len(tags))
    return tags
