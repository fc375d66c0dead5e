"""KMS's quotas and what it demands of names, in the words of its refusals.

Resource quotas: https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
Request quotas: https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Rate
from foulweather.kernel.why import Fact
from foulweather.services.kms.refusals import invalid, over_limit
from foulweather.services.kms.state import KmsState

KEYS_MAX = 100_000
ALIASES_PER_KEY_MAX = 50
GRANTS_PER_KEY_MAX = 50_000
POLICY_BYTES_MAX = 32_768
TAGS_MAX = 50
ROTATIONS_ON_DEMAND_MAX = 25

DAY_MS = 86_400_000
DELETION_DAYS = (7, 30)
ROTATION_DAYS_DEFAULT = 365
# "The import token and public key are valid for 24 hours": API_GetParametersForImport.
IMPORT_TOKEN_MS = DAY_MS
# "The maximum is 365 days from the request date": API_ImportKeyMaterial, ValidTo.
VALID_TO_DAYS_MAX = 365

# AWS tells no durations; these are short enough to wait for and long enough to be seen.
REPLICATION_MS = 5_000
PRIMARY_UPDATE_MS = 5_000
ROTATION_ON_DEMAND_MS = 10_000

PAGE = 100
TAGS_PAGE = 50

_THROTTLED = "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."


def _rate(per_s: int) -> Rate:
    # AWS publishes rates and no bursts; ten seconds' worth at once is what makes slow control planes bearable.
    return Rate(per_s, per_s * 10 if per_s <= 50 else per_s, "ThrottlingException", _THROTTLED)


RATES: dict[str, Rate] = {
    operation: _rate(per_s)
    for per_s, operations in {
        5: (
            "CancelKeyDeletion CreateAlias CreateKey DeleteImportedKeyMaterial DisableKey DisableKeyRotation EnableKey "
            "ReplicateKey RotateKeyOnDemand UntagResource UpdateAlias UpdateKeyDescription UpdatePrimaryRegion"
        ),
        10: "TagResource",
        15: "DeleteAlias EnableKeyRotation ImportKeyMaterial PutKeyPolicy ScheduleKeyDeletion",
        30: "RetireGrant RevokeGrant",
        50: "CreateGrant",
        100: "ListGrants ListKeyPolicies ListKeyRotations ListRetirableGrants",
        500: "ListAliases ListKeys",
        1000: "GetKeyPolicy GetKeyRotationStatus",
        2000: "DescribeKey GetPublicKey ListResourceTags",
    }.items()
    for operation in operations.split()
}
"""The quotas of single operations; what several share by type of key is in `quotas.py`."""

# Requests per second for all cryptographic operations with symmetric and HMAC keys, by Region.
SYMMETRIC_PER_S: Mapping[str, int] = {
    **dict.fromkeys(("us-east-1", "us-west-2", "eu-west-1"), 100_000),
    **dict.fromkeys(
        ("us-east-2", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "eu-central-1", "eu-west-2"), 20_000
    ),
}
SYMMETRIC_ELSEWHERE_PER_S = 10_000
ASYMMETRIC_PER_S = 1_000
KEY_PAIRS_PER_1000S: Mapping[str, int] = {"RSA_2048": 1_000, "RSA_3072": 500, "RSA_4096": 100}
ECC_KEY_PAIRS_PER_1000S = 100_000
IMPORT_PARAMETERS_PER_1000S = 250

_ALIAS = re.compile(r"alias/[a-zA-Z0-9/_-]+")
_KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}")


def is_key_id(text: str) -> bool:
    """Whether a text has the form of a key id."""
    return _KEY_ID.fullmatch(text) is not None


def check_room(state: KmsState) -> None:
    """Refuse one key more than the quota."""
    if len(state.keys) < KEYS_MAX:
        return
    count = sum(1 for key in state.keys.values() if key.manager == "CUSTOMER")
    if count >= KEYS_MAX:
        raise over_limit(
            "The request was rejected because the quota of KMS keys was exceeded.",
            Fact(state.account, "KMS keys", count),
            Fact("quota", "KMS keys", KEYS_MAX),
        )


def checked_alias(name: str) -> str:
    """A name for a new alias."""
    if not name.startswith("alias/"):
        raise AwsError(
            "ValidationException",
            'Alias must start with the prefix "alias/". Please see '
            "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
            facts=(Fact("request", "AliasName", name),),
        )
    if name.startswith("alias/aws/"):
        raise AwsError(
            "InvalidAliasNameException",
            "The prefix alias/aws/ is reserved for AWS managed keys.",
            facts=(Fact("request", "AliasName", name),),
        )
    if _ALIAS.fullmatch(name) is None:
        raise AwsError(
            "InvalidAliasNameException",
            "Alias must contain only alphanumeric characters, forward slashes (/), underscores (_), and dashes (-).",
            facts=(Fact("request", "AliasName", name),),
        )
    return name


def checked_tags(given: Sequence[Mapping[str, Any]], held: Mapping[str, str] | None = None) -> dict[str, str]:
    """The tags of a key after a request adds to them."""
    tags = dict(held or {})
    seen: set[str] = set()
    for one in given:
        name = str(one["TagKey"])
        if name.lower().startswith("aws:"):
            raise AwsError("TagException", "Tag keys cannot begin with aws:", facts=(Fact("request", "TagKey", name),))
        if name in seen:
            raise AwsError("TagException", f"Duplicate tag key: {name}", facts=(Fact("request", "TagKey", name),))
        seen.add(name)
        tags[name] = str(one["TagValue"])
    if len(tags) > TAGS_MAX:
        raise over_limit("Too many tags", Fact("request", "tags", len(tags)), Fact("quota", "tags", TAGS_MAX))
    return tags


def checked_days(days: int, least: int, most: int, name: str) -> int:
    """A number of days between bounds that the model does not have."""
    if not least <= days <= most:
        raise invalid(f"{name} must be between {least} and {most} days.", Fact("request", name, days))
    return days


def page(items: Sequence[Any], request: Mapping[str, Any], default: int) -> tuple[Sequence[Any], Any]:
    """One page of a list, and what tells that there is more: `Truncated` and `NextMarker`."""
    marker = request.get("Marker")
    start = 0
    if marker is not None:
        if not str(marker).isdecimal() or int(marker) > len(items):
            raise AwsError(
                "InvalidMarkerException", "The marker is invalid.", facts=(Fact("request", "Marker", marker),)
            )
        start = int(marker)
    end = start + int(request.get("Limit") or default)
    more: dict[str, Any] = {"Truncated": end < len(items)}
    if more["Truncated"]:
        more["NextMarker"] = str(end)
    return items[start:end], more
