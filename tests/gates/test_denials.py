"""Each kind of denial: its first cause names what decided it, the journal who set that, and the remedy mends it."""

from __future__ import annotations

from typing import Any

import pytest

from gates.cli import run
from gates.people import (
    allow,
    assume,
    deny,
    document,
    fact,
    holder,
    later,
    managed,
    mended,
    queue,
    queue_arn,
    refusal,
    role,
    sending,
    set_by,
    trust,
    user,
    with_phone,
)
from harness import ACCOUNT, Aws

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"


# --- identity policies


def test_nothing_allows_it(aws: Aws) -> None:
    url, alice = queue(aws), user(aws, "alice")
    later(aws)
    error = refusal(sending, alice, url)
    assert error.why.decision == "denied"
    assert error.why.cause == (f"{ALICE} may not sqs:SendMessage on {queue_arn()}: no identity-based policy allows it.")
    none = fact(error, "identity-based policies")
    assert (none.resource, none.value) == (ALICE, [])
    (command,) = mended(aws, error, lambda: sending(alice, url))
    assert command.startswith("aws iam put-user-policy --user-name alice ")
    assert refusal(alice.sqs.purge_queue, {"QueueUrl": url}), "the remedy allows that action only"
    assert refusal(sending, alice, queue(aws, "another")), "and on that queue only"


def test_a_second_remedy_keeps_the_first(aws: Aws) -> None:
    alice = user(aws, "alice")
    urls = [queue(aws, name) for name in ("one", "two", "three")]
    for url in urls:
        mended(aws, refusal(sending, alice, url), lambda url=url: sending(alice, url))
    assert all(sending(alice, url)["MessageId"] for url in urls)


def test_the_nearest_statement_is_named_with_what_it_wants(aws: Aws) -> None:
    url = queue(aws)
    alice = user(aws, "alice", allow("sqs:SendMessage", queue_arn("other"), Sid="Others"), allow("s3:GetObject"))
    later(aws)
    error = refusal(sending, alice, url)
    cause = error.why.first_cause()
    assert cause.cause == (
        f"The nearest statement, statement Others of the inline policy p of {ALICE}, does not apply: its Resource is "
        f"{queue_arn('other')}, and the request's is {queue_arn()}."
    )
    policy = fact(error, "InlinePolicy/p")
    assert "Others" in policy.value
    set_by(policy, "iam:PutUserPolicy")
    wanted, actual = fact(error, "Resource of statement Others"), fact(error, "Resource of the request")
    assert (wanted.resource, wanted.value) == (ALICE, [queue_arn("other")])
    assert (actual.resource, actual.value) == (queue_arn(), queue_arn())
    mended(aws, error, lambda: sending(alice, url))


def test_a_condition_that_fails_is_named_with_both_values(aws: Aws) -> None:
    url = queue(aws)
    condition = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    alice = user(aws, "alice", allow("sqs:SendMessage", Sid="Europe", Condition=condition))
    later(aws)
    error = refusal(sending, alice, url)
    assert "its condition wants aws:RequestedRegion StringEquals eu-west-1, and it is us-east-1" in (
        error.why.first_cause().cause
    )
    assert fact(error, "Condition StringEquals aws:RequestedRegion").value == ["eu-west-1"]
    assert fact(error, "aws:RequestedRegion").value == "us-east-1"
    mended(aws, error, lambda: sending(alice, url))


@pytest.mark.parametrize("actions", ["sqs:SendMessage", ["sqs:PurgeQueue", "sqs:SendMessage"], "sqs:*"])
@pytest.mark.parametrize("others", [[], [allow("sqs:*")]])
def test_an_explicit_deny_in_an_inline_policy(aws: Aws, actions: Any, others: list[Any]) -> None:
    url = queue(aws)
    alice = user(aws, "alice", *others, deny(actions, Sid="Never"))
    if not others:
        give(aws, "alice", "other", allow("sqs:*"))
    later(aws)
    error = refusal(sending, alice, url)
    assert error.why.cause.endswith("an identity-based policy forbids it.")
    assert error.why.first_cause().cause == (
        f"statement Never of the inline policy p of {ALICE} denies sqs:SendMessage explicitly; "
        "nothing else can allow it."
    )
    set_by(fact(error, "InlinePolicy/p"), "iam:PutUserPolicy")
    mended(aws, error, lambda: sending(alice, url))
    if isinstance(actions, list):
        assert refusal(alice.sqs.purge_queue, {"QueueUrl": url}), "what else it denies stays denied"


