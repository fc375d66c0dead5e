"""One API, three stages: each with its variables, its settings and its deployment."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import role
from catalog.gateways import Api, mock, rest_api, set_stage
from foulweather.testing import Aws

TOLD = '{"environment": "$stageVariables.environment"}'
STAGES = ("dev", "staging", "prod")
FORMAT = "$context.requestId $context.stage $context.status"


@pytest.fixture
def stages(aws: Aws) -> dict[str, Api]:
    api = rest_api(aws, {"/orders": {"get": mock(TOLD)}})
    found = {name: api.deploy(name) for name in STAGES}
    for name, stage in found.items():
        set_stage(stage, method="variables", environment=name)
    return found


def environment(api: Api) -> Any:
    return json.loads(api.ask("GET", "/orders").body).get("environment")


def test_each_stage_has_its_variables_and_settings(stages: dict[str, Api]) -> None:
    assert [environment(stage) for stage in stages.values()] == list(STAGES)
    set_stage(stages["dev"], throttling_rateLimit=1, throttling_burstLimit=1)
    assert stages["dev"].statuses(2, "GET", "/orders") == [200, 429]
    assert stages["prod"].statuses(2, "GET", "/orders") == [200, 200]


def test_a_deployment_to_dev_leaves_prod_as_it_is_and_can_go_on_to_staging(stages: dict[str, Api]) -> None:
    gateway = stages["dev"].gateway
    api = stages["prod"].id
    before = gateway.get_stage(restApiId=api, stageName="prod")["deploymentId"]
    place = {
        "restApiId": api,
        "resourceId": stages["dev"].resource("/orders"),
        "httpMethod": "GET",
        "statusCode": "200",
    }
    path = "/responseTemplates/application~1json"
    new = [{"op": "replace", "path": path, "value": '{"environment": "new"}'}]
    gateway.update_integration_response(**place, patchOperations=new)
    stages["dev"].deploy("dev")
    assert [environment(stages[name]) for name in STAGES] == ["new", "staging", "prod"]
    assert gateway.get_stage(restApiId=api, stageName="prod")["deploymentId"] == before
    assert gateway.get_stage(restApiId=api, stageName="dev")["deploymentId"] != before

    tried = gateway.get_stage(restApiId=api, stageName="dev")["deploymentId"]
    patches = [{"op": "replace", "path": "/deploymentId", "value": tried}]
    gateway.update_stage(restApiId=api, stageName="staging", patchOperations=patches)
    assert gateway.get_stage(restApiId=api, stageName="staging")["deploymentId"] == tried


def test_the_access_log_tells_the_stage(aws: Aws, stages: dict[str, Api]) -> None:
    pushes = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    writer = role(aws, "gateway", {"Service": "apigateway.amazonaws.com"}, pushes)
    gateway = stages["dev"].gateway
    gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": writer}])
    logs: Any = aws.client("logs")
    logs.create_log_group(logGroupName="access")
    group = f"arn:aws:logs:{aws.region}:{aws.account}:log-group:access"
    for stage in stages.values():
        set_stage(stage, method="accessLogSettings", destinationArn=group, format=FORMAT)
        stage.ask("GET", "/orders")
    lines = [event["message"].split()[1:] for event in logs.filter_log_events(logGroupName="access")["events"]]
    assert lines == [[name, "200"] for name in STAGES]
