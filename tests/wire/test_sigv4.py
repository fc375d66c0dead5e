"""Signatures made by botocore are believed, and any altered part of a signed request is not."""

from __future__ import annotations

import datetime
import hashlib
import random
from typing import Any
from unittest import mock
from urllib.parse import quote, urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.gates import refusals
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.wire import proof as proof_module
from foulweather.wire import sigv4a
from foulweather.wire.sigv4 import access_key_of, read_proof, signing_key
from foulweather.wire.validity import check_scope, check_times, signature_mismatch

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime.datetime(2015, 8, 30, 12, 36, tzinfo=datetime.UTC)
NOW_MS = 1_440_938_160_000


def signed(
    signer: type[botocore.auth.SigV4Auth],
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes,
    service: str,
    region: str = "us-east-1",
    token: str | None = None,
    context: dict[str, Any] | None = None,
    **options: Any,
) -> HttpRequest:
    """Sign with botocore, and hand over what would arrive on the wire."""
    request = AWSRequest(method=method, url=url, headers=headers, data=body)
    request.context.update(context or {})
    with mock.patch("botocore.auth.get_current_datetime", return_value=NOW.replace(tzinfo=None)):
        signer(Credentials(KEY, SECRET, token), service, region, **options).add_auth(request)
    prepared = request.prepare()
    parts = urlsplit(prepared.url)
    lines = [(str(name), _text(value)) for name, value in prepared.headers.items()]
    if not any(name.lower() == "host" for name, _ in lines):
        lines.insert(0, ("Host", parts.netloc))
    return HttpRequest(method, parts.path or "/", parts.query, lines, body)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def signed_json(token: str | None = None) -> HttpRequest:
    headers = {
        "X-Amz-Target": "AmazonSQS.SendMessage",
        "Content-Type": "application/x-amz-json-1.0",
        "User-Agent": "x",
        "x-amzn-query-mode": "true",
    }
    url = "http://localhost:4566/"
    return signed(botocore.auth.SigV4Auth, "POST", url, headers, b"{" + b" " * 1022 + b"}", "sqs", token=token)


def altered(request: HttpRequest, **changes: Any) -> HttpRequest:
    values = {name: getattr(request, name) for name in ("method", "path", "query", "headers", "body")} | changes
    return HttpRequest(values["method"], values["path"], values["query"], list(values["headers"]), values["body"])


def with_header(request: HttpRequest, name: str, value: str) -> HttpRequest:
    kept = [(each, old) for each, old in request.headers if each.lower() != name.lower()]
    return altered(request, headers=[*kept, (name, value)])


def believed(request: HttpRequest, family: refusals.Family, secret: str = SECRET) -> bool:
    proof = read_proof(request, family)
    assert proof is not None
    return proof.matches(secret)


def refusal(request: HttpRequest, family: refusals.Family) -> AwsError:
    with pytest.raises(AwsError) as caught:
        read_proof(request, family)
    return caught.value


# -- believing botocore


def test_a_signed_request_tells_who_and_for_what():
    proof = read_proof(signed_json(token="session"), "json")
    assert proof is not None
    assert (proof.access_key_id, proof.date, proof.region, proof.service) == (KEY, "20150830", "us-east-1", "sqs")
    assert (proof.token, proof.signed_at_ms, proof.expires_s, proof.streaming) == ("session", NOW_MS, None, None)
    assert proof.matches(SECRET)
    assert not proof.matches(SECRET + "x")


def test_the_signing_key_is_the_documented_one():
    # "Deriving the signing key" of the retired General Reference, for this secret, day, region and service.
    key = signing_key(SECRET, "20150830", "us-east-1", "iam")
    assert key.hex() == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"


