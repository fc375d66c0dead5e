"""Visitors' requests: which API and stage one is for, by host name, custom domain name, or path; then that answers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
"""

from __future__ import annotations

import json
from collections.abc import Awaitable

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.trace import Hop, Traces
from foulweather.kernel.traffic import Terms
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway import clients, mapped_requests, security_policies
from foulweather.services.apigateway.http import visits as https
from foulweather.services.apigateway.region_records import DomainName
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


def terms(world: World, name: str) -> Terms | None:
    """How clients of a custom domain name are spoken to in TLS."""
    found = _domain(world, name)
    return None if found is None else security_policies.terms(found[2])


def unmet(world: World, name: str, reason: str) -> None:
    """Put on record that a handshake with a custom domain name came to nothing."""
    found = _domain(world, name)
    if found is not None:
        _, registered, domain = found
        _refused(world, clients.unmet(world, domain, _arn(registered, domain), reason))


def _registered(world: World, address: Address) -> Registered | None:
    found = world.state(Places).apis.get(address.api)
    return found if found is None or address.region in ("", found.region) else None


def _arn(registered: Registered, domain: DomainName) -> str:
    return f"arn:aws:apigateway:{registered.region}::/domainnames/{domain.domain_name}"


def _domain(world: World, name: str) -> tuple[RestState, Registered, DomainName] | None:
    """A custom domain name, wherever it is; `api.example.com.localhost` needs no DNS."""
    domains = world.state(Places).domains
    if not domains:
        return None
    bare = name.removesuffix(".localhost")
    # A name of its own goes before `*.example.com`, which is for all names of one part more:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
    for wanted in (name, bare, f"*.{bare.partition('.')[2]}"):
        for key, registered in domains.items():
            if key.rpartition("@")[0] == wanted:
                state = world.state(RestState, registered.account, registered.region)
                found = state.domains.get(wanted)
                if found is not None:
                    return state, registered, found
    return None


def _by_domain(pipeline: Pipeline, request: HttpRequest, name: str) -> HttpResponse | Awaitable[HttpResponse]:
    world = pipeline.world
    found = _domain(world, name)
    if found is None:
        return _forbidden(world, f"No API answers under {name}.", Fact(name, "domain name", None))
    state, registered, domain = found
    own, arn = domain.domain_name, _arn(registered, domain)
    handshake = request.handshake
    if domain.endpoint_access_mode == "STRICT" and handshake is not None and handshake.server_name != name:
        cause = f"The endpoint access mode of {own} is STRICT: a request's Host is the name of its TLS handshake."
        return _forbidden(world, cause, Fact("handshake", "server name", handshake.server_name))
    target = mapped_requests.target(state, domain, request)
    client = clients.client_of(world, domain, arn, request)
    if target is None:
        return _refused(world, client.why or _unmapped(state, domain, arn, request))
    shown = name.removesuffix(".localhost") if own.startswith("*.") else own
    api = state.apis.get(target.api_id)
    other = world.state(Places).apis.get(target.api_id) if api is None else None
    if other is not None and other.kind == "WEBSOCKET":
        if client.why is not None:
            return _refused(world, client.why)
        at = sockets.Place(other.account, other.region, target.api_id, target.stage, shown)
        return _by_socket(pipeline, request, at, target.path, is_own_domain=True)
    if other is not None:
        return https.by_domain(pipeline, request, other, target, shown, client)
    if api is None:
        cause = f"The domain name {own} leads to an API {target.api_id} that is gone."
        return _forbidden(world, cause, Fact(arn, "API", target.api_id))
    stage = state.stages.get(f"{api.id}/{target.stage}")
    if stage is None:
        cause = f"The domain name {own} leads to a stage {target.stage!r} that {api.name} does not have."
        return _forbidden(world, cause, Fact(arn, "stage", target.stage))
    place = stages.Place(
        registered.account, registered.region, api, stage, target.path, shown, target.base_path, client
    )
    return stages.answer(pipeline, request, place)


def _unmapped(state: RestState, domain: DomainName, arn: str, request: HttpRequest) -> Why:
    """Why a request goes nowhere under a domain name."""
    own = domain.domain_name
    facts = [Fact(arn, "routingMode", domain.routing_mode)]
    if domain.routing_mode != "ROUTING_RULE_ONLY":
        known = [each.base_path or "(none)" for each in under(state.mappings, own)]
        facts.append(Fact(arn, "base paths", known))
    if domain.routing_mode != "BASE_PATH_MAPPING_ONLY":
        rules = sorted(under(state.routing_rules, own), key=lambda rule: rule.priority)
        facts.append(Fact(arn, "routing rules", [f"{rule.priority}: {rule.id}" for rule in rules]))
    return Why("refused", f"The domain name {own} maps no API under {request.path}.", tuple(facts))


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
