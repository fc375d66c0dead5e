"""Who pays for requests to a bucket.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.services.s3 import refusals
from foulweather.services.s3.addressing import PAYMENT
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        GetBucketRequestPaymentOutput,
        GetBucketRequestPaymentRequest,
        PutBucketRequestPaymentRequest,
    )


def put_bucket_request_payment(call: Call, request: PutBucketRequestPaymentRequest) -> None:
    """Have the requester pay, or the bucket's owner."""
    bucket = bucket_of(call, request)
    payer = request["RequestPaymentConfiguration"].get("Payer")
    if payer not in ("Requester", "BucketOwner"):
        raise refusals.malformed_xml()
    bucket.settings[PAYMENT] = payer
    call.state(S3State).buckets.touch(bucket.name)
    call.changed("s3.RequestPaymentPut", bucket.arn, Payer=payer)


def get_bucket_request_payment(call: Call, request: GetBucketRequestPaymentRequest) -> GetBucketRequestPaymentOutput:
    """Who pays: the owner, unless told otherwise."""
    bucket = bucket_of(call, request)
    return {"Payer": bucket.settings.get(PAYMENT, "BucketOwner")}
