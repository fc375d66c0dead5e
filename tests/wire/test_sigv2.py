"""Presigned S3 URLs and upload forms as SDKs make them by default in the oldest regions."""

from __future__ import annotations

import base64
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.wire.post_policy import read_policy_proof
from foulweather.wire.proof import Proof
from foulweather.wire.sigv4 import check_scope, check_times, read_proof, signature_mismatch

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW_MS = 1_440_938_160_000


def client(region: str = "us-east-1", style: str = "path", token: str | None = None, version: str | None = None) -> Any:
    return boto3.client(
        "s3",
        region_name=region,
        endpoint_url="http://s3.localhost:4566",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        aws_session_token=token,
        config=Config(s3={"addressing_style": style}, signature_version=version),
    )


def presigned(made: Any, operation: str = "get_object", **more: Any) -> HttpRequest:
    parameters = {"Bucket": "bucket", "Key": "a b/ü+c.txt", **more}
    with mock.patch("botocore.auth.time.time", return_value=NOW_MS / 1000):
        url = made.generate_presigned_url(operation, Params=parameters, ExpiresIn=60)
    parts = urlsplit(url)
    method = {"get_object": "GET", "put_object": "PUT"}[operation]
    return HttpRequest(method, parts.path, parts.query, [("Host", parts.netloc)])


def proof_of(request: HttpRequest) -> Proof:
    proof = read_proof(request)
    assert proof is not None
    return proof


@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize("token", [None, "a/b+c=="])
def test_a_presigned_url_is_believed(style: str, token: str | None):
    request = presigned(client(style=style, token=token))
    proof = proof_of(request)
    assert (proof.access_key_id, proof.service, proof.region, proof.token) == (KEY, "s3", "", token or "")
    assert proof.matches(SECRET)
    assert not proof.matches(SECRET + "x")


def test_signed_parameters_and_headers_are_part_of_it():
    request = presigned(client(), VersionId="v1", ResponseContentType="text/plain; charset=x", ResponseExpires=0)
    assert proof_of(request).matches(SECRET)
    changed = HttpRequest("GET", request.path, request.query.replace("v1", "v2"), request.headers)
    assert not proof_of(changed).matches(SECRET)
    upload = presigned(client(), "put_object", ContentType="text/plain", Metadata={"a": "b"})
    assert proof_of(upload).matches(SECRET)


@pytest.mark.parametrize("change", ["path", "method", "Expires", "Signature"])
def test_an_altered_url_is_not(change: str):
    request = presigned(client())
    if change == "path":
        request.path += "x"
    elif change == "method":
        request.method = "PUT"
    else:
        request.query = request.query.replace(f"{change}=", f"{change}=1")
    assert not proof_of(request).matches(SECRET)


def test_it_expires_when_it_says():
    proof = proof_of(presigned(client()))
    check_times(proof, NOW_MS + 60_000, "s3")
    with pytest.raises(AwsError) as caught:
        check_times(proof, NOW_MS + 60_001, "s3")
    assert caught.value.message == "Request has expired"
    assert set(caught.value.members) == {"Expires", "ServerTime"}


def test_newer_regions_do_not_take_it():
    proof = proof_of(presigned(client()))
    check_scope(proof, "s3", "s3", "us-east-1")
    with pytest.raises(AwsError, match=r"Please use AWS4-HMAC-SHA256\."):
        check_scope(proof, "s3", "s3", "eu-central-1")


def test_the_mismatch_shows_the_string_to_sign():
    error = signature_mismatch(proof_of(presigned(client())), "s3")
    assert error.members["StringToSign"].startswith("GET\n\n\n1440938220\n/bucket/")
    assert "CanonicalRequest" not in error.members


@pytest.mark.parametrize("query", ["Expires=", "Expires=x", "", "Expires=-1", "Expires=999999999999999"])
def test_malformed_expiry_is_refused(query: str):
    request = HttpRequest("GET", "/b/k", f"AWSAccessKeyId=A&Signature=x&{query}", [("Host", "h")])
    with pytest.raises(AwsError, match="AccessDenied"):
        read_proof(request, "s3")


@pytest.mark.parametrize(("region", "version"), [("us-east-1", None), ("eu-central-1", None), ("us-east-1", "s3v4")])
def test_an_upload_form_is_believed(region: str, version: str | None):
    post = client(region, token="token", version=version).generate_presigned_post("bucket", "key")
    fields = {name.lower(): value for name, value in post["fields"].items()}
    proof = read_policy_proof(fields)
    assert proof is not None
    assert (proof.access_key_id, proof.token) == (KEY, "token")
    assert proof.matches(SECRET)
    assert not proof.matches("other")
    other = base64.b64encode(b'{"expiration": "2099-01-01T00:00:00Z", "conditions": []}').decode()
    changed = read_policy_proof({**fields, "policy": other})
    assert changed is not None
    assert not changed.matches(SECRET)


def test_an_anonymous_form_has_no_proof_and_a_half_signed_one_is_refused():
    assert read_policy_proof({"key": "k"}) is None
    with pytest.raises(AwsError, match="must contain a field named 'x-amz-algorithm'"):
        read_policy_proof({"policy": "x"})
    with pytest.raises(AwsError, match="InvalidArgument"):
        read_policy_proof({"policy": "x", "x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-credential": "a/b"})
