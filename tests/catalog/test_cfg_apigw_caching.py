"""A stage with a cache of 0.5 GB: GET /orders for a minute, POST never."""

from __future__ import annotations

import pytest

from catalog.gateways import Api, mock, rest_api, set_stage
from foulweather.testing import Aws

FRESH = '{"made": "$context.requestId"}'


@pytest.fixture
def cached(aws: Aws) -> Api:
    api = rest_api(aws, {"/orders": {"get": mock(FRESH), "post": mock(FRESH)}})
    cluster = {"/cacheClusterEnabled": "true", "/cacheClusterSize": "0.5"}
    patches = [{"op": "replace", "path": path, "value": value} for path, value in cluster.items()]
    api.gateway.update_stage(restApiId=api.id, stageName=api.stage, patchOperations=patches)
    set_stage(api, method="~1orders/GET", caching_ttlInSeconds=60, caching_enabled="true")
    aws.advance("5m")
    return api


def made(api: Api, method: str = "GET") -> bytes:
    return api.ask(method, "/orders").body


def test_the_same_answer_is_given_for_a_minute_and_then_a_fresh_one(cached: Api, aws: Aws) -> None:
    first = made(cached)
    aws.advance("59s")
    assert made(cached) == first
    aws.advance("2s")
    assert made(cached) != first


def test_a_post_is_never_cached(cached: Api) -> None:
    assert made(cached, "POST") != made(cached, "POST")


def test_flushing_empties_it(cached: Api, aws: Aws) -> None:
    first = made(cached)
    aws.advance("1s")
    cached.gateway.flush_stage_cache(restApiId=cached.id, stageName=cached.stage)
    aws.advance("1s")
    assert made(cached) != first


def test_a_stranger_who_asks_for_a_fresh_answer_is_given_the_cached_one_with_a_warning(cached: Api) -> None:
    first = made(cached)
    answer = cached.ask("GET", "/orders", Cache_Control="max-age=0")
    assert answer.body == first
    assert "199" in dict(answer.headers)["Warning"]
