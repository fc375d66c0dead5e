"""One 403, many causes: each told apart by its reason, and mended by its remedy."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import ServiceModel
from foulweather.policy.principal import service
from foulweather.services.s3.access import ACCESS
from foulweather.services.s3.owners import canonical_id
from gates.people import allow, deny, user
from harness import ACCOUNT, Aws
from services.s3.s3_calls import BUCKET, new_bucket, put, refused
from services.s3.s3_people import (
    OTHER,
    carry_out,
    nobody,
    open_up,
    policy,
    statement,
    stranger,
    with_lists,
)

ARN = f"arn:aws:s3:::{BUCKET}"
READ = {"Bucket": BUCKET, "Key": "a"}


def test_every_operation_of_the_model_has_a_row() -> None:
    assert set(ServiceModel.load("s3").operations()) <= set(ACCESS)


def first_cause(error: AwsError) -> str:
    return error.why.first_cause().cause


# --- the incidents of one account


def test_no_identity_policy_is_told_in_full_within_the_account(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    alice = user(aws, "alice")
    error = refused(alice.s3.get_object, READ)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: s3:GetObject on resource: "
        f'"{ARN}/a" because no identity-based policy allows the s3:GetObject action'
    )
    carry_out(aws, error.why.remedy[0])
    assert alice.s3.get_object(READ)["Body"] == b"x"
    assert refused(alice.s3.put_object, READ).code == "AccessDenied"


def test_an_explicit_deny_of_the_bucket_policy_wins_and_its_remedy_narrows_it(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    alice = user(aws, "alice", allow("s3:*"))
    policy(aws, BUCKET, statement(BUCKET, "s3:GetObject", Effect="Deny", Sid="NoReaders"))
    error = refused(alice.s3.get_object, READ)
    assert error.message.endswith("with an explicit deny in a resource-based policy")
    assert "statement NoReaders" in first_cause(error)
    assert any(fact.set_by is not None for fact in error.why.first_cause().facts)
    carry_out(aws, error.why.remedy[0])
    assert alice.s3.get_object(READ)["Body"] == b"x"


def test_a_deny_of_plain_http_is_mended_by_https_and_not_in_the_policy(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    alice = user(aws, "alice", allow("s3:*"))
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    policy(aws, BUCKET, statement(BUCKET, "s3:GetObject", Effect="Deny", Sid="TLS", Condition=insecure))
    error = refused(alice.s3.get_object, READ)
    assert "statement TLS" in first_cause(error)
    assert error.why.remedy[0].startswith("# Over https")


@pytest.mark.parametrize(
    ("resource", "lists", "reads"), [(ARN, True, False), (f"{ARN}/*", False, True), ([ARN, f"{ARN}/*"], True, True)]
)
def test_bucket_actions_need_the_buckets_arn_and_object_actions_the_objects(
    aws: Aws, resource: Any, lists: bool, reads: bool
) -> None:
    new_bucket(aws)
    put(aws, "a")
    alice = user(aws, "alice", allow(["s3:ListBucket", "s3:GetObject"], resource))
    for works, operation, request in (
        (lists, alice.s3.list_objects_v2, {"Bucket": BUCKET}),
        (reads, alice.s3.get_object, READ),
    ):
        if works:
            operation(request)
        else:
            assert "its Resource is" in first_cause(refused(operation, request))


def test_a_prefix_condition_lets_list_and_not_get(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "uploads/x")
    condition = {"StringEquals": {"s3:prefix": "uploads/"}}
    alice = user(aws, "alice", allow(["s3:ListBucket", "s3:GetObject"], [ARN, f"{ARN}/*"], Condition=condition))
    assert alice.s3.list_objects_v2({"Bucket": BUCKET, "Prefix": "uploads/"})["KeyCount"] == 1
    refused(alice.s3.list_objects_v2, {"Bucket": BUCKET})
    error = refused(alice.s3.get_object, {"Bucket": BUCKET, "Key": "uploads/x"})
    assert "s3:prefix" in first_cause(error)
    assert "no such key" in first_cause(error)


def test_a_policy_follows_the_principal_and_not_a_new_one_of_its_name(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    alice = user(aws, "alice")
    policy(aws, BUCKET, statement(BUCKET, principal={"AWS": alice.principal.arn}))
    assert alice.s3.get_object(READ)["Body"] == b"x"
    aws.iam.delete_user({"UserName": "alice"})
    again = user(aws, "alice")
    error = refused(again.s3.get_object, READ)
    assert "its Principal is AIDA" in first_cause(error)
    assert "AIDA" in aws.s3.get_bucket_policy({"Bucket": BUCKET})["Policy"]
    assert refused(again.s3.get_object, READ).status == 403


def test_an_address_condition_is_told_with_the_address(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    condition = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    alice = user(aws, "alice", allow("s3:GetObject", f"{ARN}/*", Condition=condition))
    cause = first_cause(refused(alice.s3.get_object, READ))
    assert "203.0.113.0/24" in cause
    assert "127.0.0.1" in cause


# --- across accounts


def test_across_accounts_both_sides_must_allow_and_nothing_is_told(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    mallory = stranger(aws)
    error = refused(mallory.s3.get_object, READ)
    assert error.message == "Access Denied"
    assert "no identity-based policy" in error.why.cause
    carry_out(mallory_root := aws.in_account(OTHER), error.why.remedy[0])
    error = refused(mallory.s3.get_object, READ)
    assert error.message == "Access Denied"
    assert "no resource-based policy" in error.why.cause
    carry_out(aws, error.why.remedy[0])
    assert mallory.s3.get_object(READ)["Body"] == b"x"
    mallory_root.iam.delete_user_policy({"UserName": "mallory", "PolicyName": "allow-s3-GetObject"})
    assert refused(mallory.s3.get_object, READ).status == 403


async def test_the_other_account_of_an_organization_is_told(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    aws.organizations.create_organization({"FeatureSet": "ALL"})
    member = aws.organizations.create_account({"Email": "m@example.com", "AccountName": "m"})
    await aws.advance(seconds=3600)
    made = {"CreateAccountRequestId": member["CreateAccountStatus"]["Id"]}
    account = aws.organizations.describe_create_account_status(made)["CreateAccountStatus"]["AccountId"]
    carol = user(aws.in_account(account), "carol", allow("s3:*"))
    assert "because no resource-based policy allows" in refused(carol.s3.get_object, READ).message


def test_a_service_is_let_in_on_behalf_of_its_resource_only(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    distribution = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"
    policy(
        aws,
        BUCKET,
        statement(
            BUCKET,
            principal={"Service": "cloudfront.amazonaws.com"},
            Condition={"StringEquals": {"AWS:SourceArn": distribution}},
        ),
    )
    edge = aws.as_principal(service("cloudfront.amazonaws.com"))
    error = refused(edge.s3.get_object, READ)
    assert error.message == "Access Denied"
    assert "AWS:SourceArn" in first_cause(error)


# --- what exists, and who may know


def test_a_missing_key_is_403_for_who_may_not_list(aws: Aws) -> None:
    new_bucket(aws)
    alice = user(aws, "alice", allow("s3:GetObject", f"{ARN}/*"))
    assert refused(alice.s3.get_object, READ).code == "AccessDenied"
    bob = user(aws, "bob", allow(["s3:GetObject", "s3:ListBucket"]))
    assert refused(bob.s3.get_object, READ).code == "NoSuchKey"


def test_a_missing_bucket_is_refused_before_permissions(aws: Aws) -> None:
    assert refused(user(aws, "alice").s3.get_object, {"Bucket": "nothing-here", "Key": "a"}).code == "NoSuchBucket"


@pytest.mark.parametrize(
    ("operation", "request_", "action"),
    [
        ("get_object", {"VersionId": "null"}, "s3:GetObjectVersion"),
        ("get_object_tagging", {}, "s3:GetObjectTagging"),
        ("get_object_tagging", {"VersionId": "null"}, "s3:GetObjectVersionTagging"),
        ("get_object_acl", {"VersionId": "null"}, "s3:GetObjectVersionAcl"),
        ("delete_object", {}, "s3:DeleteObject"),
        ("delete_object", {"VersionId": "null"}, "s3:DeleteObjectVersion"),
        ("head_object", {}, "s3:GetObject"),
        ("get_object_attributes", {"ObjectAttributes": ["ETag"]}, "s3:GetObject"),
        ("put_object_tagging", {"Tagging": {"TagSet": []}}, "s3:PutObjectTagging"),
    ],
)
def test_versions_need_actions_of_their_own(aws: Aws, operation: str, request_: dict[str, Any], action: str) -> None:
    new_bucket(aws)
    put(aws, "a")
    error = refused(getattr(user(aws, "alice").s3, operation), {**READ, **request_})
    assert f"to perform: {action} on" in error.message


@pytest.mark.parametrize(
    ("more", "action"),
    [
        ({"Tagging": "a=b"}, "s3:PutObjectTagging"),
        ({"ACL": "bucket-owner-full-control"}, "s3:PutObjectAcl"),
        ({"ObjectLockLegalHoldStatus": "ON"}, "s3:PutObjectLegalHold"),
    ],
)
def test_what_an_upload_brings_along_needs_permission_too(aws: Aws, more: dict[str, Any], action: str) -> None:
    new_bucket(aws)
    alice = user(aws, "alice", allow("s3:PutObject"))
    alice.s3.put_object(READ)
    assert action in refused(alice.s3.put_object, {**READ, **more}).message


def test_a_copy_needs_to_read_its_source_and_the_sources_tags(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a", Tagging="k=v")
    copy = {"Bucket": BUCKET, "Key": "b", "CopySource": f"{BUCKET}/a"}
    alice = user(aws, "alice", allow("s3:PutObject"))
    assert f'"{ARN}/a"' in refused(alice.s3.copy_object, copy).message
    bob = user(aws, "bob", allow(["s3:PutObject", "s3:GetObject"]))
    assert "s3:GetObjectTagging" in refused(bob.s3.copy_object, copy).message


# --- condition keys


@pytest.mark.parametrize(
    ("key", "value", "more"),
    [
        ("s3:x-amz-server-side-encryption", "AES256", {"ServerSideEncryption": "AES256"}),
        ("s3:RequestObjectTag/team", "red", {"Tagging": "team=red"}),
        ("s3:x-amz-storage-class", "STANDARD_IA", {"StorageClass": "STANDARD_IA"}),
        ("s3:x-amz-acl", "bucket-owner-full-control", {"ACL": "bucket-owner-full-control"}),
        ("s3:if-none-match", "*", {"IfNoneMatch": "*"}),
    ],
)
def test_uploads_are_judged_by_what_they_say(aws: Aws, key: str, value: str, more: dict[str, Any]) -> None:
    new_bucket(aws)
    rights = ["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectAcl"]
    alice = user(aws, "alice", allow(rights, Condition={"StringEquals": {key: value}}))
    assert key in first_cause(refused(alice.s3.put_object, READ))
    alice.s3.put_object({**READ, **more})


def test_objects_are_judged_by_their_tags(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "red", Tagging="Team=red")
    put(aws, "blue", Tagging="Team=blue")
    condition = {"StringEquals": {"s3:ExistingObjectTag/Team": "red"}}
    alice = user(aws, "alice", allow("s3:GetObject", Condition=condition))
    assert alice.s3.get_object({"Bucket": BUCKET, "Key": "red"})["Body"] == b"x"
    assert "blue" in first_cause(refused(alice.s3.get_object, {"Bucket": BUCKET, "Key": "blue"}))
    put(aws, "blue", Tagging="Team=red")
    assert alice.s3.get_object({"Bucket": BUCKET, "Key": "blue"})["Body"] == b"x"


def test_the_root_user_mends_a_policy_that_locks_everybody_out(aws: Aws) -> None:
    new_bucket(aws)
    policy(aws, BUCKET, statement(BUCKET, "s3:*", on="", Effect="Deny"))
    admin = user(aws, "admin", allow("s3:*"))
    assert "explicit deny" in refused(admin.s3.delete_bucket_policy, {"Bucket": BUCKET}).message
    assert "explicit deny" in refused(aws.s3.list_objects_v2, {"Bucket": BUCKET}).message
    aws.s3.delete_bucket_policy({"Bucket": BUCKET})
    assert admin.s3.list_objects_v2({"Bucket": BUCKET})["KeyCount"] == 0


def test_deny_in_an_identity_policy_is_named(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    alice = user(aws, "alice", allow("s3:*"), deny("s3:GetObject", f"{ARN}/*"))
    assert refused(alice.s3.get_object, READ).message.endswith("with an explicit deny in an identity-based policy")


# --- nobody, and requester pays


def test_nobody_reads_what_a_public_policy_allows(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    error = refused(nobody(aws).s3.get_object, READ)
    assert (error.message, error.status) == ("Access Denied", 403)
    open_up(aws, BUCKET)
    policy(aws, BUCKET, statement(BUCKET))
    assert nobody(aws).s3.get_object(READ)["Body"] == b"x"


def test_requesters_who_pay_must_say_so(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    open_up(aws, BUCKET)
    policy(aws, BUCKET, statement(BUCKET))
    payment = {"Bucket": BUCKET, "RequestPaymentConfiguration": {"Payer": "Requester"}}
    aws.s3.put_bucket_request_payment(payment)
    mallory = stranger(aws, allow("s3:*"))
    error = refused(mallory.s3.get_object, READ)
    assert error.status == 403
    assert "requesters pay" in error.why.cause
    assert mallory.s3.get_object({**READ, "RequestPayer": "requester"})["Body"] == b"x"
    assert refused(nobody(aws).s3.get_object, {**READ, "RequestPayer": "requester"}).status == 403
    assert aws.s3.get_object(READ)["Body"] == b"x"
    assert aws.s3.get_bucket_request_payment({"Bucket": BUCKET}) == {"Payer": "Requester"}


def test_another_owner_than_expected_is_refused(aws: Aws) -> None:
    new_bucket(aws)
    error = refused(aws.s3.list_objects_v2, {"Bucket": BUCKET, "ExpectedBucketOwner": OTHER})
    assert (error.code, error.message, error.status) == ("AccessDenied", "Access Denied", 403)


# --- objects of others


def test_a_bucket_policy_does_not_reach_what_another_account_owns(aws: Aws) -> None:
    new_bucket(aws)
    with_lists(aws, BUCKET)
    mallory = stranger(aws, allow("s3:*"))
    alice = user(aws, "alice", allow("s3:*"))
    policy(aws, BUCKET, statement(BUCKET, "s3:PutObject", "s3:GetObject", principal={"AWS": OTHER}))
    mallory.s3.put_object({**READ, "Body": b"theirs"})
    assert mallory.s3.get_object(READ)["Body"] == b"theirs"
    assert refused(alice.s3.get_object, READ).status == 403
    assert refused(aws.s3.get_object, READ).status == 403
    mallory.s3.put_object_acl({**READ, "ACL": "bucket-owner-full-control"})
    assert alice.s3.get_object(READ)["Body"] == b"theirs"
    mallory.s3.put_object({**READ, "Body": b"theirs again"})
    assert refused(alice.s3.get_object, READ).status == 403
    with_lists(aws, BUCKET, "BucketOwnerEnforced")
    assert alice.s3.get_object(READ)["Body"] == b"theirs again"


def test_the_buckets_owner_may_delete_what_another_account_owns(aws: Aws) -> None:
    new_bucket(aws)
    with_lists(aws, BUCKET)
    policy(aws, BUCKET, statement(BUCKET, "s3:PutObject", principal={"AWS": OTHER}))
    stranger(aws, allow("s3:*")).s3.put_object(READ)
    user(aws, "alice", allow("s3:*")).s3.delete_object(READ)
    assert refused(aws.s3.head_object, READ).status == 404


def test_what_was_allowed_of_ones_own_is_not_of_anothers(aws: Aws) -> None:
    new_bucket(aws)
    with_lists(aws, BUCKET)
    put(aws, "a")
    alice = user(aws, "alice", allow("s3:*"))
    assert alice.s3.get_object(READ)["Body"] == b"x"
    aws.s3.put_bucket_acl({"Bucket": BUCKET, "GrantWrite": f"id={canonical_id(OTHER)}"})
    mallory = stranger(aws, allow("s3:*"))
    mallory.s3.put_object({**READ, "Body": b"theirs"})
    assert refused(alice.s3.get_object, READ).status == 403


def test_a_policy_that_wants_full_control_for_the_owner_is_met_by_sending_it(aws: Aws) -> None:
    new_bucket(aws)
    condition = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    policy(aws, BUCKET, statement(BUCKET, "s3:PutObject", principal={"AWS": OTHER}, Condition=condition))
    mallory = stranger(aws, allow("s3:*"))
    assert refused(mallory.s3.put_object, READ).status == 403
    mallory.s3.put_object({**READ, "ACL": "bucket-owner-full-control"})
    eve = stranger(aws, allow("s3:PutObject"), name="eve")
    assert "s3:PutObjectAcl" in refused(eve.s3.put_object, {**READ, "ACL": "bucket-owner-full-control"}).why.cause
