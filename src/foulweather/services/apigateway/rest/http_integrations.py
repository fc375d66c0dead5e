"""HTTP backends: requests that go through as they are (HTTP_PROXY), or as templates make them (HTTP).

https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html
"""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus, urlsplit

from foulweather.engines import http_client
from foulweather.engines.http_client import ClientCertificate, Response
from foulweather.kernel.http import HttpResponse
from foulweather.services.apigateway.rest import lambda_integrations, mapping, payloads, refusals, translating
from foulweather.services.apigateway.rest.mapping import Answer, Mapped, Pairs
from foulweather.services.apigateway.rest.plans import JSON, IntegrationPlan
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit
from foulweather.services.apigateway.rest.waiting import OutOfTime, within
from foulweather.services.apigateway.state import RestState

BODY_BYTES_MAX = 10 * 1024 * 1024
HOPS = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "content-length", "trailer", "te"})
OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect"})
"""Headers that go to no backend as the client set them."""
_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")


async def proxied(visit: Visit, integration: IntegrationPlan) -> HttpResponse:
    """Pass a request on, and the answer back."""
    mapped = mapping.request(visit, integration)
    query = {**visit.query, **mapped.query}
    replaced = {name.lower() for name in mapped.headers}
    headers: Pairs = [
        (name, value)
        for name, values in visit.headers.items()
        if name.lower() not in OURS and name.lower() not in replaced
        for value in values
    ]
    headers += [(name, value) for name, values in mapped.headers.items() for value in values]
    headers.append(("x-amzn-apigateway-api-id", visit.api.id))
    answer = await _sent(
        visit, integration, mapped, query, headers, payloads.for_integration(visit, integration.handling)
    )
    told = [(mapping.renamed(name), value) for name, value in answer.fields if name.lower() not in HOPS]
    body = answer.body
    if "content-encoding" not in answer.headers:
        body = payloads.for_client(visit, body, answer.headers.get("content-type", ""), "", is_proxy=True)
    return HttpResponse(answer.status, told, body)


async def custom(visit: Visit, integration: IntegrationPlan) -> HttpResponse:
    """Send what templates and mappings make of a request, and make a response of the answer."""
    body = translating.request_body(visit, integration)
    mapped = mapping.request(visit, integration)
    headers: Pairs = [(name, value) for name, values in mapped.headers.items() for value in values]
    names = {name.lower() for name, _ in headers}
    for name, value in (
        ("Content-Type", visit.header("content-type") or JSON),
        ("Accept", JSON),
        ("User-Agent", f"AmazonAPIGateway_{visit.api.id}"),
        ("X-Amzn-Trace-Id", visit.trace_header),
        ("x-amzn-apigateway-api-id", visit.api.id),
    ):
        if name.lower() not in names:
            headers.append((name, value))
    answer = await _sent(visit, integration, mapped, mapped.query, headers, body)
    return translating.response(
        visit, integration, Answer(answer.status, answer.fields, answer.body, str(answer.status))
    )


def address(visit: Visit, integration: IntegrationPlan, mapped: Mapped, query: dict[str, list[str]]) -> str:
    """The URI with its variables and its query string."""
    uri = _VARIABLE.sub(
        lambda found: quote(mapped.path.get(found[1], ""), safe="/~-._"), integration.uri_with(visit.variables)
    )
    pairs = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, values in query.items() for value in values)
    return f"{uri}{'&' if '?' in uri else '?'}{pairs}" if pairs else uri


async def _sent(
    visit: Visit, integration: IntegrationPlan, mapped: Mapped, query: dict[str, list[str]], headers: Pairs, body: bytes
) -> Response:
    world = visit.call.world
    url = address(visit, integration, mapped, query)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        why = refusals.failed("The integration's URI is no address.", visit.integration_fact("uri", url))
        raise refusals.misconfigured(why, "Invalid endpoint address")
    method = visit.request.method if integration.http_method == "ANY" else integration.http_method
    if visit.is_logged:
        visit.info(f"Endpoint request URI: {url}")
        visit.trace(f"Endpoint request headers: {mapping.shown(dict(headers))}")
        visit.trace(f"Endpoint request body after transformations: {body.decode('utf-8', 'replace')}")
        visit.info(f"Sending request to {url}")
    began_ms = world.clock.now_ms
    try:
        answer = await within(
            visit.call,
            integration.timeout_ms,
            http_client.send(
                visit.call,
                method,
                url,
                headers,
                body,
                timeout_s=integration.timeout_ms / 1000,
                body_bytes_max=BODY_BYTES_MAX,
                trusts_all=integration.trusts_all,
                shows=_certificate(visit),
            ),
        )
    except (OutOfTime, http_client.TimedOut) as error:
        raise lambda_integrations.timed_out(visit, integration, http_client.unanswering(parts, error)) from None
    except http_client.PostFailed as error:
        raise _failed(visit, url, error) from None
    finally:
        visit.integration_ms = world.clock.now_ms - began_ms
    visit.integration_status = answer.status
    if visit.is_logged:
        visit.info(f"Received response. Status: {answer.status}, Integration latency: {visit.integration_ms} ms")
        visit.trace(f"Endpoint response headers: {mapping.shown(dict(answer.fields))}")
        visit.trace(f"Endpoint response body before transformations: {answer.body.decode('utf-8', 'replace')}")
    return answer


def _certificate(visit: Visit) -> ClientCertificate | None:
    """What the stage shows its backends.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html
    """
    name = visit.stage.client_certificate_id
    held = visit.call.state(RestState).certificates.get(name) if name else None
    return None if held is None else ClientCertificate(held.pem_encoded_certificate, held.private_key)


def _failed(visit: Visit, url: str, error: http_client.PostFailed) -> Refusal:
    """No answer: an untrusted certificate is a 502, no connection a 504, and a host that is out of reach a 500."""
    fact = visit.integration_fact("uri", url)
    if isinstance(error, http_client.NotReachable):
        why = refusals.failed(
            f"{error} is outside this machine, and this server reaches only what it is told to.",
            fact,
            remedy=(f"{http_client.ALLOWED}={error} foulweather up",),
        )
        return refusals.misconfigured(why, "Invalid endpoint address")
    if isinstance(error, http_client.NotTrusted):
        why = refusals.failed(
            f"The backend's certificate is not trusted: {error}.",
            fact,
            visit.integration_fact("TLS", str(error)),
            remedy=(
                f"aws apigateway update-integration --rest-api-id {visit.api.id} --resource-id {visit.resource_id} "
                f"--http-method {visit.method.http_method if visit.method else ''} "
                "--patch-operations op=replace,path=/tlsConfig/insecureSkipVerification,value=true",
            ),
        )
        line = f"PKIX path building failed: unable to find valid certification path to requested target ({error})"
        return refusals.misconfigured(why, line, status=502)
    if "HTTP/1.1" in str(error):
        why = refusals.failed(
            "What the backend answered is not HTTP.", fact, visit.integration_fact("answer", str(error))
        )
        return refusals.misconfigured(why, "Invalid response from endpoint", status=502)
    why = refusals.failed(
        f"There is no connection to the backend: {error}.", fact, visit.integration_fact("connection", str(error))
    )
    line = "Execution failed due to a network error communicating with endpoint"
    return Refusal("INTEGRATION_FAILURE", refusals.NETWORK, why, logged=(line,))
