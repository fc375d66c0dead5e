from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.s3.s3_calls import count_requests
from services.s3.s3_pages import SITE, Web, headers_of, public_bucket

INDEX = {"IndexDocument": {"Suffix": "index.html"}}
PAGES = {
    "index.html": b"<h1>home</h1>",
    "docs/index.html": b"<h1>docs</h1>",
    "docs/a b.html": b"<h1>a b</h1>",
    "error.html": b"<h1>sorry</h1>",
}


def make(aws: Aws, configuration: dict[str, Any] | None = None, *actions: str) -> None:
    public_bucket(aws, "site", *actions)
    aws.s3.put_bucket_website({"Bucket": "site", "WebsiteConfiguration": configuration or INDEX})
    for key, body in PAGES.items():
        aws.s3.put_object({"Bucket": "site", "Key": key, "Body": body, "ContentType": "text/html"})


@pytest.fixture
def web() -> Web:
    return Web()


def visit(web: Web, path: str, method: str = "GET", **headers: str) -> Any:
    return web.ask(method, path, {name.replace("_", "-"): value for name, value in headers.items()}, host=SITE)


def test_a_configuration_is_kept_and_deleted(aws: Aws):
    aws.s3.create_bucket({"Bucket": "site"})
    with pytest.raises(AwsError, match="NoSuchWebsiteConfiguration"):
        aws.s3.get_bucket_website({"Bucket": "site"})
    aws.s3.put_bucket_website({"Bucket": "site", "WebsiteConfiguration": INDEX})
    assert aws.s3.get_bucket_website({"Bucket": "site"}) == INDEX
    aws.s3.delete_bucket_website({"Bucket": "site"})
    with pytest.raises(AwsError, match="NoSuchWebsiteConfiguration"):
        aws.s3.get_bucket_website({"Bucket": "site"})


