"""Commands that `why` prints, run as they are: after them the same request succeeds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from clients.running import ACCOUNT, REGION, Cloud, Keys, allowing, denying, policy
from clients.test_refusals import arn, totp, trusting

pytestmark = [pytest.mark.client, pytest.mark.needs("aws", "bash")]

OTHER = "222222222222"


def refused(request: Callable[[], Any]) -> tuple[str, str]:
    """The id and the message of a request that is refused."""
    with pytest.raises(ClientError) as error:
        request()
    answer = error.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
    return answer["ResponseMetadata"]["RequestId"], answer["Error"]["Message"]


def mended(cloud: Cloud, request: Callable[[], Any], says: str, by: Keys | None = None) -> str:
    """What the first command of a refusal's reason prints, after which the request succeeds."""
    request_id, message = refused(request)
    assert says in message
    _, commands = cloud.why(request_id)
    assert commands, cloud.why(request_id)[0]
    said = cloud.pasted(commands[0], by)
    request()
    return said


def test_a_deny_in_a_group_s_inline_policy(cloud: Cloud) -> None:
    iam, keys = cloud.client("iam"), cloud.user("grouped")
    iam.create_group(GroupName="interns")
    iam.add_user_to_group(GroupName="interns", UserName="grouped")
    iam.put_group_policy(GroupName="interns", PolicyName="no", PolicyDocument=policy(denying("sns:ListTopics")))
    sns = cloud.client("sns", keys)
    mended(cloud, sns.list_topics, "with an explicit deny in an identity-based policy")
    assert iam.list_group_policies(GroupName="interns")["PolicyNames"] == []


def test_a_deny_in_a_managed_policy(cloud: Cloud) -> None:
    iam, keys = cloud.client("iam"), cloud.user("managed")
    document = policy(denying("sns:ListTopics"), denying("sns:Publish"))
    made = iam.create_policy(PolicyName="managed", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="managed", PolicyArn=made)
    mended(cloud, cloud.client("sns", keys).list_topics, "with an explicit deny in an identity-based policy")


