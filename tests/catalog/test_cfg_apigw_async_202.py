"""A long job behind an API: POST answers 202 with where to ask, GET tells how far it is."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest

from catalog.configurations import role, visit
from catalog.functions import modelled
from catalog.workflows import machine
from foulweather.testing import Aws

JOB = "duration_ms = 60000\nresponse = {shipped = true}\n"
STATES = "arn:aws:apigateway:us-east-1:states:action"
BEGUN = "#set($name = $input.path('$.executionArn').split(':')[7])"


class Orders(NamedTuple):
    aws: Aws
    url: str

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Status and body of an answer."""
        sent = b"" if body is None else json.dumps(body).encode()
        response = visit(self.aws, method, self.url + path, sent, Content_Type="application/json")
        return response.status, json.loads(response.body)


@pytest.fixture
def orders(aws: Aws) -> Orders:
    function = modelled(aws, "work", JOB, Timeout=120)
    work = {"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": function, "End": True}}}
    arn = machine(aws, "orders", work, "lambda:InvokeFunction")
    executions = arn.replace(":stateMachine:", ":execution:")
    may = {"Effect": "Allow", "Action": ["states:StartExecution", "states:DescribeExecution"], "Resource": "*"}
    credentials = role(aws, "gateway", {"Service": "apigateway.amazonaws.com"}, may)
    gateway = aws.client("apigateway")
    api = gateway.create_rest_api(name="orders-api")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    all_orders = gateway.create_resource(restApiId=api, parentId=root, pathPart="orders")["id"]
    one_order = gateway.create_resource(restApiId=api, parentId=all_orders, pathPart="{orderId}")["id"]
    # The body goes in as the object that it is: as a JSON text within a JSON text it must be escaped once, not twice.
    start = f'{{"stateMachineArn": "{arn}", "input": "$util.escapeJavaScript($input.json(\'$\'))"}}'
    begun = BEGUN + '{"executionArn": $input.json(\'$.executionArn\'), "status": "/orders/$name"}'
    ask = f'{{"executionArn": "{executions}:$input.params(\'orderId\')"}}'
    told = "{\"status\": $input.json('$.status')}"
    for resource, method, action, request, status, response in (
        (all_orders, "POST", "StartExecution", start, "202", begun),
        (one_order, "GET", "DescribeExecution", ask, "200", told),
    ):
        place = {"restApiId": api, "resourceId": resource, "httpMethod": method}
        gateway.put_method(**place, authorizationType="NONE")
        gateway.put_integration(
            **place,
            type="AWS",
            integrationHttpMethod="POST",
            uri=f"{STATES}/{action}",
            credentials=credentials,
            requestTemplates={"application/json": request},
            passthroughBehavior="WHEN_NO_TEMPLATES",
        )
        gateway.put_method_response(**place, statusCode=status)
        gateway.put_integration_response(**place, statusCode=status, responseTemplates={"application/json": response})
    gateway.create_deployment(restApiId=api, stageName="prod")
    return Orders(aws, f"https://{api}.execute-api.us-east-1.amazonaws.com/prod")


def test_the_post_answers_at_once_and_the_job_finishes_later(orders: Orders) -> None:
    began = orders.aws.now_ms
    status, told = orders.ask("POST", "/orders", {"item": 'a "quoted" name', "count": 2})
    assert status == 202
    assert ":execution:orders:" in told["executionArn"]
    assert orders.aws.now_ms - began < 1_000
    assert orders.ask("GET", told["status"]) == (200, {"status": "RUNNING"})
    orders.aws.advance("55s")
    assert orders.ask("GET", told["status"]) == (200, {"status": "RUNNING"})
    orders.aws.advance("10s")
    assert orders.ask("GET", told["status"]) == (200, {"status": "SUCCEEDED"})
    found = orders.aws.client("stepfunctions").describe_execution(executionArn=told["executionArn"])
    assert json.loads(found["input"]) == {"item": 'a "quoted" name', "count": 2}
    assert json.loads(found["output"]) == {"shipped": True}


def test_a_gateway_that_may_not_start_it_has_the_reason_on_record(orders: Orders) -> None:
    orders.aws.client("iam").delete_role_policy(RoleName="gateway", PolicyName="work")
    orders.ask("POST", "/orders", {"item": "x"})
    why = orders.aws.why()
    assert why is not None
    assert any(hop.operation == "StartExecution" and hop.code == "AccessDeniedException" for hop in why.hops)
