"""Who may do what, through the real iam, sts and organizations, in AWS's words."""

from __future__ import annotations

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import ANONYMOUS
from gates.people import (
    OTHER,
    allow,
    assume,
    deny,
    document,
    managed,
    queue,
    queue_arn,
    refusal,
    role,
    sending,
    trust,
    user,
)
from harness import ACCOUNT, Aws
from services.organizations.alone import Tree

# SQS writes the action in small letters where it denies it.
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
SEND = f"User: {ALICE} is not authorized to perform: sqs:sendmessage on resource: {queue_arn()} "


def words(error: AwsError) -> tuple[str, int, str]:
    return error.code, error.status, error.message


def test_root_needs_no_policy(aws: Aws) -> None:
    assert sending(aws, queue(aws))["MessageId"]


def test_a_user_without_policies_may_do_nothing(aws: Aws) -> None:
    url = queue(aws)
    assert words(refusal(sending, user(aws, "alice"), url)) == (
        "AccessDenied",
        403,
        SEND + "because no identity-based policy allows the sqs:sendmessage action",
    )


def test_the_code_and_words_of_a_denial_are_the_services_own(aws: Aws) -> None:
    alice = user(aws, "alice")
    assert words(refusal(alice.iam.list_users)) == (
        "AccessDenied",
        403,
        f"User: {ALICE} is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::{ACCOUNT}:user/ "
        "because no identity-based policy allows the iam:ListUsers action",
    )
    assert refusal(alice.sns.create_topic, {"Name": "t"}).code == "AuthorizationErrorException"
    assert refusal(alice.organizations.describe_organization).code == "AccessDeniedException"


def test_an_inline_policy_allows_what_it_says_and_no_more(aws: Aws) -> None:
    url = queue(aws)
    alice = user(aws, "alice", allow("sqs:SendMessage", queue_arn()))
    assert sending(alice, url)["MessageId"]
    error = refusal(alice.sqs.purge_queue, {"QueueUrl": url})
    assert error.message.endswith("because no identity-based policy allows the sqs:purgequeue action")


def test_attached_and_group_policies_allow_too(aws: Aws) -> None:
    url = queue(aws)
    alice, bob = user(aws, "alice"), user(aws, "bob")
    arn = managed(aws, "senders", allow("sqs:SendMessage"))
    aws.iam.attach_user_policy({"UserName": "alice", "PolicyArn": arn})
    aws.iam.create_group({"GroupName": "g"})
    aws.iam.put_group_policy(
        {"GroupName": "g", "PolicyName": "p", "PolicyDocument": document(allow("sqs:SendMessage"))}
    )
    aws.iam.add_user_to_group({"GroupName": "g", "UserName": "bob"})
    assert sending(alice, url)["MessageId"]
    assert sending(bob, url)["MessageId"]
    aws.iam.remove_user_from_group({"GroupName": "g", "UserName": "bob"})
    assert refusal(sending, bob, url).code == "AccessDenied"


def test_an_explicit_deny_wins(aws: Aws) -> None:
    alice = user(aws, "alice", allow("sqs:*"), deny("sqs:SendMessage"))
    assert words(refusal(sending, alice, queue(aws)))[2] == SEND + "with an explicit deny in an identity-based policy"


