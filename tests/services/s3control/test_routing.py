"""S3 Control by its own hosts, and before a custom endpoint."""

from __future__ import annotations

import pytest

from foulweather.kernel.http import HttpRequest
from foulweather.wire.s3_paths import match
from harness import ACCOUNT


@pytest.mark.parametrize(
    "host",
    [
        f"{ACCOUNT}.s3-control.us-east-1.amazonaws.com",
        "s3-control.us-east-1.amazonaws.com",
        f"{ACCOUNT}.localhost:4566",
        "localhost:4566",
        "127.0.0.1:4566",
    ],
)
def test_an_account_before_the_host_is_not_a_bucket(host: str) -> None:
    request = HttpRequest("GET", "/v20180820/accesspoint/finance", "", [("Host", host)])
    found = match(request, is_signed=True)
    assert found is not None
    assert (found.service, found.operation, found.labels) == ("s3control", "GetAccessPoint", {"name": "finance"})


def test_a_bucket_before_the_host_is_a_bucket() -> None:
    request = HttpRequest("GET", "/v20180820/accesspoint/finance", "", [("Host", "a-bucket.localhost:4566")])
    found = match(request, is_signed=True)
    assert found is not None
    assert (found.service, found.operation) == ("s3", "GetObject")