def test_the_documented_iam_example_is_believed():
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    request = HttpRequest(
        "GET",
        "/",
        "Action=ListUsers&Version=2010-05-08",
        [
            ("Host", "iam.amazonaws.com"),
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("X-Amz-Date", "20150830T123600Z"),
            (
                "Authorization",
                f"AWS4-HMAC-SHA256 Credential={KEY}/20150830/us-east-1/iam/aws4_request, "
                "SignedHeaders=content-type;host;x-amz-date, "
                "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            ),
        ],
    )
    assert believed(request, "query")


def test_the_documented_s3_example_is_believed():
    # https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html (GET Object)
    empty = hashlib.sha256(b"").hexdigest()
    request = HttpRequest(
        "GET",
        "/test.txt",
        "",
        [
            ("Host", "examplebucket.s3.amazonaws.com"),
            ("Range", "bytes=0-9"),
            ("x-amz-content-sha256", empty),
            ("x-amz-date", "20130524T000000Z"),
            (
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
        ],
    )
    assert believed(request, "s3", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


def test_the_documented_s3_presigned_example_is_believed():
    # https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
        "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    request = HttpRequest("GET", "/test.txt", query, [("Host", "examplebucket.s3.amazonaws.com")])
    proof = read_proof(request, "s3")
    assert proof is not None
    assert proof.expires_s == 86400
    assert proof.matches("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")


names = st.text("abcdefXYZ-019", min_size=1, max_size=12).map(lambda name: f"x-t-{name}")
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30)
words = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=10)
segments = st.lists(words, max_size=4)
queries = st.lists(st.tuples(words.filter(bool), words), max_size=5)
bodies = st.binary(max_size=80)


def _query(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(names, values, max_size=5), segments, queries, bodies, st.booleans())
def test_random_requests_signed_for_any_service_are_believed(
    headers: dict[str, str], path: list[str], pairs: list[tuple[str, str]], body: bytes, with_token: bool
):
    url = "https://h:8443/" + "/".join(quote(part, safe="~") for part in path)
    if pairs:
        url += "?" + _query(pairs)
    lower = {name.lower(): value for name, value in headers.items()}
    request = signed(botocore.auth.SigV4Auth, "PUT", url, lower, body, "lambda", token="t" if with_token else None)
    assert believed(request, "rest-json")
    assert not believed(altered(request, body=body + b"x"), "rest-json")


@settings(max_examples=150, deadline=None)
@given(segments, queries, bodies)
def test_random_requests_signed_for_s3_are_believed(path: list[str], pairs: list[tuple[str, str]], body: bytes):
    url = "http://b.localhost:4566/" + "/".join(quote(part, safe="~") for part in path)
    if pairs:
        url += "?" + _query(pairs)
    request = signed(botocore.auth.S3SigV4Auth, "PUT", url, {"x-amz-meta-a": " b   c "}, body, "s3", "eu-west-1")
    proof = read_proof(request, "s3")
    assert proof is not None
    assert proof.matches(SECRET)
    proof.check_payload(hashlib.sha256(body).hexdigest())
    with pytest.raises(AwsError, match="XAmzContentSHA256Mismatch"):
        proof.check_payload(hashlib.sha256(body + b"x").hexdigest())


@settings(max_examples=100, deadline=None)
@given(segments, queries, st.booleans())
def test_random_presigned_s3_urls_are_believed(path: list[str], pairs: list[tuple[str, str]], with_token: bool):
    pairs = [pair for pair in pairs if not pair[0].startswith("X-Amz-")]
    url = "http://localhost:4566/bucket/" + "/".join(quote(part, safe="~") for part in path)
    if pairs:
        url += "?" + _query(list(dict(pairs).items()))
    token = "a/b+c==" if with_token else None
    request = signed(botocore.auth.S3SigV4QueryAuth, "GET", url, {}, b"", "s3", token=token, expires=300)
    proof = read_proof(request, "s3")
    assert proof is not None
    assert proof.matches(SECRET)
    assert (proof.expires_s, proof.token) == (300, token or "")
    assert not believed(altered(request, query=request.query + "&versionId=2"), "s3")


def test_a_presigned_request_of_another_service_is_believed():
    url = "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    headers = {"x-k8s-aws-id": "cluster"}
    request = signed(botocore.auth.SigV4QueryAuth, "GET", url, headers, b"", "sts", expires=60)
    assert believed(request, "query")
    assert not believed(with_header(request, "x-k8s-aws-id", "other"), "query")


def test_an_unsigned_payload_is_believed_whatever_the_body():
    url = "https://h/2015/x"
    context = {"payload_signing_enabled": False}
    request = signed(botocore.auth.SigV4Auth, "POST", url, {}, b"body", "lambda", context=context)
    assert request.header("x-amz-content-sha256") == "UNSIGNED-PAYLOAD"
    assert believed(altered(request, body=b"another"), "rest-json")


def test_the_date_header_stands_in_for_x_amz_date():
    request = signed(botocore.auth.SigV4Auth, "GET", "http://h/", {"Date": "x"}, b"", "iam")
    assert request.header("x-amz-date") == ""
    proof = read_proof(request, "query")
    assert proof is not None
    assert proof.signed_at_ms == NOW_MS
    # botocore writes Date without a zone that says GMT; its instant is the same.
    assert proof.stamp == "20150830T123600Z"
    assert proof.matches(SECRET)


@pytest.mark.parametrize(
    "path",
    ["/a//b", "/a/./b/", "/a/../b", "/..", "/a%2Fb", "/a b".replace(" ", "%20"), "/%E1%88%B4", "/~-._", "/a=b,c:d@e"],
)
def test_paths_are_normalised_and_encoded_as_botocore_does(path: str):
    request = signed(botocore.auth.SigV4Auth, "GET", f"http://h{path}", {}, b"", "lambda")
    assert believed(altered(request, path=path), "rest-json")


@pytest.mark.parametrize("path", ["/b/a//b", "/b/./x", "/b/../y", "/b/a%2Fb", "/b/%E1%88%B4", "/b/a%20b%2Bc"])
def test_s3_paths_are_taken_as_they_are(path: str):
    request = signed(botocore.auth.S3SigV4Auth, "GET", f"http://h{path}", {}, b"", "s3")
    assert believed(altered(request, path=path), "s3")


def test_repeated_headers_are_joined_and_blanks_folded():
    request = signed(botocore.auth.SigV4Auth, "GET", "http://h/", {"x-a": "1, 2  3"}, b"", "iam")
    split = [(name, value) for name, value in request.headers if name != "x-a"]
    assert believed(altered(request, headers=[*split, ("X-A", " 1, 2\t3 ")]), "query")


def test_repeated_query_names_are_sorted_by_value():
    request = signed(botocore.auth.SigV4Auth, "GET", "http://h/?b=2&a=z&a=A&a-b=1&a", {}, b"", "iam")
    assert believed(request, "query")
    assert believed(altered(request, query="a-b=1&a=A&b=2&a=&a=z"), "query")


# -- not believing


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"path": "/x"},
        {"query": "a=b"},
        {"body": b"{}"},
    ],
    ids=str,
)
def test_an_altered_part_breaks_the_signature(change: dict[str, Any]):
    assert not believed(altered(signed_json(), **change), "json")


