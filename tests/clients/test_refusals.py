"""Refusals as the AWS CLI prints them, their reasons, and the printed commands, run as they are."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
import time
from typing import Any

import pytest

from clients.running import ACCOUNT, REGION, Cloud, Keys, allowing, denying, policy

pytestmark = [pytest.mark.client, pytest.mark.needs("aws", "bash")]


def arn(service: str, name: str, *, region: str = "", account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{name}"


def totp(seed: str, at_s: float) -> str:
    """RFC 6238, as an authenticator app computes it."""
    counter = int(at_s) // 30
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF) % 1_000_000:06d}"


def trusting(principal: str, **more: Any) -> str:
    return policy({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", **more})


def test_a_deny_in_an_identity_policy(cloud: Cloud) -> None:
    alice = cloud.user("alice")
    iam = cloud.client("iam")
    keep = denying(["sqs:DeleteQueue", "sqs:PurgeQueue"], Sid="KeepQueues")
    iam.put_user_policy(UserName="alice", PolicyName="no-loss", PolicyDocument=policy(keep))
    url = cloud.client("sqs").create_queue(QueueName="kept")["QueueUrl"]
    command = ("sqs", "delete-queue", "--queue-url", url)

    message, request_id = cloud.refused_aws(*command, keys=alice)
    queue = arn("sqs", "kept", region=REGION)
    assert message.endswith(
        f"(AccessDenied) when calling the DeleteQueue operation: User: arn:aws:iam::{ACCOUNT}:user/alice is not "
        f"authorized to perform: sqs:deletequeue on resource: {queue} with an explicit deny in an identity-based policy"
    )
    cause = cloud.first_cause(request_id)
    assert "statement KeepQueues of the inline policy no-loss" in cause["cause"]
    assert cause["facts"][0]["set_by"]["operation"] == "iam:PutUserPolicy"

    _, (remedy,) = cloud.why(request_id)
    cloud.pasted(remedy)
    cloud.aws(*command, keys=alice)
    # The narrowest change: what was denied beside it still is.
    left = iam.get_user_policy(UserName="alice", PolicyName="no-loss")["PolicyDocument"]["Statement"]
    assert [one["Action"] for one in left] == [["sqs:PurgeQueue"]]


def test_a_permissions_boundary(cloud: Cloud) -> None:
    bob = cloud.user("bob")
    iam = cloud.client("iam")
    boundary = iam.create_policy(PolicyName="edge", PolicyDocument=policy(allowing("sqs:*")))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=boundary)
    command = ("sns", "create-topic", "--name", "beyond")

    message, request_id = cloud.refused_aws(*command, keys=bob)
    topic = arn("sns", "beyond", region=REGION)
    assert message.endswith(
        f"(AuthorizationError) when calling the CreateTopic operation: User: arn:aws:iam::{ACCOUNT}:user/bob is not "
        f"authorized to perform: SNS:CreateTopic on resource: {topic} "
        "because no permissions boundary allows the SNS:CreateTopic action"
    )
    told, (remedy,) = cloud.why(request_id)
    assert "no permissions boundary allows it" in told
    assert boundary in remedy
    cloud.pasted(remedy)
    assert cloud.aws(*command, keys=bob)["TopicArn"] == topic
    cloud.aws("sqs", "list-queues", keys=bob)


def test_a_service_control_policy(organized: tuple[Cloud, str]) -> None:
    cloud, member = organized
    organizations = cloud.client("organizations")
    scp = organizations.create_policy(
        Name="no-queues",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=policy(denying("sqs:CreateQueue", Sid="NoQueues")),
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=scp, TargetId=member)
    root_of_member = Keys(member, "test")
    command = ("sqs", "create-queue", "--queue-name", "forbidden")

    message, request_id = cloud.refused_aws(*command, keys=root_of_member)
    assert message.endswith(
        f"(AccessDenied) when calling the CreateQueue operation: User: arn:aws:iam::{member}:root is not authorized "
        f"to perform: sqs:createqueue on resource: {arn('sqs', 'forbidden', region=REGION, account=member)} "
        "with an explicit deny in a service control policy"
    )
    cause = cloud.first_cause(request_id)
    assert "statement NoQueues of the service control policy" in cause["cause"]
    _, (remedy,) = cloud.why(request_id)
    assert remedy.startswith(f"aws organizations update-policy --policy-id {scp} ")
    cloud.pasted(remedy)
    assert cloud.aws(*command, keys=root_of_member)["QueueUrl"].endswith(f"/{member}/forbidden")


def test_a_session_policy(cloud: Cloud) -> None:
    carol = cloud.user("carol")
    iam = cloud.client("iam")
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trusting(ACCOUNT))["Role"]["Arn"]
    iam.put_role_policy(RoleName="worker", PolicyName="all", PolicyDocument=policy(allowing("sqs:*")))
    narrow = policy(allowing("sqs:ListQueues"))
    assuming = ("sts", "assume-role", "--role-arn", role, "--role-session-name", "day", "--policy", narrow)
    session = Keys.of(cloud.aws(*assuming, keys=carol))
    command = ("sqs", "create-queue", "--queue-name", "narrow")
    cloud.aws("sqs", "list-queues", keys=session)

    message, request_id = cloud.refused_aws(*command, keys=session)
    assert message.endswith(
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/worker/day is not authorized to perform: sqs:createqueue on "
        f"resource: {arn('sqs', 'narrow', region=REGION)} because no session policy allows the sqs:createqueue action"
    )
    told, (remedy,) = cloud.why(request_id)
    assert "no session policy allows it" in told
    # The caller's own to ask better: for a session that may do more.
    wider = Keys.of(json.loads(cloud.pasted(remedy, carol)))
    cloud.aws(*command, keys=wider)
    cloud.aws("sqs", "list-queues", keys=wider)


@pytest.mark.parametrize("written", ["deny", "allow"])
def test_a_missing_mfa_code(cloud: Cloud, written: str) -> None:
    name = f"dave-{written}"
    iam = cloud.client("iam")

    def condition(operator: str, value: str) -> dict[str, Any]:
        return {"Condition": {operator: {"aws:MultiFactorAuthPresent": value}}}

    if written == "deny":
        dave = cloud.user(name)
        without = {
            "Sid": "MfaFirst",
            "Effect": "Deny",
            "NotAction": ["iam:*", "sts:GetSessionToken"],
            "Resource": "*",
            **condition("BoolIfExists", "false"),
        }
        iam.put_user_policy(UserName=name, PolicyName="mfa", PolicyDocument=policy(without))
    else:
        dave = cloud.user(name, may="iam:GetUser")
        with_mfa = allowing("sqs:*", Sid="WithMfa", **condition("Bool", "true"))
        iam.put_user_policy(UserName=name, PolicyName="mfa", PolicyDocument=policy(with_mfa))
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=f"phone-of-{name}")["VirtualMFADevice"]
    seed = device["Base32StringSeed"].decode()
    now_s = time.time()
    codes = totp(seed, now_s - 30), totp(seed, now_s)
    iam.enable_mfa_device(
        UserName=name,
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=codes[0],
        AuthenticationCode2=codes[1],
    )
    command = ("sqs", "create-queue", "--queue-name", name)

    message, request_id = cloud.refused_aws(*command, keys=dave)
    tail = {
        "deny": "with an explicit deny in an identity-based policy",
        "allow": "because no identity-based policy allows the sqs:createqueue action",
    }
    assert message.endswith(f"on resource: {arn('sqs', name, region=REGION)} {tail[written]}")
    cause = cloud.first_cause(request_id)
    assert f"statement {'MfaFirst' if written == 'deny' else 'WithMfa'} of the inline policy mfa" in cause["cause"]
    _, (remedy,) = cloud.why(request_id)
    assert device["SerialNumber"] in remedy
    assert " --token-code CODE" in remedy
    with_code = remedy.replace("CODE", totp(seed, time.time()))
    session = Keys.of(json.loads(cloud.pasted(with_code, dave)))
    assert cloud.aws(*command, keys=session)["QueueUrl"].endswith(f"/{name}")


def test_a_wrong_external_id(cloud: Cloud) -> None:
    erin = cloud.user("erin")
    trust = trusting(ACCOUNT, Condition={"StringEquals": {"sts:ExternalId": "partner:12/a=b"}}, Sid="Partner")
    role = cloud.client("iam").create_role(RoleName="partner", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    for given in ((), ("--external-id", "wrong")):
        command = ("sts", "assume-role", "--role-arn", role, "--role-session-name", "visit", *given)
        message, request_id = cloud.refused_aws(*command, keys=erin)
        assert message.endswith(
            f"(AccessDenied) when calling the AssumeRole operation: User: arn:aws:iam::{ACCOUNT}:user/erin is not "
            f"authorized to perform: sts:AssumeRole on resource: {role}"
        )
        cause = cloud.first_cause(request_id)
        assert "statement Partner of" in cause["cause"]
        assert "its condition wants sts:ExternalId StringEquals partner:12/a=b" in cause["cause"]
        _, (remedy,) = cloud.why(request_id)
        session = Keys.of(json.loads(cloud.pasted(remedy, erin)))
        who = cloud.aws("sts", "get-caller-identity", keys=session)["Arn"]
        assert who == f"arn:aws:sts::{ACCOUNT}:assumed-role/partner/visit"


def test_nothing_allows_it_at_all(cloud: Cloud) -> None:
    frank = cloud.user("frank", may="iam:GetUser")
    command = ("sqs", "create-queue", "--queue-name", "franks")
    message, request_id = cloud.refused_aws(*command, keys=frank)
    assert message.endswith("because no identity-based policy allows the sqs:createqueue action")
    _, (remedy,) = cloud.why(request_id)
    cloud.pasted(remedy)
    cloud.aws(*command, keys=frank)


def test_a_role_that_trusts_somebody_else(cloud: Cloud) -> None:
    grace = cloud.user("grace")
    cloud.user("heidi")
    heidi = f"arn:aws:iam::{ACCOUNT}:user/heidi"
    role = cloud.client("iam").create_role(RoleName="heidis", AssumeRolePolicyDocument=trusting(heidi))["Role"]["Arn"]
    command = ("sts", "assume-role", "--role-arn", role, "--role-session-name", "visit")
    message, request_id = cloud.refused_aws(*command, keys=grace)
    assert message.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {role}")
    _, (remedy,) = cloud.why(request_id)
    cloud.pasted(remedy)
    assert cloud.aws(*command, keys=grace)["Credentials"]


def test_a_deny_in_a_queue_policy(cloud: Cloud) -> None:
    ivan = cloud.user("ivan")
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="guarded")["QueueUrl"]
    queue = arn("sqs", "guarded", region=REGION)
    closed = denying("sqs:SendMessage", queue, Principal="*", Sid="Closed")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(closed)})
    command = ("sqs", "send-message", "--queue-url", url, "--message-body", "hello")
    message, request_id = cloud.refused_aws(*command, keys=ivan)
    assert message.endswith(f"sqs:sendmessage on resource: {queue} with an explicit deny in a resource-based policy")
    _, (remedy,) = cloud.why(request_id)
    cloud.pasted(remedy)
    assert cloud.aws(*command, keys=ivan)["MessageId"]
