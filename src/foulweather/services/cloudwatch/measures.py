"""Which metrics the events of the journal make: per event a tally, per minute AWS's names, dimensions and units.

SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
SNS: https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
DynamoDB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
Usage: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Usage-Metrics.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from foulweather.services.cloudwatch.state import Metric

Tallied = dict[float, int]
"""How often each value came."""
Key = tuple[str, str, str, str, str]
"""Kind of tally, account, region, resource, and what else tells them apart."""


class Measured(NamedTuple):
    """A metric of a tally: each value counts as itself, or as 1 where only the events are counted."""

    metric: Metric
    unit: str
    counts_events: bool = False


Measures = Callable[[str, str], Iterator[Measured]]

USAGE_NAMES = {
    "cloudwatch": "CloudWatch",
    "dynamodb": "DynamoDB",
    "kms": "KMS",
    "sns": "SNS",
    "sqs": "SQS",
    "sts": "STS",
}


def _last(arn: str) -> str:
    return arn.rpartition(":")[2]


def queue_metric(arn: str, name: str) -> Metric:
    """A queue's metric."""
    return Metric("AWS/SQS", name, (("QueueName", _last(arn)),))


def _sent(arn: str, _: str) -> Iterator[Measured]:
    yield Measured(queue_metric(arn, "NumberOfMessagesSent"), "Count", True)
    yield Measured(queue_metric(arn, "SentMessageSize"), "Bytes")


def _queue(name: str, *, counts_events: bool = True) -> Measures:
    def measures(arn: str, _: str) -> Iterator[Measured]:
        yield Measured(queue_metric(arn, name), "Count", counts_events)

    return measures


def _topic_metric(arn: str, name: str) -> Metric:
    # A message to a phone number belongs to no topic.
    is_topic = arn.startswith("arn:") and ":app/" not in arn and ":endpoint/" not in arn
    return Metric("AWS/SNS", name, (("TopicName", _last(arn)),) if is_topic else ())


def _topic(name: str) -> Measures:
    def measures(arn: str, _: str) -> Iterator[Measured]:
        yield Measured(_topic_metric(arn, name), "Count", True)

    return measures


def _published(arn: str, _: str) -> Iterator[Measured]:
    yield Measured(_topic_metric(arn, "NumberOfMessagesPublished"), "Count", True)
    yield Measured(_topic_metric(arn, "PublishSize"), "Bytes")


def _filtered(arn: str, reason: str) -> Iterator[Measured]:
    yield Measured(_topic_metric(arn, "NumberOfNotificationsFilteredOut"), "Count", True)
    if reason:
        yield Measured(_topic_metric(arn, f"NumberOfNotificationsFilteredOut-{reason}"), "Count", True)


def _table(arn: str) -> str:
    return arn.split("/")[1] if "/" in arn else arn


def table_metric(table: str, name: str, index: str = "", **dimensions: str) -> Metric:
    """A table's metric, or that of one of its indexes."""
    pairs = [("TableName", table), *dimensions.items()]
    if index:
        pairs.append(("GlobalSecondaryIndexName", index))
    return Metric("AWS/DynamoDB", name, tuple(sorted(pairs)))


def _consumed(direction: str) -> Measures:
    def measures(arn: str, index: str) -> Iterator[Measured]:
        yield Measured(table_metric(_table(arn), f"Consumed{direction}CapacityUnits", index), "Count")

    return measures


def _throttled(arn: str, what: str) -> Iterator[Measured]:
    direction, kind, index = what.split("/")
    table = _table(arn)
    yield Measured(table_metric(table, f"{direction}ThrottleEvents", index), "Count", True)
    yield Measured(table_metric(table, f"{direction}{kind}ThrottleEvents", index), "Count", True)


def _table_events(name: str) -> Measures:
    def measures(arn: str, _: str) -> Iterator[Measured]:
        yield Measured(table_metric(_table(arn), name), "Count", True)

    return measures


