"""`apigateway:invoke`: https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from foulweather.kernel.http import HttpRequest, HttpResponse
from harness import ACCOUNT
from services.apigateway.rest.served import MOCK, Web, method
from services.stepfunctions.workflows import Workflows, flow

ENDPOINT = "api1.execute-api.us-east-1.amazonaws.com"
INVOKE = "arn:aws:states:::apigateway:invoke"
STAGE = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:api1/prod"


@pytest_asyncio.fixture
async def web() -> AsyncIterator[Web]:
    found = Web()
    yield found
    found.cloud.close()


def call(**parameters: Any) -> dict[str, Any]:
    own = {"ApiEndpoint": ENDPOINT, "Method": "GET", "Stage": "prod", "Path": "orders/7", **parameters}
    return {"Type": "Task", "Resource": INVOKE, "Parameters": own}


def told(template: str) -> dict[str, Any]:
    """A mock that answers with what a template makes of the request."""
    answers = {"200": {"statusCode": "200", "responseTemplates": {"application/json": template}}}
    return method({**MOCK, "integrationResponses": answers})


async def ended(web: Web, task: dict[str, Any], *actions: str, given: Any = None, **more: Any) -> dict[str, Any]:
    """What DescribeExecution tells of an execution of one task."""
    flows = Workflows(web.aws)
    arn = flows.start(flows.machine(flow(("Call", {**task, **more})), *actions), given)
    await web.aws.advance(seconds=1)
    return flows.execution(arn)


async def test_a_stage_answers_and_the_result_has_status_headers_and_body(web: Web) -> None:
    web.api({"/orders/{id}": {"GET": told('{"id": "$input.params(\'id\')", "q": "$input.params(\'q\')"}')}})
    found = await ended(web, call(QueryParameters={"q": ["a b"]}))
    assert found["status"] == "SUCCEEDED", found
    result = json.loads(found["output"])
    assert (result["StatusCode"], result["StatusText"]) == (200, "OK")
    assert result["ResponseBody"] == {"id": "7", "q": "a b"}
    assert result["Headers"]["Content-Type"] == ["application/json"]
    assert set(result) == {"Headers", "ResponseBody", "StatusCode", "StatusText"}


@pytest.mark.parametrize(
    ("more", "path", "query", "body"),
    [
        ({}, "/prod/orders/a%20b", "q=1&q=x", {"a": 1, "c": [{}]}),
        ({"AllowNullValues": True}, "/prod/orders/a%20b", "q=1&q=null&q=x", {"a": 1, "b": None, "c": [{"d": None}]}),
        ({"Stage": None, "Path": "/"}, "/", "q=1&q=x", {"a": 1, "c": [{}]}),
    ],
)
async def test_nulls_are_left_out_unless_they_are_allowed(
    web: Web, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], path: str, query: str, body: Any
) -> None:
    sent: list[HttpRequest] = []

    def answer(pipeline: Any, request: HttpRequest) -> HttpResponse:
        sent.append(request)
        return HttpResponse(202, [("Content-Type", "text/plain")], b"later")

    monkeypatch.setattr("foulweather.services.apigateway.traffic.answer", answer)
    given = {"a": 1, "b": None, "c": [{"d": None}]}
    task = call(Method="POST", Path="orders/a b", QueryParameters={"q": [1, None, "x"]}, RequestBody=given)
    task["Parameters"].update(more)
    found = await ended(web, task)
    assert found["status"] == "SUCCEEDED", found
    (request,) = sent
    assert (request.method, request.path, request.query) == ("POST", path, query)
    assert json.loads(request.body) == body
    assert request.header("content-type") == "application/json"
    assert request.header("host") == ENDPOINT
    assert request.caller is None
    result = json.loads(found["output"])
    assert (result["StatusCode"], result["StatusText"], result["ResponseBody"]) == (202, "Accepted", "later")


async def test_a_status_that_is_none_of_success_is_an_error_with_the_body_as_its_cause(web: Web) -> None:
    web.api({"/other": {"GET": method()}})
    found = await ended(web, call())
    assert (found["status"], found["error"]) == ("FAILED", "ApiGateway.403")
    assert json.loads(found["cause"]) == {"message": "Missing Authentication Token"}
    why = Workflows(web.aws).why()
    assert "'Call'" in why.cause
    assert "answered with 403" in why.because[0].cause
    assert "no resource for GET /orders/7" in why.because[0].because[0].cause


async def test_an_error_is_caught_by_its_status(web: Web) -> None:
    web.api({"/other": {"GET": method()}})
    caught = {"Catch": [{"ErrorEquals": ["ApiGateway.403"], "Next": "Fine"}], "Next": "Fine"}
    flows = Workflows(web.aws)
    arn = flows.start(flows.machine(flow(("Call", {**call(), **caught}), ("Fine", {"Type": "Succeed"}))))
    await web.aws.advance(seconds=1)
    assert flows.output(arn)["Error"] == "ApiGateway.403"


async def test_a_method_with_iam_is_called_with_the_role_if_that_may(web: Web) -> None:
    who = told('"$context.identity.userArn"')
    web.api({"/orders/{id}": {"GET": {**who, "authorizationType": "AWS_IAM"}}})
    found = await ended(web, call(AuthType="IAM_ROLE"), "execute-api:Invoke")
    assert found["status"] == "SUCCEEDED", found
    assert ":assumed-role/role-of-machine/" in json.loads(found["output"])["ResponseBody"]


async def test_a_role_that_may_not_invoke_is_refused(web: Web) -> None:
    web.api({"/orders/{id}": {"GET": method(authorizationType="AWS_IAM")}})
    found = await ended(web, call(AuthType="IAM_ROLE"), "sqs:SendMessage")
    assert found["error"] == "ApiGateway.403"
    assert "is not authorized to perform: execute-api:Invoke" in json.loads(found["cause"])["Message"]


@pytest.mark.parametrize(("source", "status"), [("machine", "SUCCEEDED"), ("another", "FAILED")])
async def test_a_resource_policy_lets_in_the_state_machine_that_it_names(web: Web, source: str, status: str) -> None:
    policy = {
        "Effect": "Allow",
        "Principal": {"Service": "states.amazonaws.com"},
        "Action": "execute-api:Invoke",
        "Resource": f"{STAGE}/GET/*",
        "Condition": {"StringEquals": {"aws:SourceArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:{source}"}},
    }
    document: str = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    web.api({"/orders/{id}": {"GET": method(authorizationType="AWS_IAM")}}, policy=document)
    found = await ended(web, call(AuthType="RESOURCE_POLICY"))
    assert found["status"] == status, found


async def test_a_token_goes_out_in_a_header_and_the_task_waits_for_it(web: Web) -> None:
    web.api({"/orders/{id}": {"GET": told("\"$input.params('TaskToken')\"")}})
    task = call(Headers={"TaskToken.$": "States.Array($$.Task.Token)"})
    flows = Workflows(web.aws)
    arn = flows.start(flows.machine(flow(("Call", {**task, "Resource": f"{INVOKE}.waitForTaskToken"}))))
    await web.aws.advance(seconds=60)
    assert flows.execution(arn)["status"] == "RUNNING"
    submitted = next(event for event in flows.events(arn) if event["type"] == "TaskSubmitted")
    token = json.loads(submitted["taskSubmittedEventDetails"]["output"])["ResponseBody"]
    flows.sfn.send_task_success({"taskToken": token, "output": '"done"'})
    assert flows.output(arn) == "done"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ApiEndpoint": "example.com"}, "ApiEndpoint"),
        ({"Method": "FETCH"}, "must be one of"),
        ({"AuthType": "API_KEY"}, "must be one of"),
        ({"RequestBody": {"a": 1}}, "only supported for the methods PATCH, POST and PUT"),
        ({"Headers": {"Authorization": ["x"]}}, "not permitted"),
        ({"Headers": {"X-Amz-Date": ["x"]}}, "not permitted"),
        ({"Body": "x"}, "The field 'Body' is not supported by Step Functions"),
    ],
)
async def test_parameters_that_make_no_request_fail_the_task(web: Web, wrong: dict[str, Any], words: str) -> None:
    found = await ended(web, call(**wrong))
    assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
    assert words in found["cause"]


async def test_one_task_is_tried_out_with_test_state(web: Web) -> None:
    web.api({"/orders/{id}": {"GET": method()}})
    flows = Workflows(web.aws)
    role = flows.role("execute-api:Invoke")
    answer = await flows.sfn.test_state({"definition": json.dumps({**call(), "End": True}), "roleArn": role})
    assert json.loads(answer["output"])["ResponseBody"] == {"ok": True}


async def test_an_http_api_is_called_as_well_and_its_refusals_are_errors(web: Web) -> None:
    api = web.aws.apigatewayv2.create_api({"Name": "shop", "ProtocolType": "HTTP"})
    web.aws.apigatewayv2.create_stage({"ApiId": api["ApiId"], "StageName": "$default", "AutoDeploy": True})
    endpoint = api["ApiEndpoint"].removeprefix("https://")
    task = call(ApiEndpoint=endpoint, Path="/orders")
    del task["Parameters"]["Stage"]
    found = await ended(web, task)
    assert (found["status"], found["error"]) == ("FAILED", "ApiGateway.404")
    assert json.loads(found["cause"]) == {"message": "Not Found"}
    assert Workflows(web.aws).why().because[0].because, "the API's own reason is beneath"
