"""Request metrics of a bucket, by filter.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-configurations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.services.s3 import configurations

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeleteBucketMetricsConfigurationRequest,
        GetBucketMetricsConfigurationOutput,
        GetBucketMetricsConfigurationRequest,
        ListBucketMetricsConfigurationsOutput,
        ListBucketMetricsConfigurationsRequest,
        PutBucketMetricsConfigurationRequest,
    )

_KIND = "metrics"


def put_bucket_metrics_configuration(call: Call, request: PutBucketMetricsConfigurationRequest) -> None:
    """Set one of a bucket's request metrics."""
    bucket, configuration = configurations.given(call, request, "MetricsConfiguration")
    configurations.put(call, bucket, _KIND, configuration)


def get_bucket_metrics_configuration(
    call: Call, request: GetBucketMetricsConfigurationRequest
) -> GetBucketMetricsConfigurationOutput:
    """One of a bucket's request metrics."""
    return {"MetricsConfiguration": configurations.get(call, request, _KIND)}  # type: ignore[typeddict-item]


def list_bucket_metrics_configurations(
    call: Call, request: ListBucketMetricsConfigurationsRequest
) -> ListBucketMetricsConfigurationsOutput:
    """A bucket's request metrics, a hundred at a time."""
    return configurations.listed(call, request, _KIND, "MetricsConfigurationList")  # type: ignore[return-value]


def delete_bucket_metrics_configuration(call: Call, request: DeleteBucketMetricsConfigurationRequest) -> None:
    """Take one of a bucket's request metrics away."""
    configurations.delete(call, request, _KIND)
