"""The resources of an event: those in its record, those that LookupEvents tells, those that selectors ask for."""

from __future__ import annotations

from typing import Any, Final, cast

import msgspec

from foulweather.services.cloudtrail import event_names
from foulweather.services.cloudtrail.records import Recorded

_request = msgspec.msgpack.Decoder(dict[str, Any]).decode
# By service: request (or response) member, resource type. What the console's event history shows as referenced.
_NAMED: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "cloudtrail": (("Name", "AWS::CloudTrail::Trail"), ("TrailName", "AWS::CloudTrail::Trail")),
    "cloudwatch": (("AlarmName", "AWS::CloudWatch::Alarm"),),
    "dynamodb": (("TableName", "AWS::DynamoDB::Table"),),
    "iam": (
        ("UserName", "AWS::IAM::User"),
        ("RoleName", "AWS::IAM::Role"),
        ("GroupName", "AWS::IAM::Group"),
        ("PolicyArn", "AWS::IAM::Policy"),
        ("InstanceProfileName", "AWS::IAM::InstanceProfile"),
        ("AccessKeyId", "AWS::IAM::AccessKey"),
    ),
    "kms": (("KeyId", "AWS::KMS::Key"), ("TargetKeyId", "AWS::KMS::Key"), ("AliasName", "AWS::KMS::Alias")),
    "lambda": (("FunctionName", "AWS::Lambda::Function"),),
    "s3": (("Bucket", "AWS::S3::Bucket"),),
    "secretsmanager": (("SecretId", "AWS::SecretsManager::Secret"), ("Name", "AWS::SecretsManager::Secret")),
    "sns": (("TopicArn", "AWS::SNS::Topic"),),
    "sqs": (("QueueUrl", "AWS::SQS::Queue"), ("QueueName", "AWS::SQS::Queue")),
    "ssm": (("Name", "AWS::SSM::Parameter"),),
    "sts": (("RoleArn", "AWS::IAM::Role"),),
}


def parts(event: Recorded) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The request and the response of an event as they were kept."""
    response = None if bytes(event.response) == b"\xc0" else _request(event.response)
    return _request(event.request), response


def data_arns(event: Recorded) -> tuple[str, ...]:
    """The ARNs of a data event's resources; of what is about a bucket as a whole, how its objects' ARNs begin."""
    if event.service == "s3":
        if ":accesspoint/" in event.resource:
            return (event.resource,)
        request, _ = parts(event)
        bucket = f"arn:aws:s3:::{request.get('Bucket', '')}/"
        return (bucket + request["Key"],) if request.get("Key") else (bucket,)
    if event.service == "dynamodb":
        return _tables(event)
    return (event.resource,) if event.resource.startswith("arn:") else ()


def _tables(event: Recorded) -> tuple[str, ...]:
    if event.resource.startswith("arn:"):
        first = event.resource.partition("/index/")[0]
    else:
        first = ""
    request, _ = parts(event)
    names: list[str] = []
    asked: Any = request.get("RequestItems")
    if isinstance(asked, dict):
        names = [str(name) for name in cast("dict[str, Any]", asked)]
    for item in cast("list[dict[str, dict[str, Any]]]", request.get("TransactItems") or []):
        names += [str(each["TableName"]) for each in item.values() if "TableName" in each]
    owner = event.owner or event.account
    arns = [
        name if name.startswith("arn:") else f"arn:aws:dynamodb:{event.region}:{owner}:table/{name}" for name in names
    ]
    return tuple(dict.fromkeys([*([first] if first else []), *arns]))


def in_record(event: Recorded) -> list[dict[str, str]]:
    """The `resources` of a record, of the services that tell them."""
    owner = event.owner or event.account
    if event.service == "s3":
        return _in_s3(event)
    if event.is_data:
        of_type = event_names.data_type(event.service, event.resource)
        return [{"accountId": owner, "type": of_type, "ARN": arn} for arn in data_arns(event)] if of_type else []
    if event.service == "kms" and ":key/" in event.resource:
        return [{"accountId": owner, "type": "AWS::KMS::Key", "ARN": event.resource}]
    if event.service == "sts" and ":role/" in event.resource:
        return [{"accountId": owner, "type": "AWS::IAM::Role", "ARN": event.resource}]
    return []


def _in_s3(event: Recorded) -> list[dict[str, str]]:
    request, _ = parts(event)
    name = request.get("Bucket")
    if not name or ":accesspoint/" in event.resource:
        return []
    bucket = {"accountId": event.owner or event.account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{name}"}
    if not event.is_data:
        return [bucket]
    (arn,) = data_arns(event)
    member = "ARN" if request.get("Key") else "ARNPrefix"
    return [{"type": "AWS::S3::Object", member: arn}, bucket]


def looked_up(event: Recorded) -> list[dict[str, str]]:
    """The resources of an event in the answer of LookupEvents."""
    request, response = parts(event)
    found: dict[tuple[str, str], None] = {}
    for member, of_type in _NAMED.get(event.service, ()):
        for part in (request, response or {}):
            name = part.get(member)
            if isinstance(name, str) and name:
                found[of_type, name] = None
    for resource in in_record(event):
        if "ARN" in resource and event.service != "s3":
            found[resource["type"], resource["ARN"]] = None
    for value in (response or {}).values():  # what was made: AccessKey.AccessKeyId, Role.RoleName
        if isinstance(value, dict):
            for member, of_type in _NAMED.get(event.service, ()):
                name = cast("dict[str, Any]", value).get(member)
                if isinstance(name, str) and name:
                    found[of_type, name] = None
    return [{"ResourceType": of_type, "ResourceName": name} for of_type, name in found]
