from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from harness import Aws
from services.apigateway.gateway_calls import refused, words

FUNCTION = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:111122223333:function:f/invocations"
)
MOCK = {
    "type": "mock",
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
    "responses": {"default": {"statusCode": "200"}, "5.*": {"statusCode": "500", "responseTemplates": {"a/b": "x"}}},
}
PETS: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "pets", "version": "1.0", "description": "All pets"},
    "servers": [{"url": "https://example.com/{basePath}/pets", "variables": {"basePath": {"default": "v1"}}}],
    "x-amazon-apigateway-binary-media-types": ["image/png"],
    "x-amazon-apigateway-minimum-compression-size": 512,
    "x-amazon-apigateway-api-key-source": "AUTHORIZER",
    "x-amazon-apigateway-policy": {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
        ],
    },
    "x-amazon-apigateway-request-validators": {
        "all": {"validateRequestBody": True, "validateRequestParameters": True},
        "none": {"validateRequestBody": False, "validateRequestParameters": False},
    },
    "x-amazon-apigateway-request-validator": "none",
    "x-amazon-apigateway-gateway-responses": {
        "DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}}
    },
    "paths": {
        "/pets": {
            "parameters": [{"$ref": "#/components/parameters/Limit"}],
            "get": {
                "operationId": "listPets",
                "security": [{"who": []}, {"api_key": []}],
                "responses": {
                    "200": {
                        "description": "OK",
                        "headers": {"X-Next": {"schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pets"}}},
                    },
                    "500": {"description": "no"},
                },
                "x-amazon-apigateway-integration": MOCK,
            },
            "post": {
                "x-amazon-apigateway-auth": {"type": "AWS_IAM"},
                "x-amazon-apigateway-request-validator": "all",
                "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["name"]}}}},
                "responses": {"200": {"description": "OK"}},
                "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": FUNCTION},
            },
        },
        "/pets/{id}": {
            "x-amazon-apigateway-any-method": {
                "security": [{"pool": ["pets/read"]}],
                "responses": {},
                "x-amazon-apigateway-integration": {
                    "type": "http_proxy",
                    "httpMethod": "ANY",
                    "uri": "https://example.com/pets/{id}",
                    "requestParameters": {"integration.request.path.id": "method.request.path.id"},
                },
            }
        },
    },
    "components": {
        "parameters": {"Limit": {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer"}}},
        "schemas": {
            "Pet": {"type": "object", "properties": {"example": {"type": "string", "example": "Rex"}}},
            "Pets": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
        },
        "securitySchemes": {
            "who": {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authtype": "custom",
                "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": FUNCTION},
            },
            "pool": {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authtype": "cognito_user_pools",
                "x-amazon-apigateway-authorizer": {
                    "type": "cognito_user_pools",
                    "providerARNs": ["arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_abc"],
                },
            },
            "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
        },
    },
}
REGIONAL = {"endpointConfigurationTypes": "REGIONAL"}


def imported(aws: Aws, document: Any = None, **parameters: str) -> dict[str, Any]:
    body = json.dumps(PETS if document is None else document).encode()
    return aws.apigateway.import_rest_api({"body": body, "parameters": {**REGIONAL, **parameters}})


def methods(aws: Aws, api: str) -> dict[str, dict[str, Any]]:
    """The methods of an API by path and name."""
    resources = aws.apigateway.get_resources({"restApiId": api, "embed": ["methods"]})["items"]
    return {
        f"{one['path']} {name}": method for one in resources for name, method in one.get("resourceMethods", {}).items()
    }


