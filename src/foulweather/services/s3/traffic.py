"""What S3 does with visitors: static websites, preflights of browsers, CORS."""

from __future__ import annotations

from xml.sax.saxutils import escape

from foulweather.kernel.call import Call, Origin
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.trace import Traces
from foulweather.policy.principal import ANONYMOUS
from foulweather.services.s3 import preflights, visiting, website_pages
from foulweather.services.s3.addresses import address_of
from foulweather.services.s3.state import S3State
from foulweather.world.world import World


def serves(world: World, request: HttpRequest) -> bool:
    """Whether the bucket that the request is for lives in this world."""
    if address_of(request.header("host")) is None:
        return False
    return preflights.place_of(request).bucket in world.state(S3State).buckets


def answer(pipeline: Pipeline, request: HttpRequest) -> HttpResponse:
    """Answer a visitor of a website, or a preflight."""
    if request.method == "OPTIONS":
        call = _call(pipeline, request, "Preflight")
        try:
            headers = preflights.permitted(pipeline.world, request)
        except AwsError as error:
            pipeline.refused(call, error)
            return _refusal(call, error)
        return HttpResponse(200, [*website_pages.identified(call.request_id), *headers])
    address = address_of(request.header("host"))
    assert address is not None  # only the hosts of websites come here
    call = _call(pipeline, request, "Visit")
    response = visiting.visit(call, address, request)
    call.hop.resource, call.hop.ended_ms = call.resource, pipeline.world.clock.now_ms
    if "origin" in request.by_name():
        response.headers += page_headers(pipeline.world, request)
    return response


def page_headers(world: World, request: HttpRequest) -> list[tuple[str, str]]:
    """The CORS headers of an answer to a web page."""
    return preflights.page_headers(world, request)


def _call(pipeline: Pipeline, request: HttpRequest, operation: str) -> Call:
    """A visit by nobody in particular: no call of the API, but on record like one."""
    place = preflights.place_of(request)
    bucket = pipeline.world.state(S3State).buckets.get(place.bucket)
    origin = Origin(
        request.peer,
        request.tls,
        request.header("user-agent"),
        request.header("host"),
        request.header("referer"),
    )
    account, region = (bucket.account, bucket.region) if bucket is not None else ("", "us-east-1")
    call = Call(pipeline, "s3", operation, account, region, ANONYMOUS, origin=origin)
    call.resource = f"arn:aws:s3:::{place.bucket}"
    pipeline.world.state(Traces).begin(call.hop)
    return call


def _refusal(call: Call, error: AwsError) -> HttpResponse:
    members = "".join([f"<{name}>{escape(str(value))}</{name}>" for name, value in error.members.items()])
    headers = website_pages.identified(call.request_id)
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{error.code}</Code>'
        f"<Message>{escape(error.message)}</Message>{members}<RequestId>{call.request_id}</RequestId>"
        f"<HostId>{headers[1][1]}</HostId></Error>"
    )
    return HttpResponse(error.status, [*headers, ("Content-Type", "application/xml")], body.encode("utf-8", "replace"))
