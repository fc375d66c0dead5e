"""Event notification configurations of buckets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3 import notification_rules, notifying, schema
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.state import S3State

if TYPE_CHECKING:
    from aws_types.s3 import (
        GetBucketNotificationConfigurationRequest,
        NotificationConfiguration,
        PutBucketNotificationConfigurationRequest,
    )

_SERVICES = {"QueueConfigurations": "sqs", "TopicConfigurations": "sns", "LambdaFunctionConfigurations": "lambda"}
_NOUNS = {"sqs": "queue", "sns": "topic"}
_DELETED = ("sqs.QueueDeleted", "sns.TopicDeleted")


def put_bucket_notification_configuration(
    call: Call, request: PutBucketNotificationConfigurationRequest
) -> Awaitable[None] | None:
    """Set which events of a bucket are sent where; queues and topics must take a test message, functions let S3 in."""
    bucket = bucket_of(call, request)
    schema.check(call, request, enums=False)
    given = cast("dict[str, Any]", request["NotificationConfiguration"])
    configuration = {name: value for name, value in given.items() if value or name == "EventBridgeConfiguration"}
    for kind in _SERVICES:
        if kind in configuration:
            named = [dict(each) for each in configuration[kind]]
            for each in named:
                each.setdefault("Id", call.world.ids.token(36))
            configuration[kind] = named
    notification_rules.check(configuration)
    destinations = list(
        dict.fromkeys(
            [
                (service, each[notification_rules.KINDS[kind]])
                for kind, service in _SERVICES.items()
                for each in configuration.get(kind) or ()
            ]
        )
    )
    waiting: list[tuple[str, Awaitable[Any]]] = []
    for service, arn in destinations:
        _check_arn(bucket, service, arn)
    if not request.get("SkipDestinationValidation"):
        for service, arn in destinations:
            try:
                answer = notifying.send_test(call, bucket, arn)
            except AwsError as error:
                raise _refused(call, bucket, service, arn, error) from None
            if inspect.isawaitable(answer):
                waiting.append((arn, answer))
    if waiting:
        return _validated(call, request, configuration, waiting)
    _set(call, bucket, configuration)
    return None


async def _validated(
    call: Call,
    request: PutBucketNotificationConfigurationRequest,
    configuration: dict[str, Any],
    waiting: list[tuple[str, Awaitable[Any]]],
) -> None:
    bucket = bucket_of(call, request)
    for arn, answer in waiting:
        try:
            await answer
        except AwsError as error:
            raise _refused(call, bucket, arn.split(":")[2], arn, error) from None
    _set(call, bucket_of(call, request), configuration)


def _set(call: Call, bucket: Bucket, configuration: dict[str, Any]) -> None:
    if configuration:
        bucket.settings["notification"] = configuration
    else:
        bucket.settings.pop("notification", None)
    call.state(S3State).buckets.touch(bucket.name)
    call.changed("s3.NotificationConfigurationPut", bucket.arn, NotificationConfiguration=configuration)


def _check_arn(bucket: Bucket, service: str, arn: str) -> None:
    parts = arn.split(":")
    sizes = (7, 8) if service == "lambda" else (6,)  # a function's version or alias comes last
    if len(parts) not in sizes or parts[0] != "arn" or parts[2] != service or not all(parts[3:]):
        raise _invalid(bucket, arn, "The ARN could not be parsed or is not of the right service")
    if parts[5].endswith(".fifo"):
        message = "FIFO SQS queues are not supported." if service == "sqs" else "FIFO SNS topics are not supported."
        raise _invalid(bucket, arn, message)
    if parts[3] != bucket.region:
        message = "The notification destination service region is not valid for the bucket location constraint"
        raise _invalid(bucket, arn, message)


def _refused(call: Call, bucket: Bucket, service: str, arn: str, error: AwsError) -> AwsError:
    """The refusal of a configuration whose destination does not take the test message."""
    if service == "lambda":
        return _invalid(bucket, arn, f"Not authorized to invoke function [{arn}]", error.why)
    noun = _NOUNS[service]
    # S3 is not let in where nothing is either: the journal tells whether there is such a queue or topic.
    last = call.world.journal.last_change(arn, "")
    if last is None or last.kind in _DELETED:
        missing = Why("refused", f"The destination {noun} does not exist.", (Fact(arn, "exists", False),))
        return _invalid(bucket, arn, f"The destination {noun} does not exist", missing)
    words = f"Permissions on the destination {noun} do not allow S3 to publish notifications from this bucket"
    return _invalid(bucket, arn, words, error.why)


def _invalid(bucket: Bucket, arn: str, words: str, because: Why | None = None) -> AwsError:
    message = "Unable to validate the following destination configurations"
    cause = f"InvalidArgument: {message}: {arn}: {words}"
    why = Why("refused", cause, (Fact(bucket.arn, "destination", arn),), (), (because,) if because else ())
    return AwsError("InvalidArgument", message, 400, why=why, members={"ArgumentName1": arn, "ArgumentValue1": words})


def get_bucket_notification_configuration(
    call: Call, request: GetBucketNotificationConfigurationRequest
) -> NotificationConfiguration:
    """Which events of a bucket are sent where; empty where none are."""
    bucket = bucket_of(call, request)
    return dict(bucket.settings.get("notification") or {})  # type: ignore[return-value]
