"""Presigned URLs as boto3 makes them, through the front end."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.config import Config

from foulweather.kernel.http import HttpResponse
from harness import START_MS
from services.s3.s3_pages import Web, headers_of

METHODS = {"get_object": "GET", "put_object": "PUT", "head_object": "HEAD", "delete_object": "DELETE"}


@pytest.fixture
def web() -> Web:
    made = Web()
    made.aws.s3.create_bucket({"Bucket": "site"})
    made.aws.s3.put_object({"Bucket": "site", "Key": "a b/ü", "Body": b"hello"})
    made.aws.iam.create_user({"UserName": "ann"})
    statement = {"Effect": "Allow", "Action": ["s3:*", "sts:*"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made.aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": policy})
    return made


class Signer:
    """Presigns with ann's key at the time at which the world began."""

    def __init__(self, web: Web, version: str = "s3v4", style: str = "path", key: dict[str, str] | None = None) -> None:
        self.web = web
        made = key or web.aws.iam.create_access_key({"UserName": "ann"})["AccessKey"]
        self.client = boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url="http://s3.us-east-1.localhost:4566",
            aws_access_key_id=made["AccessKeyId"],
            aws_secret_access_key=made["SecretAccessKey"],
            aws_session_token=made.get("SessionToken"),
            config=Config(signature_version=version, s3={"addressing_style": style}),
        )

    def url(self, operation: str = "get_object", *, seconds: int = 60, **more: Any) -> str:
        parameters = {"Bucket": "site", "Key": "a b/ü", **more}
        moment = datetime.fromtimestamp(START_MS / 1000, UTC)
        pure = {"s3v4-query": S3SigV4QueryAuth}  # where it is installed, the common runtime would read its own clock
        with (
            mock.patch.dict("botocore.auth.AUTH_TYPE_MAPS", pure),
            mock.patch("botocore.auth.get_current_datetime", return_value=moment.replace(tzinfo=None)),
            mock.patch("botocore.auth.time.time", return_value=START_MS / 1000),
        ):
            return self.client.generate_presigned_url(operation, Params=parameters, ExpiresIn=seconds)

    def ask(self, url: str, method: str = "GET", body: bytes = b"", **headers: str) -> HttpResponse:
        parts = urlsplit(url)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.web.ask(method, f"{parts.path}?{parts.query}", given, body, host=parts.netloc)


def code_of(response: HttpResponse) -> str:
    return response.body.decode().partition("<Code>")[2].partition("<")[0]


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize("style", ["path", "virtual"])
def test_a_presigned_url_reads_and_writes(web: Web, version: str, style: str):
    signer = Signer(web, version, style)
    assert signer.ask(signer.url()).body == b"hello"
    url = signer.url("put_object", Key="new", ContentType="text/plain", Metadata={"who": "me"})
    sent = {"Content_Type": "text/plain", "x_amz_meta_who": "me"}
    assert signer.ask(url, "PUT", b"data", **sent).status == 200
    held = web.aws.s3.get_object({"Bucket": "site", "Key": "new"})
    assert (held["Body"], held["ContentType"], held["Metadata"]) == (b"data", "text/plain", {"who": "me"})


def test_what_was_signed_must_be_sent_and_nothing_else(web: Web):
    signer = Signer(web)
    url = signer.url("put_object", Key="new", ContentType="text/plain", Metadata={"who": "me"})
    wrong = {"Content_Type": "text/html", "x_amz_meta_who": "me"}
    assert code_of(signer.ask(url, "PUT", b"x", **wrong)) == "SignatureDoesNotMatch"
    assert code_of(signer.ask(url, "PUT", b"x", Content_Type="text/plain")) == "SignatureDoesNotMatch"
    response = signer.ask(signer.url("put_object", Key="new"), "PUT", b"x", x_amz_acl="public-read")
    assert (response.status, code_of(response)) == (403, "AccessDenied")
    assert b"There were headers present in the request which were not signed" in response.body
    assert b"<HeadersNotSigned>x-amz-acl</HeadersNotSigned>" in response.body


def test_a_url_is_for_one_method(web: Web):
    signer = Signer(web)
    response = signer.ask(signer.url(), "HEAD")
    assert (response.status, code_of(response)) == (403, "SignatureDoesNotMatch")
    assert signer.ask(signer.url("head_object"), "HEAD").status == 200


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_url_expires_by_the_worlds_clock(web: Web, version: str):
    signer = Signer(web, version)
    url = signer.url(seconds=60)
    web.advance(60)
    assert signer.ask(url).status == 200
    web.advance(1)
    response = signer.ask(url)
    text = response.body.decode()
    assert (response.status, code_of(response)) == (403, "AccessDenied")
    assert "<Message>Request has expired</Message>" in text
    assert "<Expires>2026-01-01T00:01:00Z</Expires><ServerTime>2026-01-01T00:01:01Z</ServerTime>" in text
    assert ("<X-Amz-Expires>60</X-Amz-Expires>" in text) == (version == "s3v4")
    why = web.last_wrong().hops[0].why
    assert why is not None
    assert [fact.property for fact in why.facts] == ["Expires", "now"]


@pytest.mark.parametrize(("seconds", "words"), [(604_801, "must be less than a week"), (-1, "must be non-negative")])
def test_how_long_a_url_may_last(web: Web, seconds: int, words: str):
    signer = Signer(web)
    response = signer.ask(signer.url(seconds=seconds))
    assert (response.status, code_of(response)) == (400, "AuthorizationQueryParametersError")
    assert words in response.body.decode()


def test_a_session_token_is_part_of_the_url(web: Web):
    made = web.aws.iam.create_access_key({"UserName": "ann"})["AccessKey"]
    ann = web.aws.as_principal(web.aws.pipeline.world.state(_credentials()).by_id[made["AccessKeyId"]].principal)
    key = ann.sts.get_session_token({})["Credentials"]
    signer = Signer(web, key=key)
    url = signer.url()
    assert "X-Amz-Security-Token=" in url
    assert signer.ask(url).body == b"hello"
    bare = "&".join([each for each in url.split("&") if not each.startswith("X-Amz-Security-Token")])
    assert code_of(signer.ask(bare)) == "InvalidAccessKeyId"


def _credentials() -> Any:
    from foulweather.kernel.credentials import Credentials

    return Credentials


def test_answers_headers_are_overridden_by_who_signs_alone(web: Web):
    signer = Signer(web)
    response = signer.ask(signer.url(ResponseContentType="text/x", ResponseContentDisposition="attachment"))
    found = headers_of(response)
    assert (found["content-type"], found["content-disposition"]) == ("text/x", "attachment")
    assert code_of(signer.ask(signer.url() + "&response-content-type=text/y")) == "SignatureDoesNotMatch"


def test_policies_see_how_a_url_was_signed(web: Web):
    signer = Signer(web)
    condition = {
        "StringEquals": {"s3:authType": "REST-QUERY-STRING"},
        "NumericGreaterThan": {"s3:signatureAge": "30000"},
    }
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}
    document = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]}
    web.aws.s3.put_bucket_policy({"Bucket": "site", "Policy": json.dumps(document)})
    url = signer.url(seconds=600)
    assert signer.ask(url).status == 200
    web.advance(40)
    assert (signer.ask(url).status, code_of(signer.ask(url))) == (403, "AccessDenied")
