from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.model import ServiceModel
from foulweather.kernel.services import Services
from foulweather.policy.principal import Principal
from foulweather.services.apigateway.access import ACCESS
from foulweather.services.apigateway.region_records import DomainName
from foulweather.services.apigateway.state import RestState
from harness import ACCOUNT, REGION, Aws
from services.apigateway.gateway_calls import REGIONAL, Shop, patches, words


def user(aws: Aws, *statements: dict[str, Any]) -> Aws:
    """A user who may do what the statements say."""
    made = aws.iam.create_user({"UserName": "dev"})["User"]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
    aws.iam.put_user_policy({"UserName": "dev", "PolicyName": "p", "PolicyDocument": json.dumps(document)})
    return aws.as_principal(Principal("user", made["Arn"], ACCOUNT, made["UserId"]))


def arn(path: str) -> str:
    return f"arn:aws:apigateway:{REGION}::{path}"


def test_every_operation_has_the_method_and_path_of_its_call() -> None:
    model = ServiceModel.load("apigateway")
    services = Services()
    manifest = services.find("apigateway")
    assert manifest is not None
    for name in services.built(manifest):
        method = model.operation(name).model["http"]["method"]
        assert ACCESS[name].action == f"apigateway:{method}", name


def test_permissions_are_for_methods_on_paths(aws: Aws) -> None:
    shop = Shop(aws)
    dev = user(aws, {"Action": "apigateway:GET", "Resource": arn(f"/restapis/{shop.api}*")})
    assert dev.apigateway.get_rest_api({"restApiId": shop.api})["id"] == shop.api
    assert dev.apigateway.get_method(shop.get)["httpMethod"] == "GET"
    code, message = words(dev.apigateway.delete_method, shop.get)
    assert code == "AccessDeniedException"
    path = arn(f"/restapis/{shop.api}/resources/{shop.orders}/methods/GET")
    assert f"not authorized to perform: apigateway:DELETE on resource: {path}" in message
    assert words(dev.apigateway.get_account, {})[0] == "AccessDeniedException"


def test_a_policy_needs_a_permission_of_its_own(aws: Aws) -> None:
    shop = Shop(aws)
    dev = user(aws, {"Action": "apigateway:PATCH", "Resource": "*"})
    asked = {"restApiId": shop.api, "patchOperations": patches(("replace", "/policy", ""))}
    assert "apigateway:UpdateRestApiPolicy" in words(dev.apigateway.update_rest_api, asked)[1]
    renamed = {"restApiId": shop.api, "patchOperations": patches(("replace", "/name", "x"))}
    assert dev.apigateway.update_rest_api(renamed)["name"] == "x"


def test_a_role_is_passed(aws: Aws) -> None:
    shop = Shop(aws)
    dev = user(aws, {"Action": "apigateway:*", "Resource": "*"})
    role = f"arn:aws:iam::{ACCOUNT}:role/caller"
    asked = {**shop.get, "type": "MOCK", "credentials": role}
    assert "iam:PassRole" in words(dev.apigateway.put_integration, asked)[1]


def test_tags_are_put_with_a_permission_of_their_own(aws: Aws) -> None:
    dev = user(aws, {"Action": "apigateway:POST", "Resource": "*"})
    asked = {"name": "a", **REGIONAL, "tags": {"team": "x"}}
    code, message = words(dev.apigateway.create_rest_api, asked)
    assert code == "AccessDeniedException"
    assert "apigateway:PUT on resource: arn:aws:apigateway:us-east-1::/tags/arn%3Aaws" in message


@pytest.mark.parametrize(("kind", "allowed"), [("REGIONAL", True), ("EDGE", False)])
def test_conditions_see_what_is_asked_for(aws: Aws, kind: str, allowed: bool) -> None:
    condition = {"ForAllValues:StringEquals": {"apigateway:Request/EndpointType": ["REGIONAL"]}}
    dev = user(aws, {"Action": "apigateway:POST", "Resource": arn("/restapis"), "Condition": condition})
    asked = {"name": "a", "endpointConfiguration": {"types": [kind]}}
    if allowed:
        assert dev.apigateway.create_rest_api(asked)["name"] == "a"
    else:
        assert words(dev.apigateway.create_rest_api, asked)[0] == "AccessDeniedException"


def test_tags_of_a_resource_decide(aws: Aws) -> None:
    shop = Shop(aws)
    aws.apigateway.tag_resource({"resourceArn": arn(f"/restapis/{shop.api}"), "tags": {"team": "shop"}})
    condition = {"StringEquals": {"aws:ResourceTag/team": "shop"}}
    dev = user(aws, {"Action": "apigateway:GET", "Resource": "*", "Condition": condition})
    assert dev.apigateway.get_rest_api({"restApiId": shop.api})["tags"] == {"team": "shop"}
    assert words(dev.apigateway.get_account, {})[0] == "AccessDeniedException"


def test_routing_rules_have_actions_and_keys_of_their_own(aws: Aws) -> None:
    shop = Shop(aws)
    shop.deployed()
    name = "api.example.com"
    domain = DomainName(domain_name=name, created_ms=aws.now, endpoint_configuration={"types": ["REGIONAL"]})
    aws.world.state(RestState, ACCOUNT, REGION).domains.put(name, domain)
    rules = f"arn:aws:apigateway:{REGION}:{ACCOUNT}:/domainnames/{name}/routingrules/*"
    late = {"NumericGreaterThan": {"apigateway:Request/Priority": "100"}}
    dev = user(aws, {"Action": "apigateway:CreateRoutingRule", "Resource": rules, "Condition": late})
    action = {"InvokeApi": {"ApiId": shop.api, "Stage": "prod"}}
    asked = {"DomainName": name, "Actions": [action], "Conditions": [], "Priority": 5}
    code, message = words(dev.apigatewayv2.create_routing_rule, asked)
    assert code == "AccessDeniedException"
    assert f"not authorized to perform: apigateway:CreateRoutingRule on resource: {rules}" in message
    made = dev.apigatewayv2.create_routing_rule({**asked, "Priority": 500})
    put = {**asked, "RoutingRuleId": made["RoutingRuleId"], "Priority": 600}
    assert "apigateway:UpdateRoutingRule" in words(dev.apigatewayv2.put_routing_rule, put)[1]
