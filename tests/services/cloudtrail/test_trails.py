from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Traces
from foulweather.services.cloudtrail import forming
from harness import ACCOUNT
from services.cloudtrail.audited import BUCKET, Audited, bucket_policy
from services.cloudtrail.test_selectors import data

ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
KEY_POLICY = {
    "Sid": "CloudTrail",
    "Effect": "Allow",
    "Principal": {"Service": "cloudtrail.amazonaws.com"},
    "Action": ["kms:GenerateDataKey*", "kms:DescribeKey"],
    "Resource": "*",
    "Condition": {
        "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}
    },
}


def refused(audited: Audited, code: str, **request: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        audited.create_trail(**request)
    assert caught.value.code == f"{code}Exception"
    return caught.value


def test_a_trail_is_made_described_and_deleted(audited: Audited) -> None:
    made = audited.create_trail(TagsList=[{"Key": "team", "Value": "audit"}])
    assert made["TrailARN"] == ARN
    assert made["IncludeGlobalServiceEvents"] is True
    ct = audited.aws.cloudtrail
    (described,) = ct.describe_trails({})["trailList"]
    assert (described["HomeRegion"], described["HasCustomEventSelectors"]) == ("us-east-1", False)
    assert ct.list_trails({})["Trails"] == [{"TrailARN": ARN, "Name": "main", "HomeRegion": "us-east-1"}]
    assert ct.get_trail_status({"Name": "main"})["IsLogging"] is False
    assert ct.list_tags({"ResourceIdList": [ARN]})["ResourceTagList"][0]["TagsList"] == [
        {"Key": "team", "Value": "audit"}
    ]
    audited.run(ct.delete_trail({"Name": "main"}))
    assert ct.describe_trails({})["trailList"] == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ab", "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters."),
        (
            "a" * 129,
            "Trail name too long. Maximum allowed length: 128 characters. Specified name length: 129 characters.",
        ),
        ("-abc", "Trail name must starts with a letter or number."),
        ("abc-", "Trail name must ends with a letter or number."),
        ("a--bc", "Trail name cannot have adjacent periods, underscores or dashes."),
        ("192.168.5.4", "Trail name cannot be in IP address format."),
    ],
)
def test_a_bad_name_is_refused(audited: Audited, name: str, words: str) -> None:
    assert refused(audited, "InvalidTrailName", Name=name).message == words


def test_a_bucket_that_is_not_there_is_refused(audited: Audited) -> None:
    error = refused(audited, "S3BucketDoesNotExist", S3BucketName="no-such-bucket")
    assert error.message == "S3 bucket no-such-bucket does not exist!"


@pytest.mark.parametrize("missing", ["s3:GetBucketAcl", "s3:PutObject"])
def test_a_bucket_policy_that_lacks_a_statement_is_refused_with_the_policys_reason(
    audited: Audited, missing: str
) -> None:
    document = json.loads(bucket_policy())
    document["Statement"] = [one for one in document["Statement"] if one["Action"] != missing]
    audited.aws.s3.put_bucket_policy({"Bucket": BUCKET, "Policy": json.dumps(document)})
    error = refused(audited, "InsufficientS3BucketPolicy")
    assert error.message == f"Incorrect S3 bucket policy is detected for bucket: {BUCKET}"
    assert any(fact.value == missing for fact in error.why.because[0].facts)


def test_a_policy_for_another_trail_is_refused(audited: Audited) -> None:
    other = {"StringEquals": {"aws:SourceArn": ARN.replace("main", "other")}}
    document = json.loads(bucket_policy())
    for statement in document["Statement"]:
        statement.setdefault("Condition", {}).setdefault("StringEquals", {}).update(other["StringEquals"])
    audited.aws.s3.put_bucket_policy({"Bucket": BUCKET, "Policy": json.dumps(document)})
    refused(audited, "InsufficientS3BucketPolicy")
    assert audited.create_trail(Name="other")["Name"] == "other"


def test_a_trail_of_all_regions_has_global_events(audited: Audited) -> None:
    error = refused(audited, "InvalidParameterCombination", IsMultiRegionTrail=True, IncludeGlobalServiceEvents=False)
    assert error.message == "Multi-Region trail must include global service events."


