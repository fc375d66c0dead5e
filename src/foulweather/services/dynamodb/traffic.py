"""What DynamoDB's endpoint does beside its API: a health check, and pages of the web, from wherever they come.

Browsers call DynamoDB from JavaScript: every origin is allowed, and a preflight is granted whatever it asks for.
https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/working-with-services.html
"""

from __future__ import annotations

import re

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.world.world import World

MAX_AGE_S = 172_800
PAGE_HEADERS = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"),
]
_HOST = re.compile(
    r"(?:\d{12}\.ddb|(?:streams\.)?dynamodb)(?:-fips)?\.[a-z0-9-]+\."
    r"(?:amazonaws\.com(?:\.cn)?|api\.aws|localhost)(?::\d+)?"
)


def serves(world: World, request: HttpRequest) -> bool:
    """Whether a request is addressed to DynamoDB; every world has it."""
    del world
    if _HOST.fullmatch(request.header("host").lower()) is not None:
        return True
    # At a host that is nobody's, a page that is about to send a target means no bucket.
    return request.path == "/" and "x-amz-target" in request.header("access-control-request-headers").lower()


def answer(pipeline: Pipeline, request: HttpRequest) -> HttpResponse:
    """Answer a preflight, or whoever asks for the root, as load balancers and people do."""
    if request.method == "OPTIONS":
        return HttpResponse(200, preflight(request))
    text = f"healthy: {request.header('host')} ".encode("latin-1")
    return HttpResponse(200, [("Content-Type", "text/plain"), *page_headers(pipeline.world, request)], text)


def page_headers(world: World, request: HttpRequest) -> list[tuple[str, str]]:
    """The CORS headers of an answer to a web page."""
    del world
    return list(PAGE_HEADERS) if "origin" in request.by_name() else []


def preflight(request: HttpRequest) -> list[tuple[str, str]]:
    """What a browser is told before it calls: yes."""
    if "origin" not in request.by_name():
        return []
    asked = (("Headers", request.header("access-control-request-headers")),
             ("Methods", request.header("access-control-request-method")))  # fmt: skip
    granted = [(f"Access-Control-Allow-{what}", value) for what, value in asked if value]
    return [*PAGE_HEADERS, *granted, ("Access-Control-Max-Age", str(MAX_AGE_S))]
