"""HTTP backends and other services' APIs behind routes: what they are sent, and how they do not answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integrations.html
"""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus, urlsplit

from foulweather.engines import http_client
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.speaking import Speaking
from foulweather.services.apigateway.rest import refusals, roles
from foulweather.services.apigateway.rest.mapping import Answer, Mapped, Pairs
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.service_integrations import FORM, Target, action_of
from foulweather.services.apigateway.rest.waiting import OutOfTime, within
from foulweather.services.apigateway.sockets import callbacks
from foulweather.services.apigateway.sockets.plans import IntegrationPlan
from foulweather.services.apigateway.sockets.turns import Turn

BODY_BYTES_MAX = 10 << 20
JSON = "application/json"
_VARIABLE = re.compile(r"\{([^{}+]+)\+?\}")


async def sent(turn: Turn, integration: IntegrationPlan, mapped: Mapped, body: bytes) -> Answer:
    """What an HTTP backend answers."""
    uri = _VARIABLE.sub(
        lambda found: quote(mapped.path.get(found[1], ""), safe="/~-._", errors="replace"),
        integration.uri_with(turn.variables),
    )
    pairs = _pairs(mapped)
    url = f"{uri}{'&' if '?' in uri else '?'}{pairs}" if pairs else uri
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        why = refusals.failed("The integration's URI is no address.", turn.integration_fact("IntegrationUri", url))
        raise refusals.misconfigured(why, "Invalid endpoint address")
    timeout_ms = integration.timeout_ms
    sending = http_client.send(
        turn.call,
        integration.method or "POST",
        url,
        _headers(turn, mapped),
        body,
        timeout_s=timeout_ms / 1000,
        body_bytes_max=BODY_BYTES_MAX,
        trusts_all=integration.trusts_all,
    )
    try:
        answer = await within(turn.call, timeout_ms, sending)
    except (OutOfTime, http_client.TimedOut) as error:
        raise _timed_out(turn, integration, http_client.unanswering(parts, error)) from None
    except http_client.PostFailed as error:
        raise _unreached(turn, url, error) from None
    return Answer(answer.status, answer.fields, answer.body, str(answer.status))


def _headers(turn: Turn, mapped: Mapped) -> Pairs:
    headers: Pairs = [(name, value) for name, values in mapped.headers.items() for value in values]
    names = {name.lower() for name, _ in headers}
    for name, value in (
        ("Content-Type", JSON),
        ("User-Agent", f"AmazonAPIGateway_{turn.connection.api}"),
        ("X-Amzn-Trace-Id", turn.trace_header),
        ("x-amzn-apigateway-api-id", turn.connection.api),
    ):
        if name.lower() not in names and value:
            headers.append((name, value))
    return headers


def _pairs(mapped: Mapped) -> str:
    return "&".join(f"{quote_plus(n)}={quote_plus(v)}" for n, values in mapped.query.items() for v in values)


def _timed_out(turn: Turn, integration: IntegrationPlan, what: str) -> Refusal:
    why = refusals.failed(
        f"{what} did not answer within {integration.timeout_ms} ms.",
        turn.integration_fact("TimeoutInMillis", integration.timeout_ms),
        turn.integration_fact("IntegrationUri", integration.uri),
    )
    return Refusal("INTEGRATION_TIMEOUT", refusals.TIMED_OUT, why)


def _unreached(turn: Turn, url: str, error: http_client.PostFailed) -> Refusal:
    fact = turn.integration_fact("IntegrationUri", url)
    if isinstance(error, http_client.NotReachable):
        why = refusals.failed(
            f"{error} is outside this machine, and this server reaches only what it is told to.",
            fact,
            remedy=(f"{http_client.ALLOWED}={error} foulweather up",),
        )
        return refusals.misconfigured(why, "Invalid endpoint address")
    why = refusals.failed(f"The backend gives no answer: {error}.", fact)
    return Refusal("INTEGRATION_FAILURE", refusals.INTERNAL, why, status=500)


async def asked(turn: Turn, integration: IntegrationPlan, target: Target, mapped: Mapped, body: bytes) -> Answer:
    """What another service's API answers to what was made of an event, as the integration's role."""
    call = turn.call
    speak = Speaking.of(call.world).speak
    if speak is None:
        raise not_implemented("apigatewayv2", "CreateIntegration.IntegrationUri")
    request = _request(turn, integration, target, mapped, body)
    credentials = integration.credentials_with(turn.variables)
    try:
        ports = await roles.ports(call, credentials, turn.arn, "BackplaneAssumeRoleSession", region=target.region)
        if target.service == "execute-api":
            asking = callbacks.spoken(ports, target.subdomain, request)
        else:
            asking = speak(ports, target.service, request)
        answer = await within(call, integration.timeout_ms, asking)
        content = answer.body
        if answer.stream is not None:
            content = b"".join([piece async for piece in answer.stream])
    except OutOfTime:
        raise _timed_out(turn, integration, f"The service {target.service}") from None
    except AwsError as error:
        why = refusals.failed(
            f"API Gateway cannot act as {credentials or 'a role: the integration names none'}.",
            turn.integration_fact("CredentialsArn", credentials or None),
            remedy=error.why.first_cause().remedy,
            because=(error.why,),
        )
        raise refusals.misconfigured(why, "API Gateway does not have permission to assume the provided role") from None
    if answer.status == 501:  # no mapping makes a success of what is not built
        raise not_implemented(target.service, target.name)
    return Answer(answer.status, answer.headers, content, str(answer.status))


def _request(turn: Turn, integration: IntegrationPlan, target: Target, mapped: Mapped, body: bytes) -> HttpRequest:
    """The service's own HTTP request."""
    headers: Pairs = [(name, value) for name, values in mapped.headers.items() for value in values]
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    query, path = _pairs(mapped), "/"
    if target.kind == "path":
        path = "/" + _VARIABLE.sub(
            lambda found: quote(mapped.path.get(found[1], ""), safe="/~-._", errors="replace"), target.name
        )
        path, _, own = path.partition("?")
        query = "&".join(part for part in (own, query) if part)
    else:
        action = action_of(target.service)
        if action.target and not (action.speaks_query and not kind.startswith("application/x-amz-json")):
            headers.append(("X-Amz-Target", f"{action.target}.{target.name}"))
        else:
            own = f"Action={quote_plus(target.name)}&Version={action.version}"
            if body and kind.startswith(FORM):
                body = body if b"Action=" in body else body + b"&" + own.encode()
            else:
                body, query = b"", f"{own}&{query}" if query else own
                headers = [pair for pair in headers if pair[0].lower() != "content-type"]
                headers.append(("Content-Type", FORM))
                kind = FORM
    if not kind:
        headers.append(("Content-Type", JSON))
    host = f"{target.subdomain}.{target.service}" if target.subdomain else target.service
    headers.append(("Host", f"{host}.{target.region}.amazonaws.com"))
    headers.append(("X-Amzn-Trace-Id", turn.trace_header))
    return HttpRequest(integration.method or "POST", path, query, headers, body, tls=True)
