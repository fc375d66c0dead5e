"""Buckets with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.services.s3.state import S3State
from foulweather.world.world import World

KINDS = {"s3": "AWS::S3::Bucket"}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every bucket, in the region where it is."""
    for bucket in world.state(S3State).buckets.values():
        if (bucket.account, bucket.region) == (account, region):
            yield bucket.arn, bucket.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """GetBucketTagging and PutBucketTagging, which replaces all."""
    return _replace(ports, arn, _present(ports, arn) | dict(tags))


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """GetBucketTagging, then PutBucketTagging or DeleteBucketTagging."""
    return _replace(ports, arn, {key: value for key, value in _present(ports, arn).items() if key not in keys})


def _present(ports: Ports, arn: str) -> dict[str, str]:
    try:
        found = ports.s3.get_bucket_tagging({"Bucket": _name(arn)})
    except AwsError as error:
        if error.code == "NoSuchTagSet":
            return {}
        raise
    return {tag["Key"]: tag["Value"] for tag in found["TagSet"]}


def _replace(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    if not tags:
        return ports.s3.delete_bucket_tagging({"Bucket": _name(arn)})
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return ports.s3.put_bucket_tagging({"Bucket": _name(arn), "Tagging": {"TagSet": listed}})


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]
