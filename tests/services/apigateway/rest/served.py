"""A server with REST APIs in it that are made by hand: rows and snapshots, as the control plane leaves them."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from foulweather.services.apigateway.records import Deployment, RestApi
from foulweather.services.apigateway.region_records import Place
from foulweather.services.apigateway.stage_records import Stage
from foulweather.services.apigateway.state import Places, RestState
from foulweather.wire.app import Deferred
from foulweather.wire.cloud import Cloud
from foulweather.wire.hosting import Hosted
from harness import ACCOUNT, REGION, Aws, new_aws

MOCK = {
    "type": "MOCK",
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
    "integrationResponses": {"200": {"statusCode": "200", "responseTemplates": {"application/json": '{"ok": true}'}}},
}


def method(integration: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A method as a snapshot has it; a mock unless told otherwise."""
    return {"authorizationType": "NONE", "methodIntegration": MOCK if integration is None else integration, **more}


class Web:
    """A server with one world in it, and the API `api1` in its stage `prod`."""

    def __init__(self) -> None:
        self.aws: Aws = new_aws()
        pipeline = self.aws.pipeline
        self.cloud = Cloud(Hosted(self.aws.world, pipeline.services, pipeline))
        self.cloud.start()
        self.state = self.aws.world.state(RestState, ACCOUNT, REGION)
        self.deployments = 0

    def api(self, paths: dict[str, dict[str, Any]], stage: dict[str, Any] | None = None, **snapshot: Any) -> Stage:
        """Deploy an API: its methods by path and HTTP method."""
        own = {"id": "api1", "name": "orders", "rootResourceId": "root", "createdDate": self.aws.now}
        api = msgspec.convert({**own, **snapshot.pop("restApi", {})}, RestApi)
        self.state.apis.put(api.id, api)
        self.aws.world.state(Places).apis.put(api.id, Place(account=ACCOUNT, region=REGION))
        resources = {
            f"r{index}": {"id": f"r{index}", "path": path, "resourceMethods": methods}
            for index, (path, methods) in enumerate(paths.items())
        }
        packed = msgspec.json.encode({"restApi": msgspec.to_builtins(api), "resources": resources, **snapshot})
        self.deployments += 1
        name = f"d{self.deployments}"
        deployment = Deployment(id=name, created_date=self.aws.now, snapshot=packed)
        self.state.deployments.put(f"{api.id}/{name}", deployment)
        row = {"stageName": "prod", "deploymentId": name, "createdDate": self.aws.now, "lastUpdatedDate": self.aws.now}
        made = msgspec.convert({**row, **(stage or {})}, Stage)
        self.state.stages.put(f"{api.id}/{made.stage_name}", made)
        return made

    async def ask(
        self,
        method: str = "GET",
        path: str = "/",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        *,
        host: str = "api1.execute-api.us-east-1.localhost:4566",
        stage: str = "/prod",
    ) -> HttpResponse:
        """Send a request to the stage."""
        bare, _, query = path.partition("?")
        request = HttpRequest(method, stage + bare, query, [("Host", host), *(headers or {}).items()], body)
        return await self.send(request)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request to the server."""
        reply = self.cloud.handle(request)
        if isinstance(reply, Deferred):
            self.aws.world.store.commit()
            bound = reply.bind(lambda _: None)
            assert bound is not None
            return bound
        return reply if isinstance(reply, HttpResponse) else await reply

    def why(self) -> Why:
        """Why the last request that went wrong did."""
        trace = self.aws.world.state(Traces).last_wrong()
        assert trace is not None
        why = trace.hops[0].why
        assert why is not None
        return why


def header(response: HttpResponse, name: str) -> str:
    """A header of an answer, or nothing."""
    return next((value for each, value in response.headers if each.lower() == name.lower()), "")


def told(response: HttpResponse) -> Any:
    """The body of an answer, read as JSON."""
    return json.loads(response.body)
