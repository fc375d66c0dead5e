"""An API that waits for a workflow; a shop that places orders, and follows them where it is told how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from foulweather.drilling.documents import document, trust
from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Request
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, url_of
from foulweather.drilling.load.functions import QUIET, answered, function, function_arn, may
from foulweather.kernel.http import HttpResponse

API, MACHINE, TOPIC, ROLE, API_ROLE = "orders", "process-order", "orders-done", "process-order-role", "orders-api-role"
POLL_MS = 10_000
START = """{"stateMachineArn": "MACHINE", "input": "$util.escapeJavaScript($input.json('$'))"}"""
DESCRIBE = """{"executionArn": "$input.params('execution')"}"""
STATUS = """{"status": "$input.path('$.status')"}"""


class Shop(ApiClient):
    """Places orders. A 202 with an `executionArn` it follows: `GET /orders?execution=…`, every ten seconds."""

    RELEASABLE = ("retry", "attempts")

    def __init__(self, lab: Lab, name: str, **options: Any) -> None:
        self.placed: dict[str, int] = {}
        self.done: dict[str, int] = {}
        super().__init__(lab, name, **options)

    def request(self, n: int) -> tuple[str, str, Mapping[str, str], Any]:
        """The n-th order."""
        order = f"order-{n}"
        self.placed[order] = self.lab.now_ms
        return "POST", "/orders", self.headers, {"order_id": order}

    def succeeded(self, request: Request, response: Any) -> None:
        """Done, or to be followed."""
        answer = cast(HttpResponse, response)
        told = json.loads(answer.body or b"{}")
        super().succeeded(request, response)
        order = str(request.key) if request.method == "follow" else json.loads(request.parameters["body"])["order_id"]
        if answer.status == 200 and told.get("status") == "SUCCEEDED":
            self.done.setdefault(order, self.lab.now_ms)
        elif answer.status == 202 and told.get("executionArn"):
            self._follow(order, told["executionArn"])

    def _follow(self, order: str, execution: str) -> None:
        """Ask for an order's state in a while, and again until it is done."""
        connection, url = self._clients[0], f"{self.url}/orders?execution={execution}"

        def told(response: Any, error: Exception | None) -> None:
            status = json.loads(response.body).get("status") if error is None else "unknown"
            if status == "SUCCEEDED":
                self.done.setdefault(order, self.lab.now_ms)
            elif status in ("RUNNING", "unknown") and self.lab.now_ms - self.placed[order] < 300_000:
                self._follow(order, execution)

        def ask() -> None:
            asked = {"method": "GET", "url": url, "headers": (), "body": b""}
            self._calling.make("follow", connection.send, asked, told)

        self.lab.at(self.lab.now_ms + POLL_MS, ask)


def definition(lab: Lab, *, checked: bool) -> str:
    """The workflow; with a check for fraud, or without."""

    def task(name: str, following: str) -> dict[str, Any]:
        invoke = {"FunctionName": function_arn(lab, name), "Payload.$": "$"}
        resource = "arn:aws:states:::lambda:invoke"
        return {"Type": "Task", "Resource": resource, "Parameters": invoke, "ResultPath": None, "Next": following}

    topic = f"arn:aws:sns:{lab.region}:{lab.account}:{TOPIC}"
    notify = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Parameters": {"TopicArn": topic, "Message.$": "$.order_id"},
        "End": True,
    }
    states = {"ProcessOrder": task("store-order", "CheckFraud" if checked else "Notify"), "Notify": notify}
    if checked:
        states["CheckFraud"] = task("check-fraud", "Notify")
    return json.dumps({"StartAt": "ProcessOrder", "States": states})


def to_states(lab: Lab, action: str, template: str) -> dict[str, Any]:
    """A method with an action of Step Functions behind it, and its status as the answer."""
    integration = {
        "type": "aws",
        "httpMethod": "POST",
        "uri": f"arn:aws:apigateway:{lab.region}:states:action/{action}",
        "credentials": f"arn:aws:iam::{lab.account}:role/{API_ROLE}",
        "requestTemplates": {"application/json": template},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": STATUS}}},
    }
    return {"responses": {"200": {"description": "told"}}, "x-amazon-apigateway-integration": integration}


def build(lab: Lab) -> None:
    """The workflow with its role, the function, the API, the shop."""
    lab.client("sns").create_topic(Name=TOPIC)
    for name, duration_ms in (("store-order", 600), ("check-fraud", 40_000)):
        function(lab, name, f"duration_ms = {duration_ms}\ninit_ms = 200\nresponse = {{ok = true}}\n", Timeout=120)
    iam = lab.client("iam")
    role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust("states.amazonaws.com"))["Role"]["Arn"]
    lets = may("lambda:InvokeFunction", [function_arn(lab, name) for name in ("store-order", "check-fraud")], "Run")
    tells = may("sns:Publish", f"arn:aws:sns:{lab.region}:{lab.account}:{TOPIC}", "Tell")
    iam.put_role_policy(RoleName=ROLE, PolicyName="work", PolicyDocument=document(lets, tells))
    machine = answered(
        lab.client("stepfunctions").create_state_machine(
            name=MACHINE, type="EXPRESS", definition=definition(lab, checked=False), roleArn=role
        )
    )["stateMachineArn"]
    lab.notes["machine"] = machine
    executions = f"arn:aws:states:{lab.region}:{lab.account}:execution:{MACHINE}*"
    iam.create_role(RoleName=API_ROLE, AssumeRolePolicyDocument=trust("apigateway.amazonaws.com"))
    starts = may("states:StartSyncExecution", machine, "Start")
    reads = may("states:DescribeExecution", executions, "Read")
    iam.put_role_policy(RoleName=API_ROLE, PolicyName="work", PolicyDocument=document(starts, reads))
    methods = {
        "post": to_states(lab, "StartSyncExecution", START.replace("MACHINE", machine)),
        "get": to_states(lab, "DescribeExecution", DESCRIBE),
    }
    api = rest_api(lab, API, {"/orders": methods}, logging="ERROR")
    lab.notes["api"] = api
    alarm(lab, API, "5XXError")
    lab.add(Shop(lab, "shop", url=url_of(api), arrivals=QUIET))
