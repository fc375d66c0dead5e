from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.cloudtrail import consuming
from foulweather.services.cloudtrail.state import Trails
from harness import ACCOUNT
from services.cloudtrail.audited import BUCKET, Audited

S3 = "AWS::S3::Object"
MANAGEMENT = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}


def data(of_type: str, *more: dict[str, Any]) -> dict[str, Any]:
    fields = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": [of_type]}]
    return {"FieldSelectors": [*fields, *more]}


def basic(*values: str, **more: Any) -> list[dict[str, Any]]:
    return [{"DataResources": [{"Type": S3, "Values": list(values)}], **more}]


def put(audited: Audited, bucket: str, key: str) -> None:
    audited.aws.s3.put_object({"Bucket": bucket, "Key": key, "Body": b"12345"})


def objects(audited: Audited, name: str = "PutObject") -> list[str]:
    """The keys of the objects in the delivered data events, but for those of CloudTrail itself."""
    return [
        record["requestParameters"]["key"]
        for record in audited.delivered()
        if record["eventName"] == name and record["userIdentity"]["type"] != "AWSService"
    ]


def invalid(audited: Audited, **selectors: Any) -> str:
    with pytest.raises(AwsError) as caught:
        audited.select(**selectors)
    assert caught.value.code == "InvalidEventSelectorsException"
    return caught.value.message


def test_a_trail_begins_with_management_events_only(audited: Audited) -> None:
    audited.logging_trail()
    (selector,) = audited.aws.cloudtrail.get_event_selectors({"TrailName": "main"})["EventSelectors"]
    assert selector["DataResources"] == []
    assert selector["IncludeManagementEvents"] is True
    put(audited, BUCKET, "a")
    audited.advance(seconds=600)
    assert objects(audited) == []


def test_object_events_are_selected_by_prefix_and_management_events_stay(audited: Audited) -> None:
    audited.aws.s3.create_bucket({"Bucket": "my-bucket"})
    audited.logging_trail()
    audited.select(EventSelectors=basic("arn:aws:s3:::my-bucket/in/"))
    put(audited, "my-bucket", "in/1")
    put(audited, "my-bucket", "out/1")
    put(audited, BUCKET, "in/1")
    audited.aws.sqs.create_queue({"QueueName": "orders"})
    audited.advance(seconds=600)
    assert objects(audited) == ["in/1"]
    assert "CreateQueue" in audited.names()
    assert audited.aws.cloudtrail.describe_trails({})["trailList"][0]["HasCustomEventSelectors"] is True


