"""A request validator with a JSON model: 400 or 200 exactly by the schema, before any function runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import refused
from catalog.functions import modelled
from catalog.gateways import Api, lambda_proxy, rest_api
from foulweather.testing import Aws

SCHEMA = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "required": ["customerId", "items"],
    "additionalProperties": False,
    "properties": {
        "customerId": {"type": "string", "minLength": 1},
        "items": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["productId", "quantity"],
                "properties": {"productId": {"type": "string"}, "quantity": {"type": "integer", "minimum": 1}},
            },
        },
    },
}
ITEM = {"productId": "p", "quantity": 1}
GOOD = {"customerId": "c", "items": [ITEM]}
BAD: dict[str, Any] = {
    "a required property is missing": {"items": [ITEM]},
    "a property has another type": {"customerId": 7, "items": [ITEM]},
    "an array is empty": {"customerId": "c", "items": []},
    "there is a property more": {**GOOD, "gift": True},
    "a number is too low": {"customerId": "c", "items": [{"productId": "p", "quantity": 0}]},
    "deep inside one is missing": {"customerId": "c", "items": [{"quantity": 1}]},
    "it is no object": [GOOD],
    "it is no JSON": b"{",
    "it is empty": b"",
}


@pytest.fixture
def api(aws: Aws) -> Api:
    """Made step by step, as a team makes it: validator, model, method, deployment."""
    arn = modelled(aws, "take", 'duration_ms = 5\nresponse = {statusCode = 200, body = "{}"}\n')
    made = rest_api(aws, {"/orders": {"post": lambda_proxy(aws, arn)}}, "take")
    gateway = made.gateway
    validator = gateway.create_request_validator(
        restApiId=made.id, name="both", validateRequestBody=True, validateRequestParameters=True
    )["id"]
    model = {"name": "CreateOrderRequest", "contentType": "application/json", "schema": json.dumps(SCHEMA)}
    gateway.create_model(restApiId=made.id, **model)
    patches = [
        {"op": "replace", "path": "/requestValidatorId", "value": validator},
        {"op": "add", "path": "/requestModels/application~1json", "value": "CreateOrderRequest"},
        {"op": "add", "path": "/requestParameters/method.request.querystring.tenant", "value": "true"},
    ]
    gateway.update_method(
        restApiId=made.id, resourceId=made.resource("/orders"), httpMethod="POST", patchOperations=patches
    )
    return made


def ran(aws: Aws) -> int:
    return len(aws.events("lambda.Invoked"))


def test_only_valid_requests_reach_the_function(aws: Aws, api: Api) -> None:
    api.deploy()
    for reason, body in BAD.items():
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = api.ask("POST", "/orders?tenant=t", sent, Content_Type="application/json")
        told = (response.status, json.loads(response.body))
        assert told == (400, {"message": "Invalid request body"}), reason
    assert ran(aws) == 0
    assert api.ask("POST", "/orders?tenant=t", GOOD).status == 200
    assert ran(aws) == 1
    response = api.ask("POST", "/orders", GOOD)
    assert json.loads(response.body) == {"message": "Missing required request parameters: [tenant]"}
    assert (response.status, ran(aws)) == (400, 1)


def test_a_content_type_without_a_model_is_not_validated_and_nothing_is_before_the_deployment(api: Api) -> None:
    assert api.ask("POST", "/orders", {"anything": 1}).status == 200
    api.deploy()
    assert api.ask("POST", "/orders?tenant=t", b"<order/>", Content_Type="application/xml").status == 200
    kind = "application/json; charset=utf-8"
    assert api.ask("POST", "/orders?tenant=t", b"{}", Content_Type=kind).status == 400


def test_a_models_name_is_of_letters_and_digits_and_a_gateway_response_tells_what_is_wrong(api: Api) -> None:
    error = refused(
        api.gateway.create_model,
        restApiId=api.id,
        name="create-order",
        contentType="application/json",
        schema="{}",
    )
    assert (error["Code"], error["Status"]) == ("BadRequestException", 400)

    template = '{"message":$context.error.messageString,"details":"$context.error.validationErrorString"}'
    api.gateway.put_gateway_response(
        restApiId=api.id,
        responseType="BAD_REQUEST_BODY",
        statusCode="422",
        responseTemplates={"application/json": template},
    )
    api.deploy()
    response = api.ask("POST", "/orders?tenant=t", {"customerId": "c", "items": []})
    assert response.status == 422
    assert b"array is too short: must have at least 1 elements but instance has 0 elements" in response.body