def test_there_are_five_trails_in_a_region_and_a_name_is_taken_once(audited: Audited) -> None:
    for number in range(5):
        audited.create_trail(Name=f"trail-{number}")
    error = refused(audited, "MaximumNumberOfTrailsExceeded")
    assert error.message == f"User: {ACCOUNT} already has 5 trails in us-east-1."
    error = refused(audited, "TrailAlreadyExists", Name="trail-0")
    assert error.message == f"Trail trail-0 already exists for customer: {ACCOUNT}"


def test_an_unknown_trail_and_a_trail_of_another_region(audited: Audited) -> None:
    audited.create_trail()
    with pytest.raises(AwsError, match=f"Unknown trail: .*trail/none for the user: {ACCOUNT}"):
        audited.aws.cloudtrail.get_trail({"Name": "none"})
    west = audited.aws.in_region("us-west-2").cloudtrail
    with pytest.raises(AwsError, match="Region in ARN is wrong, you can only access resources in region us-west-2"):
        west.get_trail_status({"Name": ARN})
    assert west.describe_trails({})["trailList"] == []


def test_a_trail_of_all_regions_is_seen_everywhere_and_changed_at_home(audited: Audited) -> None:
    audited.create_trail(IsMultiRegionTrail=True)
    west = audited.aws.in_region("us-west-2").cloudtrail
    assert [one["TrailARN"] for one in west.describe_trails({})["trailList"]] == [ARN]
    assert west.describe_trails({"includeShadowTrails": False})["trailList"] == []
    with pytest.raises(AwsError) as caught:
        west.stop_logging({"Name": ARN})
    assert caught.value.code == "InvalidHomeRegionException"


def test_a_key_that_does_not_let_cloudtrail_in_is_refused(audited: Audited) -> None:
    key = audited.aws.kms.create_key({})["KeyMetadata"]["Arn"]
    error = refused(audited, "InsufficientEncryptionPolicy", KmsKeyId=key)
    assert error.message == f"Insufficient permissions to access S3 bucket {BUCKET} or KMS key {key}."
    refused(audited, "KmsKeyNotFound", KmsKeyId="alias/none")


def with_key(audited: Audited) -> str:
    key = audited.aws.kms.create_key({})["KeyMetadata"]["Arn"]
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [root, KEY_POLICY]}
    audited.aws.kms.put_key_policy({"KeyId": key, "PolicyName": "default", "Policy": json.dumps(document)})
    return key


def test_files_are_encrypted_with_the_key_and_the_context_names_the_trail(audited: Audited) -> None:
    key = with_key(audited)
    audited.logging_trail(KmsKeyId=key)
    audited.advance(seconds=600)
    (name,) = audited.objects()
    assert audited.aws.s3.head_object({"Bucket": BUCKET, "Key": name})["SSEKMSKeyId"] == key
    audited.aws.sqs.create_queue({"QueueName": "orders"})  # what CloudTrail does by itself waits for what others do
    audited.advance(seconds=600)
    contexts = [
        record["requestParameters"]["encryptionContext"]
        for record in audited.delivered()
        if record["eventName"] == "GenerateDataKey"
    ]
    assert {"aws:cloudtrail:arn": ARN, "aws:s3:arn": f"arn:aws:s3:::{BUCKET}/{name}"} in contexts


def test_a_topic_that_does_not_let_cloudtrail_publish_is_refused(audited: Audited) -> None:
    error = refused(audited, "InsufficientSnsTopicPolicy", SnsTopicName="logs")
    assert error.message == "SNS Topic does not exist or the topic policy is incorrect!"


def test_a_role_without_a_log_group_is_refused(audited: Audited) -> None:
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail:*"
    error = refused(audited, "InvalidCloudWatchLogsRoleArn", CloudWatchLogsLogGroupArn=group)
    assert error.message == "You must specify a role ARN as well as a log group."
    role = f"arn:aws:iam::{ACCOUNT}:role/none"
    error = refused(
        audited, "InvalidCloudWatchLogsRoleArn", CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role
    )
    assert error.message == "Access denied. Check the trust relationships for your role."


