"""Whether a mapping's function can read its source: the source is there, and the execution role may.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.services.lambda_ import judging, refusals
from foulweather.services.lambda_.naming import Reference

_READING = {
    "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"),
    "kinesis": ("GetRecords", "GetShardIterator", "DescribeStream", "ListShards"),
    "fan-out": ("DescribeStream", "ListShards", "SubscribeToShard"),
}
# Kinesis' ListStreams, which the words name, is not among what the page says that Lambda needs.
# https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
_NAMED = {
    "dynamodb": "GetRecords, GetShardIterator, DescribeStream, and ListStreams",
    "kinesis": "GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams",
}


async def check(call: Call, reference: Reference, kind: str, source_arn: str) -> None:
    """Refuse a source that is not there, or that the execution role may not read."""
    if kind == "sqs":
        await _check_queue(call, reference, source_arn)
    else:
        await _check_stream(call, reference, kind, source_arn)


async def _check_queue(call: Call, reference: Reference, source_arn: str) -> None:
    _, _, _, region, account, name = source_arn.split(":", 5)
    role = judging.session_of(call, reference.configuration.role, reference.function.name)
    url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
    for operation, asked in (
        ("ReceiveMessage", {"QueueUrl": url}),
        ("DeleteMessage", {"QueueUrl": url, "ReceiptHandle": ""}),
        ("GetQueueAttributes", {"QueueUrl": url}),
    ):
        error = judging.refusal(call, role, "sqs", operation, asked)
        if error is not None:
            raise _may_not(reference, f"call {operation} on SQS", f"sqs:{operation}", source_arn, error)
    try:
        asked = {"QueueUrl": url, "AttributeNames": ["VisibilityTimeout"]}
        found = await judging.done(call.acting_as(role, region=region).sqs.get_queue_attributes(asked))
    except AwsError as error:
        if error.code != "QueueDoesNotExist":
            what = "call GetQueueAttributes on SQS"
            raise _may_not(reference, what, "sqs:GetQueueAttributes", source_arn, error) from error
        raise refusals.invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            "SQS Error Message: The specified queue does not exist for this wsdl version.",
            Fact(source_arn, "exists", False),
        ) from error
    visibility_s = int(found["Attributes"]["VisibilityTimeout"])
    timeout_s = reference.configuration.timeout_s
    if visibility_s < timeout_s:
        raise refusals.invalid(
            f"Queue visibility timeout: {visibility_s} seconds is less than Function timeout: {timeout_s} seconds",
            call.fact(source_arn, "VisibilityTimeout", visibility_s),
            call.fact(reference.function.arn, "Timeout", timeout_s),
            remedy=(f"aws sqs set-queue-attributes --queue-url {url} --attributes VisibilityTimeout={6 * timeout_s}",),
        )


async def _check_stream(call: Call, reference: Reference, kind: str, source_arn: str) -> None:
    role = judging.session_of(call, reference.configuration.role, reference.function.name)
    account = source_arn.split(":")[4]
    service, name = ("dynamodbstreams", "StreamArn") if kind == "dynamodb" else (kind, "StreamARN")
    stream_arn = source_arn.partition("/consumer/")[0]
    for operation in _READING["fan-out" if stream_arn != source_arn else kind]:
        # A stream's iterator names it: there is none yet that GetRecords could be judged by.
        asked = {name: stream_arn, "ShardId": "", "ShardIteratorType": "LATEST", "ShardIterator": ""}
        if operation == "SubscribeToShard":
            asked = {"ConsumerARN": source_arn}
        error = judging.refusal(call, role, service, operation, asked, account)
        if error is not None and error.code in ("AccessDeniedException", "AccessDenied"):
            words = (
                f"Cannot access stream {source_arn}. Please ensure the role can perform the {_NAMED[kind]} Actions on "
                "your stream in IAM."
            )
            fact = Fact(reference.configuration.role, f"may call {kind}:{operation} on {source_arn}", False)
            raise refusals.invalid(words).because(Why("refused", words, (fact,), error.why.remedy, (error.why,)))
    ports = call.acting_as(role, account=account)
    port = ports.dynamodbstreams if kind == "dynamodb" else ports.kinesis
    try:
        await judging.done(port.describe_stream({name: stream_arn}))
        if stream_arn != source_arn:
            await _check_consumer(ports, source_arn)
    except AwsError as error:
        fact = Fact(source_arn, "exists", False)
        words = f"Stream not found: {source_arn}"
        raise refusals.invalid(words, fact).because(Why("refused", words, (fact,), because=(error.why,))) from error


async def _check_consumer(ports: Ports, consumer_arn: str) -> None:
    """The consumer is there, if the role may see that: it needs no permission to describe it."""
    try:
        await judging.done(ports.kinesis.describe_stream_consumer({"ConsumerARN": consumer_arn}))
    except AwsError as error:
        if not error.code.startswith("AccessDenied"):
            raise


def _may_not(reference: Reference, what: str, action: str, source_arn: str, error: AwsError) -> AwsError:
    words = f"The provided execution role does not have permissions to {what}"
    fact = Fact(reference.configuration.role, f"may call {action} on {source_arn}", False)
    return refusals.invalid(words).because(Why("refused", words, (fact,), error.why.remedy, (error.why,)))
