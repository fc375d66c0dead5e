"""HTTP and WebSocket APIs as they are made and changed: refusals, deployments, imports and exports."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import ACCOUNT, Aws

LAMBDA = "arn:aws:lambda:us-east-1:111122223333:function:work"
HTTP = {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "GET", "IntegrationUri": "https://example.com/"}


def made(aws: Aws, protocol: str = "HTTP", **more: Any) -> str:
    asked = {"Name": "shop", "ProtocolType": protocol, **more}
    if protocol == "WEBSOCKET":
        asked["RouteSelectionExpression"] = "$request.body.action"
    return aws.apigatewayv2.create_api(asked)["ApiId"]


def words(operation: Any, request: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(AwsError) as refusal:
        operation(request)
    return refusal.value.code, refusal.value.message


def test_quick_create_makes_all_that_an_api_needs(aws: Aws) -> None:
    v2 = aws.apigatewayv2
    api = made(aws, Target=LAMBDA)
    (route,) = v2.get_routes({"ApiId": api})["Items"]
    (integration,) = v2.get_integrations({"ApiId": api})["Items"]
    (stage,) = v2.get_stages({"ApiId": api})["Items"]
    assert (route["RouteKey"], route["ApiGatewayManaged"]) == ("$default", True)
    assert route["Target"] == f"integrations/{integration['IntegrationId']}"
    assert (integration["IntegrationType"], integration["PayloadFormatVersion"]) == ("AWS_PROXY", "2.0")
    assert (stage["StageName"], stage["AutoDeploy"]) == ("$default", True)
    assert stage["DeploymentId"]
    v2.update_api({"ApiId": api, "Target": "https://example.com"})
    (integration,) = v2.get_integrations({"ApiId": api})["Items"]
    assert (integration["IntegrationType"], integration["IntegrationMethod"]) == ("HTTP_PROXY", "ANY")


@pytest.mark.parametrize(
    ("key", "is_right"),
    [
        ("$default", True),
        ("GET /", True),
        ("ANY /a/{b}/{c+}", True),
        ("get /a", False),
        ("GET a", False),
        ("GET /{a+}/b", False),
        ("GET /{a}/{a}", False),
        ("GET /x{a}", False),
        ("BREW /a", False),
        ("$connect", False),
    ],
)
def test_an_http_apis_route_key_is_a_method_and_a_path(aws: Aws, key: str, is_right: bool) -> None:
    asked = {"ApiId": made(aws), "RouteKey": key}
    if is_right:
        assert aws.apigatewayv2.create_route(asked)["RouteKey"] == key
        assert words(aws.apigatewayv2.create_route, asked) == (
            "ConflictException",
            f"Route with key {key} already exists for this API",
        )
    else:
        assert words(aws.apigatewayv2.create_route, asked)[0] == "BadRequestException"


def test_what_is_used_is_not_deleted(aws: Aws) -> None:
    v2, api = aws.apigatewayv2, made(aws)
    own = {"ApiId": api}
    integration = v2.create_integration({**own, **HTTP})["IntegrationId"]
    jwt = {"Issuer": "https://example.com", "Audience": ["a"]}
    asked = {"Name": "a", "AuthorizerType": "JWT", "IdentitySource": ["$request.header.a"], "JwtConfiguration": jwt}
    authorizer = v2.create_authorizer({**own, **asked})["AuthorizerId"]
    route = {"RouteKey": "GET /", "Target": f"integrations/{integration}", "AuthorizerId": authorizer}
    made_route = v2.create_route({**own, **route, "AuthorizationType": "JWT"})["RouteId"]
    assert words(v2.delete_integration, {**own, "IntegrationId": integration}) == (
        "ConflictException",
        f"Cannot delete Integration '{integration}' which is referenced by a Route.",
    )
    assert words(v2.delete_authorizer, {**own, "AuthorizerId": authorizer})[0] == "ConflictException"
    v2.update_route({**own, "RouteId": made_route, "AuthorizationType": "NONE"})
    v2.delete_authorizer({**own, "AuthorizerId": authorizer})
    v2.delete_route({**own, "RouteId": made_route})
    v2.delete_integration({**own, "IntegrationId": integration})
    v2.delete_api(own)
    assert words(v2.get_api, own) == ("NotFoundException", f"Invalid API identifier specified 111122223333:{api}")


@pytest.mark.parametrize(
    "asked",
    [
        {"IntegrationType": "MOCK"},
        {"IntegrationType": "AWS_PROXY", "IntegrationUri": "https://example.com"},
        {**HTTP, "PayloadFormatVersion": "2.0"},
        {**HTTP, "IntegrationMethod": "BREW"},
        {**HTTP, "IntegrationUri": "ftp://example.com"},
        {**HTTP, "TimeoutInMillis": 30_001},
        {**HTTP, "RequestParameters": {"append:header.authorization": "x"}},
        {**HTTP, "RequestParameters": {"overwrite:header.x-amz-date": "x"}},
        {**HTTP, "RequestParameters": {"remove:path": ""}},
        {**HTTP, "RequestParameters": {"append:header.a: b\r\nc": "x"}},
        {**HTTP, "TlsConfig": {"ServerNameToVerify": "example.com"}},
        {**HTTP, "ResponseParameters": {"600": {}}},
        {**HTTP, "ConnectionType": "VPC_LINK", "ConnectionId": "none"},
        {
            "IntegrationType": "AWS_PROXY",
            "IntegrationSubtype": "SQS-SendMessage",
            "CredentialsArn": "arn:aws:iam::1:role/a",
        },
        {"IntegrationType": "AWS_PROXY", "IntegrationSubtype": "S3-PutObject"},
    ],
)
def test_an_integration_that_cannot_be_is_refused(aws: Aws, asked: dict[str, Any]) -> None:
    api = made(aws)
    assert words(aws.apigatewayv2.create_integration, {"ApiId": api, **asked})[0] == "BadRequestException"
    assert aws.apigatewayv2.get_integrations({"ApiId": api})["Items"] == []


def test_parameters_are_taken_away_one_by_one(aws: Aws) -> None:
    v2, api = aws.apigatewayv2, made(aws)
    asked = {"RequestParameters": {"append:header.a": "1", "append:header.b": "2"}}
    responses = {"ResponseParameters": {"200": {"append:header.a": "1"}, "404": {"overwrite:statuscode": "200"}}}
    own = {
        "ApiId": api,
        "IntegrationId": v2.create_integration({"ApiId": api, **HTTP, **asked, **responses})["IntegrationId"],
    }
    v2.update_integration({**own, "RequestParameters": {"append:header.a": ""}, "ResponseParameters": {"404": {}}})
    found = v2.get_integration(own)
    assert found["RequestParameters"] == {"append:header.b": "2"}
    assert found["ResponseParameters"] == {"200": {"append:header.a": "1"}}


def test_a_stage_that_deploys_by_itself_keeps_few_of_its_deployments(aws: Aws) -> None:
    v2, api = aws.apigatewayv2, made(aws)
    stage = {"ApiId": api, "StageName": "$default"}
    v2.create_stage({**stage, "AutoDeploy": True})
    deployed: list[str] = []
    for index in range(25):
        v2.create_route({"ApiId": api, "RouteKey": f"GET /{index}"})
        deployed.append(v2.get_stage(stage)["DeploymentId"])
    assert len(set(deployed)) == 25
    held = v2.get_deployments({"ApiId": api})["Items"]
    assert len(held) == 21
    assert all(each["AutoDeployed"] for each in held)
    asked = {**stage, "DeploymentId": held[0]["DeploymentId"]}
    assert words(v2.update_stage, asked)[1] == "Deployment ID cannot be set on a stage with auto deploy enabled"
    assert words(v2.create_deployment, stage)[0] == "BadRequestException"


def test_settings_are_for_routes_that_are_there(aws: Aws) -> None:
    v2, api = aws.apigatewayv2, made(aws)
    stage = {"ApiId": api, "StageName": "dev"}
    v2.create_stage(stage)
    settings = {"RouteSettings": {"GET /a": {"ThrottlingRateLimit": 1}}}
    assert words(v2.update_stage, {**stage, **settings})[0] == "NotFoundException"
    v2.create_route({"ApiId": api, "RouteKey": "GET /a"})
    v2.update_stage({**stage, **settings, "StageVariables": {"a": "1", "b": "2"}})
    v2.update_stage({**stage, "StageVariables": {"a": ""}})
    assert v2.get_stage(stage)["StageVariables"] == {"b": "2"}
    v2.delete_route_settings({**stage, "RouteKey": "GET /a"})
    assert v2.get_stage(stage)["RouteSettings"] == {}
    logging = {"DefaultRouteSettings": {"LoggingLevel": "INFO"}}
    assert words(v2.update_stage, {**stage, **logging})[1] == "Execution logs are not supported on protocolType HTTP"


def test_a_websocket_api_has_responses_and_authorizes_connect_only(aws: Aws) -> None:
    v2, api = aws.apigatewayv2, made(aws, "WEBSOCKET")
    own = {"ApiId": api}
    integration = v2.create_integration({**own, "IntegrationType": "MOCK"})["IntegrationId"]
    response = {**own, "IntegrationId": integration, "IntegrationResponseKey": "/200/"}
    v2.create_integration_response(response)
    assert words(v2.create_integration_response, response)[0] == "ConflictException"
    assert (
        words(v2.create_integration_response, {**response, "IntegrationResponseKey": "200"})[0] == "BadRequestException"
    )
    route = v2.create_route({**own, "RouteKey": "send", "Target": f"integrations/{integration}"})["RouteId"]
    v2.create_route_response({**own, "RouteId": route, "RouteResponseKey": "$default"})
    refused = words(v2.create_route, {**own, "RouteKey": "x", "AuthorizationType": "AWS_IAM"})
    assert refused[1] == "Currently, authorization is restricted to the $connect route only"
    v2.create_route({**own, "RouteKey": "$connect", "AuthorizationType": "AWS_IAM"})
    v2.delete_route({**own, "RouteId": route})
    assert v2.get_api(own)["ApiEndpoint"] == f"wss://{api}.execute-api.us-east-1.amazonaws.com"


def test_iam_governs_by_method_and_path(aws: Aws) -> None:
    api = made(aws, Tags={"team": "a"})
    user = aws.iam.create_user({"UserName": "ann"})["User"]
    statement = {
        "Effect": "Allow",
        "Action": "apigateway:GET",
        "Resource": f"arn:aws:apigateway:us-east-1::/apis/{api}",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": policy})
    ann = aws.as_principal(Principal("user", user["Arn"], ACCOUNT, user["UserId"]))
    assert ann.apigatewayv2.get_api({"ApiId": api})["Name"] == "shop"
    assert words(ann.apigatewayv2.get_routes, {"ApiId": api})[0] == "AccessDeniedException"
    assert words(ann.apigatewayv2.delete_api, {"ApiId": api})[0] == "AccessDeniedException"
    arn = f"arn:aws:apigateway:us-east-1::/apis/{api}"
    aws.apigatewayv2.tag_resource({"ResourceArn": arn, "Tags": {"b": "1"}})
    assert aws.apigatewayv2.get_tags({"ResourceArn": arn})["Tags"] == {"team": "a", "b": "1"}


DEFINITION = {
    "openapi": "3.0.1",
    "info": {"title": "shop", "version": "2"},
    "servers": [{"url": "https://example.com/{basePath}", "variables": {"basePath": {"default": "v1/shop"}}}],
    "paths": {
        "/orders/{id}": {
            "get": {
                "operationId": "getOrder",
                "security": [{"people": ["orders.read"]}],
                "x-amazon-apigateway-integration": {"$ref": "#/components/x-amazon-apigateway-integrations/backend"},
            }
        },
        "/$default": {
            "x-amazon-apigateway-any-method": {
                "x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": LAMBDA, "payloadFormatVersion": 2.0}
            }
        },
    },
    "components": {
        "securitySchemes": {
            "people": {
                "type": "oauth2",
                "x-amazon-apigateway-authorizer": {
                    "type": "jwt",
                    "identitySource": "$request.header.Authorization",
                    "jwtConfiguration": {"issuer": "https://issuer.example.com", "audience": ["shop"]},
                },
            }
        },
        "x-amazon-apigateway-integrations": {
            "backend": {
                "type": "http_proxy",
                "httpMethod": "GET",
                "uri": "https://example.com/{id}",
                "payloadFormatVersion": "1.0",
                "requestParameters": {"append:header.a": "1"},
            }
        },
    },
    "x-amazon-apigateway-cors": {"allowOrigins": ["*"], "maxAge": 5},
}


def test_a_definition_comes_out_as_it_went_in(aws: Aws) -> None:
    v2 = aws.apigatewayv2
    api = v2.import_api({"Body": json.dumps(DEFINITION), "Basepath": "prepend"})
    assert (api["Name"], api["Version"]) == ("shop", "2")
    assert api["CorsConfiguration"] == {"AllowOrigins": ["*"], "MaxAge": 5}
    own = {"ApiId": api["ApiId"]}
    keys = {route["RouteKey"]: route for route in v2.get_routes(own)["Items"]}
    assert set(keys) == {"GET /v1/shop/orders/{id}", "$default"}
    assert keys["GET /v1/shop/orders/{id}"]["AuthorizationType"] == "JWT"
    asked = {**own, "Specification": "OAS30", "OutputType": "JSON"}
    exported = v2.export_api(asked)["body"]
    again = v2.import_api({"Body": exported.decode()})
    second = json.loads(v2.export_api({**asked, "ApiId": again["ApiId"]})["body"])
    first = json.loads(exported)
    assert first.pop("servers") != second.pop("servers")
    assert first == second
    bare = v2.export_api({**asked, "IncludeExtensions": False, "OutputType": "YAML"})["body"]
    assert b"x-amazon" not in bare


@pytest.mark.parametrize(
    "wrong",
    [
        {"openapi": "2.0"},
        {"info": {}},
        {"paths": {"orders": {"get": {}}}},
        {"paths": {"/a": {"get": {"security": [{"nobody": []}]}}}},
        {"paths": {"/a": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}}},
        {"paths": {"/a": {"get": {"x-amazon-apigateway-integration": {"type": "http_proxy", "uri": 5}}}}},
        {"paths": [1]},
        {"x-amazon-apigateway-cors": {"allowOrigins": ["*"], "allowCredentials": True}},
    ],
)
def test_a_definition_that_cannot_be_changes_nothing(aws: Aws, wrong: dict[str, Any]) -> None:
    v2 = aws.apigatewayv2
    body = json.dumps({**DEFINITION, **wrong})
    api = v2.import_api({"Body": json.dumps(DEFINITION)})["ApiId"]
    before = v2.get_routes({"ApiId": api})
    if wrong == {"paths": [1]}:  # nothing in it, but nothing broken either
        assert v2.import_api({"Body": body})["Name"] == "shop"
        return
    assert words(v2.import_api, {"Body": body})[0] == "BadRequestException"
    assert words(v2.reimport_api, {"ApiId": api, "Body": body})[0] == "BadRequestException"
    assert v2.get_routes({"ApiId": api}) == before
    assert len(v2.get_apis({})["Items"]) == 1


def test_what_is_not_built_says_so(aws: Aws) -> None:
    for operation in ("create_portal", "list_portals"):
        request = {"DomainName": "a.example.com", "Actions": [], "Conditions": [], "Priority": 1}
        with pytest.raises(AwsError) as refusal:
            getattr(aws.apigatewayv2, operation)(request)
        assert refusal.value.status == 501, operation
