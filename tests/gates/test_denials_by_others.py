"""Denials by what others hold: organizations, resources and roles; each with its evidence, and mended by its remedy."""

from __future__ import annotations

import pytest

from foulweather.policy import principal as principals
from gates.cli import run
from gates.people import (
    OTHER,
    allow,
    deny,
    document,
    fact,
    later,
    mended,
    queue,
    queue_arn,
    refusal,
    role,
    sending,
    set_by,
    trust,
    user,
)
from harness import ACCOUNT, Aws
from services.organizations.alone import Tree

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"


# --- the organization


def test_an_scp_that_denies(aws: Aws) -> None:
    tree = Tree(aws)
    member = tree.member
    url = queue(member)
    policy = tree.policy("Freeze", document(deny("sqs:SendMessage", Sid="Freeze")))
    tree.attach(policy, tree.outer)
    later(aws)
    error = refusal(sending, member, url)
    assert error.why.cause.endswith("a service control policy forbids it.")
    content = fact(error, "Content")
    assert content.resource.endswith(policy)
    assert "Freeze" in content.value
    set_by(content, "organizations:CreatePolicy")
    mended(aws, error, lambda: sending(member, url))


def test_scps_of_which_none_allows(aws: Aws) -> None:
    tree = Tree(aws)
    member = tree.member
    url = queue(member)
    for name, node in (("Outer", tree.outer), ("Inner", tree.inner)):
        tree.attach(tree.policy(name, document(allow("s3:*", Sid=name))), node)
        tree.detach("p-FullAWSAccess", node)
    later(aws)
    error = refusal(sending, member, url)
    assert error.why.cause.endswith("no service control policy allows it.")
    assert "of the service control policy arn:aws:organizations::" in error.why.first_cause().cause
    set_by(fact(error, "Content"), "organizations:CreatePolicy")
    assert len(mended(aws, error, lambda: sending(member, url))) == 2, "a policy at each of the levels"


# --- resource policies


def test_a_queue_policy_that_does_not_name_the_service(aws: Aws) -> None:
    near = allow("sqs:SendMessage", queue_arn(), Principal={"Service": "events.amazonaws.com"}, Sid="Events")
    url = queue(aws, policy=document(near))
    sns = aws.as_principal(principals.service("sns.amazonaws.com"))
    later(aws)
    error = refusal(sending, sns, url)
    assert error.why.first_cause().cause == (
        f"The nearest statement, statement Events of the resource-based policy of {queue_arn()}, does not apply: "
        "its Principal is events.amazonaws.com, and the request's is sns.amazonaws.com."
    )
    policy = fact(error, "Policy")
    assert "Events" in policy.value
    set_by(policy, "sqs:CreateQueue")
    mended(aws, error, lambda: sending(sns, url))


def test_a_topic_that_may_not_write_to_its_queue(aws: Aws) -> None:
    """The hop from sns to sqs dies, and the remedy on record lets the next message through."""
    from foulweather.kernel.trace import Traces

    url = queue(aws)
    topic = aws.sns.create_topic({"Name": "news"})["TopicArn"]
    aws.sns.subscribe({"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue_arn()})
    published = aws.sns.publish({"TopicArn": topic, "Message": "lost"})
    assert published["MessageId"]
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    hop = next(hop for hop in trace.hops if hop.service == "sqs" and hop.code)
    assert hop.why is not None
    assert any(one.property == "aws:SourceArn" and one.value == topic for one in hop.why.facts)
    cause = hop.why.first_cause()
    assert [one.property for one in cause.facts] == ["Policy"]
    assert cause.remedy
    for command in cause.remedy:
        run(aws, command)
    aws.sns.publish({"TopicArn": topic, "Message": "kept"})
    (message,) = aws.sqs.receive_message({"QueueUrl": url})["Messages"]
    assert "kept" in message["Body"]
    elsewhere = aws.as_principal(principals.service("sns.amazonaws.com"))
    assert refusal(sending, elsewhere, url), "the remedy lets that topic in only"


def test_a_queue_of_another_account(aws: Aws) -> None:
    url = queue(aws)
    eve = user(aws.in_account(OTHER), "eve", allow("sqs:SendMessage"))
    later(aws)
    error = refusal(sending, eve, url)
    missing = fact(error, "Policy")
    assert (missing.resource, missing.value) == (queue_arn(), None)
    mended(aws, error, lambda: sending(eve, url))


@pytest.mark.parametrize("who", ["user", "service"])
def test_a_queue_policy_that_denies(aws: Aws, who: str) -> None:
    open_to_all = allow("sqs:*", queue_arn(), Principal="*")
    url = queue(aws, policy=document(open_to_all, deny("sqs:SendMessage", queue_arn(), Principal="*", Sid="Shut")))
    caller = user(aws, "alice") if who == "user" else aws.as_principal(principals.service("sns.amazonaws.com"))
    later(aws)
    error = refusal(sending, caller, url)
    assert f"statement Shut of the resource-based policy of {queue_arn()} denies" in error.why.first_cause().cause
    set_by(fact(error, "Policy"), "sqs:CreateQueue")
    mended(aws, error, lambda: sending(caller, url))


# --- roles


def test_a_role_that_does_not_trust_the_caller(aws: Aws) -> None:
    somebody = role(aws, "Somebody", trust({"AWS": ACCOUNT}))
    arn = role(aws, "Closed", trust({"AWS": somebody}, Sid="Only"))
    alice = user(aws, "alice", allow("sts:AssumeRole"))
    later(aws)
    request = {"RoleArn": arn, "RoleSessionName": "work"}
    error = refusal(alice.sts.assume_role, request)
    assert f"statement Only of the role trust policy of {arn}" in error.why.first_cause().cause
    set_by(fact(error, "AssumeRolePolicyDocument"), "iam:CreateRole")
    mended(aws, error, lambda: alice.sts.assume_role(request))


def test_a_role_that_denies_the_caller(aws: Aws) -> None:
    both = [
        {"Effect": effect, "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Sid": effect}
        for effect in ("Allow", "Deny")
    ]
    arn = role(aws, "Closed", document(*both))
    alice = user(aws, "alice", allow("sts:AssumeRole"))
    request = {"RoleArn": arn, "RoleSessionName": "work"}
    error = refusal(alice.sts.assume_role, request)
    assert "statement Deny of the role trust policy" in error.why.first_cause().cause
    mended(aws, error, lambda: alice.sts.assume_role(request))


@pytest.mark.parametrize("given", [{}, {"ExternalId": "41"}])
def test_a_wrong_external_id(aws: Aws, given: dict[str, str]) -> None:
    wanted = {"StringEquals": {"sts:ExternalId": "forty-two"}}
    arn = role(aws, "Partner", trust({"AWS": ACCOUNT}, Condition=wanted))
    alice = user(aws, "alice", allow("sts:AssumeRole"))
    later(aws)
    error = refusal(alice.sts.assume_role, {"RoleArn": arn, "RoleSessionName": "work", **given})
    assert "its condition wants sts:ExternalId StringEquals forty-two" in error.why.first_cause().cause
    assert fact(error, "Condition StringEquals sts:ExternalId").value == ["forty-two"]
    assert fact(error, "sts:ExternalId").value == given.get("ExternalId")
    set_by(fact(error, "AssumeRolePolicyDocument"), "iam:CreateRole")
    (command,) = error.why.remedy
    assert run(alice, command)["Credentials"]
