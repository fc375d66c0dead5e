"""Every protocol against botocore as the other end."""

from __future__ import annotations

from typing import Any

import pytest

from botocore_peer import as_botocore, decoded, read
from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import ServiceModel, catalogue
from foulweather.wire.codec import NotSpoken, operation_codec
from foulweather.wire.codecs.timestamps import rfc822

AT_MS = 1_795_219_200_000  # 2026-11-21T00:00:00Z


REQUESTS: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        "sqs",
        "json",
        "SendMessage",
        {
            "QueueUrl": "q",
            "MessageBody": "ü\n",
            "DelaySeconds": 5,
            "MessageAttributes": {"a": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}},
        },
    ),
    (
        "dynamodb",
        "json",
        "PutItem",
        {
            "TableName": "t",
            "Item": {"a": {"M": {"b": {"L": [{"N": "1"}, {"NULL": True}]}}}, "c": {"B": b"x"}, "d": {"SS": ["x", "y"]}},
        },
    ),
    ("kinesis", "json", "PutRecords", {"StreamName": "s", "Records": [{"Data": b"\x01", "PartitionKey": "p"}]}),
    (
        "sns",
        "query",
        "Publish",
        {
            "TopicArn": "arn",
            "Message": "a&b=c+d e",
            "MessageAttributes": {
                "x": {"DataType": "String", "StringValue": "v"},
                "y": {"DataType": "Binary", "BinaryValue": b"\xfe"},
            },
        },
    ),
    (
        "iam",
        "query",
        "CreateRole",
        {
            "RoleName": "r",
            "AssumeRolePolicyDocument": "{}",
            "MaxSessionDuration": 3600,
            "Tags": [{"Key": "k", "Value": ""}, {"Key": "l", "Value": "w"}],
        },
    ),
    ("sts", "query", "AssumeRole", {"RoleArn": "arn", "RoleSessionName": "s", "TransitiveTagKeys": ["a", "b"]}),
    (
        "cloudformation",
        "query",
        "CreateStack",
        {
            "StackName": "s",
            "Capabilities": [],
            "DisableRollback": False,
            "Parameters": [{"ParameterKey": f"p{number}", "ParameterValue": str(number)} for number in range(12)],
        },
    ),
    (
        "ec2",
        "ec2",
        "DescribeInstances",
        {"InstanceIds": ["i-1", "i-2"], "DryRun": True, "Filters": [{"Name": "tag:a", "Values": ["1", "2"]}]},
    ),
    (
        "ec2",
        "ec2",
        "RunInstances",
        {
            "MinCount": 1,
            "MaxCount": 2,
            "NetworkInterfaces": [
                {"DeviceIndex": 0, "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": "10.0.0.1"}]}
            ],
        },
    ),
    (
        "lambda",
        "rest-json",
        "Invoke",
        {"FunctionName": "arn:aws:lambda:x:1:function:f", "Payload": b"{}", "Qualifier": "1"},
    ),
    (
        "lambda",
        "rest-json",
        "CreateFunction",
        {
            "FunctionName": "f",
            "Role": "r",
            "Code": {"ZipFile": b"PK"},
            "Environment": {"Variables": {"A": "1"}},
            "Timeout": 3,
        },
    ),
    ("lambda", "rest-json", "ListFunctions", {"MaxItems": 7, "Marker": "a/b+c"}),
    (
        "apigateway",
        "rest-json",
        "UpdateStage",
        {"restApiId": "i", "stageName": "s", "patchOperations": [{"op": "replace", "path": "/a", "value": "b"}]},
    ),
    (
        "apigateway",
        "rest-json",
        "ImportRestApi",
        {"failOnWarnings": True, "parameters": {"ignore": "documentation"}, "body": b"{}"},
    ),
    (
        "s3",
        "rest-xml",
        "PutObject",
        {
            "Bucket": "b",
            "Key": "k/ä b//c",
            "Body": b"xx",
            "Metadata": {"Foo": "bar"},
            "ContentLength": 2,
            "Expires": AT_MS,
            "BucketKeyEnabled": True,
        },
    ),
    ("s3", "rest-xml", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": "a/b"}),
    (
        "s3",
        "rest-xml",
        "UploadPartCopy",
        {"Bucket": "b", "Key": "k", "CopySource": "a/b", "PartNumber": 1, "UploadId": "u"},
    ),
    ("s3", "rest-xml", "UploadPart", {"Bucket": "b", "Key": "k", "PartNumber": 1, "UploadId": "u", "Body": b"x"}),
    (
        "s3",
        "rest-xml",
        "DeleteObjects",
        {"Bucket": "b", "Delete": {"Quiet": True, "Objects": [{"Key": "a&<b"}, {"Key": "c"}]}},
    ),
    (
        "s3",
        "rest-xml",
        "PutBucketAcl",
        {
            "Bucket": "b",
            "AccessControlPolicy": {
                "Owner": {"ID": "o"},
                "Grants": [{"Permission": "READ", "Grantee": {"Type": "CanonicalUser", "ID": "g"}}],
            },
        },
    ),
    ("s3", "rest-xml", "PutBucketPolicy", {"Bucket": "b", "Policy": '{"a": 1}'}),
    ("s3", "rest-xml", "GetObjectAttributes", {"Bucket": "b", "Key": "k", "ObjectAttributes": ["ETag", "ObjectSize"]}),
    ("s3", "rest-xml", "ListParts", {"Bucket": "b", "Key": "k", "UploadId": "u", "MaxParts": 3}),
    (
        "route53",
        "rest-xml",
        "ChangeResourceRecordSets",
        {
            "HostedZoneId": "Z1",
            "ChangeBatch": {
                "Changes": [
                    {
                        "Action": "CREATE",
                        "ResourceRecordSet": {
                            "Name": "a",
                            "Type": "A",
                            "TTL": 60,
                            "ResourceRecords": [{"Value": "1.2.3.4"}],
                        },
                    }
                ]
            },
        },
    ),
    ("cloudfront", "rest-xml", "TagResource", {"Resource": "arn", "Tags": {"Items": [{"Key": "a", "Value": "b"}]}}),
    (
        "cloudwatch",
        "smithy-rpc-v2-cbor",
        "PutMetricData",
        {
            "Namespace": "n",
            "MetricData": [
                {"MetricName": "m", "Value": 1.5, "Timestamp": AT_MS, "Dimensions": [{"Name": "a", "Value": "b"}]}
            ],
        },
    ),
    (
        "cloudwatch",
        "json",
        "PutMetricData",
        {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.5, "Timestamp": AT_MS}]},
    ),
    (
        "cloudwatch",
        "query",
        "PutMetricData",
        {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.5, "Timestamp": AT_MS}]},
    ),
]