def give(aws: Aws, name: str, policy: str, *statements: dict[str, Any]) -> None:
    aws.iam.put_user_policy({"UserName": name, "PolicyName": policy, "PolicyDocument": document(*statements)})


@pytest.mark.parametrize("others", [[], [allow("sqs:PurgeQueue")]])
@pytest.mark.parametrize("through", ["user", "group"])
def test_an_explicit_deny_in_a_managed_policy(aws: Aws, others: list[Any], through: str) -> None:
    url = queue(aws)
    alice = user(aws, "alice", allow("sqs:*"))
    arn = managed(aws, "freeze", deny("sqs:SendMessage", Sid="Freeze"), *others)
    if through == "user":
        aws.iam.attach_user_policy({"UserName": "alice", "PolicyArn": arn})
    else:
        aws.iam.create_group({"GroupName": "staff"})
        aws.iam.attach_group_policy({"GroupName": "staff", "PolicyArn": arn})
        aws.iam.add_user_to_group({"GroupName": "staff", "UserName": "alice"})
    later(aws)
    error = refusal(sending, alice, url)
    assert f"statement Freeze of the identity-based policy {arn} denies" in error.why.first_cause().cause
    policy = fact(error, "PolicyDocument")
    assert policy.resource == arn
    set_by(policy, "iam:CreatePolicy")
    mended(aws, error, lambda: sending(alice, url))


@pytest.mark.parametrize("others", [[], [allow("sqs:PurgeQueue")]])
def test_an_explicit_deny_in_a_groups_inline_policy(aws: Aws, others: list[Any]) -> None:
    url = queue(aws)
    alice = user(aws, "alice", allow("sqs:*"))
    group = aws.iam.create_group({"GroupName": "staff", "Path": "/all/"})["Group"]["Arn"]
    statements = [deny("sqs:SendMessage", Sid="Freeze"), *others]
    aws.iam.put_group_policy({"GroupName": "staff", "PolicyName": "rules", "PolicyDocument": document(*statements)})
    aws.iam.add_user_to_group({"GroupName": "staff", "UserName": "alice"})
    later(aws)
    error = refusal(sending, alice, url)
    assert f"statement Freeze of the inline policy rules of {group} denies" in error.why.first_cause().cause
    set_by(fact(error, "PolicyDocument"), "iam:PutGroupPolicy")
    mended(aws, error, lambda: sending(alice, url))


def test_a_near_miss_in_a_groups_policy(aws: Aws) -> None:
    url, alice = queue(aws), user(aws, "alice")
    group = aws.iam.create_group({"GroupName": "staff"})["Group"]["Arn"]
    near = document(allow("sqs:SendMessage", queue_arn("other")))
    aws.iam.put_group_policy({"GroupName": "staff", "PolicyName": "rules", "PolicyDocument": near})
    aws.iam.add_user_to_group({"GroupName": "staff", "UserName": "alice"})
    later(aws)
    error = refusal(sending, alice, url)
    assert f"statement number 1 of the inline policy rules of {group}, does not apply" in error.why.first_cause().cause
    assert fact(error, "PolicyDocument").value == near
    mended(aws, error, lambda: sending(alice, url))


def test_a_roles_session(aws: Aws) -> None:
    url = queue(aws)
    arn = role(aws, "Worker", trust({"AWS": ACCOUNT}), allow("sqs:SendMessage", queue_arn("other"), Sid="One"))
    session = assume(user(aws, "alice", allow("sts:AssumeRole")), arn)
    later(aws)
    error = refusal(sending, session, url)
    assert f"statement One of the inline policy p of {arn}" in error.why.first_cause().cause
    set_by(fact(error, "InlinePolicy/p"), "iam:PutRolePolicy")
    (command,) = mended(aws, error, lambda: sending(session, url))
    assert command.startswith("aws iam put-role-policy --role-name Worker ")


# --- boundaries and session policies


@pytest.mark.parametrize("statements", [[allow("s3:*")], [allow("*"), deny("sqs:SendMessage")]])
def test_a_boundary(aws: Aws, statements: list[Any]) -> None:
    url = queue(aws)
    alice = user(aws, "alice", allow("sqs:*"))
    arn = managed(aws, "limit", *statements)
    aws.iam.put_user_permissions_boundary({"UserName": "alice", "PermissionsBoundary": arn})
    later(aws)
    error = refusal(sending, alice, url)
    assert f"of the permissions boundary {arn}" in error.why.first_cause().cause
    set_by(fact(error, "PolicyDocument"), "iam:CreatePolicy")
    boundary = fact(error, "PermissionsBoundary")
    assert (boundary.resource, boundary.value) == (ALICE, arn)
    set_by(boundary, "iam:PutUserPermissionsBoundary")
    mended(aws, error, lambda: sending(alice, url))