@pytest.mark.parametrize("name", ["Host", "X-Amz-Target", "X-Amz-Security-Token", "Content-Type"])
def test_an_altered_signed_header_breaks_the_signature(name: str):
    request = signed_json(token="t")
    assert believed(request, "json")
    assert not believed(with_header(request, name, "other"), "json")


def test_an_altered_unsigned_header_does_not():
    assert believed(with_header(signed_json(), "User-Agent", "other"), "json")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("us-east-1", "us-west-2"),
        ("/sqs/", "/sns/"),
        ("AKIDEXAMPLE", "AKIDEXAMPLF"),
        ("content-type;", ""),
    ],
)
def test_an_altered_authorization_breaks_the_signature(old: str, new: str):
    request = signed_json()
    header = request.header("authorization").replace(old, new)
    changed = with_header(request, "Authorization", header)
    if old == "AKIDEXAMPLE":
        # The key id is not part of what is signed: its secret is.
        proof = read_proof(changed, "json")
        assert proof is not None
        assert proof.access_key_id == new
        return
    assert not believed(changed, "json")


def test_an_altered_time_breaks_the_signature():
    assert not believed(with_header(signed_json(), "X-Amz-Date", "20150830T123601Z"), "json")


@pytest.mark.parametrize("signature", ["", "0" * 64, "zz", "é" * 64, "f" * 63])
def test_any_other_signature_is_just_wrong(signature: str):
    request = signed_json()
    head = request.header("authorization").rpartition("Signature=")[0]
    changed = with_header(request, "Authorization", f"{head}Signature={signature}")
    if not signature:
        assert refusal(changed, "json").code == "IncompleteSignatureException"
    else:
        assert not believed(changed, "json")


def test_the_mismatch_shows_what_should_have_been_signed():
    proof = read_proof(signed_json(), "query")
    assert proof is not None
    error = signature_mismatch(proof, "query")
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.message.startswith("The request signature we calculated does not match the signature you provided.")
    assert f"The Canonical String for this request should have been\n'{proof.canonical_request}'" in error.message
    assert f"The String-to-Sign should have been\n'{proof.string_to_sign}'" in error.message
    assert signature_mismatch(proof, "json").code == "InvalidSignatureException"
    assert signature_mismatch(proof, "json").status == 400
    assert signature_mismatch(proof, "ec2").code == "AuthFailure"
    s3 = signature_mismatch(proof, "s3")
    assert s3.message.endswith("Check your key and signing method.")
    assert s3.members["StringToSign"] == proof.string_to_sign
    assert s3.members["StringToSignBytes"].startswith("41 57 53 34")


# -- refusing


def test_without_a_family_the_words_are_guessed_from_the_request():
    def code(*headers: tuple[str, str], query: str = "") -> str:
        request = HttpRequest("POST", "/", query, [("Host", "h"), ("Authorization", "x"), *headers])
        with pytest.raises(AwsError) as caught:
            read_proof(request)
        return caught.value.code

    assert code(("X-Amz-Target", "AmazonSQS.SendMessage")) == "IncompleteSignatureException"
    assert code(query="Action=ListUsers") == "IncompleteSignature"
    assert code() == "IncompleteSignatureException"
    s3 = with_header(s3_request(), "X-Amz-Content-SHA256", "bad")
    with pytest.raises(AwsError, match="InvalidArgument"):
        read_proof(s3)
    assert read_proof(s3_request()) is not None


def test_no_signature_is_no_proof():
    assert read_proof(HttpRequest("GET", "/", "a=b", [("Host", "h")]), "json") is None


def test_incomplete_headers_name_every_missing_parameter_in_order():
    request = HttpRequest("GET", "/", "", [("Host", "h"), ("Authorization", "eyJ0.eyJ1.sig")])
    error = refusal(request, "rest-json")
    assert (error.code, error.status) == ("IncompleteSignatureException", 403)
    assert error.message.startswith(
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
        "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a "
        "'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) Authorization="
    )
    assert "eyJ0" not in error.message
    assert refusal(request, "query").code == "IncompleteSignature"


def test_a_bearer_token_is_no_pair():
    request = HttpRequest("GET", "/", "", [("Host", "h"), ("Authorization", "Bearer abc")])
    assert refusal(request, "rest-json").message.startswith("Invalid key=value pair (missing equal-sign)")


@pytest.mark.parametrize(
    ("credential", "code", "words"),
    [
        (f"{KEY}/20150830/us-east-1/sqs", "IncompleteSignatureException", "exactly 5 slash-delimited elements"),
        (f"{KEY}/20150830/us-east-1/sqs/aws4_reques", "InvalidSignatureException", "not 'aws4_reques'"),
        (f"{KEY}/20150831/us-east-1/sqs/aws4_request", "InvalidSignatureException", "'20150831' != '20150830'"),
    ],
)
def test_malformed_credentials(credential: str, code: str, words: str):
    header = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature={'0' * 64}"
    error = refusal(with_header(signed_json(), "Authorization", header), "json")
    assert error.code == code
    assert words in error.message


def test_host_must_be_signed():
    header = (
        f"AWS4-HMAC-SHA256 Credential={KEY}/20150830/us-east-1/sqs/aws4_request, SignedHeaders=x-amz-date, Signature=0"
    )
    error = refusal(with_header(signed_json(), "Authorization", header), "json")
    assert error.message == "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."


def test_no_date_at_all():
    request = signed_json()
    undated = altered(request, headers=[pair for pair in request.headers if pair[0] != "X-Amz-Date"])
    assert "existence of either a 'X-Amz-Date' or a 'Date' header" in refusal(undated, "json").message
    assert "Date must be in ISO-8601" in refusal(with_header(request, "X-Amz-Date", "yesterday"), "json").message


def test_signature_version_2_is_known_and_refused():
    header = ("Authorization", "AWS AKIAI2HBJEUM7LRSTWOQ:qaNdqGsI6bq4Hi+9Gzovwyjbh0E=")
    s3 = refusal(HttpRequest("GET", "/", "", [("Host", "h"), header]), "s3")
    assert (s3.code, s3.status) == ("InvalidRequest", 400)
    assert s3.message.endswith("Please use AWS4-HMAC-SHA256.")
    query = "AWSAccessKeyId=AKID&Signature=x&Expires=1"
    assert refusal(HttpRequest("GET", "/", query, [("Host", "h")]), "query").code == "InvalidClientTokenId"
    body = b"Action=ListQueues&AWSAccessKeyId=AKID&SignatureVersion=2&Signature=x"
    assert refusal(HttpRequest("POST", "/", "", [("Host", "h")], body), "query").code == "InvalidClientTokenId"


def s3_request(**headers: str) -> HttpRequest:
    return signed(botocore.auth.S3SigV4Auth, "PUT", "http://h/b/k", headers, b"x", "s3")


