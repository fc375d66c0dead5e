"""Visitors' requests: which API and stage one is for, by host name, custom domain name, or path; then that answers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
"""

from __future__ import annotations

import json
from collections.abc import Awaitable

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.trace import Hop, Traces
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway.http import visits as https
from foulweather.services.apigateway.region_records import DomainName, Mapping
from foulweather.services.apigateway.region_records import Place as Registered
from foulweather.services.apigateway.rest import stages
from foulweather.services.apigateway.rest.addresses import Address, address_of, host_name, stage_of
from foulweather.services.apigateway.sockets import visits as sockets
from foulweather.services.apigateway.state import Places, RestState, under
from foulweather.world.world import World

HEADER_BYTES_MAX = 10_240
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"""


def serves(world: World, request: HttpRequest) -> bool:
    """Whether the API that the request is for lives in this world."""
    host = request.header("host")
    address = address_of(host, request.path)
    if address is not None:
        return _registered(world, address) is not None
    return _domain(world, host_name(host)) is not None


def answer(pipeline: Pipeline, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
    """Have the API that a request is for answer it."""
    world = pipeline.world
    if sum(len(name) + len(value) for name, value in request.headers) + len(request.path) > HEADER_BYTES_MAX:
        return _plain(431, "Request Header Fields Too Large")
    host = request.header("host")
    address = address_of(host, request.path)
    if address is None:
        return _by_domain(pipeline, request, host_name(host))
    registered = _registered(world, address)
    if registered is None:
        return _forbidden(world, f"There is no API {address.api}.", Fact(address.api, "exists", False))
    if registered.kind == "WEBSOCKET":
        name, path = stage_of(address.path)
        domain = f"{address.api}.execute-api.{registered.region}.amazonaws.com"
        place = sockets.Place(registered.account, registered.region, address.api, name, domain)
        return _by_socket(pipeline, request, place, path)
    if registered.kind == "HTTP":
        return https.by_host(pipeline, request, registered, address.api, address.path)
    state = world.state(RestState, registered.account, registered.region)
    api = state.apis[address.api]
    domain = f"{api.id}.execute-api.{registered.region}.amazonaws.com"
    arn = f"arn:aws:apigateway:{registered.region}::/restapis/{api.id}"
    if api.disable_execute_api_endpoint:
        cause = f"The API {api.name} answers under its custom domain names only: its own endpoint is disabled."
        remedy = (
            f"aws apigateway update-rest-api --rest-api-id {api.id} "
            "--patch-operations op=replace,path=/disableExecuteApiEndpoint,value=false"
        )
        return _forbidden(world, cause, Fact(arn, "disableExecuteApiEndpoint", True), remedy=(remedy,))
    name, path = stage_of(address.path)
    stage = state.stages.get(f"{api.id}/{name}")
    if stage is None:
        known = [each.stage_name for each in under(state.stages, api.id)]
        cause = f"The API {api.name} has no stage {name!r}; it has {', '.join(known) or 'none'}."
        remedy = (f"aws apigateway get-stages --rest-api-id {api.id}",)
        return _forbidden(world, cause, Fact(arn, "stages", known), remedy=remedy)
    place = stages.Place(registered.account, registered.region, api, stage, path, domain, "")
    return stages.answer(pipeline, request, place)


def _by_socket(
    pipeline: Pipeline, request: HttpRequest, place: sockets.Place, path: str, *, is_own_domain: bool = False
) -> HttpResponse | Awaitable[HttpResponse]:
    reply = sockets.answer(pipeline, request, place, path, is_own_domain=is_own_domain)
    return _refused(pipeline.world, reply) if isinstance(reply, Why) else reply


def page_headers(world: World, request: HttpRequest) -> list[tuple[str, str]]:
    """The management API has no CORS; a stage's answers have what its methods say."""
    return []


def _registered(world: World, address: Address) -> Registered | None:
    found = world.state(Places).apis.get(address.api)
    return found if found is None or address.region in ("", found.region) else None


