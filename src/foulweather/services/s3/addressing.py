"""Which bucket a request means: by its name, or through an access point; and who pays for it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Resource
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3 import accelerated
from foulweather.services.s3.accounts import AccessPoint, S3ControlState, key_of
from foulweather.services.s3.addresses import address_of
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.held_policies import policy_of_point
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.state import S3State

ALIAS_END = "-s3alias"
POINT = "s3:dataaccesspointarn"
PAYMENT = "request_payment"
_ARN = re.compile(r"arn:aws[a-z-]*:s3:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):accesspoint[/:](?P<name>[a-z0-9-]+)")
_HOST = re.compile(r"(?P<name>[a-z0-9-]+)-(?P<account>\d{12})")
_ANY_ARN = re.compile(r"arn:")


def bucket_for(call: Call, request: Mapping[str, Any]) -> Bucket:
    """The bucket of a request. An access point's address is replaced by its bucket's name for all that follows."""
    name: str = request.get("Bucket", "")
    bucket = call.state(S3State).buckets.get(name)
    if bucket is None or bucket.region != call.region or "ExpectedBucketOwner" in request:
        bucket = _found(call, request, name)
    if accelerated.NAME in call.origin.host and accelerated.is_asked(call):
        accelerated.check_bucket(call, bucket)
    if bucket.settings and bucket.settings.get(PAYMENT) == "Requester":
        _check_payer(call, bucket, request)
    return bucket


def _found(call: Call, request: Mapping[str, Any], name: str) -> Bucket:
    """The same, with every check in its place: no bucket's name is an access point's address, too."""
    point = _point(call, name)
    if point is not None:
        cast("dict[str, Any]", request)["Bucket"] = point.bucket
        call.traits = {
            **call.traits,
            POINT: point.arn,
            "s3:dataaccesspointaccount": point.account,
            "s3:accesspointnetworkorigin": "VPC" if point.vpc else "Internet",
        }
    return bucket_of(call, request)


def point_of(call: Call) -> AccessPoint | None:
    """The access point that a call came through, once its bucket has been found."""
    arn = call.traits.get(POINT)
    if arn is None:
        return None
    region, account, rest = arn.split(":", 5)[3:]
    return call.state(S3ControlState).access_points.get(key_of(account, region, rest.partition("/")[2]))


def point_resources(call: Call, key: str) -> tuple[Resource, ...]:
    """The access point that a call came through: its own policy must allow what the bucket's must allow, too.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
    """
    if POINT not in call.traits:
        return ()
    point = point_of(call)
    if point is None:
        return ()
    if point.vpc and call.origin.vpc != point.vpc:
        raise _not_from_here(call, point)
    known = policy_of_point(call, point)
    if known is not None and known.is_public and point.public_access_block.get("RestrictPublicBuckets"):
        principal = call.principal
        if principal.kind != "service" and principal.account != point.account:
            raise _restricted(call, point)
    arn = f"{point.arn}/object/{key}" if key else point.arn
    return (Resource(arn, point.account, known.held if known is not None else None, point.tags),)


def refuse_point(call: Call) -> None:
    """Refuse what access points do not do: they give access to objects, not to a bucket's settings."""
    arn = call.traits.get(POINT)
    if arn is not None:
        raise AwsError(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            405,
            facts=(Fact(arn, "operations", "those on objects"), Fact("request", "operation", call.operation)),
            members={"Method": call.operation, "ResourceType": "ACCESSPOINT"},
        )


def _point(call: Call, name: str) -> AccessPoint | None:
    state = call.state(S3ControlState)
    if name.endswith(ALIAS_END):
        found = state.by_alias.get(name)
        if found is None:
            raise _no_such_point(name)
        return found
    key = ""
    if _ANY_ARN.match(name):
        parts = _ARN.fullmatch(name)
        if parts is None:
            raise AwsError(
                "InvalidARN", "Invalid ARN", 400, facts=(Fact("request", "Bucket", name),), members={"ARN": name}
            )
        key = key_of(parts["account"], parts["region"], parts["name"])
    elif (parts := _HOST.fullmatch(name)) is not None and name not in call.state(S3State).buckets:
        # `name-account` in the host: of the access points' own domain, or before a custom endpoint.
        address = address_of(call.origin.host) if call.origin.host else None
        is_theirs = address is not None and address.kind == "accesspoint"
        region = address.region if address is not None and is_theirs else call.region
        key = key_of(parts["account"], region, parts["name"])
        if not is_theirs and key not in state.access_points:
            return None
    if not key:
        return None
    found = state.access_points.get(key)
    if found is None:
        raise _no_such_point(name)
    return found


def _no_such_point(name: str) -> AwsError:
    return AwsError(
        "NoSuchAccessPoint",
        "The specified accesspoint does not exist",
        404,
        facts=(Fact(name, "exists", False),),
        members={"AccessPointName": name},
    )


def _not_from_here(call: Call, point: AccessPoint) -> AwsError:
    cause = "The access point takes requests from its VPC only."
    facts = (call.fact(point.arn, "VpcId", point.vpc), Fact("request", "aws:SourceVpc", call.origin.vpc or None))
    return AwsError("AccessDenied", "Access Denied", 403, why=Why("denied", cause, facts))


def _restricted(call: Call, point: AccessPoint) -> AwsError:
    cause = "The access point's policy is public, and RestrictPublicBuckets is on for the access point."
    fact = call.fact(point.arn, "RestrictPublicBuckets", True)
    # An access point's flags are set when it is made, for good.
    return AwsError("AccessDenied", "Access Denied", 403, why=Why("denied", cause, (fact,)))


def _check_payer(call: Call, bucket: Bucket, request: Mapping[str, Any]) -> None:
    """Whoever is not the owner must agree to pay, and nobody cannot.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
    """
    principal = call.principal
    if principal.account == bucket.account or principal.kind == "service":
        return
    if principal.kind != "anonymous" and request.get("RequestPayer") == "requester":
        call.further_headers = [*(call.further_headers or ()), ("x-amz-request-charged", "requester")]
        return
    cause = "The bucket's requesters pay, and the request does not say that its sender does."
    facts = (
        call.fact(bucket.arn, "Payer", "Requester"),
        Fact("request", "x-amz-request-payer", request.get("RequestPayer")),
    )
    remedy = ("Send the header x-amz-request-payer: requester (--request-payer requester), signed.",)
    raise AwsError("AccessDenied", "Access Denied", 403, why=Why("denied", cause, facts, remedy))
