from __future__ import annotations

import json
from typing import Any

import pytest

from harness import Aws
from services.apigateway.gateway_calls import Shop, patches, words

WORDS = "Invalid model specified: Validation Result: warnings : [], errors : [{}]"
URI = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:111122223333:function:f/invocations"
)


def model(shop: Shop, name: str, schema: Any) -> dict[str, Any]:
    text = schema if isinstance(schema, str) else json.dumps(schema)
    return {"restApiId": shop.api, "name": name, "contentType": "application/json", "schema": text}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("{", "Invalid model schema specified"),
        ('{"not": ' * 400 + "{}" + "}" * 400, "Invalid model schema specified"),
        ({"type": "object", "required": []}, "Invalid model schema specified"),
        ({"enum": ["A", "A"]}, "Invalid model schema specified"),
        ({"$ref": "Order"}, "Invalid model schema specified, Model reference must be in canonical form"),
        (
            {"$ref": "https://apigateway.amazonaws.com/restapis/abc/models/Missing"},
            "Invalid model specified: Missing",
        ),
    ],
)
def test_a_schema_is_one_of_draft_four(aws: Aws, schema: Any, message: str) -> None:
    shop = Shop(aws)
    code, told = words(shop.gateway.create_model, model(shop, "Order", schema))
    assert (code, told) == ("BadRequestException", WORDS.format(message))


def test_models_refer_to_each_other_and_are_not_deleted_then(aws: Aws) -> None:
    shop = Shop(aws)
    shop.gateway.create_model(model(shop, "Item", {"type": "object", "properties": {"id": {"type": "string"}}}))
    reference = {"$ref": f"https://apigateway.amazonaws.com/restapis/{shop.api}/models/Item"}
    shop.gateway.create_model(model(shop, "Items", {"type": "array", "items": reference}))
    asked = {"restApiId": shop.api, "modelName": "Item"}
    assert words(shop.gateway.delete_model, asked)[0] == "ConflictException"
    flat = json.loads(shop.gateway.get_model({**asked, "modelName": "Items", "flatten": True})["schema"])
    assert flat["items"] == {"$ref": "#/definitions/Item"}
    assert flat["definitions"]["Item"]["type"] == "object"
    template = shop.gateway.get_model_template({**asked, "modelName": "Items"})["value"]
    assert template.startswith("#set($inputRoot = $input.path('$'))\n[\n#foreach($elem in $inputRoot)")
    assert '"id" : "$elem.id"' in template
    name = words(shop.gateway.create_model, model(shop, "not-this", {}))[1]
    assert name == "Model name must be alphanumeric: not-this"
    again = words(shop.gateway.create_model, model(shop, "Item", {}))
    assert again == ("ConflictException", "Model name already exists for this REST API")


def test_what_methods_use_is_not_deleted(aws: Aws) -> None:
    shop = Shop(aws)
    api = {"restApiId": shop.api}
    shop.gateway.create_model(model(shop, "Order", {"type": "object"}))
    validator = shop.gateway.create_request_validator({**api, "name": "all", "validateRequestBody": True})
    authorizer = shop.gateway.create_authorizer({**api, "name": "who", "type": "TOKEN", "authorizerUri": URI})
    assert authorizer["authorizerResultTtlInSeconds"] == 300
    shop.gateway.put_method(
        {
            **shop.get,
            "httpMethod": "POST",
            "authorizationType": "CUSTOM",
            "authorizerId": authorizer["id"],
            "requestValidatorId": validator["id"],
            "requestModels": {"application/json": "Order"},
        }
    )
    for operation, asked in (
        (shop.gateway.delete_model, {"modelName": "Order"}),
        (shop.gateway.delete_request_validator, {"requestValidatorId": validator["id"]}),
        (shop.gateway.delete_authorizer, {"authorizerId": authorizer["id"]}),
    ):
        code, message = words(operation, {**api, **asked})
        assert code == "ConflictException"
        assert message.endswith(": /orders/POST")
    shop.gateway.delete_method({**shop.get, "httpMethod": "POST"})
    shop.gateway.delete_model({**api, "modelName": "Order"})
    shop.gateway.delete_request_validator({**api, "requestValidatorId": validator["id"]})
    shop.gateway.delete_authorizer({**api, "authorizerId": authorizer["id"]})


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "TOKEN", "authorizerUri": "https://example.com"},
        {"type": "TOKEN", "authorizerUri": URI, "identitySource": "method.request.querystring.x"},
        {"type": "TOKEN", "authorizerUri": URI, "authorizerResultTtlInSeconds": 3601},
        {"type": "REQUEST", "authorizerUri": URI},
        {"type": "REQUEST", "authorizerUri": URI, "identitySource": "header.x"},
        {"type": "COGNITO_USER_POOLS"},
        {"type": "COGNITO_USER_POOLS", "providerARNs": ["arn:aws:s3:::bucket"]},
    ],
)
def test_an_authorizer_that_cannot_be_is_refused(aws: Aws, asked: dict[str, Any]) -> None:
    shop = Shop(aws)
    code, _ = words(shop.gateway.create_authorizer, {"restApiId": shop.api, "name": "who", **asked})
    assert code == "BadRequestException"


def test_an_authorizer_is_patched_and_its_name_is_its_own(aws: Aws) -> None:
    shop = Shop(aws)
    asked = {"restApiId": shop.api, "type": "REQUEST", "authorizerUri": URI, "authorizerResultTtlInSeconds": 0}
    made = shop.gateway.create_authorizer({**asked, "name": "who"})
    again = words(shop.gateway.create_authorizer, {**asked, "name": "who"})[1]
    assert again == "Authorizer name must be unique. Authorizer who already exists in this RestApi."
    one = {"restApiId": shop.api, "authorizerId": made["id"]}
    cached = patches(("replace", "/authorizerResultTtlInSeconds", "60"))
    assert words(shop.gateway.update_authorizer, {**one, "patchOperations": cached})[0] == "BadRequestException"
    source = ("replace", "/identitySource", "method.request.header.A, context.identity.sourceIp")
    both = [*cached, *patches(source)]
    assert shop.gateway.update_authorizer({**one, "patchOperations": both})["authorizerResultTtlInSeconds"] == 60