def test_a_roles_session_has_the_roles_permissions(aws: Aws) -> None:
    url = queue(aws)
    arn = role(aws, "Sender", trust({"AWS": ACCOUNT}), allow("sqs:SendMessage"))
    session = assume(user(aws, "alice", allow("sts:AssumeRole")), arn)
    assert sending(session, url)["MessageId"]
    error = refusal(session.sqs.purge_queue, {"QueueUrl": url})
    assert error.message.startswith(f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Sender/work is not authorized")


def test_a_session_policy_limits_the_role(aws: Aws) -> None:
    url = queue(aws)
    arn = role(aws, "Sender", trust({"AWS": ACCOUNT}), allow("sqs:*"))
    alice = user(aws, "alice", allow("sts:AssumeRole"))
    limited = assume(alice, arn, Policy=document(allow("sqs:PurgeQueue")))
    assert limited.sqs.purge_queue({"QueueUrl": url}) in (None, {})
    error = refusal(sending, limited, url)
    assert error.message.endswith("because no session policy allows the sqs:sendmessage action")


def test_a_managed_session_policy_limits_the_role(aws: Aws) -> None:
    url = queue(aws)
    arn = role(aws, "Sender", trust({"AWS": ACCOUNT}), allow("sqs:*"))
    limit = managed(aws, "limit", allow("sqs:PurgeQueue"))
    limited = assume(user(aws, "alice", allow("sts:AssumeRole")), arn, PolicyArns=[{"arn": limit}])
    assert refusal(sending, limited, url).message.endswith("no session policy allows the sqs:sendmessage action")


def test_a_boundary_limits_a_user(aws: Aws) -> None:
    url = queue(aws)
    alice = user(aws, "alice", allow("sqs:*"))
    limit = managed(aws, "limit", allow("sqs:PurgeQueue"))
    aws.iam.put_user_permissions_boundary({"UserName": "alice", "PermissionsBoundary": limit})
    assert refusal(sending, alice, url).message == (
        SEND + "because no permissions boundary allows the sqs:sendmessage action"
    )
    aws.iam.delete_user_permissions_boundary({"UserName": "alice"})
    assert sending(alice, url)["MessageId"]


def test_an_explicit_deny_in_a_boundary(aws: Aws) -> None:
    alice = user(aws, "alice", allow("sqs:*"))
    limit = managed(aws, "limit", allow("*"), deny("sqs:SendMessage"))
    aws.iam.put_user_permissions_boundary({"UserName": "alice", "PermissionsBoundary": limit})
    assert refusal(sending, alice, queue(aws)).message == SEND + "with an explicit deny in a permissions boundary"


class TestGuardrails:
    """An organization over the account of the caller."""

    def test_an_scp_denies_even_root(self, aws: Aws) -> None:
        tree = Tree(aws)
        url = queue(tree.member)
        tree.attach(tree.policy("NoSend", document(deny("sqs:SendMessage"))), tree.inner)
        error = refusal(sending, tree.member, url)
        assert error.message.endswith("with an explicit deny in a service control policy")
        assert sending(aws, queue(aws))["MessageId"], "the management account is under no SCP"

    def test_every_level_must_allow(self, aws: Aws) -> None:
        tree = Tree(aws)
        url = queue(tree.member)
        narrow = tree.policy("OnlyPurge", document(allow("sqs:PurgeQueue")))
        tree.attach(narrow, tree.outer)
        assert sending(tree.member, url)["MessageId"], "FullAWSAccess still allows it there"
        tree.detach("p-FullAWSAccess", tree.outer)
        error = refusal(sending, tree.member, url)
        assert error.message.endswith("because no service control policy allows the sqs:sendmessage action")


class TestResourcePolicies:
    """A queue's own policy."""

    def test_it_allows_a_user_of_the_account_by_itself(self, aws: Aws) -> None:
        alice = user(aws, "alice")
        statement = allow("sqs:SendMessage", queue_arn(), Principal={"AWS": ALICE})
        assert sending(alice, queue(aws, policy=document(statement)))["MessageId"]

    def test_another_account_needs_both(self, aws: Aws) -> None:
        other = aws.in_account(OTHER)
        eve = user(other, "eve")
        url = queue(aws, policy=document(allow("sqs:SendMessage", queue_arn(), Principal={"AWS": OTHER})))
        assert refusal(sending, eve, url).message.endswith(
            "because no identity-based policy allows the sqs:sendmessage action"
        )
        mallory = user(other, "mallory", allow("sqs:SendMessage"))
        assert sending(mallory, url)["MessageId"]
        closed = queue(aws, "closed")
        assert refusal(sending, mallory, closed).message.endswith(
            "because no resource-based policy allows the sqs:sendmessage action"
        )

    def test_it_denies_the_owners_root_too(self, aws: Aws) -> None:
        url = queue(aws, policy=document(deny("sqs:SendMessage", queue_arn(), Principal="*")))
        assert refusal(sending, aws, url).message.endswith("with an explicit deny in a resource-based policy")

    def test_anonymous_callers_are_let_in_only_by_it(self, aws: Aws) -> None:
        anonymous = aws.as_principal(ANONYMOUS)
        anonymous.account = ACCOUNT
        open_queue = queue(aws, "open", document(allow("sqs:SendMessage", queue_arn("open"), Principal="*")))
        assert sending(anonymous, open_queue)["MessageId"]
        error = refusal(sending, anonymous, queue(aws))
        assert error.message.startswith("User: anonymous is not authorized to perform: sqs:sendmessage")

    def test_a_service_needs_it(self, aws: Aws) -> None:
        from foulweather.policy import principal as principals

        sns = aws.as_principal(principals.service("sns.amazonaws.com"))
        url = queue(aws)
        assert refusal(sending, sns, url).message == (
            f"User: sns.amazonaws.com is not authorized to perform: sqs:sendmessage on resource: {queue_arn()} "
            "because no resource-based policy allows the sqs:sendmessage action"
        )


def test_a_trust_policy_is_not_the_callers_to_read(aws: Aws) -> None:
    arn = role(aws, "Closed", trust({"Service": "lambda.amazonaws.com"}))
    alice = user(aws, "alice", allow("sts:AssumeRole"))
    error = refusal(alice.sts.assume_role, {"RoleArn": arn, "RoleSessionName": "work"})
    assert words(error) == (
        "AccessDenied",
        403,
        f"User: {ALICE} is not authorized to perform: sts:AssumeRole on resource: {arn}",
    )


def test_a_further_permission_is_asked_for(aws: Aws) -> None:
    alice = user(aws, "alice", allow("sqs:CreateQueue"))
    error = refusal(alice.sqs.create_queue, {"QueueName": "q", "tags": {"team": "a"}})
    assert "sqs:tagqueue" in error.message


def test_permission_comes_before_existence(aws: Aws) -> None:
    alice = user(aws, "alice")
    nowhere = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/nowhere"
    assert refusal(sending, alice, nowhere).code == "AccessDenied"
    assert refusal(sending, aws, nowhere).code == "QueueDoesNotExist"


@pytest.mark.parametrize("kind", ["tag", "time", "principal"])
def test_conditions_are_read_from_the_call(aws: Aws, kind: str) -> None:
    url = aws.sqs.create_queue({"QueueName": "orders", "tags": {"team": "blue"}})["QueueUrl"]
    right, wrong = {
        "tag": ({"aws:ResourceTag/team": "blue"}, {"aws:ResourceTag/team": "red"}),
        "time": ({"aws:CurrentTime": "2026-01-01T00:00:00Z"}, {"aws:CurrentTime": "2025-01-01T00:00:00Z"}),
        "principal": ({"aws:username": "alice"}, {"aws:username": "bob"}),
    }[kind]
    operator = "DateEquals" if kind == "time" else "StringEquals"
    alice = user(aws, "alice", allow("sqs:SendMessage", Condition={operator: right}))
    assert sending(alice, url)["MessageId"]
    aws.iam.put_user_policy(
        {
            "UserName": "alice",
            "PolicyName": "p",
            "PolicyDocument": document(allow("sqs:SendMessage", Condition={operator: wrong})),
        }
    )
    assert refusal(sending, alice, url).status == 403
