"""A URL that is good for fifteen minutes."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.config import Config

from catalog.configurations import user, visit
from foulweather.testing import Aws

BUCKET, KEY = "shop-invoices", "2026/invoice-17.pdf"


@pytest.fixture
def s3(aws: Aws) -> Any:
    """The client of somebody who may read and write invoices."""
    aws.client("s3").create_bucket(Bucket=BUCKET)
    work = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    session, _ = user(aws, "shop", work)
    s3 = session.client("s3", config=Config(signature_version="s3v4"))  # boto3's URLs are of version 2 otherwise
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"%PDF")
    return s3


def presigned(s3: Any, expires_s: int = 900, method: str = "get_object") -> str:
    return s3.generate_presigned_url(method, Params={"Bucket": BUCKET, "Key": KEY}, ExpiresIn=expires_s)


def test_it_is_good_for_fifteen_minutes_and_no_longer(aws: Aws, s3: Any) -> None:
    url = presigned(s3)
    time.sleep(1)  # a time in whole seconds does not tell whether it was signed before or after the move
    aws.advance("14m40s")
    assert (visit(aws, "GET", url).status, visit(aws, "GET", url).body) == (200, b"%PDF")
    aws.advance("40s")  # a slow machine may have signed some seconds after the held clock's time
    answer = visit(aws, "GET", url)
    assert answer.status == 403
    assert b"<Code>AccessDenied</Code><Message>Request has expired</Message>" in answer.body


def test_it_uploads_too(aws: Aws, s3: Any) -> None:
    assert visit(aws, "PUT", presigned(s3, method="put_object"), b"new").status == 200
    assert s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"new"


def test_it_is_good_for_its_method_and_its_key_only(aws: Aws, s3: Any) -> None:
    url = presigned(s3)
    for method, tampered in (("PUT", url), ("DELETE", url), ("GET", url.replace("invoice-17", "invoice-18"))):
        answer = visit(aws, method, tampered)
        assert answer.status == 403
        assert b"SignatureDoesNotMatch" in answer.body


def test_seven_days_is_the_longest(aws: Aws, s3: Any) -> None:
    week = 7 * 24 * 3600
    url = presigned(s3, week)
    aws.advance("6d23h")
    assert visit(aws, "GET", url).status == 200
    answer = visit(aws, "GET", presigned(s3, week + 1))
    assert answer.status == 400
    assert b"AuthorizationQueryParametersError" in answer.body
    assert b"X-Amz-Expires must be less than a week (in seconds)" in answer.body


def test_it_dies_with_the_permission_of_who_signed_it(aws: Aws, s3: Any) -> None:
    url = presigned(s3)
    aws.client("iam").delete_user_policy(UserName="shop", PolicyName="work")
    aws.advance("1m")
    answer = visit(aws, "GET", url)
    assert (answer.status, b"AccessDenied" in answer.body) == (403, True)
