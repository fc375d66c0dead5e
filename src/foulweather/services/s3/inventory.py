"""Inventories of a bucket: lists of its objects that S3 writes every day or week.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.s3 import configurations, inventory_reports, refusals
from foulweather.services.s3.upkeep import Upkeep

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeleteBucketInventoryConfigurationRequest,
        GetBucketInventoryConfigurationOutput,
        GetBucketInventoryConfigurationRequest,
        ListBucketInventoryConfigurationsOutput,
        ListBucketInventoryConfigurationsRequest,
        PutBucketInventoryConfigurationRequest,
    )

_KIND = "inventory"


def put_bucket_inventory_configuration(call: Call, request: PutBucketInventoryConfigurationRequest) -> None:
    """Set one of a bucket's inventories."""
    bucket, configuration = configurations.given(call, request, "InventoryConfiguration")
    _check(configuration)
    configurations.put(call, bucket, _KIND, configuration)
    inventory_reports.schedule(call.world, bucket, configuration, call.now)


def get_bucket_inventory_configuration(
    call: Call, request: GetBucketInventoryConfigurationRequest
) -> GetBucketInventoryConfigurationOutput:
    """One of a bucket's inventories."""
    return {"InventoryConfiguration": configurations.get(call, request, _KIND)}  # type: ignore[typeddict-item]


def list_bucket_inventory_configurations(
    call: Call, request: ListBucketInventoryConfigurationsRequest
) -> ListBucketInventoryConfigurationsOutput:
    """A bucket's inventories, a hundred at a time."""
    return configurations.listed(call, request, _KIND, "InventoryConfigurationList")  # type: ignore[return-value]


def delete_bucket_inventory_configuration(call: Call, request: DeleteBucketInventoryConfigurationRequest) -> None:
    """Take one of a bucket's inventories away."""
    bucket = configurations.delete(call, request, _KIND)
    call.state(Upkeep).cancel(call.world, bucket.name, f"{_KIND}/{request['Id']}")


def _check(configuration: dict[str, Any]) -> None:
    destination: dict[str, Any] = configuration["Destination"]["S3BucketDestination"]
    if destination["Format"] != "CSV":
        raise not_implemented("s3", f"PutBucketInventoryConfiguration.Format.{destination['Format']}")
    if not destination["Bucket"].startswith("arn:aws:s3:::"):
        raise refusals.invalid_argument("Bucket", destination["Bucket"], "Invalid bucket ARN.")
