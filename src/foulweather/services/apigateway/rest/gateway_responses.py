"""What goes out when API Gateway answers itself: the default answer, or what the API says in its place.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.http import HttpResponse
from foulweather.services.apigateway.rest import context
from foulweather.services.apigateway.rest.java_values import shown
from foulweather.services.apigateway.rest.mapping import clean
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit

JSON = "application/json"
_NAME = r"(?:context|stageVariables|method\.request)(?:\.[\w-]+)+"
_VARIABLE = re.compile(rf"\$\{{({_NAME})\}}|\$({_NAME})")
"""A brace that was not opened with the variable is the text's own: `{"message":$context.error.messageString}`."""


def answered(visit: Visit, refusal: Refusal) -> HttpResponse:
    """The answer of a refusal."""
    visit.refusal = refusal
    custom = _custom(visit, refusal)
    status = refusal.status
    headers = [("x-amzn-ErrorType", refusal.code)]
    kind, body = JSON, default_body(refusal)
    if custom is not None:
        if custom.get("statusCode"):
            status = int(custom["statusCode"])
        for name, expression in custom.get("responseParameters", {}).items():
            value = _mapped(visit, expression)
            if value is not None:
                headers.append((name.removeprefix("gatewayresponse.header."), clean(value)))
        templates: Mapping[str, str] = custom.get("responseTemplates", {})
        if templates:
            kind = _chosen(visit, templates)
            body = _filled(visit, templates[kind]).encode("utf-8", "replace")
    visit.response_kind = refusal.kind
    visit.error(f"Gateway response type: {refusal.kind} with status code: {status}")
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.insert(0, ("Content-Type", kind))
    if visit.is_logged:
        visit.trace(f"Gateway response body: {body.decode('utf-8', 'replace')}")
        visit.trace(f"Gateway response headers: {{{', '.join(f'{name}={value}' for name, value in headers)}}}")
    return HttpResponse(status, headers, body)


def default_body(refusal: Refusal) -> bytes:
    """The default template's text; what IAM words says `Message`, all else `message`."""
    name = "Message" if refusal.kind == "ACCESS_DENIED" else "message"
    return json.dumps({name: refusal.text}, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def _custom(visit: Visit, refusal: Refusal) -> Mapping[str, Any] | None:
    known = visit.plan.gateway_responses
    found = known.get(refusal.kind)
    if found is None and known:
        found = known.get("DEFAULT_5XX" if refusal.status >= 500 else "DEFAULT_4XX")
    return found


def _chosen(visit: Visit, templates: Mapping[str, str]) -> str:
    accepted = (visit.header("accept") or "").partition(",")[0].partition(";")[0].strip()
    if accepted in templates:
        return accepted
    return JSON if JSON in templates else next(iter(templates))


def _mapped(visit: Visit, expression: str) -> str | None:
    if expression.startswith("'"):
        return expression.strip("'")
    return _looked_up(visit, expression)


def _looked_up(visit: Visit, expression: str) -> str | None:
    if expression.startswith("context."):
        return context.value(visit, expression[8:])
    if expression.startswith("stageVariables."):
        return visit.variables.get(expression[15:])
    _, _, place, name = expression.split(".", 3)
    if place == "path":
        return visit.path_parameters.get(name)
    if place == "querystring":
        values = visit.query.get(name)
        return values[-1] if values else None
    return visit.header(name)


def _filled(visit: Visit, text: str) -> str:
    """The text with its variables replaced: a gateway response takes no Velocity beyond that."""

    def replaced(found: re.Match[str]) -> str:
        return shown(_looked_up(visit, found[1] or found[2]) or "")

    return _VARIABLE.sub(replaced, text)
