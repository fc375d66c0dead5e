"""Other services behind methods: their own HTTP requests, made by mappings, signed as the integration's role.

https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html (uri)
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.model import catalogue
from foulweather.kernel.speaking import Speaking
from foulweather.services.apigateway.rest import lambda_integrations, mapping, refusals, roles, translating
from foulweather.services.apigateway.rest.mapping import Answer, Mapped, Pairs
from foulweather.services.apigateway.rest.plans import JSON, IntegrationPlan
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit
from foulweather.services.apigateway.rest.waiting import OutOfTime, within
from foulweather.services.apigateway.sockets import callbacks

_URI = re.compile(r"arn:aws[\w-]*:apigateway:([a-z0-9-]+):([\w.{}-]+):(action|path)/(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")
FORM = "application/x-www-form-urlencoded"


class Target(NamedTuple):
    """A service in a region, and an action of its API or a path."""

    region: str
    service: str
    subdomain: str
    kind: str
    name: str


def target_of(uri: str) -> Target | None:
    """What a URI of the form `arn:aws:apigateway:region:service:action/Name` names."""
    found = _URI.fullmatch(uri)
    if found is None:
        return None
    subdomain, _, service = found[2].rpartition(".")
    return Target(found[1], service, subdomain, found[3], found[4])


async def asked(visit: Visit, integration: IntegrationPlan, target: Target) -> HttpResponse:
    """Send a service what templates and mappings make of a request, and make a response of its answer."""
    call = visit.call
    speak = Speaking.of(call.world).speak
    if speak is None:
        raise not_implemented("apigateway", "PutIntegration.uri")
    body = translating.request_body(visit, integration)
    mapped = mapping.request(visit, integration)
    request = _request(visit, integration, target, mapped, body)
    if visit.is_logged:
        visit.info(f"Endpoint request URI: https://{request.header('host')}{request.path}")
        visit.trace(f"Endpoint request headers: {mapping.shown(dict(request.headers))}")
        visit.trace(f"Endpoint request body after transformations: {request.body.decode('utf-8', 'replace')}")
    began_ms = call.world.clock.now_ms
    credentials = integration.credentials_with(visit.variables)
    try:
        ports = await roles.ports(
            call, credentials, visit.source_arn, "BackplaneAssumeRoleSession", region=target.region
        )
        if target.service == "execute-api":
            asking = callbacks.spoken(ports, target.subdomain, request)
        else:
            asking = speak(ports, target.service, request)
        answer = await within(call, integration.timeout_ms, asking)
        content = answer.body
        if answer.stream is not None:
            content = b"".join([piece async for piece in answer.stream])
    except AwsError as error:
        raise _no_role(visit, credentials, error) from None
    except OutOfTime:
        raise lambda_integrations.timed_out(visit, integration, f"The service {target.service}") from None
    finally:
        visit.integration_ms = call.world.clock.now_ms - began_ms
    visit.integration_status = answer.status
    if answer.status == 501:  # no mapping makes a success of what is not built
        raise not_implemented(target.service, target.name)
    visit.endpoint_request_id = next((v for name, v in answer.headers if name.lower() == "x-amzn-requestid"), "")
    if answer.status >= 400:
        visit.integration_error = content.decode("utf-8", "replace")
    if visit.is_logged:
        visit.info(f"Received response. Status: {answer.status}, Integration latency: {visit.integration_ms} ms")
        visit.trace(f"Endpoint response body before transformations: {content.decode('utf-8', 'replace')}")
    return translating.response(visit, integration, Answer(answer.status, answer.headers, content, str(answer.status)))


def _request(visit: Visit, integration: IntegrationPlan, target: Target, mapped: Mapped, body: bytes) -> HttpRequest:
    """The service's own HTTP request."""
    headers: Pairs = [(name, value) for name, values in mapped.headers.items() for value in values]
    names = {name.lower() for name, _ in headers}
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    query = "&".join(f"{quote_plus(n)}={quote_plus(v)}" for n, values in mapped.query.items() for v in values)
    path = "/"
    if target.kind == "path":
        path = "/" + _VARIABLE.sub(lambda found: quote(mapped.path.get(found[1], ""), safe="/~-._"), target.name)
        path, question, own = path.partition("?")
        query = "&".join(part for part in (own if question else "", query) if part)
    else:
        action = action_of(target.service)
        if action.target and not (action.speaks_query and not kind.startswith("application/x-amz-json")):
            if "x-amz-target" not in names:
                headers.append(("X-Amz-Target", f"{action.target}.{target.name}"))
        else:
            own = f"Action={quote_plus(target.name)}&Version={action.version}"
            if body and kind.startswith(FORM):
                body = body if b"Action=" in body else body + b"&" + own.encode()
            else:  # parameters are in the query string: what a passed-through JSON body says, no query API reads
                body, query = b"", f"{own}&{query}" if query else own
                headers = [pair for pair in headers if pair[0].lower() != "content-type"]
                kind = FORM
    if not kind:
        headers.append(("Content-Type", visit.header("content-type") or JSON))
    host = f"{target.subdomain}.{target.service}" if target.subdomain else target.service
    headers.append(("Host", f"{host}.{target.region}.amazonaws.com"))
    headers.append(("X-Amzn-Trace-Id", visit.trace_header))
    method = visit.request.method if integration.http_method == "ANY" else integration.http_method
    return HttpRequest(method, path, query, headers, body, tls=True)


class _Action(NamedTuple):
    target: str
    speaks_query: bool
    version: str


@lru_cache(256)
def action_of(service: str) -> _Action:
    """How a service is told which of its actions is meant."""
    for entry in catalogue().values():
        if service in (entry.signing_name, entry.endpoint_prefix):
            return _Action(entry.target_prefix or "", "query" in entry.protocols, entry.api_version)
    return _Action("", True, "")


def _no_role(visit: Visit, credentials: str, error: AwsError) -> Refusal:
    if error.status == 501:
        why = error.why
        return Refusal("API_CONFIGURATION_ERROR", error.message, why, status=501)
    why = refusals.failed(
        f"API Gateway cannot assume the role {credentials}.",
        visit.integration_fact("credentials", credentials),
        remedy=error.why.first_cause().remedy,
        because=(error.why,),
    )
    return refusals.misconfigured(why, "API Gateway does not have permission to assume the provided role")
