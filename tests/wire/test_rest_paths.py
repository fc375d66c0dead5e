from __future__ import annotations

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.model import ServiceModel, catalogue
from foulweather.wire import rest_paths, s3_paths
from foulweather.wire.rest_paths import match


def found(service: str, method: str, path: str, query: str = "", **headers: str) -> tuple[str, dict[str, str]] | None:
    lower = {name.replace("_", "-"): value for name, value in headers.items()}
    return match(service, method, path, query, lambda name: lower.get(name, ""))


def operation(service: str, method: str, path: str, query: str = "", **headers: str) -> str:
    matched = found(service, method, path, query, **headers)
    assert matched is not None
    return matched[0]


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/", "", "ListBuckets"),
        ("GET", "/b", "", "ListObjects"),
        ("GET", "/b/", "", "ListObjects"),
        ("GET", "/b", "list-type=2", "ListObjectsV2"),
        ("GET", "/b", "list-type=3", "ListObjects"),
        ("GET", "/b", "acl", "GetBucketAcl"),
        ("GET", "/b", "acl=", "GetBucketAcl"),
        ("GET", "/b", "location", "GetBucketLocation"),
        ("GET", "/b", "lifecycle", "GetBucketLifecycleConfiguration"),
        ("GET", "/b", "notification", "GetBucketNotificationConfiguration"),
        ("GET", "/b", "versions", "ListObjectVersions"),
        ("GET", "/b", "uploads", "ListMultipartUploads"),
        ("GET", "/b", "analytics", "ListBucketAnalyticsConfigurations"),
        ("GET", "/b", "analytics&id=x", "GetBucketAnalyticsConfiguration"),
        ("GET", "/b/k", "", "GetObject"),
        ("GET", "/b/k", "x-id=GetObject&partNumber=1", "GetObject"),
        ("GET", "/b/k", "uploadId=u", "ListParts"),
        ("GET", "/b/k", "acl", "GetObjectAcl"),
        ("HEAD", "/b", "", "HeadBucket"),
        ("HEAD", "/b/k", "", "HeadObject"),
        ("PUT", "/b", "", "CreateBucket"),
        ("PUT", "/b/k", "", "PutObject"),
        ("PUT", "/b/k", "partNumber=1&uploadId=u", "UploadPart"),
        ("PUT", "/b/k", "tagging", "PutObjectTagging"),
        ("POST", "/b", "delete", "DeleteObjects"),
        ("POST", "/b/k", "uploads", "CreateMultipartUpload"),
        ("POST", "/b/k", "uploadId=u", "CompleteMultipartUpload"),
        ("POST", "/b/k", "select&select-type=2", "SelectObjectContent"),
        ("POST", "/WriteGetObjectResponse", "", "WriteGetObjectResponse"),
        ("DELETE", "/b", "", "DeleteBucket"),
        ("DELETE", "/b/k", "uploadId=u", "AbortMultipartUpload"),
    ],
)
def test_s3(method: str, path: str, query: str, expected: str) -> None:
    assert operation("s3", method, path, query, x_amz_request_route="r", x_amz_request_token="t") == expected


def test_s3_tells_copies_by_their_header() -> None:
    assert operation("s3", "PUT", "/b/k", x_amz_copy_source="a/b") == "CopyObject"
    assert operation("s3", "PUT", "/b/k", "partNumber=1&uploadId=u", x_amz_copy_source="a/b") == "UploadPartCopy"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/b/k", "k"),
        ("/b/folder/", "folder/"),
        ("/b//k", "/k"),
        ("/b/a/b//c", "a/b//c"),
        ("/b/a%2Fb", "a/b"),
        ("/b/%C3%A4+%20", "ä+ "),
        ("/b/.../..", ".../.."),
    ],
)
def test_a_greedy_label_keeps_every_slash(path: str, key: str) -> None:
    assert found("s3", "GET", path) == ("GetObject", {"Bucket": "b", "Key": key})


def test_a_key_of_nothing_but_slashes_is_found_quickly() -> None:
    matched = found("s3", "GET", "/b/" + "/" * 5000)
    assert matched == ("GetObject", {"Bucket": "b", "Key": "/" * 5000})


def test_an_encoded_slash_does_not_split_a_label() -> None:
    arn = "arn:aws:lambda:eu-west-1:1:function:f"
    path = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Af/invocations"
    assert found("lambda", "POST", path) == ("Invoke", {"FunctionName": arn})
    assert found("apigateway", "GET", "/tags/a%2Fb") == ("GetTags", {"resource_arn": "a/b"})