def test_a_definition_becomes_an_api(aws: Aws) -> None:
    api = imported(aws)
    assert (api["name"], api["version"], api["description"]) == ("pets", "1.0", "All pets")
    assert api["binaryMediaTypes"] == ["image/png"]
    assert (api["minimumCompressionSize"], api["apiKeySource"]) == (512, "AUTHORIZER")
    assert f":{api['id']}/*" in api["policy"]
    found = methods(aws, api["id"])
    assert sorted(found) == ["/pets GET", "/pets POST", "/pets/{id} ANY"]
    get, post, one = found["/pets GET"], found["/pets POST"], found["/pets/{id} ANY"]
    assert (get["authorizationType"], get["apiKeyRequired"], get["operationName"]) == ("CUSTOM", True, "listPets")
    assert get["requestParameters"] == {"method.request.querystring.limit": True}
    assert get["methodResponses"]["200"]["responseModels"] == {"application/json": "Pets"}
    assert get["methodResponses"]["200"]["responseParameters"] == {"method.response.header.X-Next": False}
    responses = get["methodIntegration"]["integrationResponses"]
    assert "selectionPattern" not in responses["200"]
    assert responses["500"] == {"statusCode": "500", "selectionPattern": "5.*", "responseTemplates": {"a/b": "x"}}
    assert post["authorizationType"] == "AWS_IAM"
    assert post["requestModels"]["application/json"].startswith("MODEL")
    assert (one["authorizationType"], one["authorizationScopes"]) == ("COGNITO_USER_POOLS", ["pets/read"])
    validators = aws.apigateway.get_request_validators({"restApiId": api["id"]})["items"]
    by_id = {validator["id"]: validator["name"] for validator in validators}
    assert (by_id[get["requestValidatorId"]], by_id[post["requestValidatorId"]]) == ("none", "all")
    pets = aws.apigateway.get_model({"restApiId": api["id"], "modelName": "Pets"})
    reference = json.loads(pets["schema"])["items"]["$ref"]
    assert reference == f"https://apigateway.amazonaws.com/restapis/{api['id']}/models/Pet"
    pet = json.loads(aws.apigateway.get_model({"restApiId": api["id"], "modelName": "Pet"})["schema"])
    assert pet["properties"] == {"example": {"type": "string"}}
    response = aws.apigateway.get_gateway_response({"restApiId": api["id"], "responseType": "DEFAULT_4XX"})
    assert response["defaultResponse"] is False


@pytest.mark.parametrize(("mode", "path"), [("ignore", "/pets"), ("prepend", "/v1/pets/pets"), ("split", "/pets/pets")])
def test_the_base_path_is_ignored_prepended_or_split(aws: Aws, mode: str, path: str) -> None:
    api = imported(aws, basepath=mode)
    assert f"{path} GET" in methods(aws, api["id"])


def test_yaml_and_swagger_are_read_as_well(aws: Aws) -> None:
    swagger = {
        "swagger": "2.0",
        "info": {"title": "old", "version": "2016-01-01"},
        "consumes": ["application/json"],
        "definitions": {"Pet": {"type": "object"}},
        "paths": {
            "/pets": {
                "post": {
                    "parameters": [{"in": "body", "name": "Pet", "schema": {"$ref": "#/definitions/Pet"}}],
                    "responses": {"200": {"description": "OK", "schema": {"$ref": "#/definitions/Pet"}}},
                    "x-amazon-apigateway-integration": {**MOCK, "responses": {"default": {"statusCode": 200}}},
                }
            }
        },
    }
    body = yaml.safe_dump(swagger).encode()
    api = aws.apigateway.import_rest_api({"body": body, "parameters": REGIONAL})
    post = methods(aws, api["id"])["/pets POST"]
    assert post["requestModels"] == {"application/json": "Pet"}
    assert post["methodResponses"]["200"]["responseModels"] == {"application/json": "Pet"}


DEEP = b'{"openapi": "3.0.1", "x": ' + b"[" * 500 + b"]" * 500 + b"}"


