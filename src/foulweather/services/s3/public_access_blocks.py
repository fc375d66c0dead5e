"""Block public access of one bucket.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.public_access import FLAGS, SETTING
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        DeletePublicAccessBlockRequest,
        GetPublicAccessBlockOutput,
        GetPublicAccessBlockRequest,
        PutPublicAccessBlockRequest,
    )


def put_public_access_block(call: Call, request: PutPublicAccessBlockRequest) -> None:
    """Set all four flags; those that are not given are off."""
    bucket = bucket_of(call, request)
    given = request["PublicAccessBlockConfiguration"]
    flags = {flag: bool(given.get(flag)) for flag in FLAGS}
    bucket.settings[SETTING] = flags
    call.state(S3State).buckets.touch(bucket.name)
    call.changed("s3.PublicAccessBlockPut", bucket.arn, **flags)


def get_public_access_block(call: Call, request: GetPublicAccessBlockRequest) -> GetPublicAccessBlockOutput:
    """The four flags."""
    bucket = bucket_of(call, request)
    flags: dict[str, bool] | None = bucket.settings.get(SETTING)
    if flags is None:
        raise AwsError(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
            404,
            facts=(Fact(bucket.arn, "PublicAccessBlockConfiguration", None),),
            members={"BucketName": bucket.name},
        )
    return {"PublicAccessBlockConfiguration": flags}  # type: ignore[typeddict-item]


def delete_public_access_block(call: Call, request: DeletePublicAccessBlockRequest) -> None:
    """Take all four flags off the bucket; those of its account stay."""
    bucket = bucket_of(call, request)
    if bucket.settings.pop(SETTING, None) is not None:
        call.state(S3State).buckets.touch(bucket.name)
        call.changed("s3.PublicAccessBlockDeleted", bucket.arn, **dict.fromkeys(FLAGS, False))
