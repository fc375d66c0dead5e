"""Buckets with their tags, for Resource Groups and their Tagging API."""

from __future__ import annotations

import inspect
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


async def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> None:
    """GetBucketTagging and PutBucketTagging, which replaces all."""
    await _replace(ports, arn, await _present(ports, arn) | dict(tags))


async def untag(ports: Ports, arn: str, keys: Sequence[str]) -> None:
    """GetBucketTagging, then PutBucketTagging or DeleteBucketTagging."""
    present = await _present(ports, arn)
    await _replace(ports, arn, {key: value for key, value in present.items() if key not in keys})


async def _present(ports: Ports, arn: str) -> dict[str, str]:
    try:
        found: Any = await _answered(ports.s3.get_bucket_tagging({"Bucket": _name(arn)}))
    except AwsError as error:
        if error.code == "NoSuchTagSet":
            return {}
        raise
    return {tag["Key"]: tag["Value"] for tag in found["TagSet"]}


async def _replace(ports: Ports, arn: str, tags: Mapping[str, str]) -> None:
    if not tags:
        await _answered(ports.s3.delete_bucket_tagging({"Bucket": _name(arn)}))
        return
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    await _answered(ports.s3.put_bucket_tagging({"Bucket": _name(arn), "Tagging": {"TagSet": listed}}))


async def _answered(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]
