"""What is not built, what does not exist, and what boto3 does not send: it is all refused by name."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET
from typing import Any

import boto3
import cbor2
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from clients.running import ACCOUNT, REGION, Cloud

pytestmark = pytest.mark.client

UNBUILT: list[tuple[str, str, dict[str, Any], str]] = [
    ("glue", "get_databases", {}, "GetDatabases"),
    ("s3", "get_object_torrent", {"Bucket": "albums", "Key": "one"}, "GetObjectTorrent"),
    ("ec2", "describe_vpcs", {}, "DescribeVpcs"),
    ("swf", "list_domains", {"registrationStatus": "REGISTERED"}, "ListDomains"),
    ("compute-optimizer", "get_enrollment_status", {}, "GetEnrollmentStatus"),
    ("route53", "list_hosted_zones", {}, "ListHostedZones"),
    ("cloudformation", "list_stacks", {}, "ListStacks"),
    ("elbv2", "describe_load_balancers", {}, "DescribeLoadBalancers"),
    ("ecs", "list_clusters", {}, "ListClusters"),
    ("rds", "describe_db_instances", {}, "DescribeDBInstances"),
]


@pytest.mark.parametrize(("service", "operation", "request_", "name"), UNBUILT, ids=[case[0] for case in UNBUILT])
def test_what_is_not_built_is_refused_by_name(
    cloud: Cloud, service: str, operation: str, request_: dict[str, Any], name: str
) -> None:
    sent: list[Any] = []
    client = cloud.client(service)
    client.meta.events.register("before-send", lambda request, **_: sent.append(request))
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**request_)
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert answer["Error"]["Code"] == "NotImplemented"
    assert name in answer["Error"]["Message"]
    assert len(sent) == 1
    assert f"{service}:{name}" in cloud.foulweather("coverage")


def test_what_is_not_built_says_why_by_its_request_id(cloud: Cloud) -> None:
    with pytest.raises(ClientError) as refused:
        cloud.client("glue").get_databases()
    told, _ = cloud.why(refused.value.response["ResponseMetadata"]["RequestId"])
    assert "GetDatabases" in told


def asked(
    cloud: Cloud,
    service: str,
    *,
    method: str = "POST",
    path: str = "/",
    form: dict[str, str] | None = None,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> tuple[int, Any, Any]:
    """The answer to a request that is signed, and otherwise made by hand."""
    url = cloud.endpoint + path
    headers = dict(headers or {})
    if form is not None and method == "GET":
        url += f"?{urllib.parse.urlencode(form)}"
    elif form is not None:
        body = urllib.parse.urlencode(form).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    request = AWSRequest(method, url, headers=headers, data=body)
    SigV4Auth(Credentials("test", "test"), service, REGION).add_auth(request)
    sent = urllib.request.Request(url, body or None, dict(request.headers), method=method)
    try:
        answer = urllib.request.urlopen(sent, timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        told = answer.read()
        is_text = answer.headers["Content-Type"] != "application/cbor"
        return answer.status, answer.headers, told.decode() if is_text else told


def test_what_is_not_built_is_refused_in_cbor_too(cloud: Cloud) -> None:
    path = "/service/ComputeOptimizerService/operation/GetEnrollmentStatus"
    headers = {"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor", "Accept": "application/cbor"}
    body = cbor2.dumps({})
    status, found, told = asked(cloud, "compute-optimizer", path=path, body=body, headers=headers)
    assert (status, found["Smithy-Protocol"], found["Content-Type"]) == (501, "rpc-v2-cbor", "application/cbor")
    assert "GetEnrollmentStatus" in cbor2.loads(told)["message"]


def xml_text(document: str, name: str) -> str:
    found = next((one for one in ET.fromstring(document).iter() if one.tag.rpartition("}")[2] == name), None)
    assert found is not None, document
    return found.text or ""


def test_query_requests_come_by_get_too(cloud: Cloud) -> None:
    status, headers, told = asked(
        cloud, "sts", method="GET", form={"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    )
    assert (status, xml_text(told, "Arn")) == (200, f"arn:aws:iam::{ACCOUNT}:root")
    assert headers["Content-Type"] == "text/xml"
    assert xml_text(told, "RequestId") == headers["x-amzn-RequestId"]
    form = {"Action": "CreateTopic", "Version": "2010-03-31", "Name": "by-get"}
    status, _, told = asked(cloud, "sns", method="GET", form=form)
    assert (status, xml_text(told, "TopicArn")) == (200, f"arn:aws:sns:{REGION}:{ACCOUNT}:by-get")
    assert asked(cloud, "iam", method="GET", form={"Action": "ListUsers", "Version": "2010-05-08"})[0] == 200


def test_sqs_still_speaks_the_query_protocol(cloud: Cloud) -> None:
    made = {"Action": "CreateQueue", "Version": "2012-11-05", "QueueName": "old", "Attribute.1.Name": "DelaySeconds"}
    status, _, told = asked(cloud, "sqs", form={**made, "Attribute.1.Value": "0"})
    assert (status, xml_text(told, "QueueUrl")) == (200, f"{cloud.endpoint}/{ACCOUNT}/old")
    path = f"/{ACCOUNT}/old"
    sending = {"Action": "SendMessage", "Version": "2012-11-05", "MessageBody": "by query"}
    assert asked(cloud, "sqs", path=path, form=sending)[0] == 200
    status, _, told = asked(
        cloud, "sqs", method="GET", path=path, form={"Action": "ReceiveMessage", "Version": "2012-11-05"}
    )
    assert (status, xml_text(told, "Body")) == (200, "by query")
    status, _, told = asked(cloud, "sqs", form={"Action": "GetQueueUrl", "Version": "2012-11-05", "QueueName": "none"})
    assert (status, xml_text(told, "Code")) == (400, "AWS.SimpleQueueService.NonExistentQueue")


@pytest.mark.parametrize("service", ["sts", "iam", "sns", "sqs"])
def test_an_unknown_action_is_refused(cloud: Cloud, service: str) -> None:
    status, _, told = asked(cloud, service, form={"Action": "MakeCoffee", "Version": "2012-11-05"})
    assert (status, xml_text(told, "Code")) == (400, "InvalidAction")
    assert "MakeCoffee" in xml_text(told, "Message")
    status, _, told = asked(cloud, service, form={"Version": "2012-11-05"})
    assert (status, xml_text(told, "Code")) == (400, "MissingAction")


def test_an_unknown_target_is_refused(cloud: Cloud) -> None:
    headers = {"X-Amz-Target": "AmazonSQS.MakeCoffee", "Content-Type": "application/x-amz-json-1.0"}
    status, found, told = asked(cloud, "sqs", body=b"{}", headers=headers)
    assert status == 400
    assert "UnknownOperationException" in told
    assert found["Content-Type"] == "application/x-amz-json-1.0"
    headers["X-Amz-Target"] = "AmazonTea.MakeTea"
    assert "UnknownOperationException" in asked(cloud, "sqs", body=b"{}", headers=headers)[2]
    headers["X-Amz-Target"] = "AmazonSQS.ListQueues"
    status, _, told = asked(cloud, "sqs", body=b'{"MaxResults": ', headers=headers)
    assert (status, "SerializationException" in told) == (400, True)


def test_an_unsigned_request_is_refused(cloud: Cloud) -> None:
    from botocore import UNSIGNED
    from botocore.config import Config

    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    for service, operation, code in (
        ("sts", "get_caller_identity", "MissingAuthenticationToken"),
        ("sns", "list_topics", "MissingAuthenticationToken"),
        ("iam", "list_users", "MissingAuthenticationToken"),
    ):
        client = boto3.client(service, endpoint_url=cloud.endpoint, region_name=REGION, config=config)
        with pytest.raises(ClientError) as refused:
            getattr(client, operation)()
        assert refused.value.response["Error"]["Code"] == code
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
