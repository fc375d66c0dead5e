"""What S3 does with visitors: static websites, preflights of browsers, CORS."""

from __future__ import annotations

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.services.s3.addresses import address_of
from foulweather.services.s3.state import S3State
from foulweather.world.world import World


def serves(world: World, request: HttpRequest) -> bool:
    """Whether the bucket that the request is for lives in this world."""
    address = address_of(request.header("host"))
    if address is None:
        return False
    bucket = address.bucket or request.path[1:].partition("/")[0]
    return bucket in world.state(S3State).buckets


def answer(pipeline: Pipeline, request: HttpRequest) -> HttpResponse:
    """Answer a visitor of a website, or a preflight."""
    return HttpResponse(501, [("Content-Type", "text/plain")], b"NotImplemented: s3 websites and preflights\n")


def page_headers(world: World, request: HttpRequest) -> list[tuple[str, str]]:
    """The CORS headers of an answer to a web page."""
    return []