@pytest.mark.parametrize(("service", "protocol", "operation", "request_"), REQUESTS)
def test_a_request_of_botocore_is_decoded(
    service: str, protocol: str, operation: str, request_: dict[str, Any]
) -> None:
    shape = ServiceModel.load(service).operation(operation).input
    assert shape is not None
    found = decoded(service, protocol, operation, as_botocore(shape, request_))
    if service == "s3" and "Expires" in request_:  # whose text is kept as it comes
        request_ = {**request_, "Expires": rfc822(request_["Expires"])}
    assert found == request_


RESULTS: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        "sqs",
        "json",
        "ReceiveMessage",
        {
            "Messages": [
                {
                    "MessageId": "m",
                    "Body": "null and void",
                    "Attributes": {"SentTimestamp": "1"},
                    "MessageAttributes": {"a": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}},
                }
            ]
        },
    ),
    ("dynamodb", "json", "GetItem", {"Item": {"a": {"M": {"b": {"B": b"\xff"}}}, "n": {"NULL": True}}}),
    (
        "dynamodb",
        "json",
        "DescribeTable",
        {"Table": {"TableName": "t", "CreationDateTime": AT_MS + 123, "ItemCount": 0}},
    ),
    (
        "sts",
        "query",
        "AssumeRole",
        {
            "Credentials": {"AccessKeyId": "A", "SecretAccessKey": "<&>\"'", "SessionToken": "t", "Expiration": AT_MS},
            "PackedPolicySize": 3,
        },
    ),
    (
        "iam",
        "query",
        "ListUsers",
        {"Users": [{"Path": "/", "UserName": "ü", "CreateDate": AT_MS}], "IsTruncated": False},
    ),
    ("iam", "query", "ListUsers", {"Users": [], "IsTruncated": False}),
    ("sns", "query", "GetTopicAttributes", {"Attributes": {"Policy": '{"a":1}', "Owner": "1"}}),
    (
        "ec2",
        "ec2",
        "DescribeVpcs",
        {"Vpcs": [{"VpcId": "vpc-1", "IsDefault": True, "Tags": [{"Key": "k", "Value": ""}]}]},
    ),
    (
        "ec2",
        "ec2",
        "DescribeInstances",
        {
            "Reservations": [
                {"Instances": [{"InstanceId": "i-1", "LaunchTime": AT_MS, "State": {"Code": 16, "Name": "running"}}]}
            ]
        },
    ),
    ("lambda", "rest-json", "GetFunction", {"Configuration": {"FunctionName": "f", "Timeout": 3}, "Tags": {"a": "b"}}),
    ("lambda", "rest-json", "ListFunctions", {"Functions": []}),
    (
        "apigateway",
        "rest-json",
        "GetRestApi",
        {"id": "i", "name": "n", "createdDate": AT_MS, "binaryMediaTypes": ["*/*"]},
    ),
    (
        "s3",
        "rest-xml",
        "ListObjectsV2",
        {
            "Name": "b",
            "KeyCount": 2,
            "IsTruncated": False,
            "Contents": [
                {"Key": "a<&>\r\n\tb", "Size": 3, "LastModified": AT_MS + 7},
                {"Key": "c", "Size": 0, "LastModified": AT_MS},
            ],
            "CommonPrefixes": [{"Prefix": "p/"}],
        },
    ),
    ("s3", "rest-xml", "ListBuckets", {"Buckets": [{"Name": "a"}, {"Name": "b"}], "Owner": {"ID": "o"}}),
    ("s3", "rest-xml", "GetBucketAcl", {"Grants": [{"Grantee": {"Type": "Group", "URI": "u"}, "Permission": "READ"}]}),
    ("s3", "rest-xml", "CopyObject", {"CopyObjectResult": {"ETag": '"e"', "LastModified": AT_MS}, "VersionId": "v"}),
    (
        "route53",
        "rest-xml",
        "ListHostedZones",
        {
            "HostedZones": [{"Id": "/hostedzone/Z", "Name": "a.", "CallerReference": "c"}],
            "IsTruncated": False,
            "MaxItems": "100",
        },
    ),
    (
        "cloudfront",
        "rest-xml",
        "CreateInvalidation",
        {
            "Location": "l",
            "Invalidation": {
                "Id": "i",
                "Status": "Completed",
                "CreateTime": AT_MS,
                "InvalidationBatch": {"CallerReference": "c", "Paths": {"Quantity": 1, "Items": ["/*"]}},
            },
        },
    ),
    (
        "cloudwatch",
        "smithy-rpc-v2-cbor",
        "GetMetricStatistics",
        {"Label": "l", "Datapoints": [{"Timestamp": AT_MS, "Average": 1.5, "Sum": float("inf")}]},
    ),
    (
        "cloudwatch",
        "json",
        "GetMetricStatistics",
        {"Label": "l", "Datapoints": [{"Timestamp": AT_MS + 1, "Average": 1.0}]},
    ),
    (
        "cloudwatch",
        "query",
        "GetMetricStatistics",
        {"Label": "l", "Datapoints": [{"Timestamp": AT_MS, "Average": 1.5}]},
    ),
]


