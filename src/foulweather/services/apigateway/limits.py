"""Every quota of API Gateway's management API that binds REST APIs, with AWS's words.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Rate
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway import refusals

# "Regional APIs per account 600, edge-optimized APIs per account 120, private APIs per account 600".
APIS_MAX: Final = {"REGIONAL": 600, "EDGE": 120, "PRIVATE": 600}
MODELS_MAX: Final = 60
PARTS_MAX: Final = 2_000
KEYS_MAX: Final = 10_000
CERTIFICATES_MAX: Final = 60
AUTHORIZERS_MAX: Final = 10
PLANS_MAX: Final = 300
DOMAINS_MAX: Final = 120
VPC_LINKS_MAX: Final = 20
PLANS_OF_KEY_MAX: Final = 10
DEFINITION_BYTES_MAX: Final = 6 << 20
MODEL_BYTES_MAX: Final = 400_000
TEMPLATE_BYTES_MAX: Final = 300_000
POLICY_BYTES_MAX: Final = 8_192
COMPRESSION_BYTES_MAX: Final = 10_485_760
TTL_S_MAX: Final = 3_600
TIMEOUT_MS_MIN: Final = 50
TIMEOUT_MS_MAX: Final = 29_000
TAGS_MAX: Final = 50
VARIABLE_NAME_MAX: Final = 64
VARIABLE_VALUE_MAX: Final = 512
VARIABLES_MAX: Final = 100
CACHE_SIZES: Final = ("0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237")

_THROTTLED: Final = ("TooManyRequestsException", "Too Many Requests", 429)
RATES: dict[str, Rate] = {
    **{name: Rate(5, 5, *_THROTTLED) for name in ("CreateApiKey", "DeleteApiKey", "CreateResource", "DeleteResource")},
    "PutRestApi": Rate(1, 1, *_THROTTLED),
}
# What is rarer than once a second is paced by its operation: a rate of the kernel is in calls a second.
# AWS allows no two of them at once. Here so many are, as nobody waits half a minute after each of a suite's tests.
AT_ONCE: Final = 100
EVERY_MS: Final[dict[str, int]] = {
    "CreateDeployment": 5_000,
    "CreateDocumentationVersion": 20_000,
    "CreateDomainName": 30_000,
    "CreateRestApi": 3_000,
    "CreateRestApi (edge-optimized)": 30_000,
    "DeleteDomainName": 30_000,
    "DeleteRestApi": 30_000,
    "ImportDocumentationParts": 30_000,
    "ImportRestApi": 3_000,
    "ImportRestApi (edge-optimized)": 30_000,
    "UpdateAccount": 20_000,
    "UpdateDomainName": 30_000,
    "UpdateUsagePlan": 20_000,
}

# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-stages.html: letters, digits, "-" and "_".
_STAGE_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
_VARIABLE_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_VARIABLE_VALUE = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]{1,512}")


class Paces:
    """What each of an account's rare operations has left, in milliseconds of its pace, and since when."""

    def __init__(self) -> None:
        self.left: dict[tuple[str, str, str], tuple[int, int]] = {}


def pace(call: Call, operation: str) -> None:
    """Refuse an operation that comes more often than AWS allows, once the first `AT_ONCE` are used up."""
    paces = call.world.attached.get(Paces)
    if not isinstance(paces, Paces):
        paces = call.world.attached[Paces] = Paces()
    every_ms, key = EVERY_MS[operation], (call.account, call.region, operation)
    most = AT_ONCE * every_ms
    left, at_ms = paces.left.get(key, (most, call.now))
    left = min(most, left + max(0, call.now - at_ms))
    if left < every_ms:
        cause = f"{operation} is allowed once in {every_ms // 1000} seconds, after the first {AT_ONCE}."
        facts = (Fact(call.account, f"{operation} every", every_ms // 1000),)
        code, message, status = _THROTTLED
        call.happened("api.Throttled", call.account, operation=f"apigateway:{call.operation}")
        wait_s = -(-(every_ms - left) // 1000)
        raise AwsError(
            code, message, status, why=Why("throttled", cause, facts), headers=(("Retry-After", str(wait_s)),)
        )
    paces.left[key] = left - every_ms, call.now


def checked_stage_name(name: str) -> str:
    """A stage's name."""
    if not _STAGE_NAME.fullmatch(name):
        raise refusals.invalid("Stage name only allows a-zA-Z0-9_", stageName=name)
    return name


def checked_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """A stage's variables: at most 100, of these characters."""
    for name, value in variables.items():
        if not _VARIABLE_NAME.fullmatch(name):
            raise refusals.invalid(
                "Stage variable name should only contain alphanumeric and underscore characters", variable=name
            )
        if value and not _VARIABLE_VALUE.fullmatch(value):
            words = "Stage variable value should match the pattern [A-Za-z0-9-._~:/?#&=,]+"
            raise refusals.invalid(words, variable=name, value=value)
    if len(variables) > VARIABLES_MAX:
        raise refusals.too_many("stage variables", "stage", "variables", VARIABLES_MAX)
    return dict(variables)


def checked_cache_size(size: str | None) -> str | None:
    """The size of a cache cluster in gigabytes."""
    if size is not None and size not in CACHE_SIZES:
        words = f"Invalid cache cluster size specified. Must be one of: [{', '.join(CACHE_SIZES)}]"
        raise refusals.invalid(words, cacheClusterSize=size)
    return size


def checked_tags(tags: Mapping[str, str] | None, held: Mapping[str, str] | None = None) -> dict[str, str]:
    """Tags added to those that a resource has."""
    for key, value in (tags or {}).items():
        if key.lower().startswith("aws:"):
            raise refusals.invalid("Invalid tag key: tags beginning with aws: are reserved", tag=key)
        if not 0 < len(key) <= 128 or len(value) > 256:
            words = "Tag keys must have 1 to 128 characters, and their values at most 256"
            raise refusals.invalid(words, tag=key, value=value)
    made = {**(held or {}), **(tags or {})}
    if len(made) > TAGS_MAX:
        raise refusals.too_many("tags", "resource", "tags", TAGS_MAX)
    return made


def checked_templates(templates: Mapping[str, str] | None) -> dict[str, str]:
    """Mapping templates by content type, each of at most 300 KB."""
    for kind, template in (templates or {}).items():
        if len((template or "").encode()) > TEMPLATE_BYTES_MAX:
            raise refusals.invalid("Mapping template size exceeds the maximum of 300 KB", contentType=kind)
    return {kind: template or "" for kind, template in (templates or {}).items()}


def checked_ttl(ttl_s: int | None) -> int | None:
    """How long an authorizer's answers are kept."""
    if ttl_s is not None and not 0 <= ttl_s <= TTL_S_MAX:
        words = f"Invalid value for authorizerResultTtlInSeconds: {ttl_s}. Must be between 0 and {TTL_S_MAX}"
        raise refusals.invalid(words, authorizerResultTtlInSeconds=ttl_s)
    return ttl_s


def checked_compression(size: Any) -> int | None:
    """From which size on answers are compressed; None is never."""
    if size is not None and not 0 <= size <= COMPRESSION_BYTES_MAX:
        words = "Invalid minimum compression size, must be between 0 and 10485760"
        raise refusals.invalid(words, minimumCompressionSize=size)
    return size