def _table_operation(name: str, *, counts_events: bool = False) -> Measures:
    def measures(arn: str, operation: str) -> Iterator[Measured]:
        yield Measured(table_metric(_table(arn), name, Operation=operation), "Count", counts_events)

    return measures


def _table_count(name: str) -> Measures:
    def measures(arn: str, _: str) -> Iterator[Measured]:
        yield Measured(table_metric(_table(arn), name), "Count")

    return measures


def _stream(name: str, unit: str) -> Measures:
    def measures(arn: str, _: str) -> Iterator[Measured]:
        label = arn.rpartition("/")[2]
        yield Measured(table_metric(_table(arn), name, Operation="GetRecords", StreamLabel=label), unit)

    return measures


def _replicated(arn: str, receiving: str) -> Iterator[Measured]:
    yield Measured(table_metric(_table(arn), "ReplicationLatency", ReceivingRegion=receiving), "Milliseconds")


def _user_errors(_: str, __: str) -> Iterator[Measured]:
    yield Measured(Metric("AWS/DynamoDB", "UserErrors"), "Count", True)


def _usage(name: str) -> Measures:
    def measures(service: str, operation: str) -> Iterator[Measured]:
        pairs = (("Class", "None"), ("Resource", operation), ("Service", USAGE_NAMES[service]), ("Type", "API"))
        yield Measured(Metric("AWS/Usage", name, pairs), "None", True)

    return measures


def bucket_metric(bucket: str, name: str, **dimensions: str) -> Metric:
    """A bucket's metric."""
    return Metric("AWS/S3", name, tuple(sorted([("BucketName", bucket), *dimensions.items()])))


def _request(bucket: str, what: str) -> Iterator[Measured]:
    name, _, filter_id = what.partition("/")
    unit = "Bytes" if name.startswith("Bytes") else "Count"
    yield Measured(bucket_metric(bucket, name, FilterId=filter_id), unit)


MEASURES: dict[str, Measures] = {
    "sqs.MessageSent": _sent,
    "sqs.MessageReceived": _queue("NumberOfMessagesReceived", counts_events=False),
    "sqs.EmptyReceive": _queue("NumberOfEmptyReceives"),
    "sqs.MessageDeleted": _queue("NumberOfMessagesDeleted"),
    "sqs.MessageDeduplicated": _queue("NumberOfDeduplicatedSentMessages"),
    "sns.MessagePublished": _published,
    "sns.NotificationDelivered": _topic("NumberOfNotificationsDelivered"),
    "sns.NotificationFailed": _topic("NumberOfNotificationsFailed"),
    "sns.NotificationFilteredOut": _filtered,
    "sns.NotificationRedrivenToDlq": _topic("NumberOfNotificationsRedrivenToDlq"),
    "sns.NotificationFailedToRedriveToDlq": _topic("NumberOfNotificationsFailedToRedriveToDlq"),
    "dynamodb.ConsumedRead": _consumed("Read"),
    "dynamodb.ConsumedWrite": _consumed("Write"),
    "dynamodb.Returned": _table_operation("ReturnedItemCount"),
    "dynamodb.Throttled": _throttled,
    "dynamodb.ThrottledRequests": _table_operation("ThrottledRequests", counts_events=True),
    "dynamodb.ConditionalCheckFailed": _table_events("ConditionalCheckFailedRequests"),
    "dynamodb.TransactionConflict": _table_count("TransactionConflict"),
    "dynamodb.TimeToLiveDeleted": _table_count("TimeToLiveDeletedItemCount"),
    "dynamodb.ReturnedBytes": _stream("ReturnedBytes", "Bytes"),
    "dynamodb.ReturnedRecords": _stream("ReturnedRecordsCount", "Count"),
    "dynamodb.Replicated": _replicated,
    "dynamodb.UserErrors": _user_errors,
    "dynamodb.SystemErrors": _table_operation("SystemErrors", counts_events=True),
    "s3.Request": _request,
    "usage.Call": _usage("CallCount"),
    "usage.Throttled": _usage("ThrottleCount"),
}
