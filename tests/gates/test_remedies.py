"""What a remedy changes: the caller's own doing first, else the statement that came nearest, and never more."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from foulweather.gates.satisfying import USE_HTTPS
from foulweather.kernel.call import Call, Origin
from foulweather.kernel.errors import AwsError
from gates.cli import run
from gates.people import (
    OTHER,
    allow,
    assume,
    deny,
    document,
    later,
    queue,
    refusal,
    role,
    sending,
    trust,
    user,
)
from harness import ACCOUNT, Aws

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
BUCKET = "arn:aws:s3:::data"
ENDPOINT = Origin("10.0.0.7", True, vpc="vpc-1", vpc_endpoint="vpce-1")
ELSEWHERE = Origin("198.51.100.9", True)


def bucket(aws: Aws, *policy: dict[str, Any], keys: tuple[str, ...] = ("in/a", "in/b", "out/a", "top")) -> None:
    aws.s3.create_bucket({"Bucket": "data"})
    for key in keys:
        aws.s3.put_object({"Bucket": "data", "Key": key, "Body": b""})
    if policy:
        aws.s3.put_bucket_policy({"Bucket": "data", "Policy": document(*policy)})


def getting(caller: Aws, key: str) -> Callable[[], Any]:
    return lambda: caller.s3.get_object({"Bucket": "data", "Key": key})


def mended(aws: Aws, error: AwsError, attempt: Callable[[], Any]) -> tuple[str, ...]:
    """The remedy, carried out by the account's root user, lets the same call through, which time alone does not."""
    assert refusal(attempt).code == error.code
    for command in error.why.remedy:
        run(aws, command.replace("aws s3api ", "aws s3 ", 1))
    assert attempt() is not None
    assert error.why.first_cause().remedy == error.why.remedy
    return error.why.remedy


def given(command: str) -> list[dict[str, Any]]:
    """The statements of the policy that a command sets."""
    words = shlex.split(command)
    option = next(one for one in ("--policy-document", "--policy", "--content") if one in words)
    return json.loads(words[words.index(option) + 1])["Statement"]


def from_origin(caller: Aws, origin: Origin, service: str, name: str, request: dict[str, Any]) -> Any:
    pipeline = caller.pipeline
    call = Call(pipeline, service, name, ACCOUNT, "us-east-1", caller.principal, session=caller.session, origin=origin)
    return pipeline.run(call, pipeline.services.operation(service, name), request)


# --- the nearest statement, extended


@pytest.mark.parametrize(
    ("written", "key", "more", "next_key", "not_key"),
    [
        (BUCKET, "in/a", f"{BUCKET}/*", "out/a", None),
        ([BUCKET, f"{BUCKET}/out/*"], "in/a", f"{BUCKET}/in/*", "in/b", "top"),
        (f"{BUCKET}/out/a", "in/a", f"{BUCKET}/in/a", None, "in/b"),
        (f"{BUCKET}/out/*", "top", f"{BUCKET}/top", None, "in/a"),
    ],
)
def test_a_statement_for_other_objects_covers_those_beside_too(
    aws: Aws, written: Any, key: str, more: str, next_key: str | None, not_key: str | None
) -> None:
    bucket(aws)
    alice = user(aws, "alice", allow(["s3:ListBucket", "s3:GetObject"], written, Sid="Data"))
    (command,) = mended(aws, refusal(getting(alice, key)), getting(alice, key))
    assert command.startswith("aws iam put-user-policy --user-name alice --policy-name p ")
    (statement,) = given(command)
    assert statement["Resource"] == [*([written] if isinstance(written, str) else written), more]
    if next_key is not None:
        assert getting(alice, next_key)()
    if not_key is not None:
        assert refusal(getting(alice, not_key))


def test_a_statement_for_other_actions_on_the_same_objects_gets_the_action(aws: Aws) -> None:
    bucket(aws)
    alice = user(aws, "alice", allow("s3:PutObject", f"{BUCKET}/in/*"))
    (command,) = mended(aws, refusal(getting(alice, "in/a")), getting(alice, "in/a"))
    assert [one["Action"] for one in given(command)] == [["s3:PutObject", "s3:GetObject"]]
    assert refusal(getting(alice, "out/a"))


def test_an_action_is_not_added_to_a_statement_for_everything(aws: Aws) -> None:
    url = queue(aws)
    alice = user(aws, "alice", allow("sqs:ListQueues"))
    mended(aws, refusal(sending, alice, url), lambda: sending(alice, url))
    assert refusal(sending, alice, queue(aws, "another"))


