"""S3's refusals, in its words.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import shlex
from typing import Any, Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3.records import Bucket, Version

PUT_BYTES_MAX: Final = 5 << 30

Headers = tuple[tuple[str, str], ...]


def no_such_bucket(name: str) -> AwsError:
    """A bucket that is not there."""
    return AwsError(
        "NoSuchBucket",
        "The specified bucket does not exist",
        404,
        facts=(Fact(f"arn:aws:s3:::{name}", "exists", False),),
        remedy=(f"aws s3api create-bucket --bucket {shlex.quote(name)}",),
        members={"BucketName": name},
    )


def invalid_bucket_name(name: str) -> AwsError:
    """A name that no bucket can have."""
    return AwsError(
        "InvalidBucketName",
        "The specified bucket is not valid.",
        400,
        facts=(Fact("request", "Bucket", name),),
        members={"BucketName": name},
    )


def no_such_key(bucket: str, key: str, headers: Headers = ()) -> AwsError:
    """A key under which there is nothing, or whose newest version is a delete marker."""
    marked = any(name == "x-amz-delete-marker" for name, _ in headers)
    return AwsError(
        "NoSuchKey",
        "The specified key does not exist.",
        404,
        facts=(Fact(f"arn:aws:s3:::{bucket}/{key}", "newest version" if marked else "exists", _newest(marked)),),
        members={"Key": key},
        headers=headers,
    )


def _newest(marked: bool) -> Any:
    return "a delete marker" if marked else False


def hidden_key(bucket: Bucket, key: str) -> AwsError:
    """A key under which there is nothing, to somebody who may not list the bucket."""
    return AwsError(
        "AccessDenied",
        "Access Denied",
        403,
        facts=(
            Fact(f"{bucket.arn}/{key}", "exists", False),
            Fact(bucket.arn, "s3:ListBucket is allowed to the caller", False),
        ),
    )


def no_such_version(bucket: str, key: str, version_id: str) -> AwsError:
    """A version that this key never had, or has no more."""
    return AwsError(
        "NoSuchVersion",
        "The specified version does not exist.",
        404,
        facts=(Fact(f"arn:aws:s3:::{bucket}/{key}", f"version {version_id}", "does not exist"),),
        members={"Key": key, "VersionId": version_id},
    )


def no_such_upload(bucket: str, key: str, upload_id: str) -> AwsError:
    """An upload that never began, or has ended."""
    return AwsError(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted "
        "or completed.",
        404,
        facts=(Fact(f"arn:aws:s3:::{bucket}/{key}", f"upload {upload_id}", "not under way"),),
        remedy=(f"aws s3api list-multipart-uploads --bucket {shlex.quote(bucket)}",),
        members={"UploadId": upload_id},
    )


def is_delete_marker(version: Version, method: str, headers: Headers) -> AwsError:
    """A delete marker asked for by its id: it can be deleted, not read."""
    return AwsError(
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        405,
        facts=(Fact(version.arn, f"version {version.id}", "a delete marker"),),
        members={"Method": method, "ResourceType": "DeleteMarker"},
        headers=headers,
    )


def precondition_failed(condition: str, arn: str, wanted: object, found: object) -> AwsError:
    """A condition of the request that does not hold."""
    return AwsError(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        412,
        facts=(Fact("request", condition, wanted), Fact(arn, "ETag", found)),
        members={"Condition": condition},
    )


def conflict(key: str, arn: str, condition: str) -> AwsError:
    """A conditional write that something else overtook."""
    return AwsError(
        "ConditionalRequestConflict",
        "The conditional request cannot succeed due to a conflicting operation against this resource.",
        409,
        facts=(Fact(arn, "deleted while the request was under way", True), Fact("request", condition, "asked for")),
        members={"Condition": condition, "Key": key},
    )


def invalid_argument(name: str, value: object, message: str) -> AwsError:
    """A parameter with a value that makes no sense."""
    return AwsError(
        "InvalidArgument",
        message,
        400,
        facts=(Fact("request", name, value),),
        members={"ArgumentName": name, "ArgumentValue": value},
    )


def invalid_request(message: str, *facts: Fact) -> AwsError:
    """A request whose parts do not fit together."""
    return AwsError("InvalidRequest", message, 400, facts=facts)


def malformed_xml(what: str = "request body") -> AwsError:
    """A document that does not follow S3's schema."""
    return AwsError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
        400,
        facts=(Fact("request", what, "does not validate"),),
    )


def unsupported_header(name: str, value: object) -> AwsError:
    """What only other kinds of buckets understand."""
    return AwsError(
        "NotImplemented",
        "A header you provided implies functionality that is not implemented.",
        501,
        facts=(Fact(f"s3:{name}", "implemented", False), Fact("request", name, value)),
        members={"Header": name},
    )


def bucket_not_empty(bucket: Bucket, versions: int) -> AwsError:
    """A bucket that still holds something."""
    more = " You must delete all versions in the bucket." if bucket.versioning else ""
    return AwsError(
        "BucketNotEmpty",
        f"The bucket you tried to delete is not empty{'.' if more else ''}{more}",
        409,
        facts=(Fact(bucket.arn, "keys", versions),),
        remedy=(f"aws s3 rm s3://{bucket.name} --recursive",),
        members={"BucketName": bucket.name},
    )


def elsewhere(bucket: Bucket, endpoint: str, asked_region: str) -> AwsError:
    """A bucket of another Region, asked for at this one's endpoint."""
    return AwsError(
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint.",
        301,
        facts=(Fact(bucket.arn, "region", bucket.region), Fact("request", "region", asked_region)),
        remedy=(f"aws s3api head-bucket --bucket {bucket.name} --region {bucket.region}",),
        members={"Endpoint": endpoint, "Bucket": bucket.name},
        headers=(("x-amz-bucket-region", bucket.region),),
    )


def wrong_region(bucket: Bucket, signed_region: str) -> AwsError:
    """A request at the global endpoint that is signed for another Region than the bucket's."""
    return AwsError(
        "AuthorizationHeaderMalformed",
        f"The authorization header is malformed; the region '{signed_region}' is wrong; expecting '{bucket.region}'",
        400,
        facts=(Fact(bucket.arn, "region", bucket.region), Fact("request", "signed for", signed_region)),
        members={"Region": bucket.region},
        headers=(("x-amz-bucket-region", bucket.region),),
    )


def put_too_large(size: int) -> AwsError:
    """A body beyond what one PUT can store."""
    return entity_too_large(size, PUT_BYTES_MAX)


def entity_too_large(size: int, size_max: int) -> AwsError:
    """A body beyond what one request can store."""
    return AwsError(
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
        400,
        facts=(Fact("request", "size", size), Fact("S3", "maximum size of one upload", size_max)),
        members={"ProposedSize": size, "MaxSizeAllowed": size_max},
    )
