"""What a request is about: its bucket, in the right Region and account, and the version that it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import limits, refusals
from foulweather.services.s3.addresses import address_of
from foulweather.services.s3.dates import http_date
from foulweather.services.s3.records import Bucket, Upload, Version
from foulweather.services.s3.state import S3State


def bucket_of(call: Call, request: Mapping[str, Any]) -> Bucket:
    """The bucket that a request names; refuses one that is not there, elsewhere, or somebody else's than expected."""
    name: str = request["Bucket"]
    bucket = call.state(S3State).buckets.get(name)
    if bucket is None:
        limits.checked_name(name)
        raise refusals.no_such_bucket(name)
    if bucket.region != call.region:
        check_region(call, bucket)
    if "ExpectedBucketOwner" in request:
        check_owner(bucket, request["ExpectedBucketOwner"])
    return bucket


def check_region(call: Call, bucket: Bucket) -> None:
    """Send a request for a bucket of another Region there.

    https://docs.aws.amazon.com/AmazonS3/latest/API/RESTRedirect.html
    """
    if not call.origin.host:  # a service of AWS finds the bucket wherever it is
        return
    address = address_of(call.origin.host)
    asked = address.region if address is not None else ""
    if not call.access_key_id and asked in ("", bucket.region):
        return
    if address is not None and not asked and address.bucket and call.origin.host.endswith("amazonaws.com"):
        raise refusals.wrong_region(bucket, call.region)
    domain = f"s3.{bucket.region}.amazonaws.com"
    is_in_host = address is not None and address.bucket
    raise refusals.elsewhere(bucket, f"{bucket.name}.{domain}" if is_in_host else domain, call.region)


def check_owner(bucket: Bucket, expected: str) -> None:
    """Refuse a bucket of another account than the one that the caller expects."""
    if len(expected) != 12 or not expected.isdigit():
        raise AwsError(
            "InvalidBucketOwnerAWSAccountID",
            "The value of the expected bucket owner parameter must be an AWS account ID",
            400,
            facts=(Fact("request", "ExpectedBucketOwner", expected),),
        )
    if bucket.account != expected:
        raise AwsError(
            "AccessDenied",
            "Access Denied",
            403,
            facts=(Fact(bucket.arn, "owner", bucket.account), Fact("request", "ExpectedBucketOwner", expected)),
        )


def version_asked(call: Call, bucket: Bucket, key: str, version_id: str | None, method: str) -> Version | None:
    """The version that a request reads, None where there is none of the key; refuses delete markers."""
    limits.checked_key(key)
    shelf = call.state(S3State).shelves[bucket.name]
    if version_id is None:
        version = shelf.newest(key)
        if version is not None and version.is_delete_marker:
            headers = (("x-amz-delete-marker", "true"), ("x-amz-version-id", version.id))
            raise refusals.no_such_key(bucket.name, key, headers)
        return version
    limits.checked_version_id(version_id)
    version = shelf.find(key, version_id)
    if version is None:
        raise refusals.no_such_version(bucket.name, key, version_id)
    if version.is_delete_marker:
        headers = (
            ("x-amz-delete-marker", "true"),
            ("x-amz-version-id", version.id),
            ("Last-Modified", http_date(version.modified_ms)),
            ("Allow", "DELETE"),
        )
        raise refusals.is_delete_marker(version, method, headers)
    return version


def upload_of(call: Call, bucket: Bucket, request: Mapping[str, Any]) -> Upload:
    """The upload under way that a request names."""
    upload = call.state(S3State).uploads.get(request["UploadId"])
    if upload is None or upload.bucket != bucket.name or upload.key != request["Key"]:
        raise refusals.no_such_upload(bucket.name, request["Key"], request["UploadId"])
    return upload