@pytest.mark.parametrize(
    ("configuration", "code", "words"),
    [
        ({}, "InvalidArgument", "A value for IndexDocument Suffix must be provided"),
        ({"IndexDocument": {"Suffix": "a/b"}}, "InvalidArgument", "The IndexDocument Suffix is not well formed"),
        ({"IndexDocument": {"Suffix": ""}}, "InvalidArgument", "The IndexDocument Suffix is not well formed"),
        ({"RedirectAllRequestsTo": {}}, "MalformedXML", ""),
        ({**INDEX, "RedirectAllRequestsTo": {"HostName": "a"}}, "InvalidRequest", "in conjunction"),
        ({"RedirectAllRequestsTo": {"HostName": "a", "Protocol": "ftp"}}, "MalformedXML", ""),
        ({**INDEX, "RoutingRules": [{"Condition": {}}]}, "MalformedXML", ""),
        ({**INDEX, "RoutingRules": [{"Condition": {}, "Redirect": {"HostName": "a"}}]}, "InvalidRequest", "be empty"),
        (
            {**INDEX, "RoutingRules": [{"Redirect": {"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"}}]},
            "InvalidRequest",
            "You can only define ReplaceKeyPrefix or ReplaceKey but not both.",
        ),
        (
            {**INDEX, "RoutingRules": [{"Redirect": {"HttpRedirectCode": "200"}}]},
            "InvalidRequest",
            "(200) is not valid",
        ),
        (
            {
                **INDEX,
                "RoutingRules": [
                    {"Condition": {"HttpErrorCodeReturnedEquals": "99"}, "Redirect": {"HostName": "a"}},
                ],
            },
            "InvalidRequest",
            "(99) is not valid",
        ),
        ({**INDEX, "RoutingRules": [{"Redirect": {"HostName": "a"}}] * 51}, "InvalidRequest", "limited to 50"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused(aws: Aws, configuration: Any, code: str, words: str):
    aws.s3.create_bucket({"Bucket": "site"})
    with pytest.raises(AwsError) as caught:
        aws.s3.put_bucket_website({"Bucket": "site", "WebsiteConfiguration": configuration})
    assert caught.value.code == code
    assert words in caught.value.message
    with pytest.raises(AwsError, match="NoSuchWebsiteConfiguration"):
        aws.s3.get_bucket_website({"Bucket": "site"})


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/", "index.html"),
        ("/docs/", "docs/index.html"),
        ("/docs/a%20b.html", "docs/a b.html"),
        ("/?x=1", "index.html"),
    ],
)
def test_visitors_get_documents_and_index_documents(web: Web, path: str, key: str):
    make(web.aws)
    response = visit(web, path)
    assert (response.status, response.body) == (200, PAGES[key])
    assert headers_of(response)["content-type"] == "text/html"


def test_head_has_no_body_but_tells_of_it(web: Web):
    make(web.aws)
    count_requests(web.aws, "site")
    response = visit(web, "/", "HEAD")
    assert response.status == 200
    assert headers_of(response)["content-type"] == "text/html"
    assert headers_of(response)["content-length"] == str(len(PAGES["index.html"]))
    assert web.aws.events("s3.Request")[-1].facts["kind"] == "head"


def test_a_folder_without_its_slash_is_redirected(web: Web):
    make(web.aws)
    response = visit(web, "/docs")
    assert (response.status, headers_of(response)["location"]) == (302, "/docs/")


def test_a_missing_page_is_denied_to_who_may_not_list(web: Web):
    make(web.aws)
    response = visit(web, "/nothing")
    assert response.status == 403
    assert headers_of(response)["x-amz-error-code"] == "AccessDenied"
    assert b"<h1>403 Forbidden</h1>" in response.body
    assert b"<li>Code: AccessDenied</li>\n<li>Message: Access Denied</li>" in response.body


def test_a_missing_page_is_not_found_by_who_may_list(web: Web):
    make(web.aws, None, "GetObject", "ListBucket")
    response = visit(web, "/nothing")
    found = headers_of(response)
    assert (response.status, found["x-amz-error-code"], found["x-amz-error-detail-key"]) == (
        404,
        "NoSuchKey",
        "nothing",
    )
    body = response.body.decode()
    assert body.startswith("<html>\n<head><title>404 Not Found</title></head>\n<body>\n<h1>404 Not Found</h1>\n<ul>")
    assert "<li>Key: nothing</li>" in body
    assert f"<li>RequestId: {found['x-amz-request-id']}</li>" in body


def test_the_error_document_keeps_the_errors_status(web: Web):
    make(web.aws, {**INDEX, "ErrorDocument": {"Key": "error.html"}}, "GetObject", "ListBucket")
    response = visit(web, "/nothing")
    assert (response.status, response.body) == (404, PAGES["error.html"])
    assert headers_of(response)["x-amz-error-code"] == "NoSuchKey"


def test_an_error_document_that_is_missing_is_told_of(web: Web):
    make(web.aws, {**INDEX, "ErrorDocument": {"Key": "gone.html"}}, "GetObject", "ListBucket")
    body = visit(web, "/nothing").body.decode()
    assert "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>" in body
    assert "<li>Key: gone.html</li>" in body


def test_a_refused_visit_says_why(web: Web):
    public_bucket(web.aws)
    web.aws.s3.delete_bucket_policy({"Bucket": "site"})
    web.aws.s3.put_bucket_website({"Bucket": "site", "WebsiteConfiguration": INDEX})
    web.aws.s3.put_object({"Bucket": "site", "Key": "index.html", "Body": b"x"})
    response = visit(web, "/")
    assert response.status == 403
    hops = web.last_wrong().hops
    assert [(hop.operation, hop.code) for hop in hops] == [("Visit", "AccessDenied"), ("GetObject", "AccessDenied")]
    assert hops[0].request_id == headers_of(response)["x-amz-request-id"]
    assert hops[0].why is not None
    assert hops[0].why.because[0] == hops[1].why


@pytest.mark.parametrize("missing", ["bucket", "website"])
def test_what_is_no_website(web: Web, missing: str):
    if missing == "website":
        public_bucket(web.aws)
    response = visit(web, "/")
    code = {"bucket": "NoSuchBucket", "website": "NoSuchWebsiteConfiguration"}[missing]
    assert response.status == 404
    assert f"<li>Code: {code}</li>".encode() in response.body
    assert b"<li>BucketName: site</li>" in response.body
    assert web.last_wrong().hops[0].code == code


def test_other_methods_and_other_regions(web: Web):
    make(web.aws)
    response = visit(web, "/", "POST")
    assert response.status == 405
    assert headers_of(response)["x-amz-error-code"] == "MethodNotAllowed"
    elsewhere = web.ask("GET", "/", host="site.s3-website-eu-west-1.amazonaws.com")
    assert elsewhere.status == 400
    assert b"IncorrectEndpoint" in elsewhere.body


def test_every_request_may_be_redirected(web: Web):
    make(web.aws, {"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}})
    response = visit(web, "/a/b?c=d")
    assert (response.status, headers_of(response)["location"]) == (301, "https://example.com/a/b?c=d")


def test_an_object_may_redirect(web: Web):
    make(web.aws)
    web.aws.s3.put_object({"Bucket": "site", "Key": "old", "WebsiteRedirectLocation": "/docs/"})
    response = visit(web, "/old")
    assert (response.status, headers_of(response)["location"]) == (301, "/docs/")


@pytest.mark.parametrize(
    ("rule", "path", "status", "location"),
    [
        (
            {"Condition": {"KeyPrefixEquals": "docs/"}, "Redirect": {"ReplaceKeyPrefixWith": "documents/"}},
            "/docs/a",
            301,
            f"http://{SITE}/documents/a",
        ),
        (
            {
                "Condition": {"HttpErrorCodeReturnedEquals": "404"},
                "Redirect": {
                    "HostName": "example.com",
                    "Protocol": "https",
                    "ReplaceKeyPrefixWith": "report-404/",
                    "HttpRedirectCode": "302",
                },
            },
            "/gone/a",
            302,
            "https://example.com/report-404/gone/a",
        ),
        (
            {
                "Condition": {"HttpErrorCodeReturnedEquals": "404", "KeyPrefixEquals": "images/"},
                "Redirect": {"ReplaceKeyWith": "none.png"},
            },
            "/images/a",
            301,
            f"http://{SITE}/none.png",
        ),
        ({"Redirect": {"HostName": "example.com"}}, "/index.html", 301, "http://example.com/index.html"),
    ],
)
def test_routing_rules(web: Web, rule: dict[str, Any], path: str, status: int, location: str):
    make(web.aws, {**INDEX, "RoutingRules": [rule]}, "GetObject", "ListBucket")
    response = visit(web, path)
    assert (response.status, headers_of(response)["location"]) == (status, location)


def test_a_rule_for_errors_leaves_what_is_there_alone(web: Web):
    rule = {"Condition": {"HttpErrorCodeReturnedEquals": "404"}, "Redirect": {"HostName": "example.com"}}
    make(web.aws, {**INDEX, "RoutingRules": [rule]}, "GetObject", "ListBucket")
    assert visit(web, "/").status == 200
    assert visit(web, "/none").status == 301


def test_parts_and_conditions(web: Web):
    make(web.aws)
    response = visit(web, "/", Range="bytes=0-3")
    assert (response.status, response.body) == (206, b"<h1>")
    etag = headers_of(visit(web, "/"))["etag"]
    assert visit(web, "/", If_None_Match=etag).status == 304
    assert visit(web, "/", If_Modified_Since="no date").status == 200


def test_large_pages_are_streamed(web: Web):
    make(web.aws)
    web.aws.s3.put_object({"Bucket": "site", "Key": "large", "Body": b"x" * 600_000})
    response = visit(web, "/large")
    assert response.status == 200
    assert headers_of(response)["content-length"] == "600000"
    assert response.stream is not None


def test_pages_of_websites_carry_cors_headers(web: Web):
    make(web.aws)
    rules = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]
    web.aws.s3.put_bucket_cors({"Bucket": "site", "CORSConfiguration": {"CORSRules": rules}})
    found = headers_of(visit(web, "/", Origin="https://a.test"))
    assert found["access-control-allow-origin"] == "*"
