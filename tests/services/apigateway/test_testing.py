"""Testing methods and authorizers as they are now; and an API made through the API that answers when it is deployed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from foulweather.engines.functions.interpreters import available
from foulweather.kernel.errors import AwsError
from services.apigateway.rest.served import Web, told
from services.lambda_.packaged import function, role

FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:work"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"


@pytest_asyncio.fixture
async def web() -> AsyncIterator[Web]:
    """A server with one world in it."""
    found = Web()
    yield found
    found.cloud.close()


def orders(web: Web, integration: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """An API with GET /orders/{id}, as a client makes it."""
    gateway = web.aws.apigateway
    api = gateway.create_rest_api({"name": "shop"})
    root = api["rootResourceId"]
    resource = gateway.create_resource({"restApiId": api["id"], "parentId": root, "pathPart": "orders"})
    resource = gateway.create_resource({"restApiId": api["id"], "parentId": resource["id"], "pathPart": "{id}"})
    place = {"restApiId": api["id"], "resourceId": resource["id"], "httpMethod": "GET"}
    gateway.put_method({**place, "authorizationType": "NONE", **more})
    mock = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    gateway.put_integration({**place, **(integration or mock)})
    gateway.put_method_response({**place, "statusCode": "200"})
    gateway.put_integration_response(
        {**place, "statusCode": "200", "responseTemplates": {"application/json": '{"id": "$input.params(\'id\')"}'}}
    )
    return place


async def test_a_deployed_api_answers_and_a_change_waits_for_its_deployment(web: Web) -> None:
    place = orders(web)
    api = place["restApiId"]
    web.aws.apigateway.create_deployment({"restApiId": api, "stageName": "prod"})
    host = f"{api}.execute-api.us-east-1.localhost:4566"
    assert told(await web.ask("GET", "/orders/7", host=host)) == {"id": "7"}
    web.aws.apigateway.put_method({**place, "httpMethod": "POST", "authorizationType": "NONE"})
    web.aws.apigateway.put_integration({**place, "httpMethod": "POST", "type": "MOCK"})
    response = await web.ask("POST", "/orders/7", host=host)
    assert (response.status, told(response)) == (403, {"message": "Missing Authentication Token"})
    assert "it was made after the deployment" in web.why().cause
    assert web.why().remedy == (f"aws apigateway create-deployment --rest-api-id {api} --stage-name prod",)


async def test_a_method_is_tested_as_it_is_now_and_tells_its_steps(web: Web) -> None:
    place = orders(web, apiKeyRequired=True)
    answer = await web.aws.apigateway.test_invoke_method(
        {**place, "pathWithQueryString": "/orders/7?q=1", "headers": {"X-One": "1"}}
    )
    assert (answer["status"], json.loads(answer["body"])) == (200, {"id": "7"})
    assert answer["headers"]["Content-Type"] == "application/json"
    lines = [line.partition(" : ")[2] for line in answer["log"].splitlines()[1:]]
    assert lines[1] == "HTTP Method: GET, Resource Path: /orders/{id}"
    assert "Method request path: {id=7}" in lines
    assert "Method request query string: {q=1}" in lines
    assert lines[-2:] == ["Successfully completed execution", "Method completed with status: 200"]
    assert answer["log"].startswith("Execution log for request ")


async def test_a_test_tells_what_is_configured_wrongly(web: Web) -> None:
    place = orders(web, {"type": "HTTP", "integrationHttpMethod": "GET", "uri": "http://127.0.0.1:1/"})
    answer = await web.aws.apigateway.test_invoke_method(place)
    assert answer["status"] == 504
    assert "Execution failed due to a network error communicating with endpoint" in answer["log"]


async def test_what_is_not_there_cannot_be_tested(web: Web) -> None:
    place = orders(web)
    for wrong, words in (
        ({"restApiId": "nothing"}, "Invalid API identifier specified"),
        ({"resourceId": "nothing"}, "Invalid Resource identifier specified"),
        ({"httpMethod": "PUT"}, "Invalid Method identifier specified"),
    ):
        with pytest.raises(AwsError, match=words):
            await web.aws.apigateway.test_invoke_method({**place, **wrong})


@pytest.mark.skipif(not available(), reason="no interpreter for functions")
async def test_an_authorizer_is_tested_with_a_token(web: Web) -> None:
    role(web.aws)
    code = (
        "def handler(event, context):\n"
        "    if event['authorizationToken'] == 'bad': raise Exception('Unauthorized')\n"
        "    statement = {'Effect': 'Allow', 'Action': 'execute-api:Invoke', 'Resource': event['methodArn']}\n"
        "    return {'principalId': 'ann', 'context': {'a': 1},\n"
        "            'policyDocument': {'Version': '2012-10-17', 'Statement': [statement]}}\n"
    )
    await function(web.aws, code)
    web.aws.lambda_.add_permission(
        {
            "FunctionName": "work",
            "StatementId": "api",
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
        }
    )
    api = orders(web)["restApiId"]
    made = web.aws.apigateway.create_authorizer(
        {
            "restApiId": api,
            "name": "auth",
            "type": "TOKEN",
            "authorizerUri": URI,
            "identitySource": "method.request.header.Authorization",
        }
    )
    asked = {"restApiId": api, "authorizerId": made["id"]}
    answer = await web.aws.apigateway.test_invoke_authorizer({**asked, "headers": {"Authorization": "good"}})
    assert (answer["clientStatus"], answer["principalId"], answer["authorization"]) == (200, "ann", {"a": ["1"]})
    assert json.loads(answer["policy"])["Statement"][0]["Effect"] == "Allow"
    for headers in ({"Authorization": "bad"}, {}):
        answer = await web.aws.apigateway.test_invoke_authorizer({**asked, "headers": headers})
        assert answer["clientStatus"] == 401
