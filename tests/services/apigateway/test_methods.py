from __future__ import annotations

from typing import Any

import pytest

from harness import Aws
from services.apigateway.gateway_calls import Shop, patches, refused, words

FUNCTION = (
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:us-east-1:111122223333:function:f/invocations"
)
INVALID = (
    "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression "
)


def test_a_method_is_put_once(aws: Aws) -> None:
    shop = Shop(aws)
    again = {**shop.get, "authorizationType": "NONE"}
    assert words(shop.gateway.put_method, again) == ("ConflictException", "Method already exists for this resource")


@pytest.mark.parametrize("kind", ["CUSTOM", "COGNITO_USER_POOLS"])
def test_custom_authorization_needs_an_authorizer(aws: Aws, kind: str) -> None:
    shop = Shop(aws)
    asked = {**shop.get, "httpMethod": "POST", "authorizationType": kind, "authorizerId": "abc123"}
    assert words(shop.gateway.put_method, asked)[1] == (
        "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a "
        "valid authorizer."
    )


def test_what_a_method_names_must_be_there(aws: Aws) -> None:
    shop = Shop(aws)
    asked = {**shop.get, "httpMethod": "POST", "authorizationType": "NONE"}
    models = {**asked, "requestModels": {"application/json": "Order"}}
    assert words(shop.gateway.put_method, models)[1] == "Invalid model identifier specified: Order"
    validator = {**asked, "requestValidatorId": "abc123"}
    assert words(shop.gateway.put_method, validator)[1] == "Invalid Request Validator identifier specified"
    parameters = {**asked, "requestParameters": {"querystring.q": True}}
    assert words(shop.gateway.put_method, parameters)[1] == f"{INVALID}parameter specified: querystring.q]"


def test_a_method_is_patched(aws: Aws) -> None:
    shop = Shop(aws)
    operations = patches(
        ("replace", "/apiKeyRequired", "true"),
        ("add", "/requestParameters/method.request.querystring.q", "true"),
        ("add", "/requestModels/application~1json", "Empty"),
        ("replace", "/authorizationType", "AWS_IAM"),
    )
    changed = shop.gateway.update_method({**shop.get, "patchOperations": operations})
    assert (changed["apiKeyRequired"], changed["authorizationType"]) == (True, "AWS_IAM")
    assert changed["requestParameters"] == {"method.request.querystring.q": True}
    assert changed["requestModels"] == {"application/json": "Empty"}


def integration(shop: Shop, **asked: Any) -> dict[str, Any]:
    return {**shop.get, "type": "HTTP", "integrationHttpMethod": "GET", "uri": "http://example.com", **asked}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"integrationHttpMethod": None}, "Enumeration value for HttpMethod must be non-empty"),
        ({"uri": "example.com"}, "Invalid HTTP endpoint specified for URI"),
        ({"uri": None}, "Invalid HTTP endpoint specified for URI"),
        ({"type": "AWS", "uri": "http://example.com"}, "Invalid ARN specified in the request"),
        ({"type": "AWS", "uri": FUNCTION.replace("arn:aws:", "arn:was:", 1)}, "Invalid AWS URI"),
        (
            {"type": "AWS", "uri": "arn:aws:apigateway:us-east-1:sqs:send/x"},
            "AWS ARN for integration must contain path or action",
        ),
        (
            {"type": "AWS_PROXY", "uri": "arn:aws:apigateway:us-east-1:sqs:path/111122223333/q"},
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function invocations",
        ),
        ({"timeoutInMillis": 29_001}, "Timeout should be between 50 ms and 29000 ms"),
        ({"credentials": "NONE"}, "Invalid ARN specified in the request"),
        (
            {"credentials": "arn:aws:iam::444455556666:role/x"},
            "Cross-account pass role is not allowed.",
        ),
        (
            {"requestParameters": {"integration.request.header.A": "method.request.header.A"}},
            f"{INVALID}parameter specified: method.request.header.A]",
        ),
        ({"requestParameters": {"header.A": "'x'"}}, f"{INVALID}parameter specified: header.A]"),
    ],
)
def test_an_integration_that_cannot_be_is_refused(aws: Aws, asked: dict[str, Any], message: str) -> None:
    shop = Shop(aws)
    code, told = words(shop.gateway.put_integration, integration(shop, **asked))
    assert (code, told[: len(message)]) == ("BadRequestException", message)
    assert shop.gateway.get_integration(shop.get)["type"] == "MOCK"


