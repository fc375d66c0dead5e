from __future__ import annotations

from harness import Aws
from services.cloudwatch.test_metric_streams import destination, document
from services.cloudwatch.watching import query, values


def told(aws: Aws, name: str, stat: str = "Sum") -> list[float]:
    return values(aws, query(name, stat, namespace="AWS/Firehose", dimensions={"DeliveryStreamName": "metrics"}))


async def test_what_comes_in_and_what_is_delivered(aws: Aws) -> None:
    await destination(aws)
    records = [{"Data": b"ab"}, {"Data": b"cde"}]
    aws.firehose.put_record_batch({"DeliveryStreamName": "metrics", "Records": records})
    aws.firehose.put_record({"DeliveryStreamName": "metrics", "Record": {"Data": b"f"}})
    await aws.advance(seconds=180)
    assert (told(aws, "IncomingRecords"), told(aws, "IncomingBytes"), told(aws, "IncomingPutRequests")) == (
        [3],
        [6],
        [2],
    )
    assert (told(aws, "PutRecordBatch.Records"), told(aws, "PutRecord.Requests")) == ([2], [1])
    assert (told(aws, "DeliveryToS3.Records"), told(aws, "DeliveryToS3.Success", "Average")) == ([3], [1])
    assert told(aws, "DeliveryToS3.DataFreshness", "Maximum") == [60]


async def test_a_delivery_that_fails_is_no_success(aws: Aws) -> None:
    await destination(aws)
    denied = document({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    aws.iam.put_role_policy({"RoleName": "delivers", "PolicyName": "no", "PolicyDocument": denied})
    aws.firehose.put_record({"DeliveryStreamName": "metrics", "Record": {"Data": b"f"}})
    await aws.advance(seconds=120)
    assert told(aws, "DeliveryToS3.Success", "Average")[0] == 0
    assert told(aws, "DeliveryToS3.Records") == []
