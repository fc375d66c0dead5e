"""Throttles on four levels: a key for a method, a key, a stage's method, the account; the narrowest refuses first."""

from __future__ import annotations

import pytest

from catalog.gateways import KEY, NEEDS_KEY, Api, mock, plan, rest_api, set_stage
from foulweather.kernel.quotas import Applied, AppliedQuotas
from foulweather.testing import Aws

LISTS = {"/orders/GET": {"rateLimit": 5, "burstLimit": 10}}


@pytest.fixture
def api(aws: Aws) -> Api:
    """Account 10,000/5,000; listings of the stage 200/500; everything else of the stage the account's."""
    keyed = mock(security=NEEDS_KEY)
    made = rest_api(aws, {"/orders": {"get": keyed, "post": keyed}, "/health": {"get": mock()}}, components=KEY)
    set_stage(made, method="orders/GET", throttling_rateLimit=200, throttling_burstLimit=500)
    return made


def test_the_limit_of_a_key_leaves_other_keys_alone(api: Api) -> None:
    throttle = api.gateway.get_account()["throttleSettings"]
    assert throttle == {"rateLimit": 10_000.0, "burstLimit": 5_000}


def test_the_limit_of_a_key_for_a_method_comes_before_the_keys_and_the_stages(api: Api) -> None:
    _, key = plan(api, "free", 20, 30, methods=LISTS)
    assert api.statuses(12, "GET", "/orders", x_api_key=key).count(200) == 10
    told = api.aws.why()
    assert told is not None
    why = told.hops[0].why
    assert why is not None
    assert "usage plan free for /orders/GET" in why.cause

    _, small = plan(api, "small", 1, 5)
    _, large = plan(api, "large", 100, 100)
    assert api.statuses(8, "POST", "/orders", x_api_key=small).count(429) == 3
    assert api.statuses(8, "POST", "/orders", x_api_key=large).count(200) == 8


def test_the_limit_of_a_stages_method_leaves_its_other_methods_alone(api: Api) -> None:
    set_stage(api, method="orders/GET", throttling_rateLimit=2, throttling_burstLimit=4)
    _, key = plan(api, "pro", 500, 500)
    assert api.statuses(6, "GET", "/orders", x_api_key=key).count(429) == 2
    assert api.statuses(6, "POST", "/orders", x_api_key=key).count(200) == 6
    api.aws.advance("1s")
    assert api.statuses(6, "GET", "/orders", x_api_key=key).count(200) == 2


def test_the_accounts_limit_is_all_stages(aws: Aws, api: Api) -> None:
    dev = api.deploy("dev")
    held = aws.cloud.default.world.state(AppliedQuotas, aws.account).applied
    for code, value in (("L-8A5B8E43", 10), ("L-CDF5615A", 20)):  # 5,000 at once are many for a test
        held.put(f"{aws.region}/apigateway/{code}", Applied(value, aws.now_ms))
    assert api.statuses(20, "GET", "/health").count(200) == 20
    assert (api.ask("GET", "/health").status, dev.ask("GET", "/health").status) == (429, 429)
    aws.advance("1s")
    assert (api.ask("GET", "/health").status, dev.ask("GET", "/health").status) == (200, 200)

    aws.advance("10s")
    _, key = plan(api, "dreams", 50_000, 50_000)
    assert api.statuses(22, "POST", "/orders", x_api_key=key).count(200) == 20  # a plan cannot give more than there is
