"""REST APIs for the tests of configurations: made of a definition, deployed to `prod`, visited like a browser."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from catalog.configurations import role, visit
from catalog.functions import let_in
from foulweather.kernel.http import HttpResponse
from foulweather.testing import Aws

KEY = {"securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}}
NEEDS_KEY = [{"key": []}]


class Api(NamedTuple):
    """An API that is deployed."""

    aws: Aws
    id: str
    gateway: Any
    """A client of its own: boto3 takes a tenth of a second to make one."""
    stage: str = "prod"

    def ask(self, method: str, path: str, body: Any = b"", **headers: str) -> HttpResponse:
        """The answer of its stage; a body that is not bytes is sent as JSON."""
        if not isinstance(body, bytes):
            body, headers = json.dumps(body).encode(), {"Content_Type": "application/json", **headers}
        url = f"https://{self.id}.execute-api.{self.aws.region}.amazonaws.com/{self.stage}{path}"
        return visit(self.aws, method, url, body, **headers)

    def statuses(self, times: int, method: str, path: str, **headers: str) -> list[int]:
        """The statuses of so many requests at once."""
        return [self.ask(method, path, **headers).status for _ in range(times)]

    def deploy(self, stage: str = "prod", **more: Any) -> Api:
        """Put it as it is now before the visitors of a stage."""
        self.aws.advance("5s")
        self.gateway.create_deployment(restApiId=self.id, stageName=stage, **more)
        return self._replace(stage=stage)

    def resource(self, path: str) -> str:
        """The id of a resource."""
        found = self.gateway.get_resources(restApiId=self.id)["items"]
        return next(each["id"] for each in found if each["path"] == path)


def lambda_proxy(aws: Aws, function_arn: str, **operation: Any) -> dict[str, Any]:
    """A method with a function behind it."""
    uri = f"arn:aws:apigateway:{aws.region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}
    return {"responses": {}, **operation, "x-amazon-apigateway-integration": integration}


def mock(body: str = "{}", **operation: Any) -> dict[str, Any]:
    """A method that answers 200 with a body, and asks nobody."""
    integration = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": body}}},
    }
    responses = {"200": {"description": "it"}}
    return {"responses": responses, **operation, "x-amazon-apigateway-integration": integration}


def rest_api(aws: Aws, paths: dict[str, Any], *functions: str, name: str = "orders-api", **document: Any) -> Api:
    """An API of these paths, deployed; the functions that are named let it in."""
    definition = {"openapi": "3.0.1", "info": {"title": name, "version": "1"}, "paths": paths, **document}
    gateway = aws.client("apigateway")
    api = gateway.import_rest_api(body=json.dumps(definition).encode(), failOnWarnings=True)["id"]
    for function in functions:
        let_in(aws, function, "apigateway", f"arn:aws:execute-api:{aws.region}:{aws.account}:{api}/*")
    return Api(aws, api, gateway).deploy()


def set_stage(api: Api, **values: Any) -> None:
    """Change settings of the stage for all methods or, with `method`, for one: `throttling_rateLimit=20`."""
    method = values.pop("method", "*/*")
    patches = [
        {"op": "replace", "path": f"/{method}/{name.replace('_', '/')}", "value": str(value)}
        for name, value in values.items()
    ]
    api.gateway.update_stage(restApiId=api.id, stageName=api.stage, patchOperations=patches)


def plan(api: Api, name: str, rate: float, burst: int, month: int = 0, methods: Any = None) -> tuple[str, str]:
    """A usage plan with a key of its name; gives the plan's id and the key's value."""
    gateway = api.gateway
    stage = {"apiId": api.id, "stage": api.stage, **({"throttle": methods} if methods else {})}
    quota = {"quota": {"limit": month, "period": "MONTH"}} if month else {}
    throttle = {"rateLimit": rate, "burstLimit": burst}
    made: str = gateway.create_usage_plan(name=name, apiStages=[stage], throttle=throttle, **quota)["id"]
    key = gateway.create_api_key(name=name, enabled=True)
    gateway.create_usage_plan_key(usagePlanId=made, keyId=key["id"], keyType="API_KEY")
    return made, key["value"]


def let_write(aws: Aws, api: Api) -> None:
    """Let API Gateway write the logs of the account's stages."""
    writes = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    writer = role(aws, "gateway-logs", {"Service": "apigateway.amazonaws.com"}, writes)
    api.gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": writer}])
