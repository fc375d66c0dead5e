"""What sets functions off, and what they are told: the event of each source as AWS documents it.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import policy, queue_arn, refused, visit
from catalog.functions import TELLS, function, let_in, modelled, sent
from foulweather.testing import Aws

READ_ALL = {
    "Effect": "Allow",
    "Action": [
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:DescribeStream",
        "dynamodb:ListStreams",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:DescribeStream",
        "kinesis:ListShards",
    ],
    "Resource": "*",
}


@pytest.fixture
def arn(aws: Aws) -> str:
    """A function that writes down what it is sent."""
    return function(aws, "handler", TELLS, READ_ALL)


def notify(arn: str, prefix: str = "in/") -> dict[str, Any]:
    rules = {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}
    return {
        "LambdaFunctionConfigurations": [
            {"Id": "uploads", "LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": rules}
        ]
    }


def test_s3(aws: Aws, arn: str) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="uploads")
    asked = {"Bucket": "uploads", "NotificationConfiguration": notify(arn)}
    error = refused(s3.put_bucket_notification_configuration, **asked)
    assert (error["Code"], error["Message"]) == (
        "InvalidArgument",
        "Unable to validate the following destination configurations",
    )
    let_in(aws, "handler", "s3", "arn:aws:s3:::uploads", SourceAccount=aws.account)
    s3.put_bucket_notification_configuration(**asked)
    s3.put_object(Bucket="uploads", Key="out/x.txt", Body=b"x")
    s3.put_object(Bucket="uploads", Key="in/a b.txt", Body=b"hello")
    aws.advance("5s")
    (event,) = sent(aws, "handler")
    (record,) = event["Records"]
    assert (record["eventVersion"], record["eventSource"], record["awsRegion"]) == ("2.1", "aws:s3", "us-east-1")
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["s3"]["configurationId"] == "uploads"
    assert record["s3"]["bucket"]["arn"] == "arn:aws:s3:::uploads"
    assert (record["s3"]["object"]["key"], record["s3"]["object"]["size"]) == ("in/a+b.txt", 5)


def test_s3_is_not_let_in_any_longer_and_the_reason_is_on_record(aws: Aws, arn: str) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="uploads")
    let_in(aws, "handler", "s3", "arn:aws:s3:::uploads")
    s3.put_bucket_notification_configuration(Bucket="uploads", NotificationConfiguration=notify(arn))
    aws.client("lambda").remove_permission(FunctionName="handler", StatementId="s3")
    s3.put_object(Bucket="uploads", Key="in/x", Body=b"x")
    aws.advance("5s")
    assert aws.events("lambda.Invoked") == []
    (dropped,) = aws.events("s3.NotificationDropped")
    assert dropped.facts["destination"] == arn
    trace = aws.why()
    assert trace is not None
    assert trace.first_wrong() is not None


def test_sns(aws: Aws, arn: str) -> None:
    sns = aws.client("sns")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)["SubscriptionArn"]
    sns.publish(TopicArn=topic, Message="nobody may")
    aws.advance("5s")
    assert aws.events("lambda.Invoked") == []
    let_in(aws, "handler", "sns", topic)
    attributes = {"tier": {"DataType": "String", "StringValue": "gold"}}
    sns.publish(TopicArn=topic, Message="order 1", Subject="new", MessageAttributes=attributes)
    aws.advance("5s")
    (event,) = sent(aws, "handler")
    (record,) = event["Records"]
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    assert record["EventSubscriptionArn"] == subscription
    told = record["Sns"]
    assert set(told) == {
        "SignatureVersion", "Timestamp", "Signature", "SigningCertUrl", "MessageId", "Message", "MessageAttributes",
        "Type", "UnsubscribeUrl", "TopicArn", "Subject",
    }  # fmt: skip
    assert (told["Message"], told["Subject"], told["TopicArn"]) == ("order 1", "new", topic)
    assert told["MessageAttributes"] == {"tier": {"Type": "String", "Value": "gold"}}


def test_sqs(aws: Aws, arn: str) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    aws.client("lambda").create_event_source_mapping(FunctionName="handler", EventSourceArn=queue_arn(sqs, url))
    aws.advance("10s")
    message_id = sqs.send_message(QueueUrl=url, MessageBody="job 1")["MessageId"]
    aws.advance("5s")
    (event,) = sent(aws, "handler")
    (record,) = event["Records"]
    assert set(record) == {
        "messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody", "eventSource",
        "eventSourceARN", "awsRegion",
    }  # fmt: skip
    assert (record["messageId"], record["body"]) == (message_id, "job 1")
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:sqs", queue_arn(sqs, url))


def test_dynamodb_streams(aws: Aws, arn: str) -> None:
    dynamodb = aws.client("dynamodb")
    made = dynamodb.create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    stream = made["TableDescription"]["LatestStreamArn"]
    aws.advance("30s")
    aws.client("lambda").create_event_source_mapping(
        FunctionName="handler", EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
    )
    aws.advance("30s")
    dynamodb.put_item(TableName="orders", Item={"pk": {"S": "1"}, "n": {"N": "5"}})
    aws.advance("10s")
    (event,) = sent(aws, "handler")
    (record,) = event["Records"]
    assert (record["eventName"], record["eventSource"], record["eventVersion"]) == ("INSERT", "aws:dynamodb", "1.1")
    assert record["eventSourceARN"] == stream
    change = record["dynamodb"]
    assert (change["Keys"], change["StreamViewType"]) == ({"pk": {"S": "1"}}, "NEW_AND_OLD_IMAGES")
    assert change["NewImage"] == {"pk": {"S": "1"}, "n": {"N": "5"}}


def test_eventbridge_by_pattern_and_by_schedule(aws: Aws, arn: str) -> None:
    events = aws.client("events")
    rule = events.put_rule(Name="orders", EventPattern=json.dumps({"source": ["shop"]}))["RuleArn"]
    every = events.put_rule(Name="every", ScheduleExpression="rate(1 minute)")["RuleArn"]
    for name in ("orders", "every"):
        events.put_targets(Rule=name, Targets=[{"Id": "handler", "Arn": arn}])
    for name, source in (("orders", rule), ("every", every)):
        aws.client("lambda").add_permission(
            FunctionName="handler",
            StatementId=name,
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=source,
        )
    events.put_events(Entries=[{"Source": "shop", "DetailType": "OrderPlaced", "Detail": json.dumps({"id": 7})}])
    aws.advance("70s")
    got = sent(aws, "handler")
    (placed,) = [event for event in got if event["source"] == "shop"]
    assert set(placed) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"
    }  # fmt: skip
    assert (placed["detail-type"], placed["detail"]) == ("OrderPlaced", {"id": 7})
    scheduled = next(event for event in got if event["source"] == "aws.events")
    assert (scheduled["detail-type"], scheduled["resources"], scheduled["detail"]) == ("Scheduled Event", [every], {})


def test_scheduler(aws: Aws, arn: str) -> None:
    iam = aws.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
    made = iam.create_role(RoleName="scheduler", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    invoke = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn}
    iam.put_role_policy(RoleName="scheduler", PolicyName="invoke", PolicyDocument=policy(invoke))
    aws.client("scheduler").create_schedule(
        Name="nightly",
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": made, "Input": json.dumps({"job": "report"})},
    )
    aws.advance("2m")
    assert sent(aws, "handler")[0] == {"job": "report"}


def test_a_function_url(aws: Aws, arn: str) -> None:
    client = aws.client("lambda")
    url = client.create_function_url_config(FunctionName="handler", AuthType="NONE")["FunctionUrl"]
    assert url.endswith(".lambda-url.us-east-1.on.aws/")
    assert visit(aws, "GET", url).status == 403
    for action, more in (("InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}), ("InvokeFunction", {})):
        client.add_permission(
            FunctionName="handler", StatementId=action, Action=f"lambda:{action}", Principal="*", **more
        )
    assert visit(aws, "GET", f"{url}orders?id=7").status == 200
    (event,) = sent(aws, "handler")
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/orders")
    assert event["queryStringParameters"] == {"id": "7"}
    assert event["requestContext"]["http"]["method"] == "GET"


def test_kinesis(aws: Aws, arn: str) -> None:
    kinesis = aws.client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    aws.advance("1m")
    stream = f"arn:aws:kinesis:us-east-1:{aws.account}:stream/clicks"
    asked = {"FunctionName": "handler", "EventSourceArn": stream, "StartingPosition": "LATEST"}
    aws.client("lambda").create_event_source_mapping(**asked)
    aws.advance("10s")
    number = kinesis.put_record(StreamName="clicks", Data=b"Hello, this is a test.", PartitionKey="1")["SequenceNumber"]
    aws.advance("5s")
    (event,) = sent(aws, "handler")
    (record,) = event["Records"]
    assert set(record) == {
        "kinesis", "eventSource", "eventVersion", "eventID", "eventName", "invokeIdentityArn", "awsRegion",
        "eventSourceARN",
    }  # fmt: skip
    assert (record["eventSource"], record["eventName"]) == ("aws:kinesis", "aws:kinesis:record")
    assert (record["eventID"], record["eventSourceARN"]) == (f"shardId-000000000000:{number}", stream)
    assert record["invokeIdentityArn"] == f"arn:aws:iam::{aws.account}:role/handler"
    told = record["kinesis"]
    assert (told["kinesisSchemaVersion"], told["partitionKey"], told["sequenceNumber"]) == ("1.0", "1", number)
    assert told["data"] == "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg=="
    assert isinstance(told["approximateArrivalTimestamp"], float)


def test_a_function_whose_objects_set_it_off_is_stopped_after_sixteen_runs(aws: Aws) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"""
    aws.client("s3").create_bucket(Bucket="uploads")
    put = '[[calls]]\nservice = "s3"\noperation = "put_object"\n'
    request = 'request = {Bucket = "uploads", Key = "in/${uuid}", Body = "x"}\n'
    write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::uploads/*"}
    loops = modelled(aws, "handler", f"duration_ms = 5\n{put}{request}", write)
    let_in(aws, "handler", "s3", "arn:aws:s3:::uploads")
    aws.client("s3").put_bucket_notification_configuration(Bucket="uploads", NotificationConfiguration=notify(loops))
    aws.client("s3").put_object(Bucket="uploads", Key="in/first", Body=b"x")
    aws.advance("10m")
    assert len(aws.events("lambda.Invoked")) == 16
    assert len(aws.events("lambda.RecursiveInvocationDropped")) == 1
