from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.s3.cors_rules import Asked, answer_headers, fitting
from harness import Aws
from services.s3.s3_pages import Web, headers_of, public_bucket

PAGE = "https://app.example.com"
RULE = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://*.example.com"], "AllowedHeaders": ["x-amz-*"]}


def put(aws: Aws, *rules: dict[str, Any], bucket: str = "site") -> None:
    aws.s3.put_bucket_cors({"Bucket": bucket, "CORSConfiguration": {"CORSRules": list(rules)}})


@pytest.fixture
def web() -> Web:
    made = Web()
    public_bucket(made.aws)
    return made


def preflight(web: Web, path: str = "/site/a", *, method: str = "PUT", headers: str = "", origin: str = PAGE) -> Any:
    given = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        given["Access-Control-Request-Headers"] = headers
    return web.ask("OPTIONS", path, given)


def test_rules_are_kept_and_deleted(aws: Aws):
    aws.s3.create_bucket({"Bucket": "site"})
    with pytest.raises(AwsError) as caught:
        aws.s3.get_bucket_cors({"Bucket": "site"})
    assert (caught.value.code, caught.value.status) == ("NoSuchCORSConfiguration", 404)
    put(aws, RULE)
    assert aws.s3.get_bucket_cors({"Bucket": "site"}) == {"CORSRules": [RULE]}
    assert aws.events("s3.BucketCorsSet")[0].facts["CORSRules"] == [RULE]
    aws.s3.delete_bucket_cors({"Bucket": "site"})
    with pytest.raises(AwsError, match="NoSuchCORSConfiguration"):
        aws.s3.get_bucket_cors({"Bucket": "site"})


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (
            {"AllowedMethods": ["PATCH"]},
            "InvalidRequest",
            "Found unsupported HTTP method in CORS config. Unsupported method is PATCH",
        ),
        (
            {"AllowedOrigins": ["http://*.*.com"]},
            "InvalidRequest",
            'AllowedOrigin "http://*.*.com" can not have more than one wildcard.',
        ),
        (
            {"AllowedHeaders": ["*-*"]},
            "InvalidRequest",
            'AllowedHeader "*-*" can not have more than one wildcard.',
        ),
        ({"ExposeHeaders": ["x-*"]}, "InvalidRequest", 'ExposeHeader "x-*" contains wildcard'),
        ({"AllowedOrigins": []}, "MalformedXML", ""),
        ({"ID": "x" * 256}, "MalformedXML", ""),
    ],
)
def test_rules_that_make_no_sense_are_refused(aws: Aws, change: dict[str, Any], code: str, message: str):
    aws.s3.create_bucket({"Bucket": "site"})
    with pytest.raises(AwsError) as caught:
        put(aws, RULE, {**RULE, **change})
    assert caught.value.code == code
    assert message in caught.value.message
    assert "CORSRules[1]" in caught.value.why.facts[0].property


def test_a_hundred_rules_and_no_more(aws: Aws):
    aws.s3.create_bucket({"Bucket": "site"})
    put(aws, *[RULE] * 100)
    with pytest.raises(AwsError, match="should not exceed allowed limit of 100 rules"):
        put(aws, *[RULE] * 101)
    with pytest.raises(AwsError, match="MalformedXML"):
        put(aws)


def test_a_preflight_that_a_rule_allows(web: Web):
    put(
        web.aws, {**RULE, "AllowedMethods": ["DELETE"]}, {**RULE, "MaxAgeSeconds": 60, "ExposeHeaders": ["ETag", "x-a"]}
    )
    response = preflight(web, headers="X-Amz-Date, x-amz-meta-a")
    assert response.status == 200
    found = headers_of(response)
    assert found["access-control-allow-origin"] == PAGE
    assert found["access-control-allow-methods"] == "GET, PUT"
    assert found["access-control-allow-headers"] == "x-amz-date, x-amz-meta-a"
    assert found["access-control-expose-headers"] == "ETag, x-a"
    assert found["access-control-max-age"] == "60"
    assert found["access-control-allow-credentials"] == "true"
    assert found["vary"] == "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


@pytest.mark.parametrize(
    ("given", "cause"),
    [
        ({"origin": "https://evil.test"}, "Rule 0 does not list 'https://evil.test' in AllowedOrigins."),
        ({"method": "DELETE"}, "Rule 0 does not list 'DELETE' in AllowedMethods."),
        ({"headers": "x-amz-date, x-own"}, "Rule 0 does not list 'x-own' in AllowedHeaders."),
    ],
)
def test_a_preflight_that_no_rule_allows_says_which_came_near(web: Web, given: dict[str, Any], cause: str):
    put(web.aws, RULE)
    response = preflight(web, **given)
    assert response.status == 403
    assert b"<Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed." in response.body
    assert b"<ResourceType>OBJECT</ResourceType>" in response.body
    hop = web.last_wrong().hops[0]
    assert (hop.operation, hop.code) == ("Preflight", "AccessForbidden")
    assert hop.why is not None
    assert hop.why.first_cause().cause == cause
    assert "put-bucket-cors" in hop.why.remedy[0]


def test_preflights_where_there_is_no_rule_or_no_bucket(web: Web):
    response = preflight(web, "/site")
    assert response.status == 403
    assert b"CORSResponse: CORS is not enabled for this bucket." in response.body
    assert b"<ResourceType>BUCKET</ResourceType>" in response.body
    assert b"CORSResponse: Bucket not found" in preflight(web, "/nothing/a").body


def test_a_preflight_needs_an_origin_and_a_method(web: Web):
    response = web.ask("OPTIONS", "/site/a")
    assert (response.status, b"Insufficient information. Origin request header needed." in response.body) == (400, True)
    response = preflight(web, method="PATCH")
    assert (response.status, b"Invalid Access-Control-Request-Method: PATCH" in response.body) == (400, True)


def test_answers_to_web_pages_carry_what_the_rule_allows(web: Web):
    web.aws.s3.put_object({"Bucket": "site", "Key": "a", "Body": b"1"})
    assert "access-control-allow-origin" not in headers_of(web.ask("GET", "/site/a", {"Origin": PAGE}))
    put(web.aws, {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]})
    found = headers_of(web.ask("GET", "/site/a", {"Origin": PAGE}))
    assert found["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in found
    # A refusal is read by the page, too.
    missing = web.ask("GET", "/site/b", {"Origin": PAGE})
    assert missing.status == 403
    assert headers_of(missing)["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in headers_of(web.ask("HEAD", "/site/a", {"Origin": PAGE}))


def test_the_bucket_may_be_in_the_host(web: Web):
    put(web.aws, RULE)
    given = {"Origin": PAGE, "Access-Control-Request-Method": "PUT"}
    assert web.ask("OPTIONS", "/a", given, host="site.s3.us-east-1.localhost:4566").status == 200


@pytest.mark.parametrize(
    ("pattern", "origin", "fits"),
    [
        ("*", PAGE, True),
        ("https://*.example.com", "https://.example.com", True),
        ("https://*.example.com", "https://example.com", False),
        ("https://a*a", "https://a", False),
        (PAGE, PAGE.upper(), False),
    ],
)
def test_an_origin_matches_with_one_wildcard(pattern: str, origin: str, fits: bool):
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": [pattern]}
    assert (fitting([rule], Asked(origin, "GET")) is not None) == fits
    assert dict(answer_headers(rule, Asked(origin, "GET")))["Access-Control-Allow-Methods"] == "GET"
