"""What a deployment freezes: an API with all that belongs to it, as one JSON document under the API's member names.

{"Api": …, "Routes": {id: …}, "Integrations": {id: …}, "Authorizers": {id: …}, "Models": {id: …},
"RouteResponses": {"<route>/<id>": …}, "IntegrationResponses": {"<integration>/<id>": …}}
"""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2 import finding
from foulweather.services.apigateway.v2.records import Api, Deployment
from foulweather.services.apigateway.v2.state import HttpState
from foulweather.world.store import Table

AUTOMATIC = "Automatic deployment triggered by changes to the Api configuration"
SUPERSEDED_MAX = 20
"""How many automatic deployments that no stage answers with are kept."""


def taken(state: HttpState, api: Api) -> bytes:
    """An API as it is now, packed."""
    prefix = len(api.api_id) + 1

    def rows(held: Table[Any]) -> dict[str, Any]:
        return {key[prefix:]: row for key, row in held.items() if key.startswith(f"{api.api_id}/")}

    return msgspec.json.encode(
        {
            "Api": api,
            "Routes": rows(state.routes),
            "Integrations": rows(state.integrations),
            "Authorizers": rows(state.authorizers),
            "Models": rows(state.models),
            "RouteResponses": rows(state.route_responses),
            "IntegrationResponses": rows(state.integration_responses),
        }
    )


def read(deployment: Deployment) -> dict[str, Any]:
    """A deployment's snapshot."""
    return msgspec.json.decode(deployment.snapshot)


def deploy(call: Call, api: Api, *, description: str | None = None, auto: bool = False) -> Deployment:
    """Freeze an API as it is now."""
    state = call.state(HttpState)
    made = Deployment(
        deployment_id=finding.new_id(call, 6),
        created_date=call.now,
        auto_deployed=auto,
        description=description,
        snapshot=taken(state, api),
    )
    state.deployments.put(f"{api.api_id}/{made.deployment_id}", made)
    finding.changed(call, "DeploymentCreated", f"/apis/{api.api_id}/deployments/{made.deployment_id}", made)
    return made


def redeploy(call: Call, api: Api) -> None:
    """After a change: the stages that deploy by themselves answer with the API as it is now.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html
    """
    state = call.state(HttpState)
    stages = [stage for stage in under(state.stages, api.api_id) if stage.auto_deploy]
    if not stages:
        return
    made = deploy(call, api, description=AUTOMATIC, auto=True)
    for stage in stages:
        stage.deployment_id = made.deployment_id
        stage.last_updated_date = call.now
        stage.last_deployment_status_message = f"Successfully deployed stage with deployment ID '{made.deployment_id}'"
        state.stages.touch(f"{api.api_id}/{stage.stage_name}")
        path = f"/apis/{api.api_id}/stages/{stage.stage_name}"
        finding.changed(call, "StageDeployed", path, stage, {"DeploymentId"})
    _forget(state, api)


def _forget(state: HttpState, api: Api) -> None:
    used = {stage.deployment_id for stage in under(state.stages, api.api_id)}
    superseded = [
        each.deployment_id
        for each in under(state.deployments, api.api_id)
        if each.auto_deployed and each.deployment_id not in used
    ]
    for deployment in superseded[:-SUPERSEDED_MAX]:
        state.deployments.delete(f"{api.api_id}/{deployment}")