@pytest.mark.parametrize(("service", "protocol", "operation", "result"), RESULTS)
def test_botocore_reads_a_result(service: str, protocol: str, operation: str, result: dict[str, Any]) -> None:
    shape = ServiceModel.load(service).operation(operation).output
    assert shape is not None
    assert read(service, protocol, operation, result) == as_botocore(shape, result)


def test_every_operation_of_every_service_compiles() -> None:
    for service in (
        "sqs",
        "sns",
        "iam",
        "sts",
        "s3",
        "dynamodb",
        "lambda",
        "apigateway",
        "route53",
        "logs",
        "cloudwatch",
        "polly",
    ):
        for protocol in catalogue()[service].protocols:
            for operation in ServiceModel.load(service).operations():
                if operation != "StartSpeechSynthesisStream":
                    operation_codec(service, protocol, operation)


def test_event_streams_from_the_client_are_not_implemented() -> None:
    with pytest.raises(AwsError, match="NotImplemented") as caught:
        operation_codec("polly", "rest-json", "StartSpeechSynthesisStream")
    assert caught.value.status == 501


def test_a_protocol_that_the_service_does_not_speak() -> None:
    with pytest.raises(NotSpoken, match="iam speaks query, not json"):
        operation_codec("iam", "json", "ListUsers")
