"""Where asynchronous invocations end: destinations for their records, dead-letter queues for their events.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.services.lambda_ import roles
from foulweather.services.lambda_.invoking import Invoked
from foulweather.services.lambda_.naming import Reference
from foulweather.services.lambda_.queued import QueuedEvent
from foulweather.services.lambda_.records import LATEST, AsyncConfig
from foulweather.services.lambda_.reports import stamped

ERROR_BYTES_MAX = 1_024
Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency", "RecursionDetected"]


class Outcome(NamedTuple):
    """What an event came to, and the last answer of the function, if it was run."""

    condition: Condition
    invoked: Invoked | None = None


async def send(call: Call, event: QueuedEvent, found: Reference, config: AsyncConfig | None, outcome: Outcome) -> None:
    """Send a record, or the event itself, to where the function's owner wants it."""
    is_success = outcome.condition == "Success"
    target = "" if config is None else config.on_success if is_success else config.on_failure
    dead_letter = "" if is_success else found.configuration.dead_letter
    if not target and not dead_letter:
        return
    function = found.function
    for arn, is_dead_letter in ((target, False), (dead_letter, True)):
        if not arn:
            continue
        kind = "lambda.DeadLetterError" if is_dead_letter else "lambda.DestinationDeliveryFailed"
        try:
            session = await roles.assume(call, function, found.configuration)
            ports = session.ports(call)
            if is_dead_letter:
                await _bury(call, ports, arn, event, outcome)
            else:
                await _tell(call, ports, arn, event, found, outcome)
        except AwsError as error:
            call.happened(kind, function.arn, function=function.name, destination=arn, error=error.code)
            why = Why(
                "dropped",
                f"What became of the event did not reach {arn}.",
                (Fact(function.arn, "DeadLetterConfig" if is_dead_letter else "DestinationConfig", arn),),
                because=(error.why,),
            )
            call.explain("Destination", function.arn, why, error.code)
        else:
            name = "lambda.DeadLettered" if is_dead_letter else "lambda.DestinationReached"
            call.happened(name, function.arn, function=function.name, destination=arn)


async def _tell(call: Call, ports: Ports, arn: str, event: QueuedEvent, found: Reference, outcome: Outcome) -> None:
    """Send the record of an invocation."""
    body = json.dumps(record(call, event, found, outcome))
    service = arn.split(":")[2]
    if service == "sqs":
        await _done(ports.sqs.send_message({"QueueUrl": _queue_url(arn), "MessageBody": body}))
    elif service == "sns":
        await _done(ports.sns.publish({"TopicArn": arn, "Message": body}))
    elif service == "lambda":
        asked = {"FunctionName": arn, "InvocationType": "Event", "Payload": body.encode()}
        await _done(ports.lambda_.invoke(asked))
    elif service == "s3":
        asked = {"Bucket": arn.rpartition(":")[2], "Key": _key(call, found), "Body": body.encode()}
        await _done(ports.s3.put_object({**asked, "ContentType": "application/json"}))
    else:
        told = await _done(ports.events.put_events({"Entries": [_entry(arn, found, outcome, body)]}))
        for each in told["Entries"]:
            if "ErrorCode" in each:
                raise AwsError(each["ErrorCode"], each["ErrorMessage"])


async def _bury(call: Call, ports: Ports, arn: str, event: QueuedEvent, outcome: Outcome) -> None:
    """Send an event to a dead-letter queue or topic, with what went wrong in its attributes.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
    """
    invoked = outcome.invoked
    words = outcome.condition
    if invoked is not None:
        try:
            words = str(json.loads(invoked.payload).get("errorMessage", words))
        except (ValueError, AttributeError):
            words = invoked.payload.decode("utf-8", "replace")
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": event.id},
        "ErrorCode": {"DataType": "Number", "StringValue": "200" if invoked is not None else "429"},
        "ErrorMessage": {"DataType": "String", "StringValue": words[:ERROR_BYTES_MAX] or outcome.condition},
    }
    body = event.payload.decode("utf-8", "replace")
    if arn.split(":")[2] == "sqs":
        asked = {"QueueUrl": _queue_url(arn), "MessageBody": body, "MessageAttributes": attributes}
        await _done(ports.sqs.send_message(asked))
    else:
        await _done(ports.sns.publish({"TopicArn": arn, "Message": body, "MessageAttributes": attributes}))


def record(call: Call, event: QueuedEvent, found: Reference, outcome: Outcome) -> dict[str, Any]:
    """An invocation record."""
    function, invoked = found.function, outcome.invoked
    told: dict[str, Any] = {
        "version": "1.0",
        "timestamp": stamped(call.now),
        "requestContext": {
            "requestId": event.id,
            "functionArn": function.qualified(found.qualifier or LATEST),
            "condition": outcome.condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": json.loads(event.payload),
    }
    if invoked is not None:
        context: dict[str, Any] = {"statusCode": 200, "executedVersion": invoked.version}
        if invoked.function_error:
            context["functionError"] = invoked.function_error
        told["responseContext"] = context
        try:
            told["responsePayload"] = json.loads(invoked.payload or b"null")
        except ValueError:
            told["responsePayload"] = invoked.payload.decode("utf-8", "replace")
    return told


def _entry(bus_arn: str, found: Reference, outcome: Outcome, body: str) -> dict[str, Any]:
    """A record as an event of EventBridge; its resources are "the function and destination" by their ARNs."""
    what = "Success" if outcome.condition == "Success" else "Failure"
    return {
        "EventBusName": bus_arn,
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {what}",
        "Resources": [bus_arn, found.function.qualified(found.qualifier or LATEST)],
        "Detail": body,
    }


def _key(call: Call, found: Reference) -> str:
    """The object of a record in S3."""
    at = datetime.fromtimestamp(call.now / 1000, UTC)
    day, moment = at.strftime("%Y/%m/%d"), at.strftime("%Y-%m-%dT%H.%M.%S")
    return f"aws/lambda/async/{found.function.name}/{day}/{moment}-{call.world.ids.uuid()}"


def _queue_url(arn: str) -> str:
    _, _, _, region, account, name = arn.split(":", 5)
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


async def _done(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer
