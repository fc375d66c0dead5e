"""The signature layer under mutated requests and bodies: only AWS's own refusals, and nothing false believed."""

from __future__ import annotations

import datetime
import os
import random
import time
from collections.abc import Callable
from typing import TypeVar
from unittest import mock
from urllib.parse import urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.gates.refusals import Family
from foulweather.kernel.checksums import encoded
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.wire.chunked import decoder_of
from foulweather.wire.sigv4 import access_key_of, check_scope, check_times, read_proof, signature_mismatch

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = datetime.datetime(2015, 8, 30, 12, 36)
NOW_MS = 1_440_938_160_000
FAMILIES: list[Family] = ["query", "ec2", "json", "rest-json", "rest-xml", "s3"]
T = TypeVar("T")


def signed(signer: Callable[..., botocore.auth.SigV4Auth], url: str, service: str, **options: int) -> HttpRequest:
    request = AWSRequest("PUT", url, {"X-Amz-Target": "A.B", "x-b": "1  2"}, b"body" if "presigned" not in url else b"")
    with mock.patch("botocore.auth.get_current_datetime", return_value=NOW):
        signer(Credentials("AKID", SECRET, "token"), service, "us-east-1", **options).add_auth(request)
    made = request.prepare()
    parts = urlsplit(made.url)
    lines = [(str(k), v.decode() if isinstance(v, bytes) else str(v)) for k, v in made.headers.items()]
    return HttpRequest("PUT", parts.path, parts.query, [("Host", parts.netloc), *lines], made.body or b"")


SEEDS = [
    signed(botocore.auth.SigV4Auth, "http://h/a/b?c=d&e", "lambda"),
    signed(botocore.auth.S3SigV4Auth, "http://h/b/k%20x?versionId=1", "s3"),
    signed(botocore.auth.S3SigV4QueryAuth, "http://h/presigned/k", "s3", expires=60),
    signed(botocore.auth.SigV4QueryAuth, "http://h/presigned?Action=X", "sts", expires=60),
]
TOKENS = [
    *("", ",", ", ", "=", "/", ";", " ", "&", "%", "%2F", "%zz", "+", "é", "*", "-1", "9" * 30, "AWS4-HMAC-SHA256"),
    *("AWS4-ECDSA-P256-SHA256", "Credential=", "SignedHeaders=", "Signature=", "X-Amz-Date=", "X-Amz-Expires=abc"),
    *(
        "aws4_request",
        "UNSIGNED-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "0" * 64,
        "20150830T123600Z",
        "Bearer x",
    ),
    *("Sun, 30 Aug 2015 12:36:00 GMT", "AWSAccessKeyId=A&Signature=b", "99999999T999999Z", "host", "\xa0", "\x85"),
]


def scrambled(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    end = min(len(text), at + rng.choice([0, 1, 1, 4, 30]))
    return text[:at] + rng.choice([rng.choice(TOKENS), chr(rng.randrange(32, 256)), text[at:end] * 2]) + text[end:]


def mutant(rng: random.Random) -> tuple[HttpRequest, HttpRequest]:
    seed = rng.choice(SEEDS)
    method, path, query, lines, body = seed.method, seed.path, seed.query, list(seed.headers), seed.body
    for _ in range(rng.choice([1, 1, 2, 4])):
        what = rng.randrange(6)
        at = rng.randrange(len(lines)) if lines else 0
        if what == 0:
            path = "/" + scrambled(path, rng)
        elif what == 1:
            query = scrambled(query, rng)
        elif what == 2 and lines:
            lines[at] = (lines[at][0], scrambled(lines[at][1], rng))
        elif what == 3 and lines:
            del lines[at]
        elif what == 4:
            lines.append((rng.choice(["Authorization", "X-Amz-Date", "Date", "x-amz-acl", "X-B"]), rng.choice(TOKENS)))
        else:
            body += b"x"
    return seed, HttpRequest(method, path, query, lines, body)


def outcome(call: Callable[[], T]) -> T | AwsError:
    """What a call gives, or its refusal, which must blame the client."""
    try:
        return call()
    except AwsError as error:
        refusal = error
    assert 400 <= refusal.status < 500
    return refusal


def try_seed(number: int) -> None:
    rng = random.Random(number)
    seed, request = mutant(rng)
    family = rng.choice([*FAMILIES, None])
    access_key_of(request)
    proof = outcome(lambda: read_proof(request, family))
    if proof is None or isinstance(proof, AwsError):
        return
    words: Family = family or "json"
    refusal = signature_mismatch(proof, words)
    assert 400 <= refusal.status < 500
    outcome(lambda: check_times(proof, NOW_MS, words))
    outcome(lambda: check_scope(proof, words, "lambda", "us-east-1"))
    outcome(lambda: proof.check_payload("0" * 64))
    if proof.matches(SECRET):
        original = read_proof(seed)
        assert original is not None
        assert proof.string_to_sign == original.string_to_sign


def test_mutated_signatures_are_refused_in_awss_words_or_not_believed():
    for number in range(4000):
        try_seed(number)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(FAMILIES))
def test_any_text_for_authorization_and_query(authorization: str, query: str, family: Family):
    latin = authorization.encode("utf-8").decode("latin-1"), query.encode("utf-8").decode("latin-1")
    for prefix in ("", "AWS4-HMAC-SHA256 "):
        request = HttpRequest("GET", "/", latin[1], [("Host", "h"), ("Authorization", prefix + latin[0])])
        with pytest.raises(AwsError):
            read_proof(request, family)
    with pytest.raises(AwsError):
        read_proof(HttpRequest("GET", "/", "X-Amz-Credential=" + latin[1], [("Host", "h")]), family)


def try_body(number: int) -> None:
    """One mutated aws-chunked body: whole and split, it decodes or is refused alike."""
    rng = random.Random(number)
    data = rng.randbytes(rng.choice([0, 5, 9000, 20_000]))
    body = b"".join(b"%x\r\n%b\r\n" % (len(data[i : i + 8192]), data[i : i + 8192]) for i in range(0, len(data), 8192))
    body += f"0\r\nx-amz-checksum-crc32:{encoded('CRC32', data)}\r\n\r\n".encode()
    whole = body
    for _ in range(rng.choice([0, 1, 2])):
        at = rng.randrange(len(body) + 1)
        token = rng.choice([b"", b"\r\n", b"0\r\n", b"\r", rng.randbytes(1), b"x" * 2000, b"y" * 17_000])
        body = body[:at] + token + body[at + rng.choice([0, 1, 3]) :]
    lines = [
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-decoded-content-length", str(len(data))),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
    ]

    def decoded(packets: list[bytes]) -> bytes:
        decoder = decoder_of(HttpRequest("PUT", "/b/k", "", lines), None, None)
        assert decoder is not None
        pieces = [piece for packet in packets for piece in decoder.feed(packet)]
        decoder.finish()
        return b"".join(pieces)

    got = outcome(lambda: decoded([body]))
    assert isinstance(got, AwsError) or got == data
    if body == whole:
        assert got == data
    step = rng.choice([1, 7, 1000]) if len(body) < 3000 else rng.choice([997, 8000])
    parts = outcome(lambda: decoded([body[at : at + step] for at in range(0, len(body), step)]))
    assert str(parts) == str(got)


def test_mutated_chunked_bodies_are_refused_alike_in_any_split():
    for number in range(800):
        try_body(number)


@pytest.mark.slow
def test_mutated_signatures_and_bodies_for_long():
    until = time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "600"))
    number = time.time_ns()
    while time.monotonic() < until:
        for attempt in (try_seed, try_body):
            try:
                attempt(number)
            except BaseException as error:
                error.add_note(f"seed {number}")
                raise
        number += 1
