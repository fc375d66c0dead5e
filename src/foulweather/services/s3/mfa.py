"""MFA delete: what only a code of an MFA device permits.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3.records import Bucket


def check(call: Call, bucket: Bucket, given: str | None) -> None:
    """Refuse what comes without a right code: `x-amz-mfa` holds a device's serial number, a space, a code."""
    serial, _, code = (given or "").partition(" ")
    directory = call.pipeline.directory
    is_right = None
    if given and directory is not None:
        is_right = directory.is_right_mfa_code(call.principal, serial, code.strip(), call.now)
    if not is_right:
        found = "missing" if not given else "wrong" if is_right is False else "of a device that the caller has not"
        raise AwsError(
            "AccessDenied",
            "Mfa Authentication must be used for this request",
            403,
            facts=(call.fact(bucket.arn, "MFADelete", bucket.mfa_delete), Fact("request", "x-amz-mfa", found)),
        )
