"""Cross-origin requests, answered as the API is configured; what a backend says about it is not passed on.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from foulweather.kernel.http import HttpResponse
from foulweather.services.apigateway.http.visit import Visit

_NAMES = (
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-expose-headers",
    "access-control-max-age",
)


def is_preflight(visit: Visit) -> bool:
    """Whether the gateway itself answers: an OPTIONS request to an API that has a CORS configuration."""
    return visit.request.method == "OPTIONS" and visit.plan.cors is not None


def preflight(visit: Visit) -> HttpResponse:
    """The answer to a preflight: what is allowed to the origin, or nothing."""
    cors = visit.plan.cors or {}
    origin = visit.request.header("origin")
    asked = visit.request.header("access-control-request-method")
    headers = _allowed_origin(cors, origin)
    if not headers or not _allows(cors.get("AllowMethods"), asked):
        return HttpResponse(204, [])
    methods: Sequence[str] = cors.get("AllowMethods") or ()
    headers.append(("access-control-allow-methods", _listed(methods)))
    allowed: Sequence[str] = cors.get("AllowHeaders") or ()
    if allowed:
        wanted = visit.request.header("access-control-request-headers")
        headers.append(("access-control-allow-headers", wanted if "*" in allowed and wanted else ",".join(allowed)))
    if cors.get("MaxAge") is not None:
        headers.append(("access-control-max-age", str(cors["MaxAge"])))
    return HttpResponse(204, headers)


def add(visit: Visit, response: HttpResponse) -> None:
    """Put the configuration's headers in place of a backend's."""
    cors = visit.plan.cors
    if cors is None:
        return
    response.headers = [(name, value) for name, value in response.headers if name.lower() not in _NAMES]
    origin = visit.request.header("origin")
    if not origin:
        return
    own = _allowed_origin(cors, origin)
    if own and cors.get("ExposeHeaders"):
        own.append(("access-control-expose-headers", ",".join(cors["ExposeHeaders"])))
    response.headers += own


def _allowed_origin(cors: Mapping[str, Any], origin: str) -> list[tuple[str, str]]:
    origins: Sequence[str] = cors.get("AllowOrigins") or ()
    if not origin:
        return []
    if "*" in origins:
        found = [("access-control-allow-origin", "*")]
    elif any(fnmatchcase(origin, pattern) for pattern in origins):
        found = [("access-control-allow-origin", origin), ("vary", "Origin")]
    else:
        return []
    if cors.get("AllowCredentials"):
        found.append(("access-control-allow-credentials", "true"))
    return found


def _allows(methods: Sequence[str] | None, asked: str) -> bool:
    return not asked or bool({"*", "ANY", asked} & set(methods or ()))


def _listed(methods: Sequence[str]) -> str:
    return "GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS" if "*" in methods else ",".join(methods)
