"""Each kind of denial: its first cause names what decided it, the journal who set that, and the remedy mends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.policy import principal as principals
from foulweather.services.iam.totp import STEP_MS, code_at
from gates.cli import run
from gates.people import (
    OTHER,
    allow,
    assume,
    deny,
    document,
    fact,
    holder,
    managed,
    queue,
    queue_arn,
    refusal,
    role,
    sending,
    trust,
    user,
)
from harness import ACCOUNT, START_MS, Aws
from services.organizations.alone import Tree

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
MINUTE_MS = 60_000


def later(aws: Aws) -> None:
    """A minute passes between what was set and what is tried."""
    aws.world.clock.move_to(aws.now + MINUTE_MS)


def set_by(one: Fact, operation: str, who: str = ROOT) -> None:
    """The fact says who set it, when, and by which operation."""
    assert one.set_by is not None, f"nobody set {one.property} of {one.resource}"
    assert (one.set_by.who, one.set_by.operation, one.set_by.at_ms) == (who, operation, START_MS)
    assert one.set_by.request_id


def mended(aws: Aws, error: AwsError, attempt: Callable[[], Any]) -> list[str]:
    """The remedy, carried out by the account's root user, lets the same call through."""
    remedy = error.why.remedy
    assert remedy, f"no remedy for: {error.why.first_cause().cause}"
    assert error.why.first_cause().remedy == remedy
    assert refusal(attempt).code == error.code, "time alone has mended it"
    for command in remedy:
        run(aws, command)
    assert attempt() is not None
    return list(remedy)


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
    wanted, actual = [one for one in cause.facts if one.property == "Resource"]
    assert (wanted.value, actual.value) == ([queue_arn("other")], queue_arn())
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


# --- MFA


def with_phone(aws: Aws, caller: Aws, name: str) -> Callable[[], str]:
    """Give a user an MFA device, of another name than the user's; what it shows."""
    made = aws.iam.create_virtual_mfa_device({"VirtualMFADeviceName": "phone"})["VirtualMFADevice"]
    seed = made["Base32StringSeed"].decode()
    step = aws.now // STEP_MS
    aws.iam.enable_mfa_device(
        {
            "UserName": name,
            "SerialNumber": made["SerialNumber"],
            "AuthenticationCode1": code_at(seed, step - 1),
            "AuthenticationCode2": code_at(seed, step),
        }
    )
    return lambda: code_at(seed, aws.now // STEP_MS)


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