def test_where_action_and_resource_differ_the_new_statement_covers_the_objects_beside(aws: Aws) -> None:
    bucket(aws)
    alice = user(aws, "alice", allow("s3:ListBucket", BUCKET))
    (command,) = mended(aws, refusal(getting(alice, "in/a")), getting(alice, "in/a"))
    assert given(command)[0]["Resource"] == f"{BUCKET}/in/*"
    assert getting(alice, "in/b")()
    assert refusal(getting(alice, "out/a"))


def test_an_action_that_never_has_a_key_gets_a_statement_without_it(aws: Aws) -> None:
    bucket(aws)
    on_prefix = {"StringEquals": {"s3:prefix": "in/"}}
    actions = ["s3:GetObject", "s3:ListBucket"]
    alice = user(aws, "alice", allow(actions, [BUCKET, f"{BUCKET}/*"], Condition=on_prefix, Sid="In"))
    error = refusal(getting(alice, "in/a"))
    assert "s3:GetObject never has it, only requests that list do" in error.why.first_cause().cause
    (command,) = mended(aws, error, getting(alice, "in/a"))
    listing, reading = given(command)
    assert (listing["Action"], listing["Condition"]) == (["s3:ListBucket"], on_prefix)
    assert (reading["Action"], reading["Resource"], "Condition" in reading) == ("s3:GetObject", f"{BUCKET}/in/*", False)
    assert refusal(getting(alice, "out/a"))
    assert alice.s3.list_objects_v2({"Bucket": "data", "Prefix": "in/"})["KeyCount"] == 2
    absent = refusal(lambda: alice.s3.list_objects_v2({"Bucket": "data"}))
    assert "never has it" not in absent.why.first_cause().cause, "a listing may have it"


def test_a_condition_lists_the_requests_value_too(aws: Aws) -> None:
    bucket(aws)
    alice = user(aws, "alice", allow("s3:ListBucket", BUCKET, Condition={"StringLike": {"s3:prefix": "out/*"}}))

    def listing(prefix: str) -> Any:
        return alice.s3.list_objects_v2({"Bucket": "data", "Prefix": prefix})

    (command,) = mended(aws, refusal(listing, "in/"), lambda: listing("in/"))
    assert given(command)[0]["Condition"] == {"StringLike": {"s3:prefix": ["out/*", "in/"]}}
    assert refusal(listing, "")


def test_a_policy_that_others_have_too_is_left_alone(aws: Aws) -> None:
    bucket(aws)
    alice = user(aws, "alice")
    shared = document(allow("s3:GetObject", f"{BUCKET}/out/*"))
    arn = aws.iam.create_policy({"PolicyName": "shared", "PolicyDocument": shared})["Policy"]["Arn"]
    aws.iam.attach_user_policy({"UserName": "alice", "PolicyArn": arn})
    (command,) = mended(aws, refusal(getting(alice, "in/a")), getting(alice, "in/a"))
    assert command.startswith("aws iam put-user-policy --user-name alice --policy-name allow-s3-GetObject ")


def test_a_tag_that_an_allow_wants(aws: Aws) -> None:
    url = queue(aws)
    arn = role(
        aws,
        "Worker",
        trust({"AWS": ACCOUNT}),
        allow("sqs:*", Condition={"StringEquals": {"aws:PrincipalTag/team": ["red", "blue"]}}),
    )
    session = assume(user(aws, "bob", allow("sts:AssumeRole")), arn)
    (command,) = mended(aws, refusal(sending, session, url), lambda: sending(session, url))
    assert command == "aws iam tag-role --role-name Worker --tags Key=team,Value=red"


# --- a resource's policy