@pytest.mark.parametrize("body", [DEEP, b"{", b"[]", b"a: &x [1]\nb: *x\n", b'{"openapi": "2.5"}', b"\xff"])
def test_what_is_no_definition_is_refused(aws: Aws, body: bytes) -> None:
    code, message = words(aws.apigateway.import_rest_api, {"body": body})
    assert (code, message) == ("BadRequestException", "Invalid OpenAPI input.")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("x-amazon-apigateway-minimum-compression-size",), "x"),
        (("x-amazon-apigateway-binary-media-types",), 7),
        (("x-amazon-apigateway-policy",), [7]),
        (("paths", "/pets"), 7),
        (("paths", "/pets", "get"), 7),
        (("paths", "/pets", "get", "operationId"), 7),
        (("paths", "/pets", "get", "security"), [{"who": 7}]),
        (("paths", "/pets", "get", "x-amazon-apigateway-integration", "timeoutInMillis"), "x"),
        (("paths", "/pets", "get", "x-amazon-apigateway-integration", "uri"), 7),
        (("paths", "/pets", "get", "x-amazon-apigateway-integration", "requestParameters"), [7]),
        (("components", "schemas", "Pet"), 7),
        (("components", "schemas", "Pet"), {"$ref": 7}),
        (("components", "securitySchemes", "who", "x-amazon-apigateway-authorizer", "authorizerUri"), 7),
        (("components", "parameters", "Limit"), {"$ref": "#/components/parameters/Limit"}),
        (("info",), 7),
        (("info", "title"), "\ud800"),
        (("info", "version"), 10**30),
    ],
)
def test_a_definition_with_anything_anywhere_is_refused(aws: Aws, path: tuple[str, ...], value: Any) -> None:
    document: Any = json.loads(json.dumps(PETS))
    at = document
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    asked = {"body": json.dumps(document).encode(), "parameters": REGIONAL, "failOnWarnings": True}
    assert words(aws.apigateway.import_rest_api, asked)[0] == "BadRequestException"
    assert aws.apigateway.get_rest_apis()["items"] == []


def test_every_error_is_told_and_nothing_changes(aws: Aws) -> None:
    api = imported(aws)
    before = methods(aws, api["id"])
    wrong = json.loads(json.dumps(PETS))
    wrong["paths"]["/pets"]["get"]["x-amazon-apigateway-integration"] = {
        "type": "http",
        "httpMethod": "GET",
        "uri": "nowhere",
    }
    wrong["paths"]["/a b"] = {}
    wrong["components"]["schemas"]["Not-this"] = {}
    body = json.dumps(wrong).encode()
    error = refused(aws.apigateway.put_rest_api, {"restApiId": api["id"], "mode": "overwrite", "body": body})
    assert error.code == "BadRequestException"
    assert error.message.split("\n\t")[:3] == [
        "Errors found during import:",
        "Unable to create model for 'Not-this': Model name must be alphanumeric: Not-this",
        "Unable to put integration on 'GET' for resource at path '/pets': Invalid HTTP endpoint specified for URI",
    ]
    assert error.message.count("\n\t") == 3
    assert methods(aws, api["id"]) == before


def test_warnings_fail_an_import_when_asked_to(aws: Aws) -> None:
    document = json.loads(json.dumps(PETS))
    document["paths"]["/pets"]["get"]["responses"]["default"] = {"description": "else"}
    body = json.dumps(document).encode()
    asked = {"body": body, "parameters": REGIONAL}
    strict = words(aws.apigateway.import_rest_api, {**asked, "failOnWarnings": True})
    assert (strict[0], strict[1].split("\n")[0]) == ("BadRequestException", "Warnings found during import:")
    assert len(aws.apigateway.import_rest_api(asked)["warnings"]) == 1


def test_a_response_of_a_model_that_is_not_there_is_an_error(aws: Aws) -> None:
    document = json.loads(json.dumps(PETS))
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Nothing"}}}
    document["paths"]["/pets"]["get"]["responses"]["200"]["content"] = content
    body = json.dumps(document).encode()
    error = refused(aws.apigateway.import_rest_api, {"body": body, "parameters": REGIONAL})
    told = "Unable to put method on 'GET' for resource at path '/pets': Invalid model identifier specified: Nothing"
    assert error.message.split("\n\t")[1:] == [told]


def test_a_security_requirement_that_names_no_scheme_is_warned_of(aws: Aws) -> None:
    document = json.loads(json.dumps(PETS))
    document["paths"]["/pets"]["get"]["security"] = [{"nobody": []}]
    asked = {"body": json.dumps(document).encode(), "parameters": REGIONAL}
    told = "Security requirement 'nobody' of 'GET /pets' names no security scheme and is ignored"
    assert aws.apigateway.import_rest_api(asked)["warnings"] == [told]
    assert words(aws.apigateway.import_rest_api, {**asked, "failOnWarnings": True})[0] == "BadRequestException"


