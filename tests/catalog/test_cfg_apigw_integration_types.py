"""The four kinds of integrations: a function, an HTTP backend, a service's API, and nothing at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from catalog.configurations import messages, queue_arn, role
from catalog.functions import modelled
from catalog.gateways import Api, lambda_proxy, mock, rest_api
from foulweather.testing import Aws

FORM = {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"}


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(203)
        self.send_header("X-Back", "end")
        self.end_headers()
        self.wfile.write(json.dumps({"path": self.path, "body": body}).encode())

    def log_message(self, *_: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Be quiet."""


@contextmanager
def backend() -> Generator[int]:
    """A server on this machine; gives its port."""
    server = HTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def integrated(kind: str, uri: str, **more: Any) -> dict[str, Any]:
    """A method with an integration, and its one response."""
    integration = {
        "type": kind,
        "httpMethod": "POST",
        "uri": uri,
        "responses": {"default": {"statusCode": "200"}},
        **more,
    }
    return {"responses": {"200": {"description": "it"}}, "x-amazon-apigateway-integration": integration}


def queued(aws: Aws, credentials: str) -> tuple[Api, Any, str]:
    """An API whose POST goes into a queue, with what a template makes of it."""
    sqs: Any = aws.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    template = "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"
    uri = f"arn:aws:apigateway:{aws.region}:sqs:path/{aws.account}/orders"
    operation = integrated(
        "aws",
        uri,
        requestParameters=FORM,
        requestTemplates={"application/json": template},
        passthroughBehavior="never",
        **({"credentials": credentials} if credentials else {}),
    )
    return rest_api(aws, {"/orders": {"post": operation}}), sqs, url


def test_a_function_gets_the_request_and_says_the_answer(aws: Aws) -> None:
    arn = modelled(aws, "made", 'duration_ms = 5\nresponse = {statusCode = 201, body = "made"}\n')
    api = rest_api(aws, {"/orders": {"post": lambda_proxy(aws, arn)}}, "made")
    response = api.ask("POST", "/orders", {})
    assert (response.status, response.body) == (201, b"made")


def test_an_http_backends_answer_is_passed_on(aws: Aws) -> None:
    with backend() as port:
        operation = integrated("http_proxy", f"http://127.0.0.1:{port}/base")
        response = rest_api(aws, {"/orders": {"post": operation}}).ask("POST", "/orders?x=1", {"a": 1})
    assert (response.status, dict(response.headers)["X-Back"]) == (203, "end")
    assert json.loads(response.body) == {"path": "/base?x=1", "body": '{"a": 1}'}


def test_a_services_api_is_called_by_the_role(aws: Aws) -> None:
    may = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    api, sqs, url = queued(aws, role(aws, "gateway", {"Service": "apigateway.amazonaws.com"}, may))
    assert api.ask("POST", "/orders", {"n": 1}).status == 200
    assert [message["Body"] for message in messages(sqs, url)] == ['{"n": 1}']


def test_without_a_permission_the_service_refuses_and_nothing_is_sent(aws: Aws) -> None:
    api, sqs, url = queued(aws, role(aws, "gateway", {"Service": "apigateway.amazonaws.com"}))
    response = api.ask("POST", "/orders", {"n": 1})
    assert response.status == 200  # the default response takes what came: mapping statuses is the API's to do
    assert b"AccessDenied" in response.body
    assert queue_arn(sqs, url).endswith(":orders")
    assert messages(sqs, url, wait_s=0) == []


def test_a_role_that_api_gateway_may_not_take_is_a_500(aws: Aws) -> None:
    may = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    api, _, _ = queued(aws, role(aws, "other", {"Service": "lambda.amazonaws.com"}, may))
    response = api.ask("POST", "/orders", {"n": 1})
    assert (response.status, json.loads(response.body)) == (500, {"message": "Internal server error"})


def test_a_mock_answers_the_preflight_of_browsers(aws: Aws) -> None:
    preflight = mock("")
    preflight["responses"]["200"] = {"headers": {"Access-Control-Allow-Origin": {"schema": {"type": "string"}}}}
    preflight["responses"]["200"]["description"] = "it"
    told = preflight["x-amazon-apigateway-integration"]["responses"]["default"]
    told["responseParameters"] = {"method.response.header.Access-Control-Allow-Origin": "'*'"}
    response = rest_api(aws, {"/orders": {"options": preflight}}).ask("OPTIONS", "/orders")
    assert (response.status, dict(response.headers)["Access-Control-Allow-Origin"]) == (200, "*")
