"""Refusals as each protocol writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from botocore_peer import parsed
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpResponse
from foulweather.kernel.model import ServiceModel
from foulweather.wire.codec import error_codec

AT_MS = 1_795_219_200_000  # 2026-11-21T00:00:00Z


def headers_of(response: HttpResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers}


def refused(service: str, protocol: str, error: AwsError) -> tuple[HttpResponse, Any]:
    response = error_codec(service, protocol).encode(error, "rid")
    operation = next(iter(ServiceModel.load(service).operations()))
    return response, parsed(service, protocol, operation, response, None)


@pytest.mark.parametrize(
    ("service", "protocol", "code", "wire_code", "status"),
    [
        ("sqs", "json", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400),
        ("sqs", "query", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400),
        ("sqs", "query", "PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", 403),
        ("sqs", "query", "AccessDenied", "AccessDenied", 403),
        ("iam", "query", "NoSuchEntityException", "NoSuchEntity", 404),
        ("iam", "query", "NoSuchEntity", "NoSuchEntity", 404),
        ("sns", "query", "NotFoundException", "NotFound", 404),
        ("dynamodb", "json", "ResourceNotFoundException", "ResourceNotFoundException", 400),
        ("dynamodb", "json", "ValidationException", "ValidationException", 400),
        ("kms", "json", "NotFoundException", "NotFoundException", 400),
        ("lambda", "rest-json", "ResourceNotFoundException", "ResourceNotFoundException", 404),
        ("lambda", "rest-json", "AccessDeniedException", "AccessDeniedException", 403),
        ("ec2", "ec2", "InvalidVpcID.NotFound", "InvalidVpcID.NotFound", 400),
        ("s3", "rest-xml", "NoSuchKey", "NoSuchKey", 404),
        ("route53", "rest-xml", "NoSuchHostedZone", "NoSuchHostedZone", 404),
        ("cloudwatch", "smithy-rpc-v2-cbor", "ResourceNotFound", "ResourceNotFound", 404),
        ("cloudwatch", "query", "ResourceNotFound", "ResourceNotFound", 404),
        ("sts", "query", "InternalFailure", "InternalFailure", 500),
    ],
)
def test_botocore_reads_a_refusal(service: str, protocol: str, code: str, wire_code: str, status: int) -> None:
    shape = ServiceModel.load(service).error_shapes.get(code)
    given = status if shape is None or protocol != "json" else 400
    response, found = refused(service, protocol, AwsError(code, "The <words> & more", given))
    assert found["Error"]["Code"] == wire_code
    assert found["Error"]["Message"] == "The <words> & more"
    assert found["ResponseMetadata"]["RequestId"] == "rid"
    assert response.status == status


def test_the_faults_of_query_errors() -> None:
    _, found = refused("iam", "query", AwsError("NoSuchEntity", "x"))
    assert found["Error"]["Type"] == "Sender"
    _, found = refused("iam", "query", AwsError("ServiceFailure", "x", 500))
    assert found["Error"]["Type"] == "Receiver"


def test_json_types_are_as_absolute_as_the_service_has_them() -> None:
    wanted = {
        ("sqs", "QueueDoesNotExist"): "com.amazonaws.sqs#QueueDoesNotExist",
        ("dynamodb", "ResourceNotFoundException"): "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
        ("dynamodb", "ValidationException"): "com.amazon.coral.validate#ValidationException",
        ("dynamodb", "SerializationException"): "com.amazon.coral.service#SerializationException",
        ("kms", "NotFoundException"): "NotFoundException",
    }
    for (service, code), kind in wanted.items():
        body = json.loads(error_codec(service, "json").encode(AwsError(code, "m"), "r").body)
        assert body["__type"] == kind


def test_query_compatible_services_name_the_former_code() -> None:
    response = error_codec("sqs", "json").encode(AwsError("QueueDoesNotExist", "m"), "r")
    assert headers_of(response)["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    response = error_codec("cloudwatch", "smithy-rpc-v2-cbor").encode(AwsError("ResourceNotFound", "m"), "r")
    assert headers_of(response)["x-amzn-query-error"] == "ResourceNotFound;Sender"
    assert "x-amzn-query-error" not in headers_of(error_codec("kms", "json").encode(AwsError("X", "m"), "r"))


def test_an_errors_members_are_written() -> None:
    error = AwsError("TransactionCanceledException", "m", members={"CancellationReasons": [{"Code": "None"}]})
    body = json.loads(error_codec("dynamodb", "json").encode(error, "r").body)
    assert body["CancellationReasons"] == [{"Code": "None"}]
    assert body["Message"] == "m"
    error = AwsError("TooManyRequestsException", "m", members={"retryAfterSeconds": "3", "Reason": "Concurrency"})
    response = error_codec("lambda", "rest-json").encode(error, "r")
    assert headers_of(response)["retry-after"] == "3"
    assert headers_of(response)["x-amzn-errortype"] == "TooManyRequestsException"
    assert json.loads(response.body) == {"message": "m", "Reason": "Concurrency"}
    error = AwsError("NoSuchBucket", "m", 404, members={"BucketName": "a&b"})
    body_ = error_codec("s3", "rest-xml").encode(error, "rid").body
    assert b"<BucketName>a&amp;b</BucketName><RequestId>rid</RequestId><HostId>" in body_


def test_s3_errors_have_no_envelope_and_route53s_have() -> None:
    assert b"?>\n<Error><Code>" in error_codec("s3", "rest-xml").encode(AwsError("X", "m"), "r").body
    body = error_codec("route53", "rest-xml").encode(AwsError("X", "m"), "r").body
    assert b'<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type>' in body
