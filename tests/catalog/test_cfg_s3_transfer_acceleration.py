"""Uploads by way of the nearest edge location."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.config import Config

from catalog.configurations import refused
from foulweather.testing import Aws

BUCKET = "shop-uploads"
BY_PATH = Config(s3={"addressing_style": "path"})


@pytest.fixture
def s3(aws: Aws) -> Any:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_accelerate_configuration(Bucket=BUCKET, AccelerateConfiguration={"Status": "Enabled"})
    return s3


def accelerated(aws: Aws) -> tuple[Any, list[str]]:
    """A client of the accelerate endpoint, and the hosts that it calls."""
    hosts: list[str] = []
    client = aws.client("s3", config=Config(s3={"use_accelerate_endpoint": True}))
    client.meta.events.register_first("before-send.s3", lambda request, **_: hosts.append(request.url.split("/")[2]))
    return client, hosts


def test_the_accelerate_endpoint_serves_the_bucket(aws: Aws, s3: Any) -> None:
    client, hosts = accelerated(aws)
    client.put_object(Bucket=BUCKET, Key="video.mp4", Body=b"frames")
    assert s3.get_object(Bucket=BUCKET, Key="video.mp4")["Body"].read() == b"frames"
    assert set(hosts) == {f"{BUCKET}.s3-accelerate.amazonaws.com"}


def test_the_state_is_told(s3: Any) -> None:
    assert s3.get_bucket_accelerate_configuration(Bucket=BUCKET)["Status"] == "Enabled"


def test_a_bucket_that_is_not_accelerated_is_refused_there(aws: Aws, s3: Any) -> None:
    s3.create_bucket(Bucket="plain-bucket")
    client, _ = accelerated(aws)
    error = refused(client.put_object, Bucket="plain-bucket", Key="a", Body=b"x")
    assert (error["Code"], error["Status"]) == ("InvalidRequest", 400)
    assert "S3 Transfer Acceleration is not configured on this bucket" in error["Message"]


def test_suspended_it_is_refused_and_the_plain_endpoint_serves_on(aws: Aws, s3: Any) -> None:
    s3.put_bucket_accelerate_configuration(Bucket=BUCKET, AccelerateConfiguration={"Status": "Suspended"})
    client, _ = accelerated(aws)
    error = refused(client.put_object, Bucket=BUCKET, Key="a", Body=b"x")
    assert error["Code"] == "InvalidRequest"
    assert "S3 Transfer Acceleration is disabled on this bucket" in error["Message"]
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")
    s3.put_bucket_accelerate_configuration(Bucket=BUCKET, AccelerateConfiguration={"Status": "Enabled"})
    client.put_object(Bucket=BUCKET, Key="a", Body=b"y")


def test_the_accelerate_endpoint_names_its_bucket_in_the_host_and_deletes_none(aws: Aws, s3: Any) -> None:
    plain = aws.client("s3", endpoint_url="https://s3-accelerate.amazonaws.com", config=BY_PATH)
    error = refused(plain.get_object, Bucket=BUCKET, Key="a")
    assert (error["Code"], error["Status"]) == ("InvalidRequest", 400)
    assert "only supports virtual style requests" in error["Message"]
    assert refused(plain.list_buckets)["Code"] == "MethodNotAllowed"
    by_host = Config(s3={"addressing_style": "virtual"})
    hosted = aws.client("s3", endpoint_url="https://s3-accelerate.amazonaws.com", config=by_host)
    assert refused(hosted.delete_bucket, Bucket=BUCKET)["Code"] == "MethodNotAllowed"


def test_a_name_with_dots_cannot_be_accelerated(s3: Any) -> None:
    s3.create_bucket(Bucket="shop.uploads.example")
    asked = {"Bucket": "shop.uploads.example", "AccelerateConfiguration": {"Status": "Enabled"}}
    error = refused(s3.put_bucket_accelerate_configuration, **asked)
    assert (error["Code"], error["Status"]) == ("InvalidRequest", 400)
    assert "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names" in error["Message"]
