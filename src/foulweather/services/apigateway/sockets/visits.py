"""Requests to a WebSocket API's stage: handshakes, and backends' calls to its connections.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api.html
"""

from __future__ import annotations

from collections.abc import Awaitable

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway.sockets import callbacks, handshakes
from foulweather.services.apigateway.sockets.plans import Place, standing
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2.state import HttpState


def answer(
    pipeline: Pipeline, request: HttpRequest, place: Place, path: str, *, is_own_domain: bool = False
) -> Awaitable[HttpResponse] | Why:
    """Answer a request to a stage of an API; or say why nothing answers there (403)."""
    account, region, api_id, stage_name, _ = place
    world = pipeline.world
    state = world.state(HttpState, account, region)
    api = state.apis[api_id]
    arn = f"arn:aws:apigateway:{region}::/apis/{api_id}"
    if api.disable_execute_api_endpoint and not is_own_domain:
        return Why(
            "refused",
            f"The API {api.name} answers under its custom domain names only: its own endpoint is disabled.",
            (Fact(arn, "DisableExecuteApiEndpoint", True),),
            (f"aws apigatewayv2 update-api --api-id {api_id} --no-disable-execute-api-endpoint",),
        )
    stands = standing(world, account, region, api_id, stage_name)
    if stands is None:
        known = [each.stage_name for each in under(state.stages, api_id) if each.deployment_id]
        return Why(
            "refused",
            f"The API {api.name} has no stage {stage_name!r} with a deployment; it has {', '.join(known) or 'none'}.",
            (Fact(arn, "stages", known),),
            (f"aws apigatewayv2 get-stages --api-id {api_id}",),
        )
    connection = callbacks.connection_of(path)
    if connection is not None:
        return callbacks.answer(pipeline, request, place, connection)
    if path != "/":
        return Why(
            "refused",
            f"A WebSocket API has no paths: {path} is below the stage {stage_name}.",
            (Fact("request", "path", request.path),),
        )
    return handshakes.answer(pipeline, request, place, stands)