def named(arn: str, action: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": action, "Resource": "*", **more}


def test_who_is_named_is_nearer_than_the_account_and_gets_the_action(aws: Aws) -> None:
    alice = user(aws, "alice", allow("kms:*"))
    bob = user(aws, "bob")
    administers = [f"kms:{verb}*" for verb in ("Create", "Describe", "Get", "List", "Put", "Update", "Disable")]
    policy = document(
        named(f"arn:aws:iam::{ACCOUNT}:root", administers, Sid="Custodian"),
        named(bob.principal.arn, "kms:Decrypt", Sid="Bob"),
        named(ALICE, "kms:Decrypt", Sid="Alice"),
    )
    key = aws.kms.create_key({"Policy": policy})["KeyMetadata"]["KeyId"]
    attempt = lambda: alice.kms.generate_data_key({"KeyId": key, "KeySpec": "AES_256"})  # noqa: E731
    later(aws)
    error = refusal(attempt)
    near, further = error.why.because
    assert near.cause.startswith("The nearest statement, statement Alice of ")
    assert further.cause.startswith("The next nearest statement, statement Custodian of ")
    assert "kms:Put* (and 2 more), and the request's is kms:GenerateDataKey" in further.cause
    (command,) = mended(aws, error, attempt)
    assert [one["Action"] for one in given(command)] == [
        administers,
        "kms:Decrypt",
        ["kms:Decrypt", "kms:GenerateDataKey"],
    ]


def test_a_delegation_to_the_account_gets_no_action(aws: Aws) -> None:
    alice = user(aws, "alice", allow("kms:*"))
    policy = document(named(f"arn:aws:iam::{ACCOUNT}:root", ["kms:Describe*", "kms:Put*"]))
    key = aws.kms.create_key({"Policy": policy})["KeyMetadata"]["KeyId"]
    attempt = lambda: alice.kms.generate_data_key({"KeyId": key, "KeySpec": "AES_256"})  # noqa: E731
    (command,) = mended(aws, refusal(attempt), attempt)
    assert [one["Principal"] for one in given(command)][1:] == [{"AWS": ALICE}]


def test_a_statement_for_another_principal_names_the_caller_too(aws: Aws) -> None:
    ann, eve = (user(aws.in_account(OTHER), name, allow("s3:*")) for name in ("ann", "eve"))
    bucket(aws, {**named(ann.principal.arn, "s3:GetObject"), "Resource": f"{BUCKET}/in/*"})
    (command,) = mended(aws, refusal(getting(eve, "in/a")), getting(eve, "in/a"))
    assert given(command)[0]["Principal"] == {"AWS": [ann.principal.arn, eve.principal.arn]}
    assert getting(ann, "in/a")()


def test_a_statement_for_everybody_covers_no_more_than_it_did(aws: Aws) -> None:
    eve = user(aws.in_account(OTHER), "eve", allow("s3:*"))
    bucket(aws)
    aws.s3.delete_public_access_block({"Bucket": "data"})
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/out/*"}
    aws.s3.put_bucket_policy({"Bucket": "data", "Policy": document(everybody)})
    (command,) = mended(aws, refusal(getting(eve, "in/a")), getting(eve, "in/a"))
    assert given(command)[0] == everybody
    assert given(command)[1]["Principal"] == {"AWS": eve.principal.arn}


def test_statements_for_others_are_left_out_where_the_callers_own_are_near(aws: Aws) -> None:
    bucket(aws, {**named(user(aws, "bob").principal.arn, "s3:GetObject"), "Resource": f"{BUCKET}/*"})
    alice = user(aws, "alice", allow("s3:ListBucket", BUCKET, Sid="List"))
    causes = [one.cause for one in refusal(getting(alice, "in/a")).why.because]
    assert len(causes) == 1
    assert "statement List of the inline policy p" in causes[0]


# --- a Deny's own conditions


def guarded(aws: Aws, caller: str, condition: dict[str, Any]) -> Aws:
    """Somebody who may do everything with a bucket whose policy denies some."""
    alice = user(aws, caller, allow("s3:*"))
    shut = deny(["s3:GetObject", "s3:PutObject"], f"{BUCKET}/*", Principal={"AWS": alice.principal.arn}, Sid="Shut")
    bucket(aws, {**shut, "Condition": condition})
    return alice


def test_a_tag_that_a_deny_spares(aws: Aws) -> None:
    alice = guarded(aws, "alice", {"StringNotEquals": {"aws:PrincipalTag/Clear-ance": "high"}})
    (command,) = mended(aws, refusal(getting(alice, "in/a")), getting(alice, "in/a"))
    assert command == "aws iam tag-user --user-name alice --tags Key=Clear-ance,Value=high"


@pytest.mark.parametrize(
    ("origin", "condition", "more"),
    [
        (ENDPOINT, {}, {"StringNotEqualsIfExists": {"aws:SourceVpce": ["vpce-1"]}}),
        (ELSEWHERE, {}, {}),
        (
            ENDPOINT,
            {"StringNotEquals": {"aws:SourceVpce": "vpce-9"}},
            {"StringNotEquals": {"aws:SourceVpce": ["vpce-9", "vpce-1"]}},
        ),
    ],
)
def test_a_network_that_a_deny_spares(
    aws: Aws, origin: Origin, condition: dict[str, Any], more: dict[str, Any]
) -> None:
    office = {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}
    alice = guarded(aws, "alice", {**office, **condition})

    def reading() -> Any:
        return from_origin(alice, origin, "s3", "GetObject", {"Bucket": "data", "Key": "in/a"})

    error = refusal(reading)
    actual = next(one for one in error.why.first_cause().facts if one.property == "aws:SourceIp")
    assert actual.value == (None if origin.vpc_endpoint else origin.ip)
    (command,) = mended(aws, error, reading)
    (statement,) = given(command)
    widened = {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.9/32"]}}
    assert statement["Condition"] == {**(office if origin.vpc_endpoint else widened), **more}
    other = Origin("192.0.2.1", True)
    assert refusal(from_origin, alice, other, "s3", "GetObject", {"Bucket": "data", "Key": "in/a"})


def test_https_that_a_deny_wants(aws: Aws) -> None:
    alice = guarded(aws, "alice", {"Bool": {"aws:SecureTransport": "false"}})
    error = refusal(getting(alice, "in/a"))
    assert error.why.remedy == (USE_HTTPS,)
    assert from_origin(alice, ELSEWHERE, "s3", "GetObject", {"Bucket": "data", "Key": "in/a"})


def test_a_header_that_a_deny_wants(aws: Aws) -> None:
    alice = guarded(aws, "alice", {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}})
    (command,) = refusal(lambda: alice.s3.put_object({"Bucket": "data", "Key": "in/new", "Body": b""})).why.remedy
    assert command == "aws s3api put-object --bucket data --key in/new --body FILE --server-side-encryption AES256"
    assert alice.s3.put_object({"Bucket": "data", "Key": "in/new", "Body": b"", "ServerSideEncryption": "AES256"})


def test_a_role_that_a_deny_wants_mfa_of(aws: Aws) -> None:
    url = queue(aws)
    without = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    arn = role(aws, "Worker", trust({"AWS": ACCOUNT}), allow("sqs:*"), deny("sqs:SendMessage", Condition=without))
    session = assume(user(aws, "bob", allow("sts:AssumeRole")), arn)
    (command,) = refusal(sending, session, url).why.remedy
    assert command.startswith(f"aws sts assume-role --role-arn {arn} --role-session-name work --serial-number ")


def test_a_principal_is_exempted_in_the_list_that_a_deny_has(aws: Aws) -> None:
    alice = guarded(aws, "alice", {"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}})
    (command,) = mended(aws, refusal(getting(alice, "in/a")), getting(alice, "in/a"))
    assert given(command)[0]["Condition"] == {
        "StringNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/admin", ALICE]}
    }


# --- who was deleted


def replaced(aws: Aws, name: str) -> None:
    """The user is deleted and created again."""
    aws.iam.delete_user_policy({"UserName": name, "PolicyName": "p"})
    aws.iam.delete_user({"UserName": name})
    later(aws)


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_a_policy_that_names_who_was_deleted_names_the_new_one(aws: Aws, effect: str) -> None:
    alice = user(aws, "alice", allow("s3:*"))
    old_id, others = alice.principal.user_id, user(aws, "bob")
    statement = {**named(ALICE, "s3:GetObject"), "Resource": f"{BUCKET}/*", "Sid": "Alice"}
    shut = deny("s3:GetObject", f"{BUCKET}/*", Principal="*", Sid="Shut")
    shut["Condition"] = {"StringNotEquals": {"aws:userid": [old_id, others.principal.user_id]}}
    bucket(aws, statement, *([shut] if effect == "Deny" else []))
    replaced(aws, "alice")
    alice = user(aws, "alice", allow("s3:ListBucket" if effect == "Allow" else "s3:*"))
    error = refusal(getting(alice, "in/a"))
    assert (
        f"{old_id} is nobody's any more: it was the id of {ALICE}, which was deleted; "
        "a user of that name was created again at "
    ) in error.why.first_cause().cause
    assert any(one.property == "UserName" and one.set_by for one in error.why.first_cause().facts)
    (command,) = mended(aws, error, getting(alice, "in/a"))
    assert old_id not in command
    assert given(command)[0]["Principal"] == {"AWS": ALICE}


def test_a_policy_that_names_who_is_gone_for_good_names_them_no_more(aws: Aws) -> None:
    bob, eve = (user(aws.in_account(OTHER), name, allow("s3:*")) for name in ("bob", "eve"))
    first = {**named(bob.principal.arn, "s3:GetObject"), "Resource": f"{BUCKET}/*"}
    bucket(
        aws,
        {**first, "Principal": {"AWS": [bob.principal.arn, f"arn:aws:iam::{OTHER}:root"]}, "Action": "s3:PutObject"},
        first,
    )
    replaced(aws.in_account(OTHER), "bob")
    (command,) = mended(aws, refusal(getting(eve, "in/a")), getting(eve, "in/a"))
    assert bob.principal.user_id not in command
