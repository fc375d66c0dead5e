from __future__ import annotations

import json
from typing import Any

import pytest

from drilling.load.labs import MINUTE_MS, new_lab, pass_ms
from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even, Ledger
from foulweather.drilling.load.apis import (
    ApiClient,
    alarm,
    client,
    clients,
    deploy,
    failing,
    method_arn,
    operation_of,
    patch,
    rest_api,
    set_method,
    set_stage,
    setting_of,
    stage_arn,
    to_function,
    unserved,
    url_of,
    waves,
)
from foulweather.drilling.load.functions import function
from foulweather.drilling.load.usage_plans import (
    key_named,
    plan_arn,
    plan_named,
    plans_of,
    usage_plan,
    used_before,
)
from foulweather.drilling.quotas import grant

OK = 'duration_ms = 40\ninit_ms = 200\nresponse = {statusCode = 200, body = "{}"}\n'
KEYED = {"securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}}


def shop_api(lab: Lab, model: str = OK, **options: Any) -> str:
    """A function behind POST /orders, that is active."""
    function(lab, "work", model, Timeout=60)
    return rest_api(lab, "shop", {"/orders": {"post": to_function(lab, "work")}}, **options)


async def asked(lab: Lab, api: str, per_min: int = 2, **options: Any) -> ApiClient:
    """A client that asks so often, for two minutes."""
    lab.add(
        ApiClient(
            lab,
            "web",
            url=url_of(api),
            arrivals=Even(per_min=per_min),
            method="POST",
            path="/orders?x=1",
            body={"n": 1},
            **options,
        )
    )
    await pass_ms(lab, 2 * MINUTE_MS)
    return client(lab, "web")


async def test_a_request_is_answered_in_the_functions_time_and_takes_effect() -> None:
    lab = new_lab()
    web = await asked(lab, shop_api(lab))
    assert [(one.status, one.took_ms, one.text, one.attempts) for one in web.ended][-2:] == [(200, 40, "{}", 1)] * 2
    assert Ledger.of(lab).report(now_ms=lab.now_ms, deadline_ms=1_000).served == len(web.ended) == 3
    assert list(clients(lab)) == [web]
    assert unserved(lab, "web", lab.now_ms - 2 * MINUTE_MS) is None


async def test_an_answer_of_400_or_more_is_a_failure_in_its_own_words() -> None:
    lab = new_lab()
    web = await asked(lab, shop_api(lab, "duration_ms = 5\nresponse = {bad = 1}\n"))
    assert {(one.status, one.text) for one in web.ended} == {(502, '{"message":"Internal server error"}')}
    lab.struck_at_ms = lab.now_ms - 3 * MINUTE_MS
    symptom = failing(lab, "web", "{} orders failed", status=502, at_least=3)
    assert symptom is not None
    assert symptom.cause == '3 orders failed: 502 {"message":"Internal server error"}'
    assert failing(lab, "web", "{}", status=504) is None
    assert unserved(lab, "web", lab.struck_at_ms) is not None
    assert unserved(lab, "web", lab.struck_at_ms, permille=1000) is None
    assert unserved(lab, "web", lab.now_ms) is not None  # nobody has asked since
    assert web.log[-1].text == 'POST /orders?x=1: 502 {"message":"Internal server error"}'


async def test_what_times_out_at_the_gateway_is_retried_where_the_settings_say_so() -> None:
    lab = new_lab()
    web = await asked(
        lab, shop_api(lab, "duration_ms = 40000\ninit_ms = 0\n"), per_min=1, retry="at-once", attempts="2"
    )
    assert [(one.status, one.took_ms, one.attempts) for one in web.ended][:1] == [(504, 58_000, 2)]


async def test_a_client_that_does_not_wait_so_long_has_no_answer() -> None:
    lab = new_lab()
    web = await asked(lab, shop_api(lab, "duration_ms = 9000\n"), timeout_ms="1000")
    assert {(one.status, one.text) for one in web.ended} == {(0, "no answer in 1000 ms")}


async def test_waves_come_at_once_and_a_stage_refuses_what_is_too_many() -> None:
    lab = new_lab()
    api = shop_api(lab)
    set_stage(lab, api, patch("/*/*/throttling/rateLimit", 5), patch("/*/*/throttling/burstLimit", 4))
    lab.add(ApiClient(lab, "web", url=url_of(api), arrivals=waves(20, 100, at_ms=5_000), method="POST", path="/orders"))
    await pass_ms(lab, MINUTE_MS)
    assert [one.asked_ms - lab.now_ms + MINUTE_MS for one in client(lab, "web").since(0)][:2] == [5_020, 5_025]
    assert len(client(lab, "web").failed_since(0, 429)) == 16
    assert setting_of(lab, api, "orders/POST")["throttlingBurstLimit"] == 4
    assert stage_arn(lab, api).endswith(f"/restapis/{api}/stages/prod")


async def test_logs_alarm_and_settings_by_method_path_are_found_again() -> None:
    lab = new_lab()
    api = shop_api(lab, logging="ERROR", access_log=True)
    alarm(lab, "shop", "5XXError")
    set_stage(lab, api, patch("/~1orders/POST/throttling/rateLimit", 7))
    assert setting_of(lab, api, "orders/POST")["throttlingRateLimit"] == 7
    assert setting_of(lab, api, "other/GET")["loggingLevel"] == "ERROR"
    await asked(lab, api)
    events = lab.client("logs").filter_log_events(logGroupName=f"/aws/apigateway/{api}")["events"]
    line = json.loads(events[-1]["message"])
    assert (line["path"], line["status"], line["sourceIp"]) == ("/prod/orders", "200", "203.0.113.7")
    assert lab.client("cloudwatch").describe_alarms()["MetricAlarms"][0]["AlarmName"] == "shop-5xxerror"


async def test_a_method_is_changed_and_then_deployed() -> None:
    lab = new_lab()
    api = shop_api(lab)
    await pass_ms(lab, MINUTE_MS)
    set_method(lab, api, "/orders", "POST", patch("/apiKeyRequired", "true"))
    assert operation_of(lab, api, "/orders", "POST")["apiKeyRequired"] is True
    assert operation_of(lab, api, "/orders", "GET") == operation_of(lab, api, "/none", "GET") == {}
    assert (await asked(lab, api)).failed_since(0) == []
    deploy(lab, api)
    began = lab.now_ms
    await pass_ms(lab, MINUTE_MS)
    assert {one.status for one in client(lab, "web").since(began)} == {403}
    assert method_arn(lab, api, "/orders", "POST").endswith("/methods/POST")


async def test_plans_keys_and_what_was_used_before() -> None:
    lab = new_lab()
    await pass_ms(lab, 20 * 24 * 60 * MINUTE_MS)
    function(lab, "work", OK)
    operation = to_function(lab, "work", security=[{"key": []}])
    api = rest_api(lab, "shop", {"/orders": {"post": operation}}, components=KEYED)
    plan = usage_plan(
        lab, "free", api, {"acme": "k" * 30}, throttle=(5, 9), quota=1_000, methods={"/orders/POST": (2, 4)}
    )
    found = plan_named(lab, "free")
    assert (found["id"], found["quota"]["limit"], found["throttle"]["burstLimit"]) == (plan, 1_000, 9)
    assert plan_named(lab, "none") == {}
    key = key_named(lab, "acme")
    assert plans_of(lab, key) == ["free"]
    assert (key_named(lab, "nobody"), plan_arn(lab, plan)[-len(plan) :]) == ("", plan)
    used_before(lab, plan, key, 999)
    web = await asked(lab, api, headers={"x-api-key": "k" * 30})
    assert [one.status for one in web.ended][-2:] == [429, 429]
    assert web.ended[-1].text == '{"message":"Limit Exceeded"}'
    usage = lab.client("apigateway").get_usage(usagePlanId=plan, startDate="2026-01-01", endDate="2026-01-20")
    assert sum(day[0] for day in usage["items"][key]) == 999


def test_an_account_may_have_less_than_awss_default() -> None:
    lab = new_lab()
    grant(lab, "apigateway", "L-8A5B8E43", 77)
    assert lab.client("apigateway").get_account()["throttleSettings"]["rateLimit"] == 77.0


def test_a_client_is_no_application_of_another_kind() -> None:
    lab = new_lab()
    with pytest.raises(ValueError, match="there is no application"):
        client(lab, "web")
