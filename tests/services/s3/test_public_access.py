"""Block public access: four flags on the bucket and on its account, and what is public at all."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.policy.document import parse
from foulweather.services.s3.publicness import is_public
from gates.people import allow, user
from harness import ACCOUNT, Aws
from services.s3.s3_calls import BUCKET, new_bucket, put, refused
from services.s3.s3_people import OPEN, OTHER, carry_out, nobody, open_up, policy, statement, stranger, text, with_lists

READ = {"Bucket": BUCKET, "Key": "a"}
FIXED = {
    "aws:PrincipalOrgID": "o-1234567890",
    "aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:t",
    "aws:SourceVpc": "vpc-1",
    "aws:SourceVpce": "vpce-1",
    "aws:SourceAccount": "111122223333",
    "s3:DataAccessPointArn": "arn:aws:s3:us-east-1:111122223333:accesspoint/*",
}


def opened(**more: Any) -> bool:
    return is_public(parse(text(statement(BUCKET, **more)), "resource"))


@pytest.mark.parametrize(
    ("principal", "public"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"Federated": "*"}, True),
        ({"AWS": OTHER}, False),
        ({"AWS": [OTHER, "*"]}, True),
        ({"Service": "cloudtrail.amazonaws.com"}, False),
    ],
)
def test_whom_a_statement_names_decides(principal: Any, public: bool) -> None:
    assert opened(principal=principal) is public


@pytest.mark.parametrize(("key", "value"), FIXED.items())
def test_a_fixed_value_keeps_a_statement_from_being_public(key: str, value: str) -> None:
    operator = "StringLike" if "*" in value else "StringEquals"
    assert not opened(Condition={operator: {key: value}})
    assert opened(Condition={"StringNotEquals": {key: value}})
    assert opened(Condition={"StringLike": {key: "*"}})


@pytest.mark.parametrize(
    ("addresses", "public"),
    [
        ("203.0.113.0/24", False),
        (["203.0.113.0/24", "0.0.0.0/0"], True),
        ("128.0.0.0/1", True),
        ("10.0.0.0/8", False),
        ("2001:db8::/24", True),
        ("2620:fe::/48", False),
    ],
)
def test_narrow_ranges_of_addresses_are_not_public(addresses: Any, public: bool) -> None:
    assert opened(Condition={"IpAddress": {"aws:SourceIp": addresses}}) is public


def test_a_deny_is_never_public_and_other_conditions_change_nothing() -> None:
    assert not opened(Effect="Deny")
    assert opened(Condition={"Bool": {"aws:SecureTransport": "true"}})
    assert opened(Condition={"StringEquals": {"aws:SourceVpc": "${aws:username}"}})


def test_new_buckets_block_everything(aws: Aws) -> None:
    new_bucket(aws)
    found = aws.s3.get_public_access_block({"Bucket": BUCKET})["PublicAccessBlockConfiguration"]
    assert found == dict.fromkeys(OPEN, True)
    aws.s3.delete_public_access_block({"Bucket": BUCKET})
    error = refused(aws.s3.get_public_access_block, {"Bucket": BUCKET})
    assert (error.code, error.status) == ("NoSuchPublicAccessBlockConfiguration", 404)


def test_a_public_policy_is_refused_until_bucket_and_account_both_let_it(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    account = {"AccountId": ACCOUNT, "PublicAccessBlockConfiguration": dict.fromkeys(OPEN, True)}
    aws.s3control.put_public_access_block(account)
    request = {"Bucket": BUCKET, "Policy": text(statement(BUCKET))}
    alice = user(aws, "alice", allow("s3:*"))
    error = refused(alice.s3.put_bucket_policy, request)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: s3:PutBucketPolicy on resource: "
        f'"arn:aws:s3:::{BUCKET}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block '
        "Public Access."
    )
    assert len(error.why.remedy) == 2
    carry_out(aws, error.why.remedy[0])
    assert "its account" in refused(alice.s3.put_bucket_policy, request).why.cause
    carry_out(aws, error.why.remedy[1])
    alice.s3.put_bucket_policy(request)
    assert refused(nobody(aws).s3.get_object, READ).why.cause.startswith("RestrictPublicBuckets")
    open_up(aws, BUCKET)
    assert refused(nobody(aws).s3.get_object, READ).why.cause.startswith("RestrictPublicBuckets is on for its account")
    aws.s3control.delete_public_access_block({"AccountId": ACCOUNT})
    assert nobody(aws).s3.get_object(READ)["Body"] == b"x"


def test_a_policy_that_is_not_public_is_taken(aws: Aws) -> None:
    new_bucket(aws)
    policy(aws, BUCKET, statement(BUCKET, principal={"AWS": OTHER}))
    assert aws.s3.get_bucket_policy_status({"Bucket": BUCKET}) == {"PolicyStatus": {"IsPublic": False}}
    open_up(aws, BUCKET)
    policy(aws, BUCKET, statement(BUCKET))
    assert aws.s3.get_bucket_policy_status({"Bucket": BUCKET}) == {"PolicyStatus": {"IsPublic": True}}


def test_restricting_keeps_out_other_accounts_and_not_the_own(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    open_up(aws, BUCKET)
    policy(aws, BUCKET, statement(BUCKET))
    alice, mallory = user(aws, "alice"), stranger(aws, allow("s3:*"))
    assert mallory.s3.get_object(READ)["Body"] == b"x"
    aws.s3.put_public_access_block(
        {"Bucket": BUCKET, "PublicAccessBlockConfiguration": {**OPEN, "RestrictPublicBuckets": True}}
    )
    assert refused(mallory.s3.get_object, READ).message == "Access Denied"
    assert refused(nobody(aws).s3.get_object, READ).status == 403
    assert alice.s3.get_object(READ)["Body"] == b"x"


def test_public_lists_are_refused_or_ignored(aws: Aws) -> None:
    new_bucket(aws)
    with_lists(aws, BUCKET)
    error = refused(aws.s3.put_object, {**READ, "ACL": "public-read"})
    assert "BlockPublicAcls" in error.message
    open_up(aws, BUCKET)
    put(aws, "a", ACL="public-read")
    assert nobody(aws).s3.get_object(READ)["Body"] == b"x"
    flags = {**OPEN, "IgnorePublicAcls": True}
    aws.s3.put_public_access_block({"Bucket": BUCKET, "PublicAccessBlockConfiguration": flags})
    assert refused(nobody(aws).s3.get_object, READ).status == 403
    assert len(aws.s3.get_object_acl(READ)["Grants"]) == 2
