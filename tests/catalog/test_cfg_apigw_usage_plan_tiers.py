"""Usage plans in three tiers: each key hits its own limits, and moves up by moving to another plan."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest

from catalog.gateways import KEY, NEEDS_KEY, Api, mock, plan, rest_api
from foulweather.testing import Aws

FREE_LISTS = {"/orders/GET": {"rateLimit": 5, "burstLimit": 10}}


class Tiers(NamedTuple):
    api: Api
    plans: dict[str, str]
    keys: dict[str, str]

    def served(self, tier: str, times: int, method: str = "POST") -> int:
        """How many of so many requests at once are served."""
        return self.api.statuses(times, method, "/orders", x_api_key=self.keys[tier]).count(200)


@pytest.fixture
def tiers(aws: Aws) -> Tiers:
    operation = mock(security=NEEDS_KEY)
    api = rest_api(aws, {"/orders": {"get": operation, "post": operation}}, components=KEY)
    made = {
        "free": plan(api, "free", 20, 50, 10_000, FREE_LISTS),
        "pro": plan(api, "pro", 200, 500, 1_000_000),
        "enterprise": plan(api, "enterprise", 2_000, 5_000),
    }
    return Tiers(api, {name: each[0] for name, each in made.items()}, {name: each[1] for name, each in made.items()})


def test_a_key_of_each_tier_has_its_plans_limits_and_the_free_one_lists_more_slowly(tiers: Tiers) -> None:
    assert (tiers.served("free", 60), tiers.served("pro", 60), tiers.served("enterprise", 60)) == (50, 60, 60)
    tiers.api.aws.advance("1s")
    assert (tiers.served("free", 60), tiers.served("pro", 60)) == (20, 60)

    tiers.api.aws.advance("10s")
    assert tiers.served("free", 20, "GET") == 10
    assert tiers.served("free", 20) == 20
    tiers.api.aws.advance("1s")
    assert tiers.served("free", 20, "GET") == 5


def test_a_pro_key_has_five_hundred_at_once_and_enterprise_no_quota(tiers: Tiers) -> None:
    assert tiers.served("pro", 520) == 500
    found = tiers.api.gateway.get_usage_plan(usagePlanId=tiers.plans["enterprise"])
    assert "quota" not in found
    assert tiers.api.ask("POST", "/orders").status == 403


def test_a_key_whose_quota_is_used_up_is_told_another_sentence_until_it_is_moved(aws: Aws, tiers: Tiers) -> None:
    gateway = tiers.api.gateway
    key = gateway.get_api_keys(nameQuery="free")["items"][0]["id"]
    left = [{"op": "replace", "path": "/remaining", "value": "3"}]
    gateway.update_usage(usagePlanId=tiers.plans["free"], keyId=key, patchOperations=left)
    assert tiers.served("free", 5) == 3
    refused = tiers.api.ask("POST", "/orders", x_api_key=tiers.keys["free"])
    assert (refused.status, json.loads(refused.body)) == (429, {"message": "Limit Exceeded"})
    aws.advance("31d")  # the quota is the month's
    assert tiers.served("free", 1) == 1
    gateway.delete_usage_plan_key(usagePlanId=tiers.plans["free"], keyId=key)
    gateway.create_usage_plan_key(usagePlanId=tiers.plans["pro"], keyId=key, keyType="API_KEY")
    assert tiers.served("free", 60) == 60
