"""Buckets: made, listed, found and deleted."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.s3 import acl, limits, ownership, public_access, quotas, refusals, tagging
from foulweather.services.s3.addresses import address_of
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.owners import canonical_id
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.regions import REGIONS
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        CreateBucketOutput,
        CreateBucketRequest,
        DeleteBucketRequest,
        GetBucketLocationOutput,
        GetBucketLocationRequest,
        HeadBucketOutput,
        HeadBucketRequest,
        ListBucketsOutput,
        ListBucketsRequest,
    )

GLOBAL_REGION = "us-east-1"


def create_bucket(call: Call, request: CreateBucketRequest) -> CreateBucketOutput:
    """Make a bucket; its name is taken in all accounts and Regions."""
    name = limits.checked_new_name(request["Bucket"])
    region = _region(call, request)
    if request.get("BucketNamespace", "global") != "global":
        raise not_implemented("s3", "CreateBucket.BucketNamespace")
    state = call.state(S3State)
    existing = state.buckets.get(name)
    if existing is not None:
        return _existing(call, existing, region)
    bucket = Bucket(name, call.account, region, call.now)
    bucket.ownership = ownership.chosen(request)
    public_access.begin(bucket)
    bucket.grants = acl.grants_for(call, bucket, request)
    bucket.tags = _tags(request)
    if request.get("ObjectLockEnabledForBucket"):
        bucket.has_lock = True
        bucket.versioning = "Enabled"
    count = sum([each.account == call.account for each in state.buckets.values()])
    most = quotas.buckets_max(call.world, call.account)
    if count >= most:
        raise _too_many(call.account, count, most)
    state.add_bucket(bucket)
    call.changed(
        "s3.BucketCreated",
        bucket.arn,
        Bucket=name,
        Region=region,
        ObjectOwnership=bucket.ownership,
        ObjectLockEnabled=bucket.has_lock,
    )
    return {"Location": f"/{name}" if region == GLOBAL_REGION else f"http://{name}.s3.amazonaws.com/"}


def _region(call: Call, request: CreateBucketRequest) -> str:
    """Where the bucket is to be: what it says must fit where it is sent.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    """
    configuration = request.get("CreateBucketConfiguration") or {}
    for member in ("Location", "Bucket"):
        if member in configuration:
            raise not_implemented("s3", f"CreateBucket.CreateBucketConfiguration.{member}")
    wanted: str | None = configuration.get("LocationConstraint")
    at_global = call.region == GLOBAL_REGION and not _names_region(call)
    if not wanted:
        if call.region == GLOBAL_REGION:
            return GLOBAL_REGION
        raise _illegal_location("unspecified", call.region)
    region = "eu-west-1" if wanted == "EU" else wanted
    if region not in REGIONS or region == GLOBAL_REGION:
        raise AwsError(
            "InvalidLocationConstraint",
            "The specified location-constraint is not valid",
            400,
            facts=(Fact("request", "LocationConstraint", wanted),),
            members={"LocationConstraint": wanted},
        )
    if region != call.region and not at_global:
        raise _illegal_location(wanted, call.region)
    return region


def _names_region(call: Call) -> bool:
    address = address_of(call.origin.host)
    return address is not None and bool(address.region)


def _illegal_location(wanted: str, region: str) -> AwsError:
    return AwsError(
        "IllegalLocationConstraintException",
        f"The {wanted} location constraint is incompatible for the region specific endpoint this request was sent to.",
        400,
        facts=(Fact("request", "LocationConstraint", wanted), Fact("request", "region", region)),
        remedy=(f"aws s3api create-bucket --create-bucket-configuration LocationConstraint={region} ...",),
    )


def _existing(call: Call, existing: Bucket, region: str) -> CreateBucketOutput:
    if existing.account != call.account:
        raise AwsError(
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
            "Please select a different name and try again.",
            409,
            facts=(Fact(existing.arn, "owner", "another account"),),
            members={"BucketName": existing.name},
        )
    # In us-east-1 making a bucket again succeeds, as it always did.
    if existing.region == GLOBAL_REGION and region == GLOBAL_REGION:
        return {"Location": f"/{existing.name}"}
    raise AwsError(
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
        409,
        facts=(call.fact(existing.arn, "Region", existing.region),),
        members={"BucketName": existing.name},
    )


def _tags(request: CreateBucketRequest) -> dict[str, str]:
    tags = (request.get("CreateBucketConfiguration") or {}).get("Tags")
    return tagging.checked_bucket_tags(tags) if tags else {}


def _too_many(account: str, count: int, most: int) -> AwsError:
    return AwsError(
        "TooManyBuckets",
        "You have attempted to create more buckets than allowed",
        400,
        facts=(Fact(account, "buckets", count), Fact("S3", "buckets of an account", most)),
    )


def head_bucket(call: Call, request: HeadBucketRequest) -> HeadBucketOutput:
    """Whether a bucket is there and the caller may see it; its Region."""
    bucket = bucket_of(call, request)
    return {"BucketRegion": bucket.region, "AccessPointAlias": False}


def get_bucket_location(call: Call, request: GetBucketLocationRequest) -> GetBucketLocationOutput:
    """A bucket's Region, which is empty for us-east-1."""
    bucket = bucket_of(call, request)
    return {} if bucket.region == GLOBAL_REGION else {"LocationConstraint": bucket.region}  # type: ignore[typeddict-item]


def list_buckets(call: Call, request: ListBucketsRequest) -> ListBucketsOutput:
    """The account's buckets in all Regions, by name."""
    most = request.get("MaxBuckets")
    if most is not None and not 1 <= most <= limits.BUCKETS_LISTED_MAX:
        message = f"Argument maxBuckets must be an integer between 1 and {limits.BUCKETS_LISTED_MAX}"
        raise refusals.invalid_argument("max-buckets", most, message)
    prefix, region = request.get("Prefix") or "", request.get("BucketRegion")
    after = _after(request.get("ContinuationToken"))
    every = call.state(S3State).buckets
    found = sorted(
        name
        for name, bucket in every.items()
        if bucket.account == call.account
        and name.startswith(prefix)
        and name > after
        and (region is None or bucket.region == region)
    )
    listed = found[:most]
    is_narrowed = bool(request)
    result: dict[str, Any] = {
        "Owner": {"ID": canonical_id(call.account)},
        "Buckets": [_entry(every[name], is_narrowed) for name in listed],
    }
    if len(listed) < len(found):
        result["ContinuationToken"] = base64.b64encode(listed[-1].encode()).decode()
    if prefix:
        result["Prefix"] = prefix
    return result  # type: ignore[return-value]


def _entry(bucket: Bucket, with_region: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"Name": bucket.name, "CreationDate": bucket.created_ms}
    if with_region:
        entry["BucketRegion"] = bucket.region
    return entry


def _after(token: str | None) -> str:
    if token is None:
        return ""
    try:
        return base64.b64decode(token, validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        message = "The continuation token provided is incorrect"
        raise refusals.invalid_argument("continuation-token", token, message) from error


def delete_bucket(call: Call, request: DeleteBucketRequest) -> None:
    """Delete a bucket that holds no version of anything; uploads under way to it end."""
    bucket = bucket_of(call, request)
    state = call.state(S3State)
    count = len(state.shelves[bucket.name])
    if count:
        raise refusals.bucket_not_empty(bucket, count)
    for upload in state.uploads_in(bucket.name):
        state.end_upload(call, upload)
    state.remove_bucket(bucket.name)
    call.changed("s3.BucketDeleted", bucket.arn, Bucket=bucket.name)
