"""Bucket policies: what S3 takes, in its words; and who may set them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.services.s3.owners import canonical_id
from gates.people import allow, role, trust, user
from harness import ACCOUNT, Aws
from services.s3.s3_calls import BUCKET, new_bucket, put, refused
from services.s3.s3_people import OTHER, policy, statement, stranger, text

ARN = f"arn:aws:s3:::{BUCKET}"
SOMEBODY = {"AWS": OTHER}


def changed(**more: Any) -> str:
    made = {**statement(BUCKET, principal=SOMEBODY), **more}
    return text({name: value for name, value in made.items() if value is not None})


REFUSED: list[tuple[str, str]] = [
    ("", "Policies must be valid JSON and the first byte must be '{'"),
    ("[]", "Policies must be valid JSON and the first byte must be '{'"),
    ("{", "This policy contains invalid Json"),
    ('{"Version": "2012-10-17"}', "Missing required field Statement"),
    (json.dumps({"Version": "2020-01-01", "Statement": []}), "The policy must contain a valid version string"),
    (changed(Principal=None), "Missing required field Principal"),
    (changed(Resource=None), "Missing required field Resource"),
    (changed(Action=None), "Missing required field Action"),
    (changed(Effect="Maybe"), "Invalid effect: Maybe"),
    (changed(Resource="arn:aws:s3:::another-bucket/*"), "Policy has invalid resource"),
    (changed(Resource=f"{BUCKET}/*"), "Policy has invalid resource"),
    (changed(Action="s3:Fetch"), "Policy has invalid action"),
    (changed(Action="sqs:SendMessage"), "Policy has invalid action"),
    (changed(Action="s3:ListBucket"), "Action does not apply to any resource(s) in statement"),
    (changed(Resource=ARN), "Action does not apply to any resource(s) in statement"),
    (changed(Condition={"StringEquals": {"s3:nonsense": "x"}}), "Policy has an invalid condition key"),
    (
        changed(Condition={"StringEquals": {"s3:prefix": "x"}}),
        "Conditions do not apply to combination of actions and resources in statement",
    ),
    (changed(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/nobody"}), "Invalid principal in policy"),
    (changed(Principal={"AWS": "AIDAIOSFODNN7EXAMPLE"}), "Invalid principal in policy"),
    (changed(Principal={"CanonicalUser": "0" * 64}), "Invalid principal in policy"),
    (changed(Sid="x" * 21_000), "Policy exceeds the maximum allowed document size."),
]


@pytest.mark.parametrize(("document", "message"), REFUSED, ids=range(len(REFUSED)))
def test_a_malformed_policy_is_refused_in_s3s_words(aws: Aws, document: str, message: str) -> None:
    new_bucket(aws)
    error = refused(aws.s3.put_bucket_policy, {"Bucket": BUCKET, "Policy": document})
    assert (error.code, error.message, error.status) == ("MalformedPolicy", message, 400)


@pytest.mark.parametrize(
    "more",
    [
        {"Action": "s3:*", "Resource": ARN},
        {"Action": "*", "Resource": [ARN, f"{ARN}/*"]},
        {"Action": "s3:Get*", "Resource": ARN},
        {"Resource": f"{ARN}/home/*/x?"},
        {"Resource": "*"},
        {"Action": ["s3:ListBucket", "s3:GetObject"], "Resource": [ARN, f"{ARN}/*"]},
        {"Action": "s3:ListBucket", "Resource": ARN, "Condition": {"StringLike": {"s3:prefix": "a*"}}},
        {"NotAction": "s3:DeleteObject", "Action": None},
        {"Principal": {"Service": "logging.s3.amazonaws.com"}},
        {"Principal": {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}},
    ],
)
def test_a_policy_for_the_bucket_or_its_objects_is_taken(aws: Aws, more: dict[str, Any]) -> None:
    new_bucket(aws)
    document = changed(**more)
    aws.s3.put_bucket_policy({"Bucket": BUCKET, "Policy": document})
    assert aws.s3.get_bucket_policy({"Bucket": BUCKET}) == {"Policy": document}


def test_no_policy_is_a_refusal(aws: Aws) -> None:
    new_bucket(aws)
    for operation in (aws.s3.get_bucket_policy, aws.s3.get_bucket_policy_status):
        error = refused(operation, {"Bucket": BUCKET})
        assert (error.code, error.message) == ("NoSuchBucketPolicy", "The bucket policy does not exist")
        assert error.status == 404
    aws.s3.delete_bucket_policy({"Bucket": BUCKET})


def test_another_account_may_not_manage_policies_even_if_it_is_allowed(aws: Aws) -> None:
    new_bucket(aws)
    rights = ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")
    policy(aws, BUCKET, statement(BUCKET, *rights, principal=SOMEBODY, on=""))
    mallory = stranger(aws, allow("s3:*"))
    for operation, more in (
        ("get_bucket_policy", {}),
        ("delete_bucket_policy", {}),
        ("put_bucket_policy", {"Policy": ""}),
    ):
        error = refused(getattr(mallory.s3, operation), {"Bucket": BUCKET, **more})
        assert (error.code, error.status) == ("MethodNotAllowed", 405)


def test_a_canonical_user_is_an_account(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a")
    policy(aws, BUCKET, statement(BUCKET, principal={"CanonicalUser": canonical_id(OTHER)}))
    assert aws.in_account(OTHER).s3.get_object({"Bucket": BUCKET, "Key": "a"})["Body"] == b"x"


def test_a_role_that_is_made_again_is_not_the_role_that_was_named(aws: Aws) -> None:
    new_bucket(aws)
    arn = role(aws, "app", trust({"AWS": ACCOUNT}))
    policy(aws, BUCKET, statement(BUCKET, principal={"AWS": arn}))
    aws.iam.delete_role({"RoleName": "app"})
    assert "AROA" in aws.s3.get_bucket_policy({"Bucket": BUCKET})["Policy"]
    role(aws, "app", trust({"AWS": ACCOUNT}))
    assert "AROA" in aws.s3.get_bucket_policy({"Bucket": BUCKET})["Policy"]


def test_a_policy_that_locks_its_author_out_is_refused_unless_confirmed(aws: Aws) -> None:
    new_bucket(aws)
    admin = user(aws, "admin", allow("s3:*"))
    document = text(statement(BUCKET, "s3:PutBucketPolicy", on="", Effect="Deny"))
    request = {"Bucket": BUCKET, "Policy": document}
    assert refused(admin.s3.put_bucket_policy, {**request, "ConfirmRemoveSelfBucketAccess": False}).status == 403
    admin.s3.put_bucket_policy({**request, "ConfirmRemoveSelfBucketAccess": True})
    assert "explicit deny" in refused(admin.s3.put_bucket_policy, request).message


def test_who_set_a_policy_is_on_record(aws: Aws) -> None:
    new_bucket(aws)
    admin = user(aws, "admin", allow("s3:*"))
    admin.s3.put_bucket_policy({"Bucket": BUCKET, "Policy": changed()})
    (event,) = aws.events("s3.BucketPolicyPut")
    assert event.principal == admin.principal.arn
    assert event.facts["Policy"] == changed()