def test_s3_refuses_two_mechanisms_bad_hashes_and_unsigned_headers():
    request = s3_request()
    twice = altered(request, query="X-Amz-Algorithm=AWS4-HMAC-SHA256")
    assert "Only one auth mechanism allowed" in refusal(twice, "s3").message
    bad = refusal(with_header(request, "X-Amz-Content-SHA256", "abc"), "s3")
    assert (bad.code, bad.members["ArgumentValue"]) == ("InvalidArgument", "abc")
    bare = altered(request, headers=[p for p in request.headers if p[0] != "X-Amz-Content-SHA256"])
    assert refusal(bare, "s3").message == "Missing required header for this request: x-amz-content-sha256"
    more = refusal(with_header(request, "x-amz-acl", "public-read"), "s3")
    assert (more.code, more.members) == ("AccessDenied", {"HeadersNotSigned": "x-amz-acl"})
    other = refusal(with_header(request, "Authorization", "Basic abc"), "s3")
    assert (other.code, other.message) == ("InvalidArgument", "Unsupported Authorization Type")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("X-Amz-Expires=300", "X-Amz-Expires=604801", "must be less than a week"),
        ("X-Amz-Expires=300", "X-Amz-Expires=-1", "must be non-negative"),
        ("X-Amz-Expires=300", "X-Amz-Expires=abc", "should be a number"),
        ("X-Amz-Expires=300", "", "version 4 requires the X-Amz-Algorithm"),
        ("X-Amz-Date=20150830T123600Z", "X-Amz-Date=2015", "ISO8601 Long Format"),
        ("X-Amz-Date=20150830T123600Z", "X-Amz-Date=20150831T123600Z", 'Invalid credential date "20150830"'),
        ("AWS4-HMAC-SHA256", "AWS5", "X-Amz-Algorithm only supports"),
        ("%2Faws4_request", "", "the Credential is mal-formed"),
    ],
)
def test_malformed_presigned_s3_urls(old: str, new: str, words: str):
    request = signed(botocore.auth.S3SigV4QueryAuth, "GET", "http://h/b/k", {}, b"", "s3", expires=300)
    assert old in request.query
    error = refusal(altered(request, query=request.query.replace(old, new)), "s3")
    assert (error.code, error.status) == ("AuthorizationQueryParametersError", 400)
    assert words in error.message


