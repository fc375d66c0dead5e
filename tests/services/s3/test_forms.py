"""Browsers' uploads by forms, through the front end."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.app import Admission
from foulweather.wire.proof import signing_key
from services.s3.s3_pages import HOST, Web, headers_of, public_bucket

EXPIRES = "2026-01-01T01:00:00Z"
BOUNDARY = "----WebKitFormBoundaryABC"


@pytest.fixture
def web() -> Web:
    made = Web()
    made.aws.s3.create_bucket({"Bucket": "site"})
    return made


@pytest.fixture
def key(web: Web) -> tuple[str, str]:
    web.aws.iam.create_user({"UserName": "ann"})
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    web.aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": json.dumps(policy)})
    made = web.aws.iam.create_access_key({"UserName": "ann"})["AccessKey"]
    return made["AccessKeyId"], made["SecretAccessKey"]


def policy_of(*conditions: Any, expiration: str = EXPIRES) -> str:
    document = {"expiration": expiration, "conditions": list(conditions)}
    return base64.b64encode(json.dumps(document).encode()).decode()


def signed(
    fields: dict[str, str], key: tuple[str, str], *conditions: Any, version: int = 4, **more: Any
) -> dict[str, str]:
    """The fields with a policy that they keep to, and its signature."""
    date = "20260101T000000Z"
    scope = f"{key[0]}/20260101/us-east-1/s3/aws4_request"
    further: dict[str, str] = {}
    if version == 4:
        further = {"x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-credential": scope, "x-amz-date": date}
    said = [{"bucket": "site"}, *({name: value} for name, value in (fields | further).items())]
    policy = policy_of(*(conditions or said), **more)
    if version == 2:
        made = base64.b64encode(hmac.digest(key[1].encode(), policy.encode(), "sha1")).decode()
        return {**fields, "AWSAccessKeyId": key[0], "policy": policy, "signature": made}
    made = hmac.digest(signing_key(key[1], "20260101", "us-east-1", "s3"), policy.encode(), "sha256").hex()
    return {**fields, **further, "policy": policy, "x-amz-signature": made}


def body_of(fields: dict[str, str], file: bytes | None, filename: str = "a.txt") -> bytes:
    lines = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    data = "".join(lines).encode()
    if file is not None:
        head = f'Content-Disposition: form-data; name="file"; filename="{filename}"\r\nContent-Type: text/plain'
        data += f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + file + b"\r\n"
    return data + f"--{BOUNDARY}--\r\n".encode()


def post(web: Web, fields: dict[str, str], file: bytes | None = b"bar", **more: Any) -> HttpResponse:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", **more.pop("headers", {})}
    path, host = more.pop("path", "/site"), more.pop("host", HOST)
    return web.ask("POST", path, headers, body_of(fields, file, **more), host=host)


def stored(web: Web, key: str) -> dict[str, Any]:
    return web.aws.s3.get_object({"Bucket": "site", "Key": key})


def refusal(response: HttpResponse) -> tuple[int, str, str]:
    text = response.body.decode()
    return (
        response.status,
        text.partition("<Code>")[2].partition("<")[0],
        text.partition("<Message>")[2].partition("<")[0],
    )


@pytest.mark.parametrize("version", [2, 4])
def test_a_signed_form_stores_an_object(web: Web, key: tuple[str, str], version: int):
    fields = {"key": "foo.txt", "Content-Type": "text/plain", "x-amz-meta-a": "b", "Cache-Control": "no-cache"}
    response = post(web, signed(fields, key, version=version))
    assert (response.status, response.body) == (204, b"")
    found = headers_of(response)
    assert found["etag"] == f'"{hashlib.md5(b"bar").hexdigest()}"'
    assert found["location"] == f"http://{HOST}/site/foo.txt"
    held = stored(web, "foo.txt")
    assert (held["Body"], held["ContentType"], held["Metadata"], held["CacheControl"]) == (
        *(b"bar", "text/plain", {"a": "b"}),
        "no-cache",
    )
    (event,) = web.aws.events("s3.ObjectCreated")
    assert (event.facts["how"], event.principal) == ("Post", "arn:aws:iam::111122223333:user/ann")


def test_a_strangers_key_is_its_accounts_root(web: Web):
    web.aws.in_account("000000000000").s3.create_bucket({"Bucket": "other"})
    fields = signed({"key": "a"}, ("test", "test"), {"bucket": "other"}, ["starts-with", "$key", ""], *_any_proof())
    assert post(web, fields, path="/other").status == 204


def _any_proof() -> list[Any]:
    return [["starts-with", f"$x-amz-{name}", ""] for name in ("algorithm", "credential", "date")]


def test_the_bucket_may_be_in_the_host(web: Web, key: tuple[str, str]):
    assert post(web, signed({"key": "a"}, key), path="/", host="site.s3.us-east-1.localhost:4566").status == 204
    assert stored(web, "a")["Body"] == b"bar"


def test_a_signature_of_another_secret_is_refused(web: Web, key: tuple[str, str]):
    status, code, _ = refusal(post(web, signed({"key": "a"}, (key[0], key[1] + "x"))))
    assert (status, code) == (403, "SignatureDoesNotMatch")
    assert refusal(post(web, {**signed({"key": "a"}, key), "x-amz-signature": ""}))[:2] == (400, "InvalidArgument")


def test_permissions_are_asked_as_ever(web: Web, key: tuple[str, str]):
    web.aws.iam.delete_user_policy({"UserName": "ann", "PolicyName": "p"})
    assert refusal(post(web, signed({"key": "a"}, key)))[:2] == (403, "AccessDenied")
    assert web.last_wrong().hops[0].operation == "PutObject"


@pytest.mark.parametrize(("actions", "status"), [(("PutObject",), 204), (("GetObject",), 403)])
def test_nobody_may_upload_where_everybody_may(actions: tuple[str, ...], status: int):
    web = Web()
    public_bucket(web.aws, "site", *actions)
    assert post(web, {"key": "a"}).status == status


def test_a_policy_expires_by_the_worlds_clock(web: Web, key: tuple[str, str]):
    fields = signed({"key": "a"}, key)
    web.advance(3600)
    response = post(web, fields)
    assert refusal(response) == (403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    why = web.last_wrong().hops[0].why
    assert why is not None
    assert (why.facts[0].property, why.facts[0].value) == ("expiration", EXPIRES)


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ([{"bucket": "site"}, ["eq", "$key", "x"]], 'Policy Condition failed: ["eq", "$key", "x"]'),
        ([{"bucket": "site"}, {"key": "x"}], 'Policy Condition failed: ["eq", "$key", "x"]'),
        ([["starts-with", "$key", "u/"]], 'Policy Condition failed: ["starts-with", "$key", "u/"]'),
        ([{"bucket": "others"}], 'Policy Condition failed: ["eq", "$bucket", "others"]'),
        ([{"key": "a"}, ["eq", "$acl", "private"]], 'Policy Condition failed: ["eq", "$acl", "private"]'),
        ([{"bucket": "site"}, {"key": "a"}, *_any_proof()[:2]], "Extra input fields: x-amz-date"),
        ([{"key": "a"}, *_any_proof()], "Extra input fields: bucket"),
    ],
)
def test_a_form_that_breaks_its_policy_is_refused(web: Web, key: tuple[str, str], conditions: list[Any], message: str):
    response = post(web, signed({"key": "a"}, key, *conditions))
    text = f"Invalid according to Policy: {message}".replace('"', "&quot;")
    assert refusal(response) == (403, "AccessDenied", text)
    assert web.last_wrong().hops[0].why.facts  # type: ignore[union-attr]
    assert web.aws.s3.list_objects_v2({"Bucket": "site"})["KeyCount"] == 0


@pytest.mark.parametrize(
    ("low", "high", "code"), [(4, 9, "EntityTooSmall"), (0, 2, "EntityTooLarge"), (3, 3, ""), ("0", "9", "")]
)
def test_the_range_of_sizes(web: Web, key: tuple[str, str], low: Any, high: Any, code: str):
    conditions = [{"bucket": "site"}, {"key": "a"}, *_any_proof(), ["content-length-range", low, high]]
    response = post(web, signed({"key": "a"}, key, *conditions))
    assert refusal(response)[1] == code
    assert response.status == (400 if code else 204)
    if code == "EntityTooLarge":
        assert b"<ProposedSize>3</ProposedSize><MaxSizeAllowed>2</MaxSizeAllowed>" in response.body


@pytest.mark.parametrize(
    "document",
    [
        b"no json",
        b"[]",
        b"{}",
        json.dumps({"expiration": EXPIRES}).encode(),
        json.dumps({"EXPIRATION": EXPIRES, "conditions": []}).encode(),
        json.dumps({"expiration": "2026-01-01 01:00:00", "conditions": []}).encode(),
        json.dumps({"expiration": EXPIRES, "conditions": [{}]}).encode(),
        json.dumps({"expiration": EXPIRES, "conditions": [["content-length-range", 0]]}).encode(),
        json.dumps({"expiration": EXPIRES, "conditions": [["content-length-range", -1, 0]]}).encode(),
        json.dumps({"expiration": EXPIRES, "conditions": [["eq", "key", "a"]]}).encode(),
        json.dumps({"expiration": EXPIRES, "conditions": [["like", "$key", "a"]]}).encode(),
        b"[" * 5000,
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(web: Web, key: tuple[str, str], document: bytes):
    policy = base64.b64encode(document).decode()
    made = base64.b64encode(hmac.digest(key[1].encode(), policy.encode(), "sha1")).decode()
    fields = {"key": "a", "AWSAccessKeyId": key[0], "policy": policy, "signature": made}
    status, code, message = refusal(post(web, fields))
    assert (status, code) == (400, "InvalidPolicyDocument")
    assert message.startswith("Invalid Policy: ")


def test_names_are_compared_without_case_and_dollars_may_be_escaped(web: Web, key: tuple[str, str]):
    conditions = [{"bUcKeT": "site"}, ["StArTs-WiTh", "$KeY", "f"], {"aCl": "bucket-owner-full-control"}, *_any_proof()]
    fields = {"KEY": "foo", "Acl": "bucket-owner-full-control", "x-ignore-me": "1"}
    assert post(web, signed(fields, key, *conditions)).status == 204
    document = f'{{"expiration":"{EXPIRES}","conditions":[{{"bucket":"site"}},["eq","$key","\\$a"]]}}'
    policy = base64.b64encode(document.encode()).decode()
    made = base64.b64encode(hmac.digest(key[1].encode(), policy.encode(), "sha1")).decode()
    fields = {"key": "$a", "AWSAccessKeyId": key[0], "policy": policy, "signature": made}
    assert post(web, fields).status == 204


@pytest.mark.parametrize(
    ("filename", "name"), [("a b.txt", "a b.txt"), ("C:\\dir\\x.txt", "x.txt"), ("/d/é.txt", "é.txt"), ("", "")]
)
def test_the_files_name_is_filled_in(web: Web, key: tuple[str, str], filename: str, name: str):
    conditions = [{"bucket": "site"}, ["starts-with", "$key", "u/"], *_any_proof()]
    fields = signed({"key": "u/${filename}"}, key, *conditions)
    assert post(web, fields, filename=filename).status == 204
    assert stored(web, f"u/{name}")["Body"] == b"bar"


def test_what_the_form_wants_for_an_answer(web: Web, key: tuple[str, str]):
    etag = hashlib.md5(b"bar").hexdigest()
    response = post(web, signed({"key": "d/a&b", "success_action_status": "201"}, key))
    assert response.status == 201
    assert response.body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<PostResponse><Location>http://{HOST}/site/d%2Fa%26b</Location><Bucket>site</Bucket>"
        f"<Key>d/a&amp;b</Key><ETag>&quot;{etag}&quot;</ETag></PostResponse>"
    )
    assert post(web, signed({"key": "a", "success_action_status": "200"}, key)).status == 200
    assert post(web, signed({"key": "a", "success_action_status": "404"}, key)).status == 204
    response = post(web, signed({"key": "a b", "success_action_redirect": "http://page.test/ok?x=1"}, key))
    assert response.status == 303
    assert headers_of(response)["location"] == f"http://page.test/ok?x=1&bucket=site&key=a%20b&etag=%22{etag}%22"
    assert post(web, signed({"key": "a", "success_action_redirect": "nowhere"}, key)).status == 204


def test_fields_become_what_the_object_has(web: Web, key: tuple[str, str]):
    tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>"
    checksum = base64.b64encode(hashlib.sha256(b"bar").digest()).decode()
    fields = {
        "key": "a",
        "tagging": tags,
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-checksum-sha256": checksum,
        "x-amz-server-side-encryption": "AES256",
        "x-amz-website-redirect-location": "/x",
        "Expires": "soon",
    }
    assert post(web, signed(fields, key)).status == 204
    held = stored(web, "a")
    assert (held["StorageClass"], held["WebsiteRedirectLocation"], held["Expires"]) == ("STANDARD_IA", "/x", "soon")
    assert web.aws.s3.get_object_tagging({"Bucket": "site", "Key": "a"})["TagSet"] == [{"Key": "a", "Value": "b c"}]
    wrong = {"key": "a", "x-amz-checksum-sha256": base64.b64encode(bytes(32)).decode()}
    assert refusal(post(web, signed(wrong, key)))[:2] == (400, "BadDigest")
    assert refusal(post(web, signed({"key": "a", "tagging": "<Tag/>"}, key)))[:2] == (400, "MalformedXML")
    assert refusal(post(web, signed({"key": "a", "x-amz-storage-class": "COLD"}, key)))[1] == "InvalidStorageClass"


def test_forms_that_are_none(web: Web, key: tuple[str, str]):
    status, code, message = refusal(post(web, signed({"key": "a"}, key), None))
    assert (status, code, message) == (400, "InvalidArgument", "POST requires exactly one file upload per request.")
    status, code, message = refusal(post(web, {"acl": "private"}))
    assert (status, code) == (400, "InvalidArgument")
    assert message.startswith("Bucket POST must contain a field named &apos;key&apos;.  If it is specified")
    assert refusal(post(web, {"key": ""}))[2] == "User key must have a length greater than 0."
    assert refusal(post(web, {"key": "a", "x-amz-meta-a": "x" * 21_000}))[1] == "MaxPostPreDataLengthExceeded"
    headers = {"Content-Type": "multipart/form-data"}
    assert refusal(post(web, {"key": "a"}, headers=headers))[1] == "MalformedPOSTRequest"
    assert refusal(post(web, {"key": "a"}, path="/nothing"))[:2] == (404, "NoSuchBucket")


def test_a_policy_document_of_iam_may_ask_for_forms(web: Web, key: tuple[str, str]):
    statement = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*", "Principal": "*"}
    document = {"Statement": [{**statement, "Condition": {"StringEquals": {"s3:authType": "POST"}}}]}
    web.aws.s3.put_bucket_policy(
        {
            "Bucket": "site",
            "Policy": json.dumps({"Version": "2012-10-17", **document}).replace(
                '"Resource": "*"', '"Resource": "arn:aws:s3:::site/*"'
            ),
        }
    )
    assert refusal(post(web, signed({"key": "a"}, key)))[:2] == (403, "AccessDenied")


def test_small_forms_are_taken_in_whole_and_large_ones_as_they_arrive(web: Web) -> None:
    for length, is_stream in (("1000", False), (str(1 << 20), False), (str((1 << 20) + 1), True), ("", True)):
        headers = [("Host", HOST), ("Content-Type", "multipart/form-data; boundary=x")]
        headers += [("Content-Length", length)] if length else []
        admission = web.cloud.admit(HttpRequest("POST", "/site", "", headers))
        assert isinstance(admission, Admission)
        assert admission.stream == is_stream


def test_who_signs_nothing_and_asks_first_is_told_before_the_body(web: Web):
    """ "If the message is rejected based on the headers, the body of the message is not sent" (PutObject, Expect)."""
    length = ("Content-Length", "3")
    head = HttpRequest("PUT", "/site/a", "", [("Host", HOST), length, ("Expect", "100-continue")])
    admission = web.cloud.admit(head)
    assert isinstance(admission, Admission)
    assert admission.stream
    plain = web.cloud.admit(HttpRequest("PUT", "/site/a", "", [("Host", HOST), length]))
    assert isinstance(plain, Admission)
    assert not plain.stream
