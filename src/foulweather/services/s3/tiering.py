"""The archive tiers that a bucket opts its objects of Intelligent-Tiering into.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.s3 import configurations, refusals, schema, upkeep_runs

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeleteBucketIntelligentTieringConfigurationRequest,
        GetBucketIntelligentTieringConfigurationOutput,
        GetBucketIntelligentTieringConfigurationRequest,
        ListBucketIntelligentTieringConfigurationsOutput,
        ListBucketIntelligentTieringConfigurationsRequest,
        PutBucketIntelligentTieringConfigurationRequest,
    )

_KIND = "intelligent-tiering"
DAYS_MIN: Final = {"ARCHIVE_ACCESS": 90, "DEEP_ARCHIVE_ACCESS": 180}
DAYS_MAX: Final = 730


def put_bucket_intelligent_tiering_configuration(
    call: Call, request: PutBucketIntelligentTieringConfigurationRequest
) -> None:
    """Set one of a bucket's Intelligent-Tiering configurations."""
    bucket, configuration = configurations.given(call, request, "IntelligentTieringConfiguration")
    _check(configuration)
    configurations.put(call, bucket, _KIND, configuration)
    upkeep_runs.begin(call.world, bucket, call.now)


def get_bucket_intelligent_tiering_configuration(
    call: Call, request: GetBucketIntelligentTieringConfigurationRequest
) -> GetBucketIntelligentTieringConfigurationOutput:
    """One of a bucket's Intelligent-Tiering configurations."""
    return {"IntelligentTieringConfiguration": configurations.get(call, request, _KIND)}  # type: ignore[typeddict-item]


def list_bucket_intelligent_tiering_configurations(
    call: Call, request: ListBucketIntelligentTieringConfigurationsRequest
) -> ListBucketIntelligentTieringConfigurationsOutput:
    """A bucket's Intelligent-Tiering configurations, a hundred at a time."""
    return configurations.listed(call, request, _KIND, "IntelligentTieringConfigurationList")  # type: ignore[return-value]


def delete_bucket_intelligent_tiering_configuration(
    call: Call, request: DeleteBucketIntelligentTieringConfigurationRequest
) -> None:
    """Take one of a bucket's Intelligent-Tiering configurations away."""
    bucket = configurations.delete(call, request, _KIND)
    upkeep_runs.begin(call.world, bucket, call.now)


def _check(configuration: dict[str, Any]) -> None:
    tiers: list[str] = [tiering["AccessTier"] for tiering in configuration["Tierings"]]
    if not tiers or len(set(tiers)) != len(tiers):
        raise schema.malformed(Fact("request", "Tierings", tiers))
    for tiering in configuration["Tierings"]:
        least, days = DAYS_MIN[tiering["AccessTier"]], tiering["Days"]
        if not least <= days <= DAYS_MAX:
            message = f"Days for {tiering['AccessTier']} must be between {least} and {DAYS_MAX}"
            raise refusals.invalid_argument("Days", days, message)
