"""Invokes a target: as events.amazonaws.com on behalf of the rule, or with the role that the target names."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.event_paths import MISSING, PathSyntax, find
from foulweather.kernel.ports import Ports
from foulweather.policy.principal import Principal
from foulweather.services.events.state import Delivery, Rule, part

PRINCIPAL = "events.amazonaws.com"
Target = Mapping[str, Any]
Sender = Callable[[Call, Ports, Target, Delivery, str], Any]


async def send(call: Call, rule: Rule, target: Target, delivery: Delivery, text: str) -> None:
    """Send one text to one target, or raise why not."""
    kind = kind_of(target["Arn"])
    sender = SENDERS.get(kind)
    if sender is None or call.pipeline.services.find(MODELS.get(kind, kind)) is None:
        raise not_implemented("events", f"target {kind}")
    ports = await acting_for(call, rule, target)
    await answered(sender(call, ports, target, delivery, text))


def at_once(call: Call, rule: Rule, target: Target) -> Callable[[str], Any]:
    """How EventBridge sends one text after another to a queue or topic; a port's answer may be awaitable."""
    own = _own(call, rule, target)
    if kind_of(target["Arn"]) == "sns":
        topic, publish = target["Arn"], own.sns.publish
        return lambda text: publish({"TopicArn": topic, "Message": text})
    request, send_message = _queue_request(target), own.sqs.send_message
    return lambda text: send_message({**request, "MessageBody": text})


def kind_of(arn: str) -> str:
    """The service of a target's ARN (`sqs`, `states`)."""
    return arn.split(":", 3)[2]


async def acting_for(call: Call, rule: Rule, target: Target) -> Ports:
    """The other services where a target is, called with its role or by EventBridge itself."""
    role = target.get("RoleArn")
    if not role:
        return _own(call, rule, target)
    principal = await assumed(call, rule, role)
    _, _, _, region, account, _ = target["Arn"].split(":", 5)
    return call.acting_as(principal, account=account, region=region, session=Session(issued_ms=call.now))


def _own(call: Call, rule: Rule, target: Target) -> Ports:
    _, _, _, region, account, _ = target["Arn"].split(":", 5)
    return call.acting_as(PRINCIPAL, source_arn=rule.arn, source_account=call.account, account=account, region=region)


async def assumed(call: Call, rule: Rule, role: str) -> Principal:
    """A session of a role, as its trust policy allows it."""
    own = call.acting_as(PRINCIPAL, source_arn=rule.arn, source_account=call.account)
    request = {"RoleArn": role, "RoleSessionName": call.world.ids.hex(32)}
    made: Mapping[str, Any] = await answered(own.sts.assume_role(request))
    user = made["AssumedRoleUser"]
    return Principal("assumed-role", user["Arn"], role.split(":")[4], user["AssumedRoleId"], role)


async def answered(answer: Any) -> Any:
    """A port's answer; it is awaitable when something holds the call up."""
    return await answer if inspect.isawaitable(answer) else answer


def queue_url(arn: str) -> str:
    """The address of a queue."""
    _, _, _, region, account, name = arn.split(":", 5)
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


def _to_queue(call: Call, ports: Ports, target: Target, delivery: Delivery, text: str) -> Any:
    return ports.sqs.send_message({**_queue_request(target), "MessageBody": text})


def _queue_request(target: Target) -> dict[str, str]:
    # "If you specify an SQS FIFO queue as a target, the queue must have content-based deduplication enabled."
    group = part(target, "SqsParameters").get("MessageGroupId")
    return {"QueueUrl": queue_url(target["Arn"]), **({"MessageGroupId": group} if group else {})}


def _to_topic(call: Call, ports: Ports, target: Target, delivery: Delivery, text: str) -> Any:
    return ports.sns.publish({"TopicArn": target["Arn"], "Message": text})


def _to_function(call: Call, ports: Ports, target: Target, delivery: Delivery, text: str) -> Any:
    return ports.lambda_.invoke({"FunctionName": target["Arn"], "InvocationType": "Event", "Payload": text.encode()})


def _to_stream(call: Call, ports: Ports, target: Target, delivery: Delivery, text: str) -> Any:
    # "By default, EventBridge uses the eventId as the partition key" (API_KinesisParameters).
    key: Any = delivery.event_id
    path = part(target, "KinesisParameters").get("PartitionKeyPath")
    if path:
        try:
            found = find(json.loads(delivery.event), path)
        except PathSyntax:
            found = MISSING
        key = key if found is MISSING else found if isinstance(found, str) else json.dumps(found)
    return ports.kinesis.put_record({"StreamARN": target["Arn"], "Data": text.encode(), "PartitionKey": key})


def _to_delivery_stream(call: Call, ports: Ports, target: Target, delivery: Delivery, text: str) -> Any:
    name = target["Arn"].rpartition("/")[2]
    return ports.firehose.put_record({"DeliveryStreamName": name, "Record": {"Data": text.encode()}})


def _to_machine(call: Call, ports: Ports, target: Target, delivery: Delivery, text: str) -> Any:
    return ports.stepfunctions.start_execution({"stateMachineArn": target["Arn"], "name": delivery.id, "input": text})


async def _to_group(call: Call, ports: Ports, target: Target, delivery: Delivery, text: str) -> None:
    group = target["Arn"].split(":log-group:", 1)[1].removesuffix(":*")
    stamp, message = _log_event(call, target, text)
    place = {"logGroupName": group, "logStreamName": delivery.id}
    await answered(ports.logs.create_log_stream(place))
    await answered(ports.logs.put_log_events({**place, "logEvents": [{"timestamp": stamp, "message": message}]}))


def _log_event(call: Call, target: Target, text: str) -> tuple[int, str]:
    """Of a transformed event a log group takes `{"timestamp": …, "message": …}` (eb-transform-target-input)."""
    if "InputTransformer" not in target and "Input" not in target:
        return call.now, text
    try:
        shaped: Any = json.loads(text)
        message = shaped["message"]
        stamp = int(shaped["timestamp"])
    except (ValueError, TypeError, KeyError):
        raise AwsError(
            "InvalidParameterException", "The input of a log group is an object with a timestamp and a message."
        ) from None
    return stamp, message if isinstance(message, str) else json.dumps(message)


SENDERS: dict[str, Sender] = {
    "sqs": _to_queue,
    "sns": _to_topic,
    "lambda": _to_function,
    "kinesis": _to_stream,
    "firehose": _to_delivery_stream,
    "states": _to_machine,
    "logs": _to_group,
}
MODELS = {"states": "stepfunctions"}
