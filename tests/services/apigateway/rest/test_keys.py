"""API keys, usage plans and throttles: who may come, and how often."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from foulweather.kernel.quotas import Applied, AppliedQuotas
from foulweather.services.apigateway.quotas import THROTTLE_BURST, THROTTLE_RATE
from foulweather.services.apigateway.stage_records import ApiKey, PlanKey, UsagePlan
from harness import ACCOUNT
from services.apigateway.rest.served import Web, header, method, told

VALUE = "abcdefghij0123456789"


def key(web: Web, plan: dict[str, Any] | None = None, **more: Any) -> None:
    row = {
        "id": "k1",
        "value": VALUE,
        "createdDate": 0,
        "lastUpdatedDate": 0,
        "enabled": True,
        "name": "mobile",
        **more,
    }
    web.state.keys.put("k1", msgspec.convert(row, ApiKey))
    web.state.key_ids[VALUE] = "k1"
    if plan is not None:
        opened = {"apiStages": [{"apiId": "api1", "stage": "prod", **plan.pop("stage", {})}]}
        web.state.plans.put("p1", msgspec.convert({"id": "p1", "name": "free", **opened, **plan}, UsagePlan))
        web.state.plan_keys.put("p1/k1", PlanKey(plan="p1", key="k1"))


async def statuses(web: Web, count: int, verb: str = "GET", path: str = "/orders") -> list[int]:
    return [(await web.ask(verb, path, {"x-api-key": VALUE})).status for _ in range(count)]


async def test_each_way_of_having_no_key_is_forbidden_for_its_own_reason(web: Web) -> None:
    web.api({"/orders": {"GET": method(apiKeyRequired=True)}})
    causes = []
    for step in ("none", "unknown", "no plan", "disabled", "elsewhere"):
        if step == "no plan":
            key(web)
        elif step == "disabled":
            key(web, enabled=False)
        elif step == "elsewhere":
            key(web, {"apiStages": [{"apiId": "api1", "stage": "dev"}]})
        response = await web.ask("GET", "/orders", {} if step == "none" else {"x-api-key": VALUE})
        assert (response.status, told(response)) == (403, {"message": "Forbidden"}), step
        assert header(response, "x-amzn-errortype") == "ForbiddenException"
        causes.append(web.why().cause)
    assert len(set(causes)) == 5
    assert "no header x-api-key" in causes[0]
    assert "aws apigateway update-usage-plan" in web.why().remedy[0]
    key(web, {})
    assert await statuses(web, 1) == [200]


async def test_a_key_is_not_asked_for_where_the_method_does_not(web: Web) -> None:
    web.api({"/orders": {"GET": method()}})
    assert (await web.ask("GET", "/orders")).status == 200


async def test_a_quota_counts_what_passed_and_begins_anew_with_its_period(web: Web) -> None:
    web.api({"/orders": {"GET": method(apiKeyRequired=True)}})
    key(web, {"quota": {"limit": 3, "period": "DAY"}})
    assert await statuses(web, 5) == [200, 200, 200, 429, 429]
    response = await web.ask("GET", "/orders", {"x-api-key": VALUE})
    assert told(response) == {"message": "Limit Exceeded"}
    assert header(response, "x-amzn-errortype") == "LimitExceededException"
    assert web.why().decision == "throttled"
    assert web.state.usage["p1/k1/2026-01-01"].used == 3
    await web.aws.advance(seconds=86_400)
    assert await statuses(web, 1) == [200]


async def test_the_plan_throttles_each_key_and_a_method_has_its_own_limit(web: Web) -> None:
    web.api({"/orders": {"GET": method(apiKeyRequired=True), "POST": method(apiKeyRequired=True)}})
    limits = {"/orders/GET": {"rateLimit": 1.0, "burstLimit": 2}}
    key(web, {"throttle": {"rateLimit": 10.0, "burstLimit": 5}, "stage": {"throttle": limits}})
    assert await statuses(web, 4) == [200, 200, 429, 429]
    assert "/orders/GET" in web.why().cause
    assert await statuses(web, 4, "POST") == [200, 200, 200, 429]
    response = await web.ask("GET", "/orders", {"x-api-key": VALUE})
    assert (response.status, told(response)) == (429, {"message": "Too Many Requests"})
    assert header(response, "x-amzn-errortype") == "TooManyRequestsException"
    await web.aws.advance(seconds=1)
    assert await statuses(web, 2) == [200, 429]


async def test_the_stages_limit_for_a_method_leaves_the_others_alone(web: Web) -> None:
    stage = {"methodSettings": {"orders/GET": {"throttlingRateLimit": 1.0, "throttlingBurstLimit": 1}}}
    web.api({"/orders": {"GET": method(), "POST": method()}}, stage)
    assert await statuses(web, 2) == [200, 429]
    assert await statuses(web, 2, "POST") == [200, 200]
    assert "/~1orders/GET/throttling/rateLimit" in web.why().remedy[0]


async def test_all_apis_of_an_account_share_its_bucket(web: Web) -> None:
    web.api({"/orders": {"GET": method()}})
    served = [(await web.ask("GET", "/orders")).status for _ in range(5_003)]
    assert served.count(200) == 5_000
    assert "the account in this region" in web.why().cause
    applied = web.aws.world.state(AppliedQuotas, ACCOUNT)
    applied.applied.put(f"us-east-1/apigateway/{THROTTLE_RATE.code}", Applied(20_000, 0))
    await web.aws.advance(ms=100)
    served = [(await web.ask("GET", "/orders")).status for _ in range(2_010)]
    assert served.count(200) == 2_000


async def test_metrics_count_requests_errors_and_latency(web: Web) -> None:
    stage = {"methodSettings": {"*/*": {"metricsEnabled": True}}}
    web.api({"/orders": {"GET": method()}}, stage)
    for path in ("/orders", "/orders", "/none"):
        await web.ask("GET", path)
    await web.aws.advance(seconds=120)

    def total(name: str, **dimensions: str) -> float:
        found = web.aws.cloudwatch.get_metric_statistics(
            {
                "Namespace": "AWS/ApiGateway",
                "MetricName": name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                "StartTime": web.aws.now - 600_000,
                "EndTime": web.aws.now,
                "Period": 60,
                "Statistics": ["Sum"],
            }
        )
        return sum(point["Sum"] for point in found["Datapoints"])

    assert total("Count", ApiName="orders") == 3
    assert total("4XXError", ApiName="orders", Stage="prod") == 1
    assert total("5XXError", ApiName="orders", Stage="prod") == 0
    assert total("Count", ApiName="orders", Stage="prod", Method="GET", Resource="/orders") == 2


@pytest.mark.parametrize(
    ("limit", "served"),
    [("plan", 50 + 99), ("method", 20 + 199), ("plan and method", 50 + 99), ("account", 500 + 999)],
)
async def test_ten_thousand_requests_of_a_second_serve_what_the_buckets_allow(
    web: Web, limit: str, served: int
) -> None:
    """Ten each millisecond: the first ten come at once, and in the last millisecond 0.1 of a token is still to come."""
    settings = {"throttlingRateLimit": 200.0, "throttlingBurstLimit": 20}
    if limit == "plan and method":
        settings = {"throttlingRateLimit": 400.0, "throttlingBurstLimit": 400}
    web.api(
        {"/orders": {"GET": method(apiKeyRequired="plan" in limit)}},
        {"methodSettings": {"orders/GET": settings}} if "method" in limit else None,
    )
    if "plan" in limit:
        key(web, {"throttle": {"rateLimit": 100.0, "burstLimit": 50}})
    if limit == "account":
        applied = web.aws.world.state(AppliedQuotas, ACCOUNT).applied
        applied.put(f"us-east-1/apigateway/{THROTTLE_RATE.code}", Applied(1000, 0))
        applied.put(f"us-east-1/apigateway/{THROTTLE_BURST.code}", Applied(500, 0))
    answers: Counter[int] = Counter()
    for _ in range(1000):
        answers.update(await statuses(web, 10))
        await web.aws.advance(ms=1)
    assert answers == {200: served, 429: 10_000 - served}
