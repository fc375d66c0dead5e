"""What services send over HTTP to the world's own hosts: answered here, as a client's request is, without a socket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from foulweather.kernel.call import Call
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.own_hosts import ADMIN_PATHS, Looped, Refused
from foulweather.wire.app import Deferred, NoAnswer
from foulweather.wire.responses import plain
from foulweather.world.flights import Flight, asking

if TYPE_CHECKING:
    from foulweather.wire.cloud import Cloud

DEPTH_MAX: Final = 32
"""On AWS a loop ends when its first request times out; on a held clock that would be never."""
_AWS: Final = re.compile(r".+\.(?:amazonaws\.com(?:\.cn)?|api\.aws|on\.aws|amazoncognito\.com)")
# "HTTPS endpoints only": https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
_TLS_ONLY: Final = re.compile(r".+\.(?:execute-api|lambda-url)\..+|.+\.amazoncognito\.com")
# "Amazon S3 website endpoints do not support HTTPS": AmazonS3/latest/userguide/WebsiteEndpoints.html
_PLAIN_ONLY: Final = re.compile(r".+\.s3-website[.-].+")
_depth: ContextVar[int] = ContextVar("depth", default=0)


def unspoken(host: str, *, tls: bool) -> str:
    """Why a host of AWS's takes no connection of this kind; empty where it does."""
    if not tls and _TLS_ONLY.fullmatch(host):
        return f"{host} takes HTTPS connections only"
    if tls and _PLAIN_ONLY.fullmatch(host):
        return f"{host} takes no HTTPS connections"
    return ""


class Answering:
    """Answers for one world; `cloud` hosts that world and no other."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def ask(self, call: Call, request: HttpRequest) -> Awaitable[HttpResponse] | None:
        """The answer to a request that is sent on a call's behalf; None where its host is none of the world's."""
        host = request.header("host").lower()
        if _AWS.fullmatch(host):
            if words := unspoken(host, tls=request.tls):
                raise Refused(words)
        elif not self._cloud.is_domain(request):
            return None
        return self._answered(call, request)

    async def _answered(self, call: Call, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(ADMIN_PATHS):
            return plain(403)
        depth = _depth.get()
        if depth >= DEPTH_MAX:
            raise Looped(f"{request.header('host')} is asked {depth} deep")
        held = _depth.set(depth + 1)
        flight = Flight(call.world)
        flight.trace_id, flight.request_id = call.trace_id, call.request_id
        flight.trace_header = request.header("x-amzn-trace-id")
        asker = asking.set(flight)
        try:
            reply = self._cloud.handle(request)
            if isinstance(reply, Deferred):
                owed: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()
                response = reply.bind(owed.set_result) or await owed
            else:
                response = reply if isinstance(reply, HttpResponse) else await reply
        finally:
            _depth.reset(held)
            asking.reset(asker)
        if isinstance(response, NoAnswer):
            raise Refused(f"{request.header('host')} breaks the connection")
        return response
