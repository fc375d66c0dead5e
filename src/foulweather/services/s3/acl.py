"""Access control lists: canned and explicit grants, and what they allow.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import owners, public_access, refusals
from foulweather.services.s3.records import Bucket, Grant

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
GROUPS = (ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY)
PUBLIC_GROUPS = frozenset({ALL_USERS, AUTHENTICATED_USERS})
PERMISSIONS = ("FULL_CONTROL", "WRITE", "WRITE_ACP", "READ", "READ_ACP")
GRANTS_MAX = 100

BUCKET_CANNED = ("private", "public-read", "public-read-write", "authenticated-read", "log-delivery-write")
OBJECT_CANNED = (
    *("private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read"),
    *("bucket-owner-read", "bucket-owner-full-control"),
)
AWS_EXEC_ID = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"
"""The account that fetches AMI bundles, which `aws-exec-read` lets read."""
_HEADERS = {
    "GrantFullControl": "FULL_CONTROL",
    "GrantRead": "READ",
    "GrantReadACP": "READ_ACP",
    "GrantWrite": "WRITE",
    "GrantWriteACP": "WRITE_ACP",
}
_GRANTEE = re.compile(r'\s*(id|uri|emailAddress)\s*=\s*"?([^"]*?)"?\s*', re.IGNORECASE)


@lru_cache(maxsize=4096)
def owners_grant(account: str) -> Grant:
    """The grant that an account has on what it owns."""
    return Grant("FULL_CONTROL", canonical_id=owners.canonical_id(account))


def owned_grants(owner_id: str) -> list[Grant]:
    """What the access control list says of something that only its owner may use."""
    return [Grant("FULL_CONTROL", canonical_id=owner_id)]


def object_owner(call: Call, bucket: Bucket, request: Mapping[str, Any]) -> str:
    """The account that owns an object that this request writes.

    Whoever uploads owns the object, unless the bucket's owner enforces, or prefers and is given full control.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    """
    writer = call.principal.account
    if call.principal.kind == "service" or bucket.ownership == "BucketOwnerEnforced":
        return bucket.account
    if bucket.ownership == "BucketOwnerPreferred" and request.get("ACL") == "bucket-owner-full-control":
        return bucket.account
    return writer


def grants_for(call: Call, bucket: Bucket, request: Mapping[str, Any]) -> list[Grant]:
    """The grants that a new bucket or object gets from its request's ACL or x-amz-grant-* headers.

    Refuses lists where the bucket does not take any, and public ones where those are blocked.
    """
    is_bucket = "Key" not in request
    owner = bucket.account if is_bucket else object_owner(call, bucket, request)
    grants = asked_grants(bucket, request, owners.canonical_id(owner), is_bucket)
    if grants is None:
        return owned_grants(owners.canonical_id(owner))
    if bucket.ownership == "BucketOwnerEnforced":
        if is_bucket:
            check_new_bucket(bucket, request)
        elif not _leaves_it_to_the_owner(request, bucket):
            raise not_supported(call, bucket)
        return owned_grants(owners.canonical_id(bucket.account))
    public_access.check_grants(call, bucket, grants)
    return grants


def asked_grants(bucket: Bucket, request: Mapping[str, Any], owner_id: str, is_bucket: bool) -> list[Grant] | None:
    """The grants that a request asks for: canned, in headers, or in its body; None where it asks for none."""
    canned = request.get("ACL")
    headers = {name: request[name] for name in _HEADERS if request.get(name)}
    body = request.get("AccessControlPolicy")
    if canned and headers:
        raise refusals.invalid_request("Specifying both Canned ACLs and Header Grants is not allowed")
    if body and (canned or headers):
        raise AwsError("UnexpectedContent", "This request does not support content", 400)
    if canned:
        return _canned(canned, bucket, owner_id, is_bucket)
    if headers:
        return _of_headers(headers)
    return _of_body(body, owner_id) if body else None


def check_new_bucket(bucket: Bucket, request: Mapping[str, Any]) -> None:
    """Refuse a list for a new bucket whose owner enforces; `private` says no more than the owner's own grant."""
    if request.get("ACL") in (None, "private") and not any(request.get(name) for name in _HEADERS):
        return
    raise AwsError(
        "InvalidBucketAclWithObjectOwnership",
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        400,
        facts=(Fact(bucket.arn, "ObjectOwnership", bucket.ownership), Fact("request", "ACL", _shown(request))),
        remedy=(f"aws s3api create-bucket --bucket {bucket.name} --object-ownership BucketOwnerPreferred",),
    )


def not_supported(call: Call, bucket: Bucket) -> AwsError:
    """The bucket's owner enforces ownership: lists are off."""
    return AwsError(
        "AccessControlListNotSupported",
        "The bucket does not allow ACLs",
        400,
        facts=(call.fact(bucket.arn, "ObjectOwnership", bucket.ownership),),
        remedy=(
            f"aws s3api put-bucket-ownership-controls --bucket {bucket.name} "
            """--ownership-controls '{"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}'""",
        ),
    )


def is_public(grants: Sequence[Grant]) -> bool:
    """Whether a list grants anything to everybody, or to everybody with an AWS account."""
    return any(grant.group in PUBLIC_GROUPS for grant in grants)


def members_of(grants: Sequence[Grant]) -> list[dict[str, Any]]:
    """Grants as the API's members."""
    return [{"Grantee": _grantee(grant), "Permission": grant.permission} for grant in grants]


def _grantee(grant: Grant) -> dict[str, str]:
    if grant.group:
        return {"URI": grant.group, "Type": "Group"}
    return {"ID": grant.canonical_id, "Type": "CanonicalUser"}