def test_a_boundary_that_can_have_no_more_versions(aws: Aws) -> None:
    url = queue(aws)
    alice = user(aws, "alice", allow("sqs:*"))
    arn = managed(aws, "limit", allow("s3:*"))
    for _ in range(4):
        aws.iam.create_policy_version({"PolicyArn": arn, "PolicyDocument": document(allow("s3:*"))})
    aws.iam.put_user_permissions_boundary({"UserName": "alice", "PermissionsBoundary": arn})
    room, _ = mended(aws, refusal(sending, alice, url), lambda: sending(alice, url))
    assert room == f"aws iam delete-policy-version --policy-arn {arn} --version-id v2", "v1 is the one in force"


def test_a_session_policy(aws: Aws) -> None:
    url = queue(aws)
    arn = role(aws, "Worker", trust({"AWS": ACCOUNT}), allow("sqs:*"))
    alice = user(aws, "alice", allow("sts:AssumeRole"))
    limit = managed(aws, "limit", allow("sqs:ListQueues"))
    session = assume(alice, arn, Policy=document(allow("sqs:PurgeQueue")), PolicyArns=[{"arn": limit}])
    later(aws)
    error = refusal(sending, session, url)
    assert error.why.cause.endswith("no session policy allows it.")
    assert "of the session policy, does not apply" in error.why.first_cause().cause
    (command,) = error.why.remedy
    wider = holder(aws, run(alice, command))
    assert sending(wider, url)["MessageId"]
    assert wider.sqs.list_queues({})["QueueUrls"], "what the session could do it still can"


def test_a_federated_users_session_policy(aws: Aws) -> None:
    url = queue(aws)
    alice = user(aws, "alice", allow("sqs:*"), allow("sts:GetFederationToken"))
    request = {"Name": "guest", "Policy": document(allow("sqs:PurgeQueue"))}
    guest = holder(aws, alice.sts.get_federation_token(request))
    error = refusal(sending, guest, url)
    assert error.why.cause.endswith("no session policy allows it.")
    (command,) = error.why.remedy
    assert sending(holder(aws, run(alice, command)), url)["MessageId"]


def test_what_the_user_behind_a_federated_user_lacks(aws: Aws) -> None:
    url = queue(aws)
    alice = user(aws, "alice", allow("sts:GetFederationToken"))
    guest = holder(aws, alice.sts.get_federation_token({"Name": "guest", "Policy": document(allow("sqs:*"))}))
    (command,) = mended(aws, refusal(sending, guest, url), lambda: sending(guest, url))
    assert command.startswith("aws iam put-user-policy --user-name alice ")


# --- MFA


@pytest.mark.parametrize("policy", ["allow with", "deny without"])
def test_missing_mfa(aws: Aws, policy: str) -> None:
    url = queue(aws)
    if policy == "allow with":
        statements = [allow("sqs:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})]
    else:
        missing = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
        statements = [allow("sqs:*"), deny("sqs:*", Condition=missing)]
    alice = user(aws, "alice", *statements)
    shown = with_phone(aws, alice, "alice")
    later(aws)
    error = refusal(sending, alice, url)
    assert fact(error, "aws:MultiFactorAuthPresent").value is None
    (command,) = error.why.remedy
    assert command.startswith("aws sts get-session-token ")
    assert f"arn:aws:iam::{ACCOUNT}:mfa/phone" in command, "it names the device that the user has"
    session = holder(aws, run(alice, command.replace("CODE", shown())))
    assert sending(session, url)["MessageId"]


def test_a_role_that_wants_mfa(aws: Aws) -> None:
    wanted = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    arn = role(aws, "Admin", trust({"AWS": ACCOUNT}, Condition=wanted))
    alice = user(aws, "alice", allow("sts:AssumeRole"))
    shown = with_phone(aws, alice, "alice")
    error = refusal(alice.sts.assume_role, {"RoleArn": arn, "RoleSessionName": "work"})
    (command,) = error.why.remedy
    assert command.startswith(f"aws sts assume-role --role-arn {arn} --role-session-name work --serial-number")
    assert run(alice, command.replace("CODE", shown()))["Credentials"]