def _domain(world: World, name: str) -> tuple[RestState, Registered, DomainName] | None:
    """A custom domain name, wherever it is; `api.example.com.localhost` needs no DNS."""
    for key, registered in world.state(Places).domains.items():
        own = key.rpartition("@")[0]
        if name in (own, f"{own}.localhost"):
            state = world.state(RestState, registered.account, registered.region)
            found = state.domains.get(own)
            if found is not None:
                return state, registered, found
    return None


def _by_domain(pipeline: Pipeline, request: HttpRequest, name: str) -> HttpResponse | Awaitable[HttpResponse]:
    world = pipeline.world
    found = _domain(world, name)
    if found is None:
        return _forbidden(world, f"No API answers under {name}.", Fact(name, "domain name", None))
    state, registered, domain = found
    arn = f"arn:aws:apigateway:{registered.region}::/domainnames/{domain.domain_name}"
    mapping, path = _mapped(state, domain, request.path)
    if mapping is None:
        known = [each.base_path or "(none)" for each in under(state.mappings, _row(domain))]
        cause = f"The domain name {domain.domain_name} maps no API under {request.path}."
        return _forbidden(world, cause, Fact(arn, "base paths", known))
    name_of_stage = mapping.stage
    if not name_of_stage:
        name_of_stage, path = stage_of(path)
    api = state.apis.get(mapping.api_id)
    other = world.state(Places).apis.get(mapping.api_id) if api is None else None
    if other is not None and other.kind == "WEBSOCKET":
        at = sockets.Place(other.account, other.region, mapping.api_id, name_of_stage, domain.domain_name)
        return _by_socket(pipeline, request, at, path, is_own_domain=True)
    if other is not None:
        own, base_path = domain.domain_name, mapping.base_path or "(none)"
        return https.by_domain(pipeline, request, other, mapping.api_id, name_of_stage, path, own, base_path)
    if api is None:
        cause = f"The domain name {domain.domain_name} leads to an API {mapping.api_id} that is gone."
        return _forbidden(world, cause, Fact(arn, "API", mapping.api_id))
    stage = state.stages.get(f"{api.id}/{name_of_stage}")
    if stage is None:
        cause = (
            f"The domain name {domain.domain_name} leads to a stage {name_of_stage!r} that {api.name} does not have."
        )
        return _forbidden(world, cause, Fact(arn, "stage", name_of_stage))
    place = stages.Place(
        registered.account, registered.region, api, stage, path, domain.domain_name, mapping.base_path or "(none)"
    )
    return stages.answer(pipeline, request, place)


def _row(domain: DomainName) -> str:
    return domain.domain_name.lower()


def _mapped(state: RestState, domain: DomainName, path: str) -> tuple[Mapping | None, str]:
    """The mapping with the longest base path that a path begins with, and what is left of the path."""
    best: Mapping | None = None
    for each in under(state.mappings, _row(domain)):
        base = f"/{each.base_path}" if each.base_path else ""
        fits = not base or path == base or path.startswith(f"{base}/")
        if fits and (best is None or len(each.base_path) > len(best.base_path)):
            best = each
    if best is None:
        return None, path
    return best, (path[len(best.base_path) + 1 :] if best.base_path else path) or "/"


def _forbidden(world: World, cause: str, fact: Fact, *, remedy: tuple[str, ...] = ()) -> HttpResponse:
    return _refused(world, Why("refused", cause, (fact,), remedy))


def _refused(world: World, why: Why) -> HttpResponse:
    """Nothing answers there: a refusal that is on record all the same."""
    request_id, now_ms = world.ids.uuid(), world.clock.now_ms
    hop = Hop(request_id, request_id, "", "apigateway", "Invoke", "*", "", "", now_ms, now_ms)
    hop.code = "ForbiddenException"
    hop.why = why
    traces = world.state(Traces)
    traces.begin(hop)
    traces.keep(hop)
    return _plain(403, "Forbidden", ("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", "ForbiddenException"))


def _plain(status: int, message: str, *headers: tuple[str, str]) -> HttpResponse:
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return HttpResponse(status, [("Content-Type", "application/json"), *headers], body)