def test_the_record_of_an_object_event(audited: Audited) -> None:
    audited.logging_trail()
    audited.select(EventSelectors=basic("arn:aws:s3:::my-bucket/"))
    audited.aws.s3.create_bucket({"Bucket": "my-bucket"})
    put(audited, "my-bucket", "a")
    audited.aws.s3.list_objects_v2({"Bucket": "my-bucket", "Prefix": "x"})
    audited.advance(seconds=600)
    record = next(one for one in audited.delivered() if one["eventName"] == "PutObject")
    assert (record["eventCategory"], record["managementEvent"], record["readOnly"]) == ("Data", False, False)
    assert record["requestParameters"]["bucketName"] == "my-bucket"
    assert record["additionalEventData"]["bytesTransferredIn"] == 5
    bucket = {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::my-bucket"}
    assert record["resources"] == [{"type": S3, "ARN": "arn:aws:s3:::my-bucket/a"}, bucket]
    listing = next(one for one in audited.delivered() if one["eventName"] == "ListObjects")
    assert listing["requestParameters"]["list-type"] == "2"
    assert listing["requestParameters"]["prefix"] == "x"
    assert listing["resources"] == [{"type": S3, "ARNPrefix": "arn:aws:s3:::my-bucket/"}, bucket]


def test_reads_or_writes_alone(audited: Audited) -> None:
    audited.logging_trail()
    audited.select(EventSelectors=basic("arn:aws:s3:::my-bucket/", ReadWriteType="ReadOnly"))
    audited.aws.s3.create_bucket({"Bucket": "my-bucket"})
    put(audited, "my-bucket", "a")
    audited.aws.s3.head_object({"Bucket": "my-bucket", "Key": "a"})
    audited.advance(seconds=600)
    assert objects(audited) == []
    assert objects(audited, "HeadObject") == ["a"]
    assert "CreateBucket" not in audited.names()


def test_kms_events_can_be_left_out(audited: Audited) -> None:
    audited.logging_trail()
    excluded = [{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}]
    audited.select(EventSelectors=excluded)
    audited.aws.kms.create_key({})
    audited.aws.sqs.create_queue({"QueueName": "orders"})
    audited.advance(seconds=600)
    assert "CreateKey" not in audited.names()
    assert "CreateQueue" in audited.names()


def test_what_happened_before_a_change_goes_by_the_selectors_before(audited: Audited) -> None:
    audited.logging_trail()
    audited.aws.kms.create_key({})
    audited.select(EventSelectors=[{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}])
    audited.advance(seconds=600)
    assert "CreateKey" in audited.names()


def test_objects_put_before_a_change_go_by_the_selectors_before(audited: Audited) -> None:
    audited.logging_trail()
    audited.select(EventSelectors=basic("arn:aws:s3:::my-bucket/in/"))
    audited.aws.s3.create_bucket({"Bucket": "my-bucket"})
    put(audited, "my-bucket", "in/before")
    put(audited, "my-bucket", "out/before")
    audited.select(EventSelectors=basic("arn:aws:s3:::my-bucket/out/"))
    put(audited, "my-bucket", "in/after")
    put(audited, "my-bucket", "out/after")
    audited.advance(seconds=600)
    assert sorted(objects(audited)) == ["in/before", "out/after"]


def test_a_trail_that_starts_takes_no_objects_put_before(audited: Audited) -> None:
    audited.logging_trail()
    audited.select(EventSelectors=basic("arn:aws:s3:::my-bucket/"))
    audited.aws.s3.create_bucket({"Bucket": "my-bucket"})
    put(audited, "my-bucket", "first")
    audited.aws.cloudtrail.stop_logging({"Name": "main"})
    put(audited, "my-bucket", "stopped")
    audited.advance(seconds=2)
    audited.aws.cloudtrail.start_logging({"Name": "main"})
    put(audited, "my-bucket", "last")
    audited.advance(seconds=600)
    assert sorted(objects(audited)) == ["first", "last"]


def test_more_data_events_than_may_wait_are_handed_out_at_once(
    audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "OFFERED_MAX", 4)
    audited.logging_trail()
    audited.select(EventSelectors=basic("arn:aws:s3:::my-bucket/in/"))
    audited.aws.s3.create_bucket({"Bucket": "my-bucket"})
    for number in range(10):
        put(audited, "my-bucket", f"in/{number}")
        put(audited, "my-bucket", f"out/{number}")
    assert len(audited.aws.world.state(Trails, "", "").offered) < 4
    audited.advance(seconds=600)
    assert sorted(objects(audited)) == [f"in/{number}" for number in range(10)]


def test_messages_are_selected_by_queue_and_their_bodies_hidden(audited: Audited) -> None:
    aws = audited.aws
    mine = aws.sqs.create_queue({"QueueName": "mine"})["QueueUrl"]
    other = aws.sqs.create_queue({"QueueName": "other"})["QueueUrl"]
    audited.logging_trail()
    arn = {"Field": "resources.ARN", "Equals": [f"arn:aws:sqs:us-east-1:{ACCOUNT}:mine"]}
    name = {"Field": "eventName", "Equals": ["SendMessage"]}
    audited.select(AdvancedEventSelectors=[data("AWS::SQS::Queue", arn, name)])
    for url in (mine, other):
        aws.sqs.send_message({"QueueUrl": url, "MessageBody": "hunter2"})
    aws.sqs.receive_message({"QueueUrl": mine})
    audited.advance(seconds=600)
    (record,) = [one for one in audited.delivered() if one["eventCategory"] == "Data"]
    assert record["requestParameters"] == {"queueUrl": mine, "messageBody": "HIDDEN_DUE_TO_SECURITY_REASONS"}
    assert "mD5OfMessageBody" in record["responseElements"]
    assert record["resources"][0] == {"accountId": ACCOUNT, "type": "AWS::SQS::Queue", "ARN": arn["Equals"][0]}
    assert "CreateQueue" not in audited.names()  # management events are not selected any more


def test_items_are_recorded_by_their_keys_without_values_of_other_attributes(audited: Audited) -> None:
    aws = audited.aws
    definition = {
        "TableName": "music",
        "AttributeDefinitions": [{"AttributeName": "artist", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    audited.run(aws.dynamodb.create_table(definition))
    audited.advance(seconds=60)
    audited.logging_trail()
    audited.select(AdvancedEventSelectors=[data("AWS::DynamoDB::Table")])
    item = {"artist": {"S": "Nobody"}, "secret": {"S": "hunter2"}}
    audited.run(aws.dynamodb.put_item({"TableName": "music", "Item": item}))
    audited.run(aws.dynamodb.get_item({"TableName": "music", "Key": {"artist": {"S": "Nobody"}}}))
    audited.advance(seconds=600)
    assert "hunter2" not in json.dumps(audited.delivered())
    read = next(one for one in audited.delivered() if one["eventName"] == "GetItem")
    assert read["requestParameters"] == {"tableName": "music", "key": {"artist": "Nobody"}}
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/music"
    assert read["resources"] == [{"accountId": ACCOUNT, "type": "AWS::DynamoDB::Table", "ARN": table}]
    assert read["apiVersion"] == "2012-08-10"


def test_negated_operators_leave_out(audited: Audited) -> None:
    audited.aws.s3.create_bucket({"Bucket": "my-bucket"})
    audited.logging_trail()
    outside = {"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::my-bucket/tmp/", f"arn:aws:s3:::{BUCKET}/"]}
    audited.select(AdvancedEventSelectors=[MANAGEMENT, data(S3, outside)])
    put(audited, "my-bucket", "tmp/1")
    put(audited, "my-bucket", "kept")
    audited.advance(seconds=600)
    assert objects(audited) == ["kept"]


def test_nobody_pays_for_data_events_that_nobody_selects(audited: Audited) -> None:
    recorder: Any = audited.aws.pipeline.recorder
    send = audited.aws.pipeline.services.operation("sqs", "SendMessage")
    audited.logging_trail()
    assert recorder.wants(send) is False
    audited.select(AdvancedEventSelectors=[data("AWS::SQS::Queue")])
    assert recorder.wants(send) is True
    assert recorder.wants(audited.aws.pipeline.services.operation("s3", "PutObject")) is False
    audited.advance(seconds=2)
    audited.aws.cloudtrail.stop_logging({"Name": "main"})
    assert recorder.wants(send) is False


# --- refusals


@pytest.mark.parametrize("value", ["arn:aws:s3:::*", "arn:aws:s3:::my-bucket/*", "my-bucket", "arn:aws:s3:::my-bucket"])
def test_a_star_is_no_wildcard_and_a_bucket_needs_its_slash(audited: Audited, value: str) -> None:
    audited.create_trail()
    assert invalid(audited, EventSelectors=basic(value)) == f"Value {value} for DataResources.Values is invalid."


def test_basic_selectors_know_three_types(audited: Audited) -> None:
    audited.create_trail()
    resources = [{"Type": "AWS::ECS::Service", "Values": ["arn:aws:ecs:us-east-1:111122223333:service/web"]}]
    message = invalid(audited, EventSelectors=[{"DataResources": resources}])
    assert message == "Value AWS::ECS::Service for DataResources.Type is invalid."


def test_quotas_of_selectors(audited: Audited) -> None:
    audited.create_trail()
    assert "between 1 and 5 event selectors" in invalid(audited, EventSelectors=[{}] * 6)
    many = [f"arn:aws:s3:::my-bucket/{number}" for number in range(251)]
    assert "cannot exceed 250" in invalid(audited, EventSelectors=basic(*many))
    conditions = {"Field": "resources.ARN", "StartsWith": [f"arn:{number}" for number in range(500)]}
    assert "cannot exceed 500" in invalid(audited, AdvancedEventSelectors=[data(S3, conditions)])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([{"Field": "readOnly", "Equals": ["true"]}], "The eventCategory field is required"),
        ([{"Field": "eventCategory", "Equals": ["Data"]}], "The resources.type field is required"),
        ([{"Field": "eventCategory", "NotEquals": ["Data"]}], "can only use the Equals operator"),
        ([{"Field": "eventCategory", "Equals": ["Nothing"]}], "Value Nothing for eventCategory is invalid."),
        (
            [*MANAGEMENT["FieldSelectors"], {"Field": "eventName", "Equals": ["CreateQueue"]}],
            "Field eventName is not supported for event category Management.",
        ),
        (
            [*MANAGEMENT["FieldSelectors"], {"Field": "eventSource", "Equals": ["sqs.amazonaws.com"]}],
            "can only be set to NotEquals kms.amazonaws.com",
        ),
        ([*MANAGEMENT["FieldSelectors"], {"Field": "readOnly", "Equals": ["yes"]}], "must be true or false"),
    ],
)
def test_rules_of_advanced_selectors(audited: Audited, fields: list[dict[str, Any]], words: str) -> None:
    audited.create_trail()
    assert words in invalid(audited, AdvancedEventSelectors=[{"FieldSelectors": fields}])


def test_either_kind_of_selectors(audited: Audited) -> None:
    audited.create_trail()
    assert "but not both" in invalid(audited, EventSelectors=[{}], AdvancedEventSelectors=[MANAGEMENT])
    assert "must specify" in invalid(audited)
