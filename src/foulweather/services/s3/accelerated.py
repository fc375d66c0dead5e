"""The accelerate endpoint: it serves the buckets that are accelerated, named in its host, and no others.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/transfer-acceleration-getting-started.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList (InvalidRequest)
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3.addresses import address_of
from foulweather.services.s3.records import Bucket

SETTING = "accelerate"
NAME = "s3-accelerate."
"""What the endpoint's host has in it, and no other host of S3."""
# "You can use all of the Amazon S3 operations through the transfer acceleration endpoints except for [...]
# GET Service (list buckets), PUT Bucket (create bucket), DELETE Bucket"
_EXCEPTED = frozenset({"ListBuckets", "CreateBucket", "DeleteBucket"})


def is_asked(call: Call) -> bool:
    """Whether a request came to the accelerate endpoint; what S3 itself then asks of S3 did not."""
    if NAME not in call.origin.host.lower() or call.via or call.principal.kind == "service":
        return False
    address = address_of(call.origin.host)
    return address is not None and address.kind == "accelerate"


def check_bucket(call: Call, bucket: Bucket) -> None:
    """Refuse a request at the accelerate endpoint for a bucket that it does not serve."""
    check_operation(call)
    status = bucket.settings.get(SETTING)
    if status == "Enabled":
        return
    is_set = "disabled" if status is not None else "not configured"
    why = Why(
        "refused",
        f"The accelerate endpoint serves accelerated buckets only; {bucket.name} is not.",
        (call.fact(bucket.arn, "Status", status), Fact("request", "Host", call.origin.host)),
        (
            f"aws s3api put-bucket-accelerate-configuration --bucket {bucket.name} "
            "--accelerate-configuration Status=Enabled",
        ),
    )
    raise AwsError("InvalidRequest", f"S3 Transfer Acceleration is {is_set} on this bucket", 400, why=why)


def check_operation(call: Call) -> None:
    """Refuse what the accelerate endpoint does not do at all, and buckets that are not in its host."""
    address = address_of(call.origin.host)
    fact = Fact("request", "Host", call.origin.host)
    if call.operation in _EXCEPTED:
        raise AwsError(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            405,
            facts=(fact, Fact("request", "operation", call.operation)),
            members={"Method": call.operation, "ResourceType": "ACCELERATE"},
        )
    if address is None or not address.bucket:
        raise AwsError(
            "InvalidRequest",
            "S3 Transfer Acceleration endpoint only supports virtual style requests.",
            400,
            facts=(fact,),
        )
