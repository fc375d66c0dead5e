"""What CloudTrail calls services, operations and resources, where that is not what their models call them."""

from __future__ import annotations

from functools import cache
from typing import Final

from foulweather.kernel.model import ServiceModel

# "The eventSource is typically the short form of the service name plus .amazonaws.com": record contents, User Guide.
_SOURCES: Final = {
    "apigatewayv2": "apigateway",
    "application-autoscaling": "autoscaling",
    "dynamodbstreams": "dynamodb",
    "ecr": "ecr",
    "s3control": "s3",
}
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
_S3_NAMES: Final = {
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "ListObjectsV2": "ListObjects",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
# https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
_LAMBDA_NAMES: Final = {
    "AddPermission": "AddPermission20150331v2",
    "CreateEventSourceMapping": "CreateEventSourceMapping20150331",
    "CreateFunction": "CreateFunction20150331",
    "DeleteEventSourceMapping": "DeleteEventSourceMapping20150331",
    "DeleteFunction": "DeleteFunction20150331",
    "GetEventSourceMapping": "GetEventSourceMapping20150331",
    "GetFunction": "GetFunction20150331v2",
    "GetFunctionConfiguration": "GetFunctionConfiguration20150331v2",
    "GetPolicy": "GetPolicy20150331v2",
    "ListEventSourceMappings": "ListEventSourceMappings20150331",
    "ListFunctions": "ListFunctions20150331",
    "RemovePermission": "RemovePermission20150331v2",
    "UpdateEventSourceMapping": "UpdateEventSourceMapping20150331",
    "UpdateFunctionCode": "UpdateFunctionCode20150331v2",
    "UpdateFunctionConfiguration": "UpdateFunctionConfiguration20150331v2",
}
_NAMES: Final = {"s3": _S3_NAMES, "lambda": _LAMBDA_NAMES}
# Of the services whose documented examples show one.
_API_VERSIONS: Final = {"cloudwatch": "2010-08-01", "dynamodb": "2012-08-10"}
DATA_TYPES: Final = {
    "cloudwatch": "AWS::CloudWatch::Metric",
    "dynamodb": "AWS::DynamoDB::Table",
    "dynamodbstreams": "AWS::DynamoDB::Stream",
    "kinesis": "AWS::Kinesis::Stream",
    "lambda": "AWS::Lambda::Function",
    "s3": "AWS::S3::Object",
    "sns": "AWS::SNS::Topic",
    "sqs": "AWS::SQS::Queue",
}
"""The resource type of each service's data events (User Guide, Logging data events)."""


@cache
def source(service: str) -> str:
    """A service's eventSource."""
    known = _SOURCES.get(service)
    prefix = known or str(ServiceModel.load(service).metadata.get("endpointPrefix", service))
    return f"{prefix}.amazonaws.com"


def event_name(service: str, operation: str) -> str:
    """An operation's eventName."""
    return _NAMES.get(service, {}).get(operation, operation)


def api_version(service: str) -> str:
    """A service's apiVersion, or empty where its events have none."""
    return _API_VERSIONS.get(service, "")


_MORE_DATA_TYPES: Final = {"s3": "AWS::S3::AccessPoint", "sns": "AWS::SNS::PlatformEndpoint"}


@cache
def data_types(service: str) -> frozenset[str]:
    """The resource types that a service's data events may have."""
    return frozenset(names[service] for names in (DATA_TYPES, _MORE_DATA_TYPES) if service in names)


def data_type(service: str, arn: str) -> str:
    """The resource type of a data event."""
    if service == "s3" and ":accesspoint/" in arn:
        return _MORE_DATA_TYPES[service]
    if service == "sns" and ":endpoint/" in arn:
        return _MORE_DATA_TYPES[service]
    return DATA_TYPES.get(service, "")
