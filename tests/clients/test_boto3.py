"""boto3 over real HTTP: each service's main flows, with its paginators and waiters."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from clients.running import ACCOUNT, REGION, Cloud, Keys, allowing, policy

pytestmark = pytest.mark.client


def test_a_message_is_sent_received_and_deleted(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="plain", Attributes={"VisibilityTimeout": "1"}, tags={"team": "a"})["QueueUrl"]
    assert url == f"{cloud.endpoint}/{ACCOUNT}/plain"
    assert sqs.get_queue_url(QueueName="plain")["QueueUrl"] == url
    number = {"DataType": "Number", "StringValue": "1"}
    binary = {"DataType": "Binary", "BinaryValue": b"\x00\xff"}
    body = 'a <b> & "c" \U0001f327 \n\t'
    sent = sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes={"n": number, "b": binary})
    asked = {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    # botocore compares the MD5s of body and attributes itself.
    (message,) = sqs.receive_message(QueueUrl=url, **asked)["Messages"]
    assert (message["Body"], message["MessageId"]) == (body, sent["MessageId"])
    assert message["MessageAttributes"] == {"n": number, "b": binary}
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert message["Attributes"]["SenderId"] == ACCOUNT
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    (again,) = sqs.receive_message(QueueUrl=url, **asked)["Messages"]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "a"}


def test_a_long_poll_ends_when_a_message_comes(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="long")["QueueUrl"]
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
        time.sleep(0.3)
        assert not waiting.done()
        began = time.monotonic()
        sqs.send_message(QueueUrl=url, MessageBody="come")
        (message,) = waiting.result(5)["Messages"]
    assert message["Body"] == "come"
    assert time.monotonic() - began < 2


def test_a_long_poll_of_an_empty_queue_takes_its_time(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="empty", Attributes={"ReceiveMessageWaitTimeSeconds": "1"})["QueueUrl"]
    began = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert 0.9 < time.monotonic() - began < 3


def test_a_batch_tells_of_each_entry(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="batch")["QueueUrl"]
    entries = [{"Id": str(number), "MessageBody": f"m{number}"} for number in range(9)]
    told = sqs.send_message_batch(QueueUrl=url, Entries=[*entries, {"Id": "bad", "MessageBody": "\x00"}])
    assert [one["Id"] for one in told["Successful"]] == [one["Id"] for one in entries]
    assert [(one["Id"], one["SenderFault"], one["Code"]) for one in told["Failed"]] == [
        ("bad", True, "InvalidMessageContents")
    ]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    handles = [{"Id": one["Body"], "ReceiptHandle": one["ReceiptHandle"]} for one in messages]
    assert len(sqs.delete_message_batch(QueueUrl=url, Entries=handles)["Successful"]) == 9
    with pytest.raises(sqs.exceptions.BatchEntryIdsNotDistinct) as refused:
        sqs.send_message_batch(QueueUrl=url, Entries=[entries[0], entries[0]])
    assert refused.value.response["Error"]["Code"] == "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"


def test_a_message_of_a_mebibyte_passes_and_one_byte_more_does_not(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="large")["QueueUrl"]
    body = "x" * (1 << 20)
    sqs.send_message(QueueUrl=url, MessageBody=body)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == body
    with pytest.raises(ClientError, match="must be shorter than 1048576 bytes") as refused:
        sqs.send_message(QueueUrl=url, MessageBody=body + "x")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_queues_are_paged_through_and_a_missing_one_has_its_exception(cloud: Cloud) -> None:
    sqs = cloud.client("sqs", region="eu-west-1")
    urls = [sqs.create_queue(QueueName=f"paged-{number}")["QueueUrl"] for number in range(5)]
    pages = list(sqs.get_paginator("list_queues").paginate(QueueNamePrefix="paged", PaginationConfig={"PageSize": 2}))
    assert [len(page["QueueUrls"]) for page in pages] == [2, 2, 1]
    assert [url for page in pages for url in page["QueueUrls"]] == urls
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as refused:
        sqs.get_queue_url(QueueName="none")
    assert refused.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_fifo_queue_keeps_order_and_drops_repetitions(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = sqs.create_queue(QueueName="order.fifo", Attributes=fifo)["QueueUrl"]
    for body in ("1", "2", "2", "3"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [one["Body"] for one in messages] == ["1", "2", "3"]


def test_what_is_received_too_often_goes_to_the_dead_letters(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead", "maxReceiveCount": 1})
    attributes = {"RedrivePolicy": redrive, "VisibilityTimeout": "0"}
    url = sqs.create_queue(QueueName="failing", Attributes=attributes)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    assert sqs.receive_message(QueueUrl=url)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    (message,) = sqs.receive_message(QueueUrl=dead, MessageSystemAttributeNames=["DeadLetterQueueSourceArn"])[
        "Messages"
    ]
    assert message["Attributes"]["DeadLetterQueueSourceArn"].endswith(":failing")
    pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(QueueUrl=dead)
    assert [each for page in pages for each in page["queueUrls"]] == [url]


def test_topics_are_paged_through_and_a_batch_is_published(cloud: Cloud) -> None:
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    made = {sns.create_topic(Name=f"t{number}")["TopicArn"] for number in range(101)}
    pages = list(sns.get_paginator("list_topics").paginate())
    assert [len(page["Topics"]) for page in pages] == [100, 1]
    assert {topic["TopicArn"] for page in pages for topic in page["Topics"]} == made
    topic = min(made)
    url = sqs.create_queue(QueueName="subscribed")["QueueUrl"]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:subscribed"
    to_queue = {**allowing("sqs:SendMessage", queue), "Principal": {"Service": "sns.amazonaws.com"}}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(to_queue)})
    subscribed = sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"}
    )
    entries = [{"Id": str(number), "Message": f"m{number}"} for number in range(3)]
    told = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [one["Id"] for one in told["Successful"]] == ["0", "1", "2"]
    found: set[str] = set()
    until = time.monotonic() + 5
    while len(found) < 3 and time.monotonic() < until:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        found |= {one["Body"] for one in answer.get("Messages", [])}
    assert found == {"m0", "m1", "m2"}
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    assert [each["SubscriptionArn"] for page in pages for each in page["Subscriptions"]] == [
        subscribed["SubscriptionArn"]
    ]
    with pytest.raises(sns.exceptions.NotFoundException):
        sns.publish(TopicArn=f"{topic}-not", Message="hello")


def test_iam_waiters_and_paginators(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    iam.create_user(UserName="waited")
    iam.get_waiter("user_exists").wait(UserName="waited", WaiterConfig={"Delay": 1, "MaxAttempts": 1})
    trust = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="waited", AssumeRolePolicyDocument=trust)["Role"]
    iam.get_waiter("role_exists").wait(RoleName="waited", WaiterConfig={"Delay": 1, "MaxAttempts": 1})
    assert role["AssumeRolePolicyDocument"] == json.loads(trust)
    made = iam.create_policy(PolicyName="waited", PolicyDocument=policy(allowing("sqs:*")))["Policy"]["Arn"]
    iam.get_waiter("policy_exists").wait(PolicyArn=made, WaiterConfig={"Delay": 1, "MaxAttempts": 1})
    iam.create_instance_profile(InstanceProfileName="waited")
    iam.add_role_to_instance_profile(InstanceProfileName="waited", RoleName="waited")
    waiter = iam.get_waiter("instance_profile_exists")
    waiter.wait(InstanceProfileName="waited", WaiterConfig={"Delay": 1, "MaxAttempts": 1})
    users = {f"paged-{number}" for number in range(5)}
    for name in users:
        iam.create_user(UserName=name, Path="/paged/")
    pages = list(iam.get_paginator("list_users").paginate(PathPrefix="/paged/", PaginationConfig={"PageSize": 2}))
    assert [len(page["Users"]) for page in pages] == [2, 2, 1]
    assert {user["UserName"] for page in pages for user in page["Users"]} == users
    managed = [one for page in iam.get_paginator("list_policies").paginate(Scope="AWS") for one in page["Policies"]]
    assert "arn:aws:iam::aws:policy/AdministratorAccess" in {one["Arn"] for one in managed}
    with pytest.raises(iam.exceptions.NoSuchEntityException, match="The user with name nobody cannot be found"):
        iam.get_user(UserName="nobody")
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName="waited")
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
        iam.put_user_policy(UserName="waited", PolicyName="bad", PolicyDocument='{"Statement": [{}]}')


def test_roles_are_chained_and_tagged(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    user = cloud.user("chained", may="sts:*")
    may = ["sts:AssumeRole", "sts:TagSession"]
    everybody = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": may}
    for name in ("first", "second"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(everybody))
        iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=policy(allowing("sts:*")))
    keys = user
    for name in ("first", "second"):
        asked = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/{name}", "RoleSessionName": "chain"}
        answer = cloud.client("sts", keys).assume_role(**asked, Tags=[{"Key": f"from-{name}", "Value": "1"}])
        keys = Keys.of(answer)
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/second/chain"
    assert cloud.client("sts", keys).get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/second/chain"
    with pytest.raises(ClientError) as refused:
        cloud.client("sts", keys).assume_role(**asked, DurationSeconds=7200)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert "1 hour session limit for roles assumed by role chaining" in str(refused.value)


def test_an_organization_is_paged_through(cloud: Cloud) -> None:
    organizations = cloud.client("organizations", Keys("111111111111"))
    organizations.create_organization(FeatureSet="ALL")
    for number in range(3):
        made = organizations.create_account(Email=f"a{number}@example.com", AccountName=f"a{number}")
        state = made["CreateAccountStatus"]
        assert state["State"] == "IN_PROGRESS"
        cloud.foulweather("clock", "advance", "1m")
        asked = organizations.describe_create_account_status(CreateAccountRequestId=state["Id"])
        assert asked["CreateAccountStatus"]["State"] == "SUCCEEDED"
    pages = list(organizations.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 2}))
    names = {account["Name"] for page in pages for account in page["Accounts"]}
    assert {"a0", "a1", "a2"} <= names
    assert len(names) == 4
    with pytest.raises(organizations.exceptions.AlreadyInOrganizationException):
        organizations.create_organization()