def test_calls_come_once_a_second_and_lookups_twice(audited: Audited) -> None:
    for _ in range(2):
        audited.aws.cloudtrail.lookup_events({})
    with pytest.raises(AwsError) as caught:
        audited.aws.cloudtrail.lookup_events({})
    assert (caught.value.code, caught.value.message) == ("ThrottlingException", "Rate exceeded")
    audited.advance(ms=500)
    audited.aws.cloudtrail.lookup_events({})


# --- delivery


def test_nothing_is_delivered_before_logging_starts(audited: Audited) -> None:
    audited.create_trail()
    audited.aws.sqs.create_queue({"QueueName": "before"})
    audited.advance(seconds=1200)
    assert audited.objects() == []
    audited.aws.cloudtrail.start_logging({"Name": "main"})
    audited.aws.sqs.create_queue({"QueueName": "after"})
    audited.advance(seconds=600)
    queues = [one["requestParameters"]["queueName"] for one in audited.delivered() if one["eventName"] == "CreateQueue"]
    assert queues == ["after"]


def test_a_file_is_named_by_account_region_and_time(audited: Audited) -> None:
    audited.logging_trail(S3KeyPrefix="")
    audited.advance(seconds=600)
    (key,) = audited.objects()
    folder = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/01/01"
    assert key.startswith(f"{folder}/{ACCOUNT}_CloudTrail_us-east-1_20260101T0005Z_")
    assert len(key.rpartition("_")[2]) == len("0123456789abcdef.json.gz")
    (event,) = audited.aws.events("cloudtrail.Delivered")
    assert event.facts["key"] == key


def test_a_quiet_account_gets_no_files_and_needs_no_timers(audited: Audited) -> None:
    audited.logging_trail()
    audited.advance(seconds=900)
    files = audited.objects()
    audited.advance(seconds=86_400)
    assert audited.objects() == files
    assert audited.aws.world.agenda.next_ms() is None


def test_a_trail_of_one_region_takes_no_events_of_another_and_one_of_all_does(audited: Audited) -> None:
    audited.logging_trail()
    west = audited.aws.in_region("us-west-2")
    west.sqs.create_queue({"QueueName": "west-1"})
    audited.advance(seconds=600)
    assert "CreateQueue" not in audited.names()
    audited.run(audited.aws.cloudtrail.update_trail({"Name": "main", "IsMultiRegionTrail": True}))
    west.sqs.create_queue({"QueueName": "west-2"})
    audited.advance(seconds=600)
    assert any("/CloudTrail/us-west-2/" in key for key in audited.objects())


def test_stopping_is_the_last_that_is_delivered(audited: Audited) -> None:
    audited.logging_trail()
    audited.aws.cloudtrail.stop_logging({"Name": "main"})
    audited.aws.sqs.create_queue({"QueueName": "unseen"})
    audited.advance(seconds=1200)
    assert audited.names()[-1] == "StopLogging"
    status = audited.aws.cloudtrail.get_trail_status({"Name": "main"})
    assert (status["IsLogging"], status["TimeLoggingStopped"]) == (False, "2026-01-01T00:00:03Z")


def test_a_bucket_that_shuts_cloudtrail_out_shows_in_the_status_and_gets_everything_when_it_lets_it_in(
    audited: Audited,
) -> None:
    audited.logging_trail()
    audited.aws.s3.delete_bucket_policy({"Bucket": BUCKET})
    audited.aws.sqs.create_queue({"QueueName": "orders"})
    audited.advance(seconds=1200)
    status = audited.aws.cloudtrail.get_trail_status({"Name": "main"})
    assert status["LatestDeliveryError"] == "AccessDenied"
    assert "LatestDeliveryTime" not in status
    assert audited.aws.events("cloudtrail.DeliveryFailed")
    trace = audited.aws.world.state(Traces).last_wrong()
    assert trace is not None
    assert any(hop.operation == "DeliverLogFile" for hop in trace.hops)
    audited.aws.s3.put_bucket_policy({"Bucket": BUCKET, "Policy": bucket_policy()})
    audited.advance(seconds=600)
    assert "CreateQueue" in audited.names()
    assert "LatestDeliveryError" not in audited.aws.cloudtrail.get_trail_status({"Name": "main"})


