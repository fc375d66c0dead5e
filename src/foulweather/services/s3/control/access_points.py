"""Access points: made, shown, listed, deleted.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals, tagging
from foulweather.services.s3.accounts import AccessPoint, S3ControlState, key_of
from foulweather.services.s3.control.points import point_named
from foulweather.services.s3.public_access import ALL_BLOCKED, FLAGS
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3control import (
        CreateAccessPointRequest,
        CreateAccessPointResult,
        DeleteAccessPointRequest,
        GetAccessPointRequest,
        GetAccessPointResult,
        ListAccessPointsRequest,
        ListAccessPointsResult,
    )

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations-naming-rules.html
POINTS_MAX = 10_000
LISTED_MAX = 1000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,48}[a-z0-9]")
_RESERVED = ("xn--", "-s3alias", "--ol-s3", "--xa-s3")
_ALIAS_CHARACTERS = 34
_ALIAS_NAME_CHARACTERS = 20


def create_access_point(call: Call, request: CreateAccessPointRequest) -> CreateAccessPointResult:
    """Make an access point to a bucket; who may come through it, and from where, is settled now for good."""
    if request.get("Scope"):
        raise not_implemented("s3control", "CreateAccessPoint.Scope")
    account, name = request["AccountId"], request["Name"]
    if not _NAME.fullmatch(name) or name.startswith(_RESERVED) or name.endswith(_RESERVED):
        message = f"Your Access Point name is not valid: {name}"
        raise refusals.invalid_request(message, Fact("request", "Name", name))
    state = call.state(S3ControlState)
    if key_of(account, call.region, name) in state.access_points:
        raise AwsError(
            "AccessPointAlreadyOwnedByYou",
            "Your previous request to create the named accesspoint succeeded and you already own it.",
            409,
            facts=(Fact("request", "Name", name),),
        )
    bucket = _bucket(call, request)
    count = sum(point.account == account and point.region == call.region for point in state.access_points.values())
    if count >= POINTS_MAX:
        raise AwsError(
            "TooManyAccessPoints",
            "You have attempted to create more access points than allowed.",
            400,
            facts=(Fact(account, "access points", count), Fact("S3", "access points of a Region", POINTS_MAX)),
        )
    given: Mapping[str, Any] | None = request.get("PublicAccessBlockConfiguration")
    flags = dict(ALL_BLOCKED) if given is None else {flag: bool(given.get(flag)) for flag in FLAGS}
    point = AccessPoint(
        name,
        account,
        call.region,
        bucket.name,
        bucket.account,
        _alias(call, name),
        call.now,
        vpc=(request.get("VpcConfiguration") or {}).get("VpcId", ""),
        public_access_block=flags,
        tags=tagging.checked_bucket_tags(request.get("Tags") or []),
    )
    state.add(point)
    call.changed("s3control.AccessPointCreated", point.arn, Bucket=bucket.name, VpcId=point.vpc or None, **flags)
    return {"AccessPointArn": point.arn, "Alias": point.alias}


def get_access_point(call: Call, request: GetAccessPointRequest) -> GetAccessPointResult:
    """An access point's settings."""
    point = point_named(call, request["AccountId"], request["Name"])
    domain = f"{point.region}.amazonaws.com"
    shown: dict[str, Any] = {
        **_entry(point),
        "PublicAccessBlockConfiguration": point.public_access_block,
        "CreationDate": point.created_ms,
        "Endpoints": {"ipv4": f"s3-accesspoint.{domain}", "dualstack": f"s3-accesspoint.dualstack.{domain}"},
    }
    return shown  # type: ignore[return-value]


def list_access_points(call: Call, request: ListAccessPointsRequest) -> ListAccessPointsResult:
    """The account's access points in the Region, of one bucket or of all."""
    for member in ("DataSourceId", "DataSourceType"):
        if request.get(member):
            raise not_implemented("s3control", f"ListAccessPoints.{member}")
    after, bucket = request.get("NextToken") or "", request.get("Bucket")
    points = call.state(S3ControlState).access_points.values()
    found = sorted(
        [
            point
            for point in points
            if (point.account, point.region) == (request["AccountId"], call.region)
            and (not bucket or point.bucket == bucket)
            and point.name > after
        ],
        key=lambda point: point.name,
    )
    most = min(request.get("MaxResults") or LISTED_MAX, LISTED_MAX)
    listed = [{**_entry(point), "AccessPointArn": point.arn} for point in found[:most]]
    result: dict[str, Any] = {"AccessPointList": listed}
    if len(found) > most:
        result["NextToken"] = found[most - 1].name
    return result  # type: ignore[return-value]


def delete_access_point(call: Call, request: DeleteAccessPointRequest) -> None:
    """Delete an access point; its bucket stays."""
    point = point_named(call, request["AccountId"], request["Name"])
    call.state(S3ControlState).remove(point)
    call.changed("s3control.AccessPointDeleted", point.arn, Bucket=None)


def _entry(point: AccessPoint) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "Name": point.name,
        "Bucket": point.bucket,
        "NetworkOrigin": "VPC" if point.vpc else "Internet",
        "Alias": point.alias,
        "AccessPointArn": point.arn,
        "BucketAccountId": point.bucket_account,
    }
    if point.vpc:
        entry["VpcConfiguration"] = {"VpcId": point.vpc}
    return entry


def _bucket(call: Call, request: CreateAccessPointRequest) -> Bucket:
    bucket = call.state(S3State).buckets.get(request["Bucket"])
    if bucket is None or bucket.region != call.region:
        raise AwsError(
            "InvalidRequest",
            "Amazon S3 Bucket does not exist",
            400,
            facts=(Fact(f"arn:aws:s3:::{request['Bucket']}", f"exists in {call.region}", False),),
        )
    # "Optional if the bucket is in the same account": whose bucket it is else must be said.
    owner = request.get("BucketAccountId") or request["AccountId"]
    if bucket.account != owner:
        raise AwsError(
            "AccessDenied",
            "Access Denied",
            403,
            facts=(Fact(bucket.arn, "owner", bucket.account), Fact("request", "BucketAccountId", owner)),
        )
    return bucket


def _alias(call: Call, name: str) -> str:
    start = name[:_ALIAS_NAME_CHARACTERS].rstrip("-")
    return f"{start}-{call.world.ids.hex(_ALIAS_CHARACTERS)}-s3alias"