def _leaves_it_to_the_owner(request: Mapping[str, Any], bucket: Bucket) -> bool:
    """The one list that an owner who enforces takes, and that changes nothing."""
    if request.get("ACL") == "bucket-owner-full-control":
        return True
    headers = {name for name in _HEADERS if request.get(name)}
    if headers != {"GrantFullControl"}:
        return False
    owner_id = owners.canonical_id(bucket.account)
    return _of_headers({"GrantFullControl": request["GrantFullControl"]}) == owned_grants(owner_id)


def _canned(name: str, bucket: Bucket, owner_id: str, is_bucket: bool) -> list[Grant]:
    if name not in (BUCKET_CANNED if is_bucket else OBJECT_CANNED):
        if is_bucket and name in OBJECT_CANNED:  # ignored for buckets (Access control list overview, Canned ACL)
            return owned_grants(owner_id)
        raise refusals.invalid_argument("x-amz-acl", name, "")
    further: list[Grant] = []
    bucket_owner = owners.canonical_id(bucket.account)
    match name:
        case "public-read":
            further = [Grant("READ", group=ALL_USERS)]
        case "public-read-write":
            further = [Grant("READ", group=ALL_USERS), Grant("WRITE", group=ALL_USERS)]
        case "authenticated-read":
            further = [Grant("READ", group=AUTHENTICATED_USERS)]
        case "log-delivery-write":
            further = [Grant("WRITE", group=LOG_DELIVERY), Grant("READ_ACP", group=LOG_DELIVERY)]
        case "aws-exec-read":
            further = [Grant("READ", canonical_id=AWS_EXEC_ID)]
        case "bucket-owner-read" if bucket_owner != owner_id:
            further = [Grant("READ", canonical_id=bucket_owner)]
        case "bucket-owner-full-control" if bucket_owner != owner_id:
            further = [Grant("FULL_CONTROL", canonical_id=bucket_owner)]
        case _:
            pass
    return [*owned_grants(owner_id), *further]


def _of_headers(headers: Mapping[str, str]) -> list[Grant]:
    grants: list[Grant] = []
    for name, text in headers.items():
        for piece in text.split(","):
            if piece.strip():
                grants.append(_of_piece(name, text, piece))
    return _bounded(grants)


def _of_piece(name: str, text: str, piece: str) -> Grant:
    found = _GRANTEE.fullmatch(piece)
    if found is None:
        header = "x-amz-grant-" + {"GrantReadACP": "read-acp", "GrantWriteACP": "write-acp"}.get(
            name, name[5:].lower().replace("fullcontrol", "full-control")
        )
        raise refusals.invalid_argument(header, text, "Argument format not recognized")
    kind, value = found[1].lower(), found[2]
    if kind == "emailaddress":
        raise _by_email(value)
    return _group(_HEADERS[name], value) if kind == "uri" else _user(_HEADERS[name], value)


def _of_body(body: Mapping[str, Any], owner_id: str) -> list[Grant]:
    owner: Mapping[str, Any] = body.get("Owner") or {}
    if not owner.get("ID") or body.get("Grants") is None:
        raise _malformed()
    if owner["ID"] != owner_id:
        raise AwsError(
            "AccessDenied", "Access Denied", 403, facts=(Fact("request", "Owner", owner["ID"]), _owner(owner_id))
        )
    grants: list[Grant] = []
    for given in body["Grants"]:
        grantee: Mapping[str, Any] = given.get("Grantee") or {}
        permission = given.get("Permission")
        if permission not in PERMISSIONS:
            raise _malformed()
        match grantee.get("Type"):
            case "Group":
                grants.append(_group(permission, grantee.get("URI") or ""))
            case "AmazonCustomerByEmail":
                raise _by_email(grantee.get("EmailAddress") or "")
            case "CanonicalUser":
                grants.append(_user(permission, grantee.get("ID") or ""))
            case _:
                raise _malformed()
    return _bounded(grants)


def _owner(owner_id: str) -> Fact:
    return Fact("resource", "owner", owner_id)


def _bounded(grants: list[Grant]) -> list[Grant]:
    if len(grants) > GRANTS_MAX:
        raise AwsError(
            "InvalidRequest",
            f"An access control list can have up to {GRANTS_MAX} grants.",
            400,
            facts=(Fact("request", "grants", len(grants)),),
        )
    return list(dict.fromkeys(grants))


def _user(permission: str, canonical_id: str) -> Grant:
    if not owners.is_known(canonical_id) and canonical_id != AWS_EXEC_ID:
        raise refusals.invalid_argument("CanonicalUser/ID", canonical_id, "Invalid id")
    return Grant(permission, canonical_id=canonical_id)


def _group(permission: str, uri: str) -> Grant:
    if uri not in GROUPS:
        raise refusals.invalid_argument("Group/URI", uri, "Invalid group uri")
    return Grant(permission, group=uri)


def _by_email(address: str) -> AwsError:
    """Grants by e-mail address ended on 2025-10-01; before, an address that no account has was refused so.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#specifying-grantee-predefined-groups
    """
    return AwsError(
        "UnresolvableGrantByEmailAddress",
        "The email address you provided does not match any account on record.",
        400,
        facts=(Fact("request", "EmailAddress", address),),
        members={"EmailAddress": address},
    )


def _malformed() -> AwsError:
    return AwsError(
        "MalformedACLError",
        "The XML you provided was not well-formed or did not validate against our published schema",
        400,
    )


def _shown(request: Mapping[str, Any]) -> Any:
    return request.get("ACL") or {name: request[name] for name in _HEADERS if request.get(name)}
