"""What a stage refuses before it asks anybody: in AWS's words, with reasons that tell the causes apart."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from foulweather.services.apigateway.rest.refusals import STATUSES
from services.apigateway.rest.served import MOCK, Web, header, method, told

MODEL = {
    "type": "object",
    "required": ["customerId", "items"],
    "properties": {
        "customerId": {"type": "string", "minLength": 1},
        "items": {
            "type": "array",
            "minItems": 1,
            "items": {"$ref": "https://apigateway.amazonaws.com/restapis/api1/models/Item"},
        },
    },
}
ITEM = {"type": "object", "properties": {"quantity": {"type": "integer", "minimum": 1}}}
MODELS = {
    "Order": {"name": "Order", "contentType": "application/json", "schema": json.dumps(MODEL)},
    "Item": {"name": "Item", "contentType": "application/json", "schema": json.dumps(ITEM)},
}
VALIDATORS = {"v": {"id": "v", "validateRequestBody": True, "validateRequestParameters": True}}


def validated(web: Web, **more: Any) -> None:
    web.api(
        {"/": {"POST": method(requestValidatorId="v", requestModels={"application/json": "Order"}, **more)}},
        models=MODELS,
        requestValidators=VALIDATORS,
    )


@pytest.mark.parametrize(
    ("body", "violation"),
    [
        (b'{"customerId": "c"}', 'object has missing required properties (["items"])'),
        (b'{"customerId": "", "items": [{}]}', 'string "" is too short (length: 0, required minimum: 1)'),
        (
            b'{"customerId": "c", "items": []}',
            "array is too short: must have at least 1 elements but instance has 0 elements",
        ),
        (
            b'{"customerId": "c", "items": [{"quantity": 0}]}',
            "numeric instance is lower than the required minimum (minimum: 1, found: 0)",
        ),
        (b"--boundary", "the body is not JSON"),
    ],
)
async def test_a_body_that_breaks_its_model_is_refused_and_its_reason_says_where(
    web: Web, body: bytes, violation: str
) -> None:
    validated(web)
    response = await web.ask("POST", "", {"Content-Type": "application/json"}, body)
    assert (response.status, told(response)) == (400, {"message": "Invalid request body"})
    assert header(response, "x-amzn-errortype") == "BadRequestException"
    assert violation in [fact.value for fact in web.why().facts]


async def test_a_body_that_follows_its_model_or_has_no_model_passes(web: Web) -> None:
    templates = dict.fromkeys(("application/json", "multipart/form-data"), '{"statusCode": 200}')
    validated(web, methodIntegration={**MOCK, "requestTemplates": templates})
    good = b'{"customerId": "c", "items": [{"quantity": 1}]}'
    assert (await web.ask("POST", "", {"Content-Type": "application/json"}, good)).status == 200
    assert (await web.ask("POST", "", {"Content-Type": "multipart/form-data; boundary=x"}, b"--x")).status == 200
    assert (await web.ask("POST", "", {}, b"{}")).status == 400  # what says nothing is JSON


async def test_missing_parameters_are_named_in_the_order_of_the_method(web: Web) -> None:
    needed = {
        "method.request.querystring.limit": True,
        "method.request.header.X-Id": True,
        "method.request.querystring.c": False,
    }
    validated(web, requestParameters=needed)
    response = await web.ask("POST", "", {}, b"{}")
    assert told(response) == {"message": "Missing required request parameters: [limit, X-Id]"}
    response = await web.ask("POST", "?limit=3", {"x-id": "1"}, b"{}")
    assert told(response) == {"message": "Invalid request body"}


async def test_a_payload_over_ten_mebibytes_is_too_long(web: Web) -> None:
    web.api({"/": {"POST": method()}})
    assert (await web.ask("POST", "", {}, b"x" * (10 * 1024 * 1024))).status == 200
    response = await web.ask("POST", "", {}, b"x" * (10 * 1024 * 1024 + 1))
    assert (response.status, told(response)) == (413, {"message": "Request Too Long"})


async def test_headers_over_ten_kibibytes_never_reach_an_integration(web: Web) -> None:
    web.api({"/": {"GET": method()}})
    assert (await web.ask("GET", "", {"X-Large": "x" * 10_240})).status == 431
    assert not web.aws.events("apigateway.Request")


@pytest.mark.parametrize(
    ("how", "templates", "kind", "status"),
    [
        (
            "WHEN_NO_MATCH",
            {"application/json": '{"statusCode": 200}'},
            "text/plain",
            500,
        ),  # goes through: no statusCode
        ("WHEN_NO_TEMPLATES", {"application/json": '{"statusCode": 200}'}, "text/plain", 415),
        ("NEVER", {"application/json": '{"statusCode": 200}'}, "text/plain", 415),
        ("NEVER", {"application/json": '{"statusCode": 200}'}, "application/json", 200),
        ("NEVER", {}, "application/json", 415),
    ],
)
async def test_a_media_type_without_a_template_passes_or_not(
    web: Web, how: str, templates: dict[str, str], kind: str, status: int
) -> None:
    web.api({"/": {"POST": method({**MOCK, "requestTemplates": templates, "passthroughBehavior": how})}})
    response = await web.ask("POST", "", {"Content-Type": kind}, b"hello")
    assert response.status == status
    if status == 415:
        assert told(response) == {"message": "Unsupported Media Type"}


async def test_a_gateway_response_of_ones_own_replaces_the_default(web: Web) -> None:
    own = {
        "BAD_REQUEST_BODY": {
            "responseType": "BAD_REQUEST_BODY",
            "statusCode": "422",
            "responseParameters": {
                "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
                "gatewayresponse.header.X-Path": "method.request.path.id",
                "gatewayresponse.header.X-Query": "method.request.querystring.q",
            },
            "responseTemplates": {
                "application/json": '{"m":$context.error.messageString,"e":"$context.error.validationErrorString",'
                '"t":"$context.error.responseType","s":"$stageVariables.s"}'
            },
        },
        "DEFAULT_4XX": {
            "responseType": "DEFAULT_4XX",
            "responseTemplates": {"application/json": '{"any":"$context.error.message"}'},
        },
    }
    post = method(requestValidatorId="v", requestModels={"application/json": "Order"})
    web.api(
        {"/": {"POST": post}},
        {"variables": {"s": "v"}},
        models=MODELS,
        requestValidators=VALIDATORS,
        gatewayResponses=own,
    )
    response = await web.ask("POST", "?q=1", {}, b"[]")
    assert response.status == 422
    violation = '[instance type (array) does not match any allowed primitive type (allowed: ["object"])]'
    assert (
        response.body.decode() == '{"m":"Invalid request body","e":"' + violation + '","t":"BAD_REQUEST_BODY","s":"v"}'
    )
    assert header(response, "access-control-allow-origin") == "*"
    assert header(response, "x-query") == "1"
    assert not header(response, "x-path")
    response = await web.ask("GET", "/none")
    assert (response.status, told(response)) == (403, {"any": "Missing Authentication Token"})


async def test_every_kind_of_gateway_response_has_its_status(web: Web) -> None:
    from foulweather.services.apigateway import response_defaults

    assert {kind: str(status) for kind, status in STATUSES.items() if not kind.startswith("DEFAULT")} == {
        kind: status for kind, status in response_defaults.STATUS.items() if status
    }


async def test_what_is_configured_wrongly_is_a_500_that_tells_its_client_nothing(web: Web) -> None:
    web.api(
        {
            "/none": {"GET": {"authorizationType": "NONE"}},
            "/unmatched": {
                "GET": method(
                    {**MOCK, "integrationResponses": {"200": {"statusCode": "200", "selectionPattern": "4.."}}}
                )
            },
            "/template": {"GET": method({**MOCK, "requestTemplates": {"application/json": "#if("}})},
            "/uri": {"GET": method({"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "nowhere"})},
        }
    )
    for path in ("/none", "/unmatched", "/template", "/uri"):
        response = await web.ask("GET", path)
        assert (response.status, told(response)) == (500, {"message": "Internal server error"}), path
        assert header(response, "x-amzn-errortype") == "InternalServerErrorException"
        assert web.why().decision == "failed"


async def test_a_vpc_link_says_that_it_is_not_built(web: Web) -> None:
    link = {
        "type": "HTTP_PROXY",
        "httpMethod": "GET",
        "uri": "http://x",
        "connectionType": "VPC_LINK",
        "connectionId": "l",
    }
    web.api({"/": {"GET": method(link)}})
    response = await web.ask("GET", "")
    assert response.status == 501
    assert "VPC_LINK" in told(response)["message"]


async def test_payloads_are_compressed_both_ways_from_the_size_on(web: Web) -> None:
    big = {
        **MOCK,
        "integrationResponses": {"200": {"statusCode": "200", "responseTemplates": {"application/json": "x" * 2000}}},
    }
    web.api({"/": {"GET": method(big)}, "/small": {"GET": method()}}, restApi={"minimumCompressionSize": 1000})
    response = await web.ask("GET", "", {"Accept-Encoding": "gzip, deflate"})
    assert header(response, "content-encoding") == "gzip"
    assert gzip.decompress(response.body) == b"x" * 2000
    assert not header(await web.ask("GET", "/small", {"Accept-Encoding": "gzip"}), "content-encoding")
    assert not header(await web.ask("GET", ""), "content-encoding")


async def test_a_backends_answer_becomes_binary(web: Web) -> None:
    text = base64.b64encode(b"\x00\x01").decode()
    answer = {
        "statusCode": "200",
        "contentHandling": "CONVERT_TO_BINARY",
        "responseTemplates": {"application/json": text},
    }
    web.api({"/": {"GET": method({**MOCK, "integrationResponses": {"200": answer}})}})
    assert (await web.ask("GET", "")).body == b"\x00\x01"


async def test_a_brace_after_a_variable_of_a_gateway_response_is_the_texts_own(web: Web) -> None:
    template = (
        '{"message":$context.error.messageString}. ${context.stage}, $stageVariables.who, $method.request.header.X-A.'
    )
    custom = {"DEFAULT_4XX": {"responseTemplates": {"application/json": template}}}
    web.api({"/": {"GET": method()}}, {"variables": {"who": "us"}}, gatewayResponses=custom)
    response = await web.ask("GET", "/nowhere", {"X-A": "a-b"})
    assert response.body == b'{"message":"Missing Authentication Token"}. prod, us, a-b.'
