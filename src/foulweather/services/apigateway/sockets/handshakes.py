"""Handshakes: who connects to a stage, by which route, and what is listened to from then on.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
"""

from __future__ import annotations

from foulweather.kernel import tracing
from foulweather.kernel.call import Origin
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.websockets import Upgraded, is_handshake
from foulweather.services.apigateway.rest import refusals
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.sockets import answering
from foulweather.services.apigateway.sockets.connections import Connection
from foulweather.services.apigateway.sockets.limits import FRAME_BYTES_MAX, MESSAGE_BYTES_MAX
from foulweather.services.apigateway.sockets.listening import Client
from foulweather.services.apigateway.sockets.plans import Place, Standing
from foulweather.services.apigateway.sockets.turns import CONNECT, Turn, new_id

JSON = ("Content-Type", "application/json")


async def answer(pipeline: Pipeline, request: HttpRequest, place: Place, standing: Standing) -> HttpResponse:
    """Answer whoever comes to a stage: with a WebSocket, or with why not."""
    world = pipeline.world
    origin = Origin(
        request.peer, request.tls, request.header("user-agent"), request.header("host"), request.header("referer")
    )
    account, region, api, stage, domain = place
    connection = Connection(new_id(world), account, region, api, stage, domain, origin)
    turn = Turn(pipeline, connection, standing, CONNECT)
    turn.request = request
    turn.trace_header = request.header("x-amzn-trace-id") or (f"Root=1-{turn.call.now // 1000:08x}-{world.ids.hex(24)}")
    # WebSocket APIs take no part in traces, and pass the handshake's header on.
    tracing.carry(turn.call, tracing.read(turn.trace_header), is_of_caller=False)
    own = [JSON, ("x-amzn-RequestId", turn.id)]
    if not is_handshake(request):
        turn.choose(None)
        why = refusals.refused(f"The stage {stage} speaks WebSocket: the request is no opening handshake.")
        refused = Refusal("DEFAULT_4XX", "Upgrade Required", why, status=426)
        turn.call.explain("Connect", turn.stage_arn, why, refused.code)
        return HttpResponse(426, [*own, ("Upgrade", "websocket")], answering.words(turn, refused.text).encode())
    with world.flight():
        outcome = await answering.answer(turn)
    if not 200 <= outcome.status < 300:
        message = outcome.message
        if turn.refusal is not None:
            own.append(("x-amzn-ErrorType", turn.refusal.code))
        return HttpResponse(outcome.status, own, message if isinstance(message, bytes) else message.encode())
    headers = [("Sec-WebSocket-Protocol", outcome.protocol)] if outcome.protocol else []
    client = Client(pipeline, connection)
    return Upgraded(client.begin, headers, frame_bytes_max=FRAME_BYTES_MAX, message_bytes_max=MESSAGE_BYTES_MAX)
