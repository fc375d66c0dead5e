from __future__ import annotations

import json

import pytest

from foulweather.services.apigateway import snapshot
from foulweather.services.apigateway.stage_records import setting_place
from foulweather.services.apigateway.state import RestState
from harness import ACCOUNT, REGION, Aws
from services.apigateway.gateway_calls import Shop, made_api, patches, refused, words

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def logging_role(aws: Aws) -> str:
    """A role that API Gateway may assume, set in the account's settings."""
    made = aws.iam.create_role({"RoleName": "logs", "AssumeRolePolicyDocument": json.dumps(TRUST)})
    role: str = made["Role"]["Arn"]
    aws.apigateway.update_account({"patchOperations": patches(("replace", "/cloudwatchRoleArn", role))})
    return role


def test_an_api_without_methods_cannot_be_deployed(aws: Aws) -> None:
    api = made_api(aws)
    error = refused(aws.apigateway.create_deployment, {"restApiId": api["id"]})
    assert (error.code, error.message) == ("BadRequestException", "The REST API doesn't contain any methods")


def test_a_method_without_integration_cannot_be_deployed(aws: Aws) -> None:
    shop = Shop(aws)
    shop.gateway.delete_integration(shop.get)
    error = refused(shop.gateway.create_deployment, {"restApiId": shop.api})
    assert error.message == "No integration defined for method"
    assert error.why.facts[0].value == "/orders/GET"
    assert error.why.remedy[0].startswith("aws apigateway put-integration")


def test_a_deployment_is_what_the_api_was(aws: Aws) -> None:
    shop = Shop(aws)
    deployment = shop.deployed()
    shop.gateway.update_method({**shop.get, "patchOperations": patches(("replace", "/apiKeyRequired", "true"))})
    row = aws.world.state(RestState, ACCOUNT, REGION).deployments[f"{shop.api}/{deployment}"]
    frozen = snapshot.read(row)
    method = frozen["resources"][shop.orders]["resourceMethods"]["GET"]
    assert (method["apiKeyRequired"], method["methodIntegration"]["type"]) == (False, "MOCK")
    assert sorted(frozen["models"]) == ["Empty", "Error"]
    told = shop.gateway.get_deployment({"restApiId": shop.api, "deploymentId": deployment, "embed": ["apisummary"]})
    assert told["apiSummary"] == {"/orders": {"GET": {"authorizationType": "NONE", "apiKeyRequired": False}}}


async def test_a_deployment_in_use_is_not_deleted(aws: Aws) -> None:
    shop = Shop(aws)
    first = shop.deployed()
    asked = {"restApiId": shop.api, "deploymentId": first}
    error = refused(shop.gateway.delete_deployment, asked)
    assert error.message == "Active stages pointing to this deployment must be moved or deleted"
    assert error.why.facts[0].resource.endswith("/stages/prod")
    second = shop.deployed()
    assert shop.stage()["deploymentId"] == second
    shop.gateway.delete_deployment(asked)
    assert words(shop.gateway.get_deployment, asked) == (
        "NotFoundException",
        "Invalid Deployment identifier specified",
    )


def test_a_stage_is_made_once_with_a_name_that_can_be(aws: Aws) -> None:
    shop = Shop(aws)
    asked = {"restApiId": shop.api, "stageName": "prod", "deploymentId": shop.deployed()}
    assert words(shop.gateway.create_stage, asked) == ("ConflictException", "Stage already exists")
    assert words(shop.gateway.create_stage, {**asked, "stageName": "a b"})[1] == "Stage name only allows a-zA-Z0-9_"
    missing = {**asked, "stageName": "test", "deploymentId": "abc123"}
    assert words(shop.gateway.create_stage, missing)[1] == "Invalid Deployment identifier specified"
    made = shop.gateway.create_stage({**asked, "stageName": "test", "variables": {"x": "y"}})
    assert (made["variables"], made["methodSettings"]) == ({"x": "y"}, {})
    for number in range(8):
        shop.gateway.create_stage({**asked, "stageName": f"stage{number}"})
    assert words(shop.gateway.create_stage, {**asked, "stageName": "eleventh"})[0] == "LimitExceededException"


def test_settings_of_methods_are_patched_by_their_paths(aws: Aws) -> None:
    shop = Shop(aws)
    shop.deployed()
    changed = shop.patch_stage(
        ("replace", "/~1orders/GET/throttling/rateLimit", "200"),
        ("replace", "/~1orders/GET/throttling/burstLimit", "500"),
        ("replace", "/*/*/metrics/enabled", "true"),
        ("replace", "/orders/POST/caching/ttlInSeconds", "60"),
    )
    settings = changed["methodSettings"]
    assert settings["~1orders/GET"] == {
        "metricsEnabled": False,
        "loggingLevel": "OFF",
        "dataTraceEnabled": False,
        "throttlingBurstLimit": 500,
        "throttlingRateLimit": 200.0,
        "cachingEnabled": False,
        "cacheTtlInSeconds": 300,
        "cacheDataEncrypted": False,
        "requireAuthorizationForCacheControl": True,
        "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
    }
    assert settings["*/*"]["metricsEnabled"] is True
    assert settings["orders/POST"]["cacheTtlInSeconds"] == 60
    fewer = shop.patch_stage(("remove", "/orders/GET", None))["methodSettings"]
    assert sorted(fewer) == ["*/*", "orders/POST"]


