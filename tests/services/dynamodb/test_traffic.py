"""DynamoDB's endpoint beside its API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.app import Deferred
from foulweather.wire.cloud import Cloud
from foulweather.world.world import World

HOST = ("Host", "dynamodb.eu-west-1.amazonaws.com")
ORIGIN = ("Origin", "http://example.com")


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    made = Cloud(World(mode="held", start_ms=1_767_225_600_000))
    yield made
    made.close()


def asked(cloud: Cloud, method: str, path: str, *headers: tuple[str, str]) -> tuple[int, dict[str, str], str]:
    reply = cloud.handle(HttpRequest(method, path, "", [*headers], b""))
    if isinstance(reply, Deferred):
        found: list[HttpResponse] = []
        reply.bind(found.append)
        cloud.default.world.store.commit()
        (reply,) = found
    assert isinstance(reply, HttpResponse)
    return reply.status, dict(reply.headers), reply.body.decode()


def test_the_root_tells_that_it_is_healthy_and_nothing_else_does(cloud: Cloud) -> None:
    status, _, text = asked(cloud, "GET", "/", HOST)
    assert (status, text.strip()) == (200, "healthy: dynamodb.eu-west-1.amazonaws.com")
    assert asked(cloud, "GET", "/abc", HOST)[0] == 404
    assert asked(cloud, "POST", "/", HOST)[0] == 404


def test_a_web_page_may_read_every_answer(cloud: Cloud) -> None:
    for method in ("GET", "POST"):
        _, headers, _ = asked(cloud, method, "/", HOST, ORIGIN)
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "x-amzn-RequestId" in headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Max-Age" not in headers
        _, headers, _ = asked(cloud, method, "/", HOST)
        assert not [name for name in headers if name.startswith("Access-Control")]


def test_a_preflight_is_granted_what_it_asks_for(cloud: Cloud) -> None:
    asks = (("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-amz-target,x-amz-date"))
    for host in (HOST, ("Host", "localhost:4566")):
        status, headers, _ = asked(cloud, "OPTIONS", "/", host, ORIGIN, *asks)
        assert status == 200
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["Access-Control-Allow-Methods"] == "POST"
        assert headers["Access-Control-Allow-Headers"] == "x-amz-target,x-amz-date"
        assert headers["Access-Control-Max-Age"] == "172800"


def test_a_preflight_for_a_bucket_is_still_amazon_s3s(cloud: Cloud) -> None:
    status, headers, text = asked(
        cloud, "OPTIONS", "/bucket/key", ("Host", "localhost:4566"), ORIGIN, ("Access-Control-Request-Method", "PUT")
    )
    assert status == 403
    assert "Access-Control-Allow-Origin" not in headers
    assert "<Error>" in text