async def test_a_merge_keeps_what_the_definition_does_not_name(aws: Aws) -> None:
    api = imported(aws)
    more = {
        "openapi": "3.0.1",
        "info": {"title": "more", "version": "2"},
        "paths": {
            "/pets": {
                "get": {
                    "responses": {"200": {"description": ""}},
                    "x-amazon-apigateway-integration": {**MOCK, "responses": {}},
                }
            },
            "/food": {"get": {"responses": {}, "x-amazon-apigateway-integration": {**MOCK, "responses": {}}}},
        },
    }
    body = json.dumps(more).encode()
    pets = {one["path"]: one["id"] for one in aws.apigateway.get_resources({"restApiId": api["id"]})["items"]}
    merged = aws.apigateway.put_rest_api({"restApiId": api["id"], "mode": "merge", "body": body})
    assert (merged["name"], merged["binaryMediaTypes"]) == ("more", ["image/png"])
    found = methods(aws, api["id"])
    assert sorted(found) == ["/food GET", "/pets GET", "/pets POST", "/pets/{id} ANY"]
    assert found["/pets GET"]["authorizationType"] == "NONE"
    after = {one["path"]: one["id"] for one in aws.apigateway.get_resources({"restApiId": api["id"]})["items"]}
    assert pets.items() <= after.items()
    await aws.advance(seconds=1)
    over = aws.apigateway.put_rest_api({"restApiId": api["id"], "mode": "overwrite", "body": body})
    assert sorted(methods(aws, api["id"])) == ["/food GET", "/pets GET"]
    assert "policy" not in over
    assert aws.apigateway.get_models({"restApiId": api["id"]})["items"] == []


@pytest.mark.parametrize("kind", ["oas30", "swagger"])
async def test_what_is_exported_can_be_imported_again(aws: Aws, kind: str) -> None:
    api = imported(aws)["id"]
    aws.apigateway.create_deployment({"restApiId": api, "stageName": "prod"})
    asked = {"restApiId": api, "stageName": "prod", "exportType": kind, "parameters": {"extensions": "apigateway"}}
    told = aws.apigateway.get_export(asked)
    assert told["contentDisposition"] == f'attachment; filename="pets-prod-{kind}.json"'
    before = methods(aws, api)
    aws.apigateway.put_rest_api({"restApiId": api, "mode": "overwrite", "body": told["body"]})
    after = methods(aws, api)
    assert after.keys() == before.keys()
    for name, method in after.items():
        for member in ("authorizationType", "apiKeyRequired", "requestModels", "authorizationScopes"):
            assert method.get(member) == before[name].get(member), (name, member)
        integration, was = method["methodIntegration"], before[name]["methodIntegration"]
        assert {**integration, "cacheNamespace": ""} == {**was, "cacheNamespace": ""}


def test_an_export_is_yaml_without_extensions_unless_asked(aws: Aws) -> None:
    api = imported(aws)["id"]
    aws.apigateway.create_deployment({"restApiId": api, "stageName": "prod"})
    asked = {"restApiId": api, "stageName": "prod", "exportType": "oas30", "accepts": "application/yaml"}
    plain = yaml.safe_load(aws.apigateway.get_export(asked)["body"])
    assert "x-amazon-apigateway-integration" not in plain["paths"]["/pets"]["get"]
    assert plain["servers"][0]["variables"]["basePath"]["default"] == "prod"
    some = {**asked, "parameters": {"extensions": "integrations"}}
    with_integrations = yaml.safe_load(aws.apigateway.get_export(some)["body"])
    assert with_integrations["paths"]["/pets"]["get"]["x-amazon-apigateway-integration"]["type"] == "mock"
    assert "x-amazon-apigateway-policy" not in with_integrations
    assert words(aws.apigateway.get_export, {**asked, "stageName": "x"})[1] == "Invalid stage identifier specified"
    assert refused(aws.apigateway.get_export, {**asked, "parameters": {"extensions": "postman"}}).status == 501