def test_a_deny_in_a_policy_of_aws(cloud: Cloud) -> None:
    iam, keys = cloud.client("iam"), cloud.user("denied-all")
    iam.attach_user_policy(UserName="denied-all", PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll")
    mended(cloud, cloud.client("sns", keys).list_topics, "with an explicit deny in an identity-based policy")


def test_a_permission_for_another_queue(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="right")["QueueUrl"]
    keys = cloud.user("elsewhere", may="sqs:*", on=arn("sqs", "wrong", region=REGION))
    sending = cloud.client("sqs", keys)
    says = "because no identity-based policy allows the sqs:sendmessage action"
    mended(cloud, lambda: sending.send_message(QueueUrl=url, MessageBody="m"), says)


def test_a_role_session_without_permission(cloud: Cloud) -> None:
    role = cloud.client("iam").create_role(RoleName="idle", AssumeRolePolicyDocument=trusting(ACCOUNT))["Role"]["Arn"]
    assumed = cloud.client("sts", cloud.user("assumer")).assume_role(RoleArn=role, RoleSessionName="day")
    sns = cloud.client("sns", Keys.of(assumed))
    mended(cloud, sns.list_topics, "because no identity-based policy allows the SNS:ListTopics action")


def test_a_role_that_wants_mfa(cloud: Cloud) -> None:
    iam, keys = cloud.client("iam"), cloud.user("with-phone")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="with-phone")["VirtualMFADevice"]
    seed, now_s = device["Base32StringSeed"].decode(), time.time()
    codes = {"AuthenticationCode1": totp(seed, now_s - 30), "AuthenticationCode2": totp(seed, now_s)}
    iam.enable_mfa_device(UserName="with-phone", SerialNumber=device["SerialNumber"], **codes)
    condition = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    trust = trusting(ACCOUNT, **condition)
    role = iam.create_role(RoleName="careful", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    sts = cloud.client("sts", keys)
    request_id, _ = refused(lambda: sts.assume_role(RoleArn=role, RoleSessionName="day"))
    _, (remedy,) = cloud.why(request_id)
    said = json.loads(cloud.pasted(remedy.replace("CODE", totp(seed, time.time())), keys))
    assert said["AssumedRoleUser"]["Arn"].endswith(":assumed-role/careful/day")


def test_a_federated_user_s_session_policy(cloud: Cloud) -> None:
    keys = cloud.user("broker")
    narrow = policy(allowing("sqs:ListQueues"))
    federated = cloud.client("sts", keys).get_federation_token(Name="guest", Policy=narrow)
    sns = cloud.client("sns", Keys.of(federated))
    request_id, message = refused(sns.list_topics)
    assert "because no session policy allows the SNS:ListTopics action" in message
    _, (remedy,) = cloud.why(request_id)
    wider = Keys.of(json.loads(cloud.pasted(remedy, keys)))
    cloud.client("sns", wider).list_topics()


def test_an_inactive_key(cloud: Cloud) -> None:
    keys = cloud.user("paused")
    cloud.client("iam").update_access_key(UserName="paused", AccessKeyId=keys.access_key_id, Status="Inactive")
    mended(
        cloud, cloud.client("sts", keys).get_caller_identity, "The security token included in the request is invalid"
    )


# --- between accounts


def test_a_queue_of_another_account(cloud: Cloud) -> None:
    """Both accounts must allow it; each refusal names the side that does not."""
    owner = Keys(OTHER)
    url = cloud.client("sqs", owner).create_queue(QueueName="theirs")["QueueUrl"]
    sending = cloud.client("sqs", cloud.user("visitor", may="iam:GetUser"))

    def send() -> None:
        sending.send_message(QueueUrl=url, MessageBody="m")

    request_id, message = refused(send)
    assert "because no identity-based policy allows the sqs:sendmessage action" in message
    _, (remedy,) = cloud.why(request_id)
    cloud.pasted(remedy)
    mended(cloud, send, "because no resource-based policy allows the sqs:sendmessage action", owner)


def test_a_topic_of_another_account(cloud: Cloud) -> None:
    owner = Keys(OTHER)
    topic = cloud.client("sns", owner).create_topic(Name="theirs")["TopicArn"]
    sns = cloud.client("sns", cloud.user("publisher"))
    says = "because no resource-based policy allows the SNS:Publish action"
    mended(cloud, lambda: sns.publish(TopicArn=topic, Message="m"), says, owner)


def test_a_deny_in_a_topic_policy(cloud: Cloud) -> None:
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="closed")["TopicArn"]
    closed = {**denying("sns:Publish", topic), "Principal": "*"}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(closed))
    publishing = cloud.client("sns", cloud.user("shut-out"))
    says = "with an explicit deny in a resource-based policy"
    mended(cloud, lambda: publishing.publish(TopicArn=topic, Message="m"), says)


def test_a_role_of_another_account(cloud: Cloud) -> None:
    owner = Keys(OTHER)
    made = cloud.client("iam", owner).create_role(RoleName="theirs", AssumeRolePolicyDocument=trusting(OTHER))
    sts = cloud.client("sts", cloud.user("traveller"))
    asked = {"RoleArn": made["Role"]["Arn"], "RoleSessionName": "trip"}
    mended(cloud, lambda: sts.assume_role(**asked), "is not authorized to perform: sts:AssumeRole on resource", owner)


# --- in an organization


def test_an_allow_list_of_the_organization(organized: tuple[Cloud, str]) -> None:
    cloud, member = organized
    organizations = cloud.client("organizations")
    content = policy(allowing("sqs:*"))
    made = organizations.create_policy(Name="sqs", Description="", Type="SERVICE_CONTROL_POLICY", Content=content)
    organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=member)
    organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=member)
    sns = cloud.client("sns", Keys(member))
    mended(cloud, sns.list_topics, "because no service control policy allows the SNS:ListTopics action")


def test_a_resource_control_policy(organized: tuple[Cloud, str]) -> None:
    cloud, member = organized
    organizations = cloud.client("organizations")
    content = policy({**denying("sqs:SendMessage"), "Principal": "*"})
    made = organizations.create_policy(Name="rcp", Description="", Type="RESOURCE_CONTROL_POLICY", Content=content)
    organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=member)
    sqs = cloud.client("sqs", Keys(member))
    url = sqs.create_queue(QueueName="controlled")["QueueUrl"]
    says = "with an explicit deny in a resource control policy"
    mended(cloud, lambda: sqs.send_message(QueueUrl=url, MessageBody="m"), says)
