"""What an identity provider is asked from server to server: one in this world directly, any other over HTTP."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, cast
from urllib.parse import urlsplit

from foulweather.engines.http_client import NotReachable, NotTrusted, TimedOut, Unreachable, send
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.services.cognito_idp.hosted.addresses import home_of
from foulweather.services.cognito_idp.hosted.visit import Visit

TIMEOUT_S: Final = 5
_OURS = re.compile(r"cognito-idp\.[a-z0-9-]+\.amazonaws\.com")


class Unanswered(Exception):
    """No answer; the message says why, as the app is told."""


class Fetched(NamedTuple):
    """An answer."""

    status: int
    body: bytes

    def told(self) -> dict[str, Any]:
        """What it says in JSON, if it says anything."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


async def fetch(
    visit: Visit, method: str, url: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b""
) -> Fetched:
    """Ask a provider for something."""
    host = urlsplit(url).netloc
    if home_of(visit.call.world, host) is not None or _OURS.fullmatch(host):
        return await _in_world(visit, method, url, headers, body)
    try:
        found = await send(visit.call, method, url, headers, body, timeout_s=TIMEOUT_S)
    except TimedOut:
        raise Unanswered("Read timed out") from None
    except NotReachable as error:
        raise Unanswered(f"{error} is not reached from here: FOULWEATHER_HTTP_ALLOW names who is.") from None
    except (NotTrusted, Unreachable) as error:
        raise Unanswered(str(error)) from None
    return Fetched(found.status, found.body)


async def _in_world(visit: Visit, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> Fetched:
    parts = urlsplit(url)
    request = HttpRequest(method, parts.path, parts.query, [("Host", parts.netloc), *headers], body, tls=True)
    services = visit.pipeline.services
    service = services.find("cognito-idp")
    assert service is not None, "this is a page of it"
    reply: Any = services.part(service, "traffic").answer(visit.pipeline, request)
    response: HttpResponse = await reply if inspect.isawaitable(reply) else reply
    return Fetched(response.status, response.body)
