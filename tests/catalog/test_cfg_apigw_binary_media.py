"""Binary media types: a picture arrives at the function in base64, and is the same when it is decoded."""

from __future__ import annotations

import hashlib
import json

import pytest

from catalog.functions import function
from catalog.gateways import Api, lambda_proxy, rest_api
from foulweather.testing import Aws

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
CODE = """import base64
import hashlib
import json

PNG = b"\\x89PNG\\r\\n\\x1a\\n" + bytes(range(256))


def handler(event, context):
    if event["httpMethod"] == "GET":
        return {"statusCode": 200, "headers": {"Content-Type": "image/png"}, "isBase64Encoded": True,
                "body": base64.b64encode(PNG).decode()}
    body, coded = event["body"], event["isBase64Encoded"]
    raw = base64.b64decode(body) if coded else body.encode()
    told = {"coded": coded, "sha256": hashlib.sha256(raw).hexdigest()}
    return {"statusCode": 200, "body": json.dumps(told)}
"""
SHA = hashlib.sha256(PNG).hexdigest()
FORM = b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n' + PNG + b"\r\n--b--\r\n"


@pytest.fixture
def api(aws: Aws) -> Api:
    operation = lambda_proxy(aws, function(aws, "upload", CODE))
    types = ["image/*", "application/pdf", "multipart/form-data"]
    binary = {"x-amazon-apigateway-binary-media-types": types}
    return rest_api(aws, {"/uploads": {"post": operation, "get": operation}}, "upload", **binary)


def test_a_picture_arrives_as_it_was_sent_and_json_stays_text(api: Api) -> None:
    told = json.loads(api.ask("POST", "/uploads", PNG, Content_Type="image/png").body)
    assert told == {"coded": True, "sha256": SHA}
    form = json.loads(api.ask("POST", "/uploads", FORM, Content_Type="multipart/form-data; boundary=b").body)
    assert form == {"coded": True, "sha256": hashlib.sha256(FORM).hexdigest()}

    assert json.loads(api.ask("POST", "/uploads", {"a": 1}).body)["coded"] is False

    told = json.loads(api.ask("POST", "/uploads", PNG, Content_Type="application/zip").body)
    assert not told["coded"]
    assert told["sha256"] != SHA


def test_a_picture_is_answered_in_bytes_and_ten_megabytes_are_the_most(api: Api) -> None:
    response = api.ask("GET", "/uploads", Accept="image/png")
    assert (response.body, dict(response.headers)["Content-Type"]) == (PNG, "image/png")

    response = api.ask("POST", "/uploads", b"x" * (10 * 1024 * 1024 + 1), Content_Type="image/png")
    assert (response.status, json.loads(response.body)) == (413, {"message": "Request Too Long"})