def test_a_label_is_not_empty() -> None:
    assert found("lambda", "POST", "/2015-03-31/functions//invocations") is None


def test_the_most_literal_path_wins() -> None:
    assert operation("lambda", "GET", "/2019-09-30/functions/f/provisioned-concurrency", "List=ALL") == (
        "ListProvisionedConcurrencyConfigs"
    )
    assert operation("lambda", "GET", "/2019-09-30/functions/f/provisioned-concurrency", "Qualifier=1") == (
        "GetProvisionedConcurrencyConfig"
    )
    assert operation("apigateway", "POST", "/restapis", "mode=import") == "ImportRestApi"
    assert operation("apigateway", "POST", "/restapis") == "CreateRestApi"
    assert operation("cloudfront", "POST", "/2020-05-31/tagging", "Operation=Untag&Resource=r") == "UntagResource"


def test_a_greedy_label_can_stand_in_the_middle() -> None:
    matched = found("s3control", "GET", "/v20180820/mrap/instances/a/b/policy")
    assert matched is not None
    assert matched == ("GetMultiRegionAccessPointPolicy", {"name": "a/b"})


def test_a_trailing_slash_does_not_matter() -> None:
    assert operation("lambda", "GET", "/2015-03-31/functions") == "ListFunctions"
    assert operation("lambda", "GET", "/2015-03-31/functions/") == "ListFunctions"


@pytest.mark.parametrize(("method", "path"), [("GET", "/nimbus"), ("BREW", "/"), ("GET", "//"), ("GET", "")])
def test_no_such_path(method: str, path: str) -> None:
    assert found("lambda", method, path) is None


def test_a_label_that_is_no_text_is_refused() -> None:
    with pytest.raises(AwsError, match="InvalidURI"):
        found("s3", "GET", "/b/%ff")


def test_every_operation_is_found_at_its_own_path() -> None:
    # The pairs that differ in nothing: the first is what the second used to be called, or another endpoint's.
    same = {
        "GetBucketLifecycle",
        "GetBucketNotification",
        "PutBucketLifecycle",
        "PutBucketNotification",
        "ListDirectoryBuckets",
    }
    wrong: list[tuple[str, str, object]] = []
    for service in (
        "s3",
        "lambda",
        "apigateway",
        "apigatewayv2",
        "route53",
        "cloudfront",
        "efs",
        "eks",
        "batch",
        "s3control",
        "opensearch",
        "glacier",
        "iot",
        "chime",
    ):
        assert any(protocol.startswith("rest") for protocol in catalogue()[service].protocols)
        for name, model in ServiceModel.load(service).operations().items():
            path, _, query = model.http["requestUri"].partition("?")
            headers: dict[str, str] = {}
            required = [] if model.input is None else model.input.required
            for member in required:
                assert model.input is not None
                shape = model.input.members[member]
                wire_name = shape.trait("locationName") or member
                if shape.trait("location") == "querystring":
                    query += f"&{wire_name}=x"
                elif shape.trait("location") == "header":
                    headers[wire_name.lower().replace("-", "_")] = "x"
            path = path.replace("{", "x").replace("+}", "/y").replace("}", "")
            matched = found(service, model.http["method"], path, query, **headers)
            if (matched is None or matched[0] != name) and name not in same:
                wrong.append((service, name, matched))
    assert wrong == []


@pytest.mark.parametrize("method", ["PUT", "GET", "HEAD", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/b/k", "/b/a/b/", "/b//k", "/b/./..", "/b/%2e%2F", "/b/a%20b+c", "/b/", "/b", "/", "//k"]
)
@pytest.mark.parametrize("query", ["", "x-id=Whatever", "uploads", "tagging"])
@pytest.mark.parametrize("headers", [[], [("x-amz-copy-source", "/b/k")]])
def test_the_short_way_to_an_objects_operation_leads_where_the_long_one_does(
    method: str, path: str, query: str, headers: list[tuple[str, str]]
) -> None:
    request = HttpRequest(method, path, query, [("Host", "localhost"), *headers])
    found = s3_paths.match(request, True)
    searched = rest_paths.match("s3", method, path, query, request.header)
    assert (None if found is None else (found.operation, dict(found.labels))) == searched
