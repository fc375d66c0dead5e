from __future__ import annotations

from typing import Any

import pytest

from foulweather.services.apigateway import metering
from foulweather.services.apigateway.stage_records import Quota
from foulweather.services.apigateway.state import RestState
from harness import ACCOUNT, REGION, Aws
from services.apigateway.gateway_calls import Shop, patches, refused, words

DAY_S = 86_400


class Plan:
    """A plan over the stage prod, with one key."""

    def __init__(self, aws: Aws, **asked: Any) -> None:
        self.shop = shop = Shop(aws)
        shop.deployed()
        self.gateway = shop.gateway
        self.stage = f"{shop.api}:prod"
        made = self.gateway.create_usage_plan(
            {"name": "basic", "apiStages": [{"apiId": shop.api, "stage": "prod"}], **asked}
        )
        self.id: str = made["id"]
        self.key: str = self.gateway.create_api_key({"name": "customer", "enabled": True})["id"]
        self.gateway.create_usage_plan_key({"usagePlanId": self.id, "keyId": self.key, "keyType": "API_KEY"})

    def count(self, aws: Aws, times: int) -> None:
        state = aws.world.state(RestState, ACCOUNT, REGION)
        for _ in range(times):
            metering.count(state, state.plans[self.id], self.key, aws.now)


def test_a_key_has_forty_characters_that_are_shown_on_request(aws: Aws) -> None:
    made = aws.apigateway.create_api_key({"name": "a"})
    assert (len(made["value"]), made["enabled"]) == (40, False)
    asked = {"apiKey": made["id"]}
    assert "value" not in aws.apigateway.get_api_key(asked)
    assert aws.apigateway.get_api_key({**asked, "includeValue": True})["value"] == made["value"]
    assert "value" not in aws.apigateway.get_api_keys()["items"][0]
    taken = {"name": "b", "value": made["value"]}
    assert words(aws.apigateway.create_api_key, taken) == ("ConflictException", "API Key already exists")
    short = words(aws.apigateway.create_api_key, {"value": "short"})[1]
    assert short == "API Key value should be at least 20 characters"
    changed = aws.apigateway.update_api_key({**asked, "patchOperations": patches(("replace", "/enabled", "true"))})
    assert changed["enabled"] is True
    aws.apigateway.delete_api_key(asked)
    assert words(aws.apigateway.get_api_key, asked) == ("NotFoundException", "Invalid API Key identifier specified")


def test_keys_are_imported_from_a_file(aws: Aws) -> None:
    plan = Plan(aws)
    lines = (
        "Name,key,description,Enabled,usageplanIds",
        f'first,{"a" * 30},the first,TRUE,"{plan.id}"',
        f"second,{'b' * 30},,false,",
        f"again,{'a' * 30},,,",
    )
    body = "\n".join(lines).encode()
    strict = {"body": body, "format": "csv", "failOnWarnings": True}
    assert words(aws.apigateway.import_api_keys, strict)[0] == "BadRequestException"
    told = aws.apigateway.import_api_keys({"body": body, "format": "csv"})
    assert (len(told["ids"]), len(told["warnings"])) == (2, 1)
    keys = plan.gateway.get_usage_plan_keys({"usagePlanId": plan.id})["items"]
    assert sorted(key["name"] for key in keys) == ["customer", "first"]
    no_header = {"body": b"a,b\n", "format": "csv"}
    assert words(aws.apigateway.import_api_keys, no_header)[0] == "BadRequestException"


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"apiStages": [{"apiId": "abc", "stage": "x"}]}, "NotFoundException", "API Stage not found: abc:x"),
        (
            {"apiStages": [{"apiId": "", "stage": "x"}]},
            "BadRequestException",
            "Invalid API Stage {api: %s, stage: %s} specified for usageplan %s",
        ),
        (
            {"quota": {"limit": 5, "period": "DAY", "offset": 1}},
            "BadRequestException",
            "Usage Plan quota offset must be zero in the DAY period",
        ),
    ],
)
def test_a_plan_that_cannot_be_is_refused(aws: Aws, asked: dict[str, Any], code: str, message: str) -> None:
    assert words(aws.apigateway.create_usage_plan, {"name": "p", **asked}) == (code, message)