def test_a_topic_hears_of_each_file(audited: Audited) -> None:
    aws = audited.aws
    topic = aws.sns.create_topic({"Name": "logs"})["TopicArn"]
    url = aws.sqs.create_queue({"QueueName": "heard"})["QueueUrl"]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    aws.sns.set_topic_attributes({"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": document})
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:heard"
    send = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [send]})
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"Policy": policy}})
    raw = {"RawMessageDelivery": "true"}
    audited.run(aws.sns.subscribe({"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue, "Attributes": raw}))
    audited.logging_trail(SnsTopicName="logs")
    audited.advance(seconds=600)
    received = aws.sqs.receive_message({"QueueUrl": url, "MaxNumberOfMessages": 10})
    bodies = [one["Body"] for one in received["Messages"]]
    assert json.dumps({"s3Bucket": BUCKET, "s3ObjectKey": audited.objects()}, separators=(",", ":")) in bodies


def test_a_deleted_trail_has_delivered_what_it_had(audited: Audited) -> None:
    audited.logging_trail()
    audited.aws.sqs.create_queue({"QueueName": "orders"})
    audited.run(audited.aws.cloudtrail.delete_trail({"Name": "main"}))
    assert "CreateQueue" in audited.names()
    audited.advance(seconds=86_400)
    assert audited.aws.world.agenda.next_ms() is None


def test_a_trail_goes_on_after_a_restart(audited: Audited, tmp_path: Any) -> None:
    from harness import new_aws

    saved = audited.logging_trail() and audited.aws
    queue = saved.sqs.create_queue({"QueueName": "orders"})["QueueUrl"]
    audited.advance(seconds=10)
    audited.select(AdvancedEventSelectors=[data("AWS::SQS::Queue")])
    saved.sqs.send_message({"QueueUrl": queue, "MessageBody": "hello"})
    forked = Audited(new_aws(world=saved.world.fork("again")))
    forked.advance(seconds=600)
    assert {"CreateQueue", "SendMessage"} <= set(forked.names())


def test_a_trail_of_one_region_can_leave_global_services_out(audited: Audited) -> None:
    audited.logging_trail(IncludeGlobalServiceEvents=False)
    audited.aws.iam.create_user({"UserName": "alice"})
    audited.aws.sqs.create_queue({"QueueName": "orders"})
    audited.advance(seconds=600)
    assert "CreateUser" not in audited.names()
    assert "CreateQueue" in audited.names()


def test_global_services_are_recorded_in_us_east_1(audited: Audited) -> None:
    west = audited.aws.in_region("eu-west-1")
    west.iam.create_user({"UserName": "alice"})
    assert audited.record("CreateUser")["awsRegion"] == "us-east-1"
    assert "CreateUser" not in [one["EventName"] for one in Audited(west).looked_up()]


def test_a_delivery_is_told_where_the_trail_is_at_home(audited: Audited) -> None:
    audited.logging_trail()
    audited.advance(seconds=600)
    (event,) = audited.aws.events("cloudtrail.Delivered")
    assert (event.account, event.region) == (ACCOUNT, "us-east-1")


def test_a_record_that_cannot_be_formed_holds_up_no_other(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    form = forming.record

    def breaking(event: Any, directory: Any) -> dict[str, Any]:
        if event.operation == "CreateUser":
            raise TypeError("not of its shape")
        return form(event, directory)

    monkeypatch.setattr(forming, "record", breaking)
    audited.logging_trail()
    audited.aws.iam.create_user({"UserName": "unshown"})
    audited.aws.iam.create_group({"GroupName": "shown"})
    audited.advance(seconds=900)
    names = [record["eventName"] for record in audited.delivered()]
    assert "CreateGroup" in names
    assert "CreateUser" not in names
    assert [event.facts["error"] for event in audited.aws.events("cloudtrail.RecordNotFormed")] == [
        "TypeError('not of its shape')"
    ]
