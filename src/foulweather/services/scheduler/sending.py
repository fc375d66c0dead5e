"""Invokes a target with the schedule's role: the templated ones, and any API operation by name.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import ServiceModel, Shape, UnknownName
from foulweather.kernel.ports import Ports
from foulweather.policy.principal import Principal
from foulweather.services.scheduler import limits
from foulweather.services.scheduler.state import Invocation

PRINCIPAL = "scheduler.amazonaws.com"
_ACRONYM = re.compile(r"^[A-Z]{2,}(?=[A-Z][a-z])")
UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"
# Services that the AWS SDK for Java 2 names otherwise than botocore does.
_MODELS = {
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "elasticloadbalancingv2": "elbv2",
    "eventbridge": "events",
    "secretsmanager": "secretsmanager",
    "sfn": "stepfunctions",
}
_ARN_MODELS = {"states": "stepfunctions"}
KEYWORD = re.compile(r"<aws\.scheduler\.(schedule-arn|scheduled-time|execution-id|attempt-number)>")
"""A context attribute in an input."""
Sender = Callable[[Ports, Mapping[str, Any], Invocation, str], Any]


class Api(NamedTuple):
    """An API operation by its model's name and its own."""

    model: str
    operation: str


class Unknown(ValueError):
    """A target that names no operation, or members that it does not have."""


async def send(call: Call, invocation: Invocation, text: str) -> None:
    """Send one input to the target, or raise why not."""
    target = invocation.target
    role_ports = await acting_for(call, invocation, target["Arn"])
    api = api_of(target["Arn"])
    if api is not None:
        operation = ServiceModel.load(api.model).operation(api.operation)
        try:
            request = request_of(operation.input, text)
        except Unknown as error:  # a context attribute may have made it so
            raise limits.invalid(f"Invalid RequestJson provided. Reason {error}.", Input=text) from None
        await answered(getattr(getattr(role_ports, api.model), operation.python_name)(request))
        return
    response = await answered(SENDERS[kind_of(target["Arn"])](role_ports, target, invocation, text))
    for entry in response.get("Entries") or ():  # of PutEvents, which fails entry by entry
        if entry.get("ErrorCode"):
            raise AwsError(entry["ErrorCode"], entry["ErrorMessage"])


async def acting_for(call: Call, invocation: Invocation, arn: str) -> Ports:
    """The other services where a target is, called in a session of the schedule's role."""
    role: str = invocation.target["RoleArn"]
    own = call.acting_as(PRINCIPAL, source_arn=invocation.group_arn, source_account=call.account)
    request = {"RoleArn": role, "RoleSessionName": invocation.id}
    made: Mapping[str, Any] = await answered(own.sts.assume_role(request))
    user = made["AssumedRoleUser"]
    principal = Principal("assumed-role", user["Arn"], role.split(":")[4], user["AssumedRoleId"], role)
    _, _, _, region, account, _ = arn.split(":", 5)
    return call.acting_as(
        principal,
        account=account if len(account) == 12 else call.account,
        region=region or call.region,
        session=Session(issued_ms=call.now),
    )


async def answered(answer: Any) -> Any:
    """A port's answer; it is awaitable when something holds the call up."""
    return await answer if inspect.isawaitable(answer) else answer


def kind_of(arn: str) -> str:
    """The service of a templated target's ARN."""
    return arn.split(":", 3)[2]


def model_of(kind: str) -> str:
    """The model's name of a service that an ARN names."""
    return _ARN_MODELS.get(kind, kind)


def api_of(arn: str) -> Api | None:
    """The operation that a universal target names; None of a templated one."""
    if not arn.startswith(UNIVERSAL):
        return None
    service, _, name = arn.removeprefix(UNIVERSAL).partition(":")
    return Api(_MODELS.get(service, service), name[:1].upper() + name[1:])


def checked_api(api: Api) -> None:
    """Refuse an operation that does not exist."""
    try:
        ServiceModel.load(api.model).operation(api.operation)
    except UnknownName as error:
        raise Unknown(str(error)) from None


def request_of(shape: Shape | None, text: str) -> dict[str, Any]:
    """A universal target's input as the request of its operation."""
    try:
        document: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise Unknown("it is not valid JSON") from None
    if not isinstance(document, dict):
        raise Unknown("it is not an object")
    given = cast("dict[str, Any]", document)
    if shape is None:
        return {}
    return _shaped(shape, given)


