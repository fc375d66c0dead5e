"""Storage class analysis of a bucket, by filter.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/analytics-storage-class.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.s3 import configurations

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeleteBucketAnalyticsConfigurationRequest,
        GetBucketAnalyticsConfigurationOutput,
        GetBucketAnalyticsConfigurationRequest,
        ListBucketAnalyticsConfigurationsOutput,
        ListBucketAnalyticsConfigurationsRequest,
        PutBucketAnalyticsConfigurationRequest,
    )

_KIND = "analytics"


def put_bucket_analytics_configuration(call: Call, request: PutBucketAnalyticsConfigurationRequest) -> None:
    """Set one of a bucket's storage class analyses."""
    bucket, configuration = configurations.given(call, request, "AnalyticsConfiguration")
    if "DataExport" in configuration["StorageClassAnalysis"]:
        raise not_implemented("s3", "PutBucketAnalyticsConfiguration.StorageClassAnalysis.DataExport")
    configurations.put(call, bucket, _KIND, configuration)


def get_bucket_analytics_configuration(
    call: Call, request: GetBucketAnalyticsConfigurationRequest
) -> GetBucketAnalyticsConfigurationOutput:
    """One of a bucket's storage class analyses."""
    return {"AnalyticsConfiguration": configurations.get(call, request, _KIND)}  # type: ignore[typeddict-item]


def list_bucket_analytics_configurations(
    call: Call, request: ListBucketAnalyticsConfigurationsRequest
) -> ListBucketAnalyticsConfigurationsOutput:
    """A bucket's storage class analyses, a hundred at a time."""
    return configurations.listed(call, request, _KIND, "AnalyticsConfigurationList")  # type: ignore[return-value]


def delete_bucket_analytics_configuration(call: Call, request: DeleteBucketAnalyticsConfigurationRequest) -> None:
    """Take one of a bucket's storage class analyses away."""
    configurations.delete(call, request, _KIND)