async def test_a_plan_is_patched(aws: Aws) -> None:
    plan = Plan(aws, throttle={"rateLimit": 1000.0, "burstLimit": 1000})
    method = f"/apiStages/{plan.stage}/throttle/~1orders~1GET"
    asked = {"usagePlanId": plan.id}
    changed = plan.gateway.update_usage_plan(
        {
            **asked,
            "patchOperations": patches(
                ("replace", "/throttle/rateLimit", "2000"),
                ("replace", "/throttle/burstLimit", "4000"),
                ("add", f"{method}/rateLimit", "5"),
                ("add", f"{method}/burstLimit", "10"),
                ("add", "/quota/limit", "100"),
                ("add", "/quota/period", "MONTH"),
            ),
        }
    )
    assert changed["throttle"] == {"rateLimit": 2000.0, "burstLimit": 4000}
    assert changed["apiStages"][0]["throttle"] == {"/orders/GET": {"rateLimit": 5.0, "burstLimit": 10}}
    assert changed["quota"] == {"limit": 100, "period": "MONTH", "offset": 0}
    plain = patches(("replace", f"/apiStages/{plan.stage}/throttle//orders/GET/rateLimit", "x"))
    wrong = words(plan.gateway.update_usage_plan, {**asked, "patchOperations": plain})[1]
    assert wrong == "Invalid patch value 'x' specified for op 'replace'. Must be a valid number"
    again = {**asked, "patchOperations": patches(("remove", "/quota", None))}
    assert "quota" not in plan.gateway.update_usage_plan(again)


async def test_a_plan_with_stages_is_not_deleted(aws: Aws) -> None:
    plan = Plan(aws)
    error = refused(plan.gateway.delete_usage_plan, {"usagePlanId": plan.id})
    assert error.message == (
        f"Cannot delete Usage Plan {plan.id} because there are API Stages associated with it, including {plan.stage}"
    )
    operations = patches(("remove", "/apiStages", plan.stage))
    plan.gateway.update_usage_plan({"usagePlanId": plan.id, "patchOperations": operations})
    plan.gateway.delete_usage_plan({"usagePlanId": plan.id})
    assert words(plan.gateway.get_usage_plan, {"usagePlanId": plan.id})[1] == "Invalid Usage Plan ID specified"


def test_a_key_reaches_a_stage_by_one_plan(aws: Aws) -> None:
    plan = Plan(aws)
    other = plan.gateway.create_usage_plan({"name": "other", "apiStages": [{"apiId": plan.shop.api, "stage": "prod"}]})
    asked = {"usagePlanId": other["id"], "keyId": plan.key, "keyType": "API_KEY"}
    code, message = words(plan.gateway.create_usage_plan_key, asked)
    assert code == "ConflictException"
    assert message.endswith(f"cannot reference multiple Usage Plans with the same API Stage: {plan.stage}")


async def test_usage_is_told_by_day_with_what_remains(aws: Aws) -> None:
    plan = Plan(aws, quota={"limit": 10, "period": "MONTH"})
    plan.count(aws, 3)
    await aws.advance(seconds=DAY_S)
    plan.count(aws, 4)
    asked = {"usagePlanId": plan.id, "startDate": "2026-01-01", "endDate": "2026-01-03"}
    told = plan.gateway.get_usage(asked)
    assert told["items"] == {plan.key: [[3, 7], [4, 3], [0, 3]]}
    more = {"usagePlanId": plan.id, "keyId": plan.key, "patchOperations": patches(("replace", "/remaining", "50"))}
    assert plan.gateway.update_usage(more)["items"] == {plan.key: [[4, 50]]}
    wrong = {**more, "patchOperations": patches(("add", "/remaining", "1"))}
    assert words(plan.gateway.update_usage, wrong)[1] == (
        "Invalid patch path  '/remaining' specified for op 'add'. Must be one of: []"
    )
    await aws.advance(seconds=40 * DAY_S)
    state = aws.world.state(RestState, ACCOUNT, REGION)
    assert metering.remaining(state, state.plans[plan.id], plan.key, metering.day_of(aws.now)) == 10
    long = {**asked, "endDate": "2026-04-01"}
    assert words(plan.gateway.get_usage, long)[1] == "Date range cannot exceed 90 days"


@pytest.mark.parametrize(
    ("period", "offset", "begins"),
    [
        ("DAY", 0, "2026-01-07"),
        ("WEEK", 0, "2026-01-04"),
        ("WEEK", 3, "2026-01-07"),
        ("MONTH", 0, "2026-01-01"),
        ("MONTH", 10, "2025-12-11"),
    ],
)
def test_periods_begin_where_their_offset_says(period: str, offset: int, begins: str) -> None:
    wednesday = metering.day_of(1_767_744_000_000)
    assert str(wednesday) == "2026-01-07"
    assert str(metering.period_of(Quota(limit=1, period=period, offset=offset), wednesday)) == begins