@pytest.mark.parametrize("uri", ["https://${stageVariables.host}/x", "http://example.com/{proxy}", "http://10.0.0.1/"])
def test_hosts_may_come_of_stage_variables(aws: Aws, uri: str) -> None:
    shop = Shop(aws)
    assert shop.gateway.put_integration(integration(shop, uri=uri))["uri"] == uri


def test_an_integration_maps_what_its_method_declares(aws: Aws) -> None:
    shop = Shop(aws)
    declared = patches(("add", "/requestParameters/method.request.header.A", "false"))
    shop.gateway.update_method({**shop.get, "patchOperations": declared})
    mapped = {
        "integration.request.header.A": "method.request.header.a",
        "integration.request.header.B": "'fixed'",
        "integration.request.header.C": "context.requestId",
        "integration.request.querystring.d": "stageVariables.d",
        "integration.request.querystring.e": "method.request.body.e",
        "integration.request.path.f": "method.request.path.f",
    }
    made = shop.gateway.put_integration(integration(shop, requestParameters=mapped))
    assert made["requestParameters"] == mapped
    undeclared = patches(("remove", "/requestParameters/method.request.header.A", None))
    assert words(shop.gateway.update_method, {**shop.get, "patchOperations": undeclared})[1].startswith(INVALID)


def test_integration_responses_need_method_responses(aws: Aws) -> None:
    shop = Shop(aws)
    asked = {**shop.get, "statusCode": "200"}
    error = refused(shop.gateway.put_integration_response, asked)
    assert (error.code, error.message) == ("NotFoundException", "Invalid Response status code specified")
    shop.gateway.put_method_response({**asked, "responseParameters": {"method.response.header.Location": False}})
    again = words(shop.gateway.put_method_response, asked)
    assert again == ("ConflictException", "Response already exists for this resource")
    wrong = {**asked, "responseParameters": {"method.response.header.Other": "'x'"}}
    assert words(shop.gateway.put_integration_response, wrong)[1].endswith("specified: method.response.header.Other]")
    mapped = {"method.response.header.Location": "integration.response.body.errorMessage"}
    made = shop.gateway.put_integration_response({**asked, "responseParameters": mapped, "selectionPattern": "https.*"})
    assert made == {"statusCode": "200", "selectionPattern": "https.*", "responseParameters": mapped}
    shop.gateway.delete_integration(shop.get)
    assert words(shop.gateway.put_integration_response, asked)[1] == "No integration defined for method"


def test_templates_are_patched_by_their_escaped_type(aws: Aws) -> None:
    shop = Shop(aws)
    operations = patches(("add", "/requestTemplates/application~1json", '{"statusCode": 200}'))
    changed = shop.gateway.update_integration({**shop.get, "patchOperations": operations})
    assert changed["requestTemplates"] == {"application/json": '{"statusCode": 200}'}
    gone = patches(("remove", "/requestTemplates/application~1json", None))
    assert "requestTemplates" not in shop.gateway.update_integration({**shop.get, "patchOperations": gone})


def test_a_status_is_three_digits(aws: Aws) -> None:
    shop = Shop(aws)
    assert words(shop.gateway.put_method_response, {**shop.get, "statusCode": "20"}) == (
        "ValidationException",
        "1 validation error detected: Value '20' at 'statusCode' failed to satisfy constraint: Member must satisfy "
        "regular expression pattern: [1-5]\\d\\d",
    )