def test_malformed_presigned_urls_of_other_services():
    request = HttpRequest("GET", "/", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=x", [("Host", "h")])
    assert refusal(request, "query").message == (
        "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include "
        "'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
        "Re-examine the query-string parameters."
    )


# -- times and scopes

MINUTE = 60_000


def time_refusal(request: HttpRequest, family: refusals.Family, now_ms: int) -> AwsError | None:
    proof = read_proof(request, family)
    assert proof is not None
    try:
        check_times(proof, now_ms, family)
    except AwsError as error:
        return error
    return None


def test_an_old_signature_has_expired():
    request = signed(botocore.auth.SigV4Auth, "GET", "http://h/", {}, b"", "iam")
    assert time_refusal(request, "query", NOW_MS + 5 * MINUTE) is None
    error = time_refusal(request, "query", NOW_MS + 10 * MINUTE)
    assert error is not None
    assert error.code == "SignatureDoesNotMatch"
    assert error.message == (
        "Signature expired: 20150830T123600Z is now earlier than 20150830T124100Z (20150830T124600Z - 5 min.)"
    )


def test_some_services_wait_fifteen_minutes():
    request = signed_json()
    assert time_refusal(request, "json", NOW_MS + 15 * MINUTE) is None
    error = time_refusal(request, "json", NOW_MS + 15 * MINUTE + 1000)
    assert error is not None
    assert error.message.endswith("(20150830T125101Z - 15 min.)")


def test_a_signature_from_the_future_is_not_yet_current():
    error = time_refusal(signed_json(), "json", NOW_MS - 6 * MINUTE)
    assert error is not None
    assert error.message == (
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123500Z (20150830T123000Z + 5 min.)"
    )


def test_s3_speaks_of_skew():
    assert time_refusal(s3_request(), "s3", NOW_MS + 15 * MINUTE) is None
    error = time_refusal(s3_request(), "s3", NOW_MS + 16 * MINUTE)
    assert error is not None
    assert (error.code, error.status) == ("RequestTimeTooSkewed", 403)
    assert error.members["MaxAllowedSkewMilliseconds"] == 900_000


def test_presigned_s3_urls_expire_when_they_say():
    request = signed(botocore.auth.S3SigV4QueryAuth, "GET", "http://h/b/k", {}, b"", "s3", expires=3600)
    assert time_refusal(request, "s3", NOW_MS + 60 * MINUTE) is None
    error = time_refusal(request, "s3", NOW_MS + 60 * MINUTE + 1)
    assert error is not None
    assert (error.code, error.message, error.status) == ("AccessDenied", "Request has expired", 403)
    assert error.members == {
        "X-Amz-Expires": 3600,
        "Expires": "2015-08-30T13:36:00Z",
        "ServerTime": "2015-08-30T13:36:00Z",
    }
    early = time_refusal(request, "s3", NOW_MS - 16 * MINUTE)
    assert early is not None
    assert early.message == "Request is not yet valid"


def test_the_scope_must_be_of_the_service_and_region_called():
    proof = read_proof(signed_json(), "json")
    assert proof is not None
    check_scope(proof, "json", "sqs", "us-east-1")
    with pytest.raises(AwsError) as caught:
        check_scope(proof, "json", "sns", "eu-west-1")
    assert caught.value.message == (
        "Credential should be scoped to a valid region, not 'us-east-1'. "
        "Credential should be scoped to correct service: 'sns'. "
    )
    s3 = read_proof(s3_request(), "s3")
    assert s3 is not None
    with pytest.raises(AwsError) as caught:
        check_scope(s3, "s3", "s3", "eu-west-1")
    assert caught.value.code == "AuthorizationHeaderMalformed"
    assert caught.value.message.endswith("the region 'us-east-1' is wrong; expecting 'eu-west-1'")
    assert caught.value.members == {"Region": "eu-west-1"}


def test_access_key_of_reads_without_checking():
    assert access_key_of(signed_json()) == (KEY, "us-east-1", "sqs")
    presigned = signed(botocore.auth.S3SigV4QueryAuth, "GET", "http://h/b/k", {}, b"", "s3", expires=1)
    assert access_key_of(presigned) == (KEY, "us-east-1", "s3")
    assert access_key_of(HttpRequest("GET", "/", "", [("Authorization", "Bearer x")])) is None
    assert access_key_of(HttpRequest("GET", "/", "", [])) is None
    odd = HttpRequest(
        "GET", "/", "", [("Authorization", f"AWS4-HMAC-SHA256 Credential={KEY}/1/r/never-seen/aws4_request")]
    )
    assert access_key_of(odd) == (KEY, "r", "never-seen")


# -- SigV4A


def test_the_sigv4a_key_is_the_one_of_awss_own_vector():
    # The derivation vector of aws-c-auth's tests (awslabs/aws-c-auth, tests/key_derivation_tests.c).
    key = sigv4a.signing_key("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom")
    numbers = key.public_key().public_numbers()
    assert numbers.x == 0x15D242CEEBF8D8169FD6A8B5A746C41140414C3B07579038DA06AF89190FFFCB
    assert numbers.y == 0x515242CEDD82E94799482E4C0514B505AFCCF2C0C98D6A553BF539F424C5EC0


def test_an_asymmetric_signature_is_verified():
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    head = (
        f"AWS4-ECDSA-P256-SHA256 Credential={KEY}/20150830/s3/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-region-set, Signature="
    )
    headers = [
        ("Host", "h"),
        ("X-Amz-Date", "20150830T123600Z"),
        ("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"),
        ("X-Amz-Region-Set", "*"),
    ]
    unsigned = read_proof(HttpRequest("GET", "/k", "", [*headers, ("Authorization", head + "00")]), "s3")
    assert unsigned is not None
    assert not unsigned.matches(SECRET)
    text = unsigned.string_to_sign.encode()
    signature = sigv4a.signing_key(KEY, SECRET).sign(text, ec.ECDSA(hashes.SHA256())).hex()
    proof = read_proof(HttpRequest("GET", "/k", "", [*headers, ("Authorization", head + signature)]), "s3")
    assert proof is not None
    assert (proof.region, proof.service) == ("", "s3")
    assert proof.matches(SECRET)
    assert not proof.matches(SECRET + "x")
    changed = HttpRequest("GET", "/other", "", [*headers, ("Authorization", head + signature)])
    assert not believed(changed, "s3")


def test_caches_do_not_grow_without_bound():
    rng = random.Random(1)
    for _ in range(5000):
        signing_key(SECRET, str(rng.random()), "r", "s")
    assert len(proof_module._signing_keys) <= 4096
