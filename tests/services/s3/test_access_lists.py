"""Access control lists: what they may say, and what they allow."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.s3 import acl
from foulweather.services.s3.owners import account_of, canonical_id, is_known
from gates.people import allow, user
from harness import ACCOUNT, Aws
from services.s3.s3_calls import BUCKET, new_bucket, put, refused
from services.s3.s3_people import OTHER, carry_out, nobody, open_up, policy, statement, stranger, with_lists

READ = {"Bucket": BUCKET, "Key": "a"}
ME, THEM = canonical_id(ACCOUNT), canonical_id(OTHER)


def lists(aws: Aws, ownership: str = "ObjectWriter") -> None:
    new_bucket(aws)
    with_lists(aws, BUCKET, ownership)
    open_up(aws, BUCKET)


def grant(permission: str, **grantee: str) -> dict[str, Any]:
    return {"Permission": permission, "Grantee": grantee}


def body(*grants: dict[str, Any], owner: str = ME) -> dict[str, Any]:
    return {"Owner": {"ID": owner}, "Grants": list(grants)}


@pytest.mark.parametrize("account", ["000000000000", ACCOUNT, OTHER, "999999999999"])
def test_a_canonical_id_tells_its_account(account: str) -> None:
    text = canonical_id(account)
    assert len(text) == 64
    assert account_of(text) == account
    last = "0" if text[-1] != "0" else "1"
    assert not is_known(text[:-1] + last)


@pytest.mark.parametrize(
    ("call", "more"),
    [
        ("put_object_acl", {"Key": "a", "ACL": "private"}),
        ("put_bucket_acl", {"ACL": "private"}),
        ("put_object", {"Key": "a", "ACL": "public-read"}),
        ("put_object", {"Key": "a", "GrantRead": f"id={THEM}"}),
        ("create_multipart_upload", {"Key": "a", "ACL": "authenticated-read"}),
    ],
)
def test_lists_are_off_where_the_owner_enforces(aws: Aws, call: str, more: dict[str, Any]) -> None:
    new_bucket(aws)
    put(aws, "a")
    error = refused(getattr(aws.s3, call), {"Bucket": BUCKET, **more})
    assert (error.code, error.status) == ("AccessControlListNotSupported", 400)
    assert error.message == "The bucket does not allow ACLs"
    carry_out(aws, error.why.remedy[0])
    open_up(aws, BUCKET)
    getattr(aws.s3, call)({"Bucket": BUCKET, **more})


def test_full_control_for_the_owner_is_taken_where_the_owner_enforces(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a", ACL="bucket-owner-full-control")
    put(aws, "a", GrantFullControl=f"id={ME}")
    assert aws.s3.get_object_acl(READ)["Grants"] == [acl.members_of(acl.owned_grants(ME))[0]]


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        ({}, "MissingSecurityHeader", "Your request was missing a required header"),
        ({"ACL": "public"}, "InvalidArgument", ""),
        (
            {"ACL": "private", "GrantRead": f"id={THEM}"},
            "InvalidRequest",
            "Specifying both Canned ACLs and Header Grants is not allowed",
        ),
        (
            {"ACL": "private", "AccessControlPolicy": body()},
            "UnexpectedContent",
            "This request does not support content",
        ),
        ({"GrantRead": "somebody"}, "InvalidArgument", "Argument format not recognized"),
        ({"GrantRead": f"id={'0' * 64}"}, "InvalidArgument", "Invalid id"),
        ({"GrantRead": "uri=http://example.com"}, "InvalidArgument", "Invalid group uri"),
        (
            {"GrantRead": "emailAddress=a@example.com"},
            "UnresolvableGrantByEmailAddress",
            "The email address you provided does not match any account on record.",
        ),
        (
            {"AccessControlPolicy": body(grant("READ", Type="AmazonCustomerByEmail", EmailAddress="a@example.com"))},
            "UnresolvableGrantByEmailAddress",
            "The email address you provided does not match any account on record.",
        ),
        (
            {"AccessControlPolicy": body(grant("LOOK", Type="CanonicalUser", ID=THEM))},
            "MalformedACLError",
            "The XML you provided was not well-formed or did not validate against our published schema",
        ),
        ({"AccessControlPolicy": body(owner=THEM)}, "AccessDenied", "Access Denied"),
        (
            {"AccessControlPolicy": {"Grants": []}},
            "MalformedACLError",
            "The XML you provided was not well-formed or did not validate against our published schema",
        ),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(aws: Aws, request_: dict[str, Any], code: str, message: str) -> None:
    lists(aws)
    error = refused(aws.s3.put_bucket_acl, {"Bucket": BUCKET, **request_})
    assert (error.code, error.message) == (code, message)


@pytest.mark.parametrize(
    ("canned", "expected"),
    [
        ("private", []),
        ("public-read", [("READ", acl.ALL_USERS)]),
        ("public-read-write", [("READ", acl.ALL_USERS), ("WRITE", acl.ALL_USERS)]),
        ("authenticated-read", [("READ", acl.AUTHENTICATED_USERS)]),
        ("log-delivery-write", [("WRITE", acl.LOG_DELIVERY), ("READ_ACP", acl.LOG_DELIVERY)]),
    ],
)
def test_canned_lists_of_buckets(aws: Aws, canned: str, expected: list[tuple[str, str]]) -> None:
    lists(aws)
    aws.s3.put_bucket_acl({"Bucket": BUCKET, "ACL": canned})
    grants = aws.s3.get_bucket_acl({"Bucket": BUCKET})["Grants"]
    assert grants[0] == grant("FULL_CONTROL", ID=ME, Type="CanonicalUser")
    assert grants[1:] == [grant(permission, URI=group, Type="Group") for permission, group in expected]


def test_headers_name_several_grantees(aws: Aws) -> None:
    lists(aws)
    aws.s3.put_bucket_acl({"Bucket": BUCKET, "GrantRead": f'id="{THEM}", uri="{acl.ALL_USERS}"'})
    grants = aws.s3.get_bucket_acl({"Bucket": BUCKET})["Grants"]
    assert [one["Grantee"]["Type"] for one in grants] == ["CanonicalUser", "Group"]


def test_a_public_list_lets_nobody_list_and_read(aws: Aws) -> None:
    lists(aws)
    put(aws, "a", ACL="public-read")
    put(aws, "b")
    assert nobody(aws).s3.get_object(READ)["Body"] == b"x"
    assert refused(nobody(aws).s3.get_object, {"Bucket": BUCKET, "Key": "b"}).status == 403
    assert refused(nobody(aws).s3.list_objects_v2, {"Bucket": BUCKET}).status == 403
    aws.s3.put_bucket_acl({"Bucket": BUCKET, "ACL": "public-read"})
    assert nobody(aws).s3.list_objects_v2({"Bucket": BUCKET})["KeyCount"] == 2
    assert refused(nobody(aws).s3.get_object_acl, READ).status == 403


def test_a_list_for_everybody_who_signs_does_not_let_nobody_in(aws: Aws) -> None:
    lists(aws)
    put(aws, "a", ACL="authenticated-read")
    assert stranger(aws, allow("s3:*")).s3.get_object(READ)["Body"] == b"x"
    assert refused(nobody(aws).s3.get_object, READ).status == 403


def test_a_grant_to_an_account_needs_its_policies_too(aws: Aws) -> None:
    lists(aws)
    put(aws, "a", GrantRead=f"id={THEM}")
    assert aws.in_account(OTHER).s3.get_object(READ)["Body"] == b"x"
    mallory = stranger(aws)
    assert "no identity-based policy" in refused(mallory.s3.get_object, READ).why.cause
    assert stranger(aws, allow("s3:*"), name="eve").s3.get_object(READ)["Body"] == b"x"
    assert refused(aws.in_account("777788889999").s3.get_object, READ).status == 403


def test_writing_is_granted_by_the_buckets_list(aws: Aws) -> None:
    lists(aws)
    mallory = stranger(aws, allow("s3:*"))
    assert refused(mallory.s3.put_object, READ).status == 403
    aws.s3.put_bucket_acl({"Bucket": BUCKET, "GrantWrite": f"id={THEM}", "GrantFullControl": f"id={ME}"})
    mallory.s3.put_object({**READ, "Body": b"theirs"})
    assert mallory.s3.get_object_acl(READ)["Owner"] == {"ID": THEM}
    assert refused(mallory.s3.list_objects_v2, {"Bucket": BUCKET}).status == 403


def test_the_reason_of_a_denial_names_the_grant_that_came_near(aws: Aws) -> None:
    lists(aws)
    put(aws, "a", GrantReadACP=f"id={THEM}", GrantFullControl=f"id={ME}")
    policy(aws, BUCKET, statement(BUCKET, "s3:PutObject", principal={"AWS": OTHER}))
    mallory = stranger(aws, allow("s3:*"))
    error = refused(mallory.s3.get_object, READ)
    causes = " ".join(each.cause for each in error.why.because)
    assert f"READ_ACP to the account {OTHER} in the access control list of arn:aws:s3:::{BUCKET}/a" in causes


@pytest.mark.parametrize(
    ("ownership", "canned", "owner"),
    [
        ("ObjectWriter", "bucket-owner-full-control", THEM),
        ("BucketOwnerPreferred", "bucket-owner-full-control", ME),
        ("BucketOwnerPreferred", "private", THEM),
    ],
)
def test_ownership_decides_whose_an_upload_is(aws: Aws, ownership: str, canned: str, owner: str) -> None:
    lists(aws, ownership)
    rights = ("s3:PutObject", "s3:PutObjectAcl", "s3:GetObjectAcl")
    policy(aws, BUCKET, statement(BUCKET, *rights, principal={"AWS": OTHER}))
    mallory = stranger(aws, allow("s3:*"))
    mallory.s3.put_object({**READ, "ACL": canned})
    assert mallory.s3.get_object_acl(READ)["Owner"] == {"ID": owner}


def test_ownership_controls_are_set_shown_and_taken_away(aws: Aws) -> None:
    new_bucket(aws)
    shown = aws.s3.get_bucket_ownership_controls({"Bucket": BUCKET})
    assert shown == {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
    aws.s3.delete_bucket_ownership_controls({"Bucket": BUCKET})
    error = refused(aws.s3.get_bucket_ownership_controls, {"Bucket": BUCKET})
    assert (error.code, error.status) == ("OwnershipControlsNotFoundError", 404)
    aws.s3.put_bucket_acl({"Bucket": BUCKET, "GrantRead": f"id={THEM}"})
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    error = refused(aws.s3.put_bucket_ownership_controls, {"Bucket": BUCKET, "OwnershipControls": enforced})
    assert error.code == "InvalidBucketAclWithObjectOwnership"


def test_a_new_bucket_takes_a_list_only_with_another_ownership(aws: Aws) -> None:
    error = refused(aws.s3.create_bucket, {"Bucket": BUCKET, "ACL": "public-read"})
    assert error.code == "InvalidBucketAclWithObjectOwnership"
    error = refused(aws.s3.create_bucket, {"Bucket": BUCKET, "ACL": "public-read", "ObjectOwnership": "ObjectWriter"})
    assert error.code == "AccessDenied"
    aws.s3.create_bucket({"Bucket": BUCKET, "ACL": "log-delivery-write", "ObjectOwnership": "ObjectWriter"})
    alice = user(aws, "alice", allow("s3:CreateBucket"))
    error = refused(alice.s3.create_bucket, {"Bucket": "b-bucket", "ObjectOwnership": "ObjectWriter"})
    assert "s3:PutBucketOwnershipControls" in error.message