def _pascal(name: str) -> str:
    """A member as the AWS SDK for Java names it: `logGroupName` is `LogGroupName`, `DBClusterIdentifier` `DbCluster…`.

    https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_scheduler_targets.Universal.html
    """
    return _ACRONYM.sub(lambda found: found[0].capitalize(), f"{name[:1].upper()}{name[1:]}", count=1)


def _shaped(shape: Shape, value: Any) -> Any:
    if value is None:
        return None
    if shape.type == "structure" and isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        by_name = {_pascal(name): name for name in shape.members} | {name: name for name in shape.members}
        for name in members:
            if name not in by_name:
                raise Unknown(f"the field {name} is not supported")
        return {
            by_name[name]: _shaped(shape.members[by_name[name]], each)
            for name, each in members.items()
            if each is not None
        }
    if shape.type == "list" and isinstance(value, list):
        return [_shaped(shape.member, each) for each in cast("list[Any]", value)]
    if shape.type == "map" and isinstance(value, dict):
        return {key: _shaped(shape.value, each) for key, each in cast("dict[str, Any]", value).items()}
    if shape.type == "blob" and isinstance(value, str):
        return value.encode()
    if shape.type == "timestamp":
        return _ms(value)
    return value


def _ms(value: Any) -> int:
    """A time as JSON gives it: seconds, or ISO 8601."""
    try:
        return int((value if isinstance(value, int | float) else datetime.fromisoformat(value).timestamp()) * 1000)
    except (TypeError, ValueError):
        raise Unknown(f"{value} is not a timestamp") from None


def queue_url(arn: str) -> str:
    """The address of a queue."""
    _, _, _, region, account, name = arn.split(":", 5)
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


def _to_queue(ports: Ports, target: Mapping[str, Any], invocation: Invocation, text: str) -> Any:
    # "If you specify an Amazon SQS FIFO queue as a target, the queue must have content-based deduplication enabled."
    request: dict[str, Any] = {"QueueUrl": queue_url(target["Arn"]), "MessageBody": text}
    parameters: dict[str, str] = target.get("SqsParameters") or {}
    if parameters.get("MessageGroupId"):
        request["MessageGroupId"] = parameters["MessageGroupId"]
    return ports.sqs.send_message(request)


def _to_topic(ports: Ports, target: Mapping[str, Any], invocation: Invocation, text: str) -> Any:
    return ports.sns.publish({"TopicArn": target["Arn"], "Message": text})


def _to_function(ports: Ports, target: Mapping[str, Any], invocation: Invocation, text: str) -> Any:
    request = {"FunctionName": target["Arn"], "InvocationType": "Event", "Payload": text.encode()}
    return ports.lambda_.invoke(request)


def _to_stream(ports: Ports, target: Mapping[str, Any], invocation: Invocation, text: str) -> Any:
    key = target["KinesisParameters"]["PartitionKey"]
    return ports.kinesis.put_record({"StreamARN": target["Arn"], "Data": text.encode(), "PartitionKey": key})


def _to_delivery_stream(ports: Ports, target: Mapping[str, Any], invocation: Invocation, text: str) -> Any:
    name = target["Arn"].rpartition("/")[2]
    return ports.firehose.put_record({"DeliveryStreamName": name, "Record": {"Data": text.encode()}})


def _to_machine(ports: Ports, target: Mapping[str, Any], invocation: Invocation, text: str) -> Any:
    request = {"stateMachineArn": target["Arn"], "name": invocation.id, "input": text}
    return ports.stepfunctions.start_execution(request)


def _to_bus(ports: Ports, target: Mapping[str, Any], invocation: Invocation, text: str) -> Any:
    parameters = target["EventBridgeParameters"]
    entry = {
        "EventBusName": target["Arn"],
        "Source": parameters["Source"],
        "DetailType": parameters["DetailType"],
        "Detail": text,
    }
    return ports.events.put_events({"Entries": [entry]})


SENDERS: dict[str, Sender] = {
    "sqs": _to_queue,
    "sns": _to_topic,
    "lambda": _to_function,
    "kinesis": _to_stream,
    "firehose": _to_delivery_stream,
    "states": _to_machine,
    "events": _to_bus,
}
