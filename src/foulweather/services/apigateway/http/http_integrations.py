"""HTTP backends: requests that go through as they are, but for what is mapped.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

from foulweather.engines import http_client
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.http import HttpResponse
from foulweather.services.apigateway.http import lambda_integrations, mapping, refusals
from foulweather.services.apigateway.http.mapping import Outgoing, Pairs
from foulweather.services.apigateway.http.plans import IntegrationPlan
from foulweather.services.apigateway.http.refusals import Refusal
from foulweather.services.apigateway.http.visit import Visit
from foulweather.services.apigateway.rest.http_integrations import BODY_BYTES_MAX, HOPS, OURS
from foulweather.services.apigateway.rest.waiting import OutOfTime, within

_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")


async def proxied(visit: Visit, integration: IntegrationPlan) -> HttpResponse:
    """Pass a request on, and the answer back."""
    if integration.connection_type == "VPC_LINK":
        raise not_implemented("apigatewayv2", "CreateIntegration.ConnectionType=VPC_LINK")
    outgoing = Outgoing(visit, _headers(visit))
    mapping.change_request(visit, integration.changes, outgoing)
    url = _address(visit, integration, outgoing)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        why = refusals.failed("The integration's URI is no address.", visit.integration_fact("IntegrationUri", url))
        raise Refusal(500, why, logged="Invalid endpoint address")
    world = visit.call.world
    method = visit.request.method if integration.method == "ANY" else integration.method
    began_ms = world.clock.now_ms
    sending = http_client.send(
        visit.call,
        method,
        url,
        outgoing.headers,
        visit.body,
        timeout_s=integration.timeout_ms / 1000,
        body_bytes_max=BODY_BYTES_MAX,
    )
    try:
        answer = await within(visit.call, integration.timeout_ms, sending)
    except (OutOfTime, http_client.TimedOut) as error:
        raise lambda_integrations.timed_out(visit, integration, http_client.unanswering(parts, error)) from None
    except http_client.PostFailed as error:
        raise _failed(visit, url, error) from None
    finally:
        visit.integration_ms = world.clock.now_ms - began_ms
    visit.integration_status = answer.status
    told = [(name, value) for name, value in answer.fields if name.lower() not in HOPS]
    return HttpResponse(answer.status, told, answer.body)


def _headers(visit: Visit) -> Pairs:
    """The client's headers, with one `Forwarded` instead of what it said of the way.

    "API Gateway removes X-Forwarded-* headers and adds Forwarded": http-api-develop-integrations-http.
    """
    found = [
        (name, value)
        for name, value in visit.request.headers
        if name.lower() in visit.lower_headers and name.lower() not in OURS and not _is_forwarding(name.lower())
    ]
    request = visit.request
    hops = [each.strip() for each in request.header("x-forwarded-for").split(",") if each.strip()]
    forwarded = ";".join(
        [
            f"by={request.peer}",
            *(f"for={each}" for each in (*hops, request.peer)),
            f"host={visit.domain}",
            "proto=https",
        ]
    )
    before = request.header("forwarded")
    return [
        *found,
        ("Forwarded", f"{before},{forwarded}" if before else forwarded),
        ("Via", f"HTTP/1.1 {visit.domain}"),
        ("X-Amzn-Trace-Id", visit.trace_header),
    ]


def _is_forwarding(name: str) -> bool:
    return name.startswith("x-forwarded-") or name in ("forwarded", "via", "x-amzn-trace-id")


def _address(visit: Visit, integration: IntegrationPlan, outgoing: Outgoing) -> str:
    """The URI with its variables and its query string; a `{proxy}` without a value is nothing."""
    uri = _VARIABLE.sub(
        lambda found: quote(visit.path_parameters.get(found[1], ""), safe="/~-._", errors="replace"),
        integration.uri_with(visit.variables),
    )
    scheme, place, path, own, _ = urlsplit(uri)
    query = "&".join(each for each in (own, outgoing.query_string()) if each)
    return urlunsplit((scheme, place, outgoing.path if outgoing.path is not None else path, query, ""))


def _failed(visit: Visit, url: str, error: http_client.PostFailed) -> Refusal:
    fact = visit.integration_fact("IntegrationUri", url)
    if isinstance(error, http_client.NotReachable):
        why = refusals.failed(
            f"{error} is outside this machine, and this server reaches only what it is told to.",
            fact,
            remedy=(f"{http_client.ALLOWED}={error} foulweather up",),
        )
        return Refusal(500, why, logged="Invalid endpoint address")
    if isinstance(error, http_client.NotTrusted):
        why = refusals.failed(
            f"The backend's certificate is not trusted: {error}.", fact, visit.integration_fact("TLS", str(error))
        )
        return Refusal(500, why, logged=f"TLS handshake with the endpoint failed: {error}")
    why = refusals.failed(
        f"There is no connection to the backend, or no HTTP on it: {error}.",
        fact,
        visit.integration_fact("connection", str(error)),
    )
    return Refusal(503, why, logged="There was an error connecting to the endpoint")
