"""Every endpoint of the admin API, and the way of a request to its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

import msgspec

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.admin import (
    bills,
    clocks,
    coverage,
    drills,
    events,
    faults,
    health,
    hooks,
    reasons,
    schema,
    worlds,
)
from foulweather.wire.admin.asking import Asked, Endpoint, Refused, json_response, refusal
from foulweather.wire.app import Deferred, Reply
from foulweather.wire.body import BodyFailed
from foulweather.world.store import Store

if TYPE_CHECKING:
    from foulweather.wire.admin.front import Admin

log = logging.getLogger("foulweather.admin")
PREFIX = "/_foulweather"
ENDPOINTS: tuple[Endpoint, ...] = (
    *health.ENDPOINTS,
    *clocks.ENDPOINTS,
    *reasons.ENDPOINTS,
    *faults.ENDPOINTS,
    *coverage.ENDPOINTS,
    *events.ENDPOINTS,
    *bills.ENDPOINTS,
    *worlds.ENDPOINTS,
    *hooks.ENDPOINTS,
    *drills.ENDPOINTS,
    *schema.ENDPOINTS,
)


def answer(admin: Admin, request: HttpRequest) -> Reply:
    """Answer one request; what goes wrong is answered in JSON too, without a stack trace."""
    try:
        endpoint, param = _found(request.method, request.path)
        asked = Asked(admin, request, param)
        if endpoint.request is not None and request.stream is None:
            asked.body = decoded(request.body, endpoint.request)
        given = endpoint.run(asked)
    except Refused as refused:
        return refusal(refused, _listing() if refused.code == "NoSuchEndpoint" else None)
    except Exception:
        return _failed(request)
    if isinstance(given, Awaitable):
        return _later(admin, endpoint, request, cast("Awaitable[Any]", given))
    return _committed(admin, _response(endpoint, given))


def decoded(body: bytes, kind: Any) -> Any:
    """A body as its type; an empty one is an empty object."""
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise Refused(400, "BadRequest", f"The body is not as documented at {PREFIX}/schema: {error}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "BadJson", f"The body is not JSON: {error}.") from None


async def _later(admin: Admin, endpoint: Endpoint, request: HttpRequest, waiting: Awaitable[Any]) -> HttpResponse:
    try:
        response = _response(endpoint, await waiting)
    except Refused as refused:
        return refusal(refused)
    except BodyFailed:
        raise
    except Exception:
        return _failed(request)
    for store in _uncommitted(admin):
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        store.after_commit(partial(_resolve, committed))
        await committed
    return response


def _response(endpoint: Endpoint, given: Any) -> HttpResponse:
    return given if isinstance(given, HttpResponse) else json_response(given, endpoint.status)


def _committed(admin: Admin, response: HttpResponse) -> Reply:
    """The response, once every world's writes are committed."""
    stores = _uncommitted(admin)
    if response.stream is not None or not stores:
        return response
    deferred = Deferred()
    left = [len(stores)]

    def one_more() -> None:
        left[0] -= 1
        if left[0] == 0:
            deferred.deliver(response)

    for store in stores:
        store.after_commit(one_more)
    return deferred


def _uncommitted(admin: Admin) -> list[Store]:
    """The stores that will be committed at the end of this tick of the event loop."""
    hosted = admin.cloud.worlds.values()
    return [one.world.store for one in hosted if one.driver is not None and one.world.store.is_dirty]


def _resolve(committed: asyncio.Future[None]) -> None:
    if not committed.done():
        committed.set_result(None)


def _failed(request: HttpRequest) -> HttpResponse:
    log.exception("answering %s %s failed", request.method, request.path)
    return refusal(Refused(500, "InternalFailure", "Foulweather failed to answer; its log says why."))


@cache
def _by_first() -> dict[str, list[Endpoint]]:
    found: dict[str, list[Endpoint]] = {}
    for endpoint in ENDPOINTS:
        path = endpoint.path if endpoint.path.startswith("/") else f"{PREFIX}/{endpoint.path}"
        first = path.split("/")[2] if path.startswith(PREFIX) else path
        found.setdefault(first, []).append(endpoint)
    return found


def _listing() -> list[str]:
    return [f"{one.method} {one.path if one.path.startswith('/') else f'{PREFIX}/{one.path}'}" for one in ENDPOINTS]


def _found(method: str, path: str) -> tuple[Endpoint, str]:
    """The endpoint of a method and path, and the path's parameter."""
    short = path.removeprefix(f"{PREFIX}/").rstrip("/") if path.startswith(f"{PREFIX}/") else path.rstrip("/")
    asked = "GET" if method == "HEAD" else method
    allowed: list[str] = []
    for endpoint in _by_first().get(short.split("/")[0] or short, []):
        param = _param(endpoint.path, short)
        if param is None:
            continue
        if endpoint.method == asked:
            return endpoint, unquote(param)
        allowed.append(endpoint.method)
    if allowed:
        raise Refused(
            405, "MethodNotAllowed", f"{method} is not one of {', '.join(sorted(allowed))}, which {path} takes."
        )
    raise Refused(404, "NoSuchEndpoint", f"There is nothing at {path}.")


def _param(template: str, path: str) -> str | None:
    """The part of a path where its template has a parameter; empty without one, None where it is another path."""
    before, brace, rest = template.partition("{")
    if not brace:
        return "" if path == template else None
    after = rest.partition("}")[2]
    if not path.startswith(before) or not path.endswith(after) or len(path) <= len(before) + len(after):
        return None
    param = path[len(before) : len(path) - len(after)]
    return None if "/" in param else param
