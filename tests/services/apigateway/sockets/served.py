"""A server with a WebSocket API in it, made by the API's own operations, and clients that speak frames to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from wsproto.connection import Connection as Frames
from wsproto.connection import ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage

from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from foulweather.wire.cloud import Cloud
from foulweather.wire.hosting import Hosted
from foulweather.wire.server import Limits, Server
from harness import Aws, new_aws
from loopback import Client

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:work"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
MOCK = {
    "IntegrationType": "MOCK",
    "RequestTemplates": {"$default": '{"statusCode": 200}'},
    "TemplateSelectionExpression": "\\$default",
}
PROXY = {"IntegrationType": "AWS_PROXY", "IntegrationMethod": "POST", "IntegrationUri": URI}


class Peer:
    """A client's half of a WebSocket, once its handshake is answered."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.frames = Frames(ConnectionType.CLIENT)
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def shake(self, path: str, host: str, headers: dict[str, str]) -> None:
        """Send the opening handshake and read its answer."""
        given = {
            "Host": host,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": KEY,
            **headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        self.client.send(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode())
        self.status, self.headers, self.body = await self.client.response()

    def say(self, message: Any) -> None:
        """Send a text, bytes, or something as JSON."""
        event: Event = BytesMessage(message) if isinstance(message, bytes) else TextMessage(_text(message))
        self.client.send(self.frames.send(event))

    def send(self, event: Event) -> None:
        self.client.send(self.frames.send(event))

    def ping(self) -> None:
        self.client.send(self.frames.send(Ping()))

    def leave(self, code: int = 1000, reason: str = "") -> None:
        self.client.send(self.frames.send(CloseConnection(code, reason or None)))

    async def next(self) -> Any:
        """The next event of the server's."""
        while True:
            for event in self.frames.events():
                return event
            data = await asyncio.wait_for(self.client.reader.read(65536), 5)
            self.frames.receive_data(data or None)

    async def heard(self) -> Any:
        """The data of the next message."""
        event = await self.next()
        return event.data if isinstance(event, TextMessage) else bytes(event.data)

    async def is_silent(self) -> bool:
        """Whether nothing comes for a moment."""
        try:
            event = await asyncio.wait_for(self.next(), 0.05)
        except TimeoutError:
            return True
        raise AssertionError(event)


def _text(message: Any) -> str:
    return message if isinstance(message, str) else json.dumps(message)


class Chat:
    """A server with one world and one WebSocket API in its stage `prod`."""

    def __init__(self) -> None:
        self.aws: Aws = new_aws()
        pipeline = self.aws.pipeline
        self.cloud = Cloud(Hosted(self.aws.world, pipeline.services, pipeline))
        self.cloud.start()
        self.server = Server(self.cloud, lambda: self.aws.now, Limits())
        self.v2: Any = self.aws.apigatewayv2
        made = self.v2.create_api(
            {"Name": "chat", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}
        )
        self.api: str = made["ApiId"]
        self._stage = False

    def integration(self, held: dict[str, Any], responses: dict[str, dict[str, Any]] | None = None) -> str:
        """Make an integration and its responses, by their keys."""
        own = self.v2.create_integration({"ApiId": self.api, **held})["IntegrationId"]
        for key, response in (responses or {}).items():
            self.v2.create_integration_response(
                {"ApiId": self.api, "IntegrationId": own, "IntegrationResponseKey": key, **response}
            )
        return own

    def route(
        self,
        key: str,
        held: dict[str, Any] | None = None,
        responses: dict[str, dict[str, Any]] | None = None,
        *,
        answers: bool = False,
        **more: Any,
    ) -> str:
        """Make a route; a mock unless told otherwise, and one-way unless it answers."""
        target = self.integration(MOCK if held is None else held, responses)
        if answers:
            more["RouteResponseSelectionExpression"] = "$default"
        asked = {"ApiId": self.api, "RouteKey": key, "Target": f"integrations/{target}", **more}
        route = self.v2.create_route(asked)["RouteId"]
        if answers:
            self.v2.create_route_response({"ApiId": self.api, "RouteId": route, "RouteResponseKey": "$default"})
        return route

    def deploy(self, **stage: Any) -> None:
        """Put the API as it is now under the stage `prod`."""
        own = self.v2.create_deployment({"ApiId": self.api})["DeploymentId"]
        run = self.v2.update_stage if self._stage else self.v2.create_stage
        run({"ApiId": self.api, "StageName": "prod", "DeploymentId": own, **stage})
        self._stage = True

    @property
    def host(self) -> str:
        return f"{self.api}.execute-api.us-east-1.amazonaws.com"

    @contextlib.asynccontextmanager
    async def peer(self, path: str = "/prod", host: str = "", **headers: str) -> AsyncIterator[Peer]:
        """A client that has sent its handshake."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        try:
            peer = Peer(Client(reader, writer))
            await peer.shake(path, host or self.host, {name.replace("_", "-"): v for name, v in headers.items()})
            yield peer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def why(self) -> Why:
        """Why the last thing that went wrong did."""
        trace = self.aws.world.state(Traces).last_wrong()
        assert trace is not None
        why = trace.hops[0].why
        assert why is not None
        return why

    def connection(self) -> Any:
        """The connection that was opened last."""
        from foulweather.services.apigateway.sockets.connections import Connections

        return [found for found, _ in Connections.of(self.aws.world)._open.values()][-1]