@pytest.mark.parametrize("key", ["orders/GET", "/orders/GET", "~1orders/GET"])
def test_a_method_is_the_same_however_it_is_written(key: str) -> None:
    assert setting_place(key) == ("/orders", "GET")


def test_settings_that_cannot_be_are_refused(aws: Aws) -> None:
    shop = Shop(aws)
    shop.deployed()
    for path, value in (
        ("/*/*/throttling/rateLimit", "many"),
        ("/*/*/metrics/enabled", "yes"),
        ("/*/*/caching/ttlInSeconds", "3601"),
        ("/*/*/logging/loglevel", "DEBUG"),
        ("/cacheClusterSize", "2"),
        ("/variables/a-b", "x"),
        ("/stageName", "x"),
    ):
        asked = {"restApiId": shop.api, "stageName": "prod", "patchOperations": patches(("replace", path, value))}
        assert words(shop.gateway.update_stage, asked)[0] == "BadRequestException", path
    assert shop.stage()["methodSettings"] == {}


def test_nothing_is_logged_without_a_role(aws: Aws) -> None:
    shop = Shop(aws)
    shop.deployed()
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:shop:*"
    loud = ("replace", "/*/*/logging/loglevel", "INFO")
    access = (
        ("replace", "/accessLogSettings/destinationArn", group),
        ("replace", "/accessLogSettings/format", "$context.requestId $context.status"),
    )
    words_ = "CloudWatch Logs role ARN must be set in account settings to enable logging"
    for operations in ((loud,), access):
        asked = {"restApiId": shop.api, "stageName": "prod", "patchOperations": patches(*operations)}
        assert words(shop.gateway.update_stage, asked) == ("BadRequestException", words_)
    logging_role(aws)
    changed = shop.patch_stage(loud, *access)
    assert changed["accessLogSettings"]["destinationArn"] == group.removesuffix(":*")
    assert "accessLogSettings" not in shop.patch_stage(("remove", "/accessLogSettings", None))


async def test_a_canary_takes_a_share_until_it_is_promoted(aws: Aws) -> None:
    shop = Shop(aws)
    first = shop.deployed()
    await aws.advance(seconds=5)
    canary = {"percentTraffic": 10.0, "stageVariableOverrides": {"version": "2"}}
    second = shop.gateway.create_deployment({"restApiId": shop.api, "stageName": "prod", "canarySettings": canary})[
        "id"
    ]
    stage = shop.stage()
    assert stage["deploymentId"] == first
    assert stage["canarySettings"] == {**canary, "deploymentId": second, "useStageCache": False}
    in_use = {"restApiId": shop.api, "deploymentId": second}
    assert words(shop.gateway.delete_deployment, in_use)[0] == "BadRequestException"
    promoted = shop.gateway.update_stage(
        {
            "restApiId": shop.api,
            "stageName": "prod",
            "patchOperations": [
                {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
                {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
                {"op": "remove", "path": "/canarySettings"},
            ],
        }
    )
    assert (promoted["deploymentId"], promoted["variables"]) == (second, {"version": "2"})
    assert "canarySettings" not in promoted


async def test_a_cache_cluster_takes_minutes(aws: Aws) -> None:
    shop = Shop(aws)
    shop.deployed()
    assert (
        words(shop.gateway.flush_stage_cache, {"restApiId": shop.api, "stageName": "prod"})[0] == "BadRequestException"
    )
    changed = shop.patch_stage(("replace", "/cacheClusterEnabled", "true"))
    assert (changed["cacheClusterStatus"], changed["cacheClusterSize"]) == ("CREATE_IN_PROGRESS", "0.5")
    await aws.advance(seconds=240)
    assert shop.stage()["cacheClusterStatus"] == "AVAILABLE"
    shop.gateway.flush_stage_cache({"restApiId": shop.api, "stageName": "prod"})
    changed = shop.patch_stage(("replace", "/cacheClusterEnabled", "false"))
    assert changed["cacheClusterStatus"] == "DELETE_IN_PROGRESS"
    await aws.advance(seconds=240)
    assert shop.stage()["cacheClusterStatus"] == "NOT_AVAILABLE"


def test_a_change_of_a_stage_is_on_record(aws: Aws) -> None:
    shop = Shop(aws)
    shop.deployed()
    shop.patch_stage(("replace", "/variables/x", "y"), ("replace", "/*/*/throttling/rateLimit", "5"))
    arn = f"arn:aws:apigateway:{REGION}::/restapis/{shop.api}/stages/prod"
    for name in ("variables", "methodSettings"):
        event = aws.world.journal.last_change(arn, name)
        assert event is not None
        assert event.kind == "apigateway.StageUpdated"
