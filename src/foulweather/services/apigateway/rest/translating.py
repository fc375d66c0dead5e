"""Between a method and its integration: templates on the way in, and on the way out the response that fits.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-data-transformations.html
"""

from __future__ import annotations

import base64
from typing import Any

from foulweather.kernel.http import HttpResponse
from foulweather.kernel.why import Fact
from foulweather.services.apigateway import patterns
from foulweather.services.apigateway.rest import context, json_paths, mapping, payloads, refusals
from foulweather.services.apigateway.rest.java_values import Map
from foulweather.services.apigateway.rest.mapping import Answer, clean
from foulweather.services.apigateway.rest.plans import JSON, IntegrationPlan, IntegrationResponsePlan
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.velocity import Conversions, Input, Template, TemplateFailed
from foulweather.services.apigateway.rest.visit import Visit

UTIL = Conversions()


def request_body(visit: Visit, integration: IntegrationPlan) -> bytes:
    """The body for the integration: of the template for the body's media type, or as it came; 415 where neither may be.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
    """
    given = visit.header("content-type") or JSON
    kind = given.partition(";")[0].strip().lower()
    body = payloads.for_integration(visit, integration.handling)
    template = integration.templates.get(kind) or integration.templates.get("$default")
    if template is None:
        _check_passthrough(visit, integration, given)
        return body
    text = _merged(visit, template, body.decode("utf-8", "replace"), "request")
    return text.encode("utf-8", "replace")


def response(visit: Visit, integration: IntegrationPlan, answer: Answer) -> HttpResponse:
    """The method's response to what the integration answered."""
    chosen = _chosen(visit, integration, answer)
    headers = mapping.response_headers(visit, chosen.parameters, answer)
    body, kind = answer.body, ""
    told = next((value for name, value in answer.headers if name.lower() == "content-type"), JSON)
    if not chosen.templates:
        body = payloads.for_client(visit, body, told, chosen.handling)
    else:
        if visit.plan.is_binary(told) and chosen.handling != "CONVERT_TO_BINARY":
            body = base64.b64encode(body)
        kind, template = _template(visit, chosen)
        body = _merged(visit, template, body.decode("utf-8", "replace"), "response").encode("utf-8", "replace")
    status = chosen.status
    overrides = visit.response_overrides
    if overrides.get("status"):
        status = _status(overrides["status"], status)
    for name, value in overrides.get("header", {}).items():
        headers = [pair for pair in headers if pair[0].lower() != name.lower()]
        headers.append((name, str(value)))
    if chosen.templates and chosen.handling == "CONVERT_TO_BINARY":
        body = payloads.decoded(visit, body)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.insert(0, ("Content-Type", kind or JSON))
    return HttpResponse(status, [(clean(name), clean(value)) for name, value in headers], body)


def _status(given: Any, otherwise: int) -> int:
    try:
        status = int(str(given))
    except ValueError:
        return otherwise
    return status if 200 <= status <= 599 else otherwise


def _check_passthrough(visit: Visit, integration: IntegrationPlan, given: str) -> None:
    how = integration.passthrough
    if how == "WHEN_NO_MATCH" or (how == "WHEN_NO_TEMPLATES" and not integration.templates):
        return
    why = refusals.refused(
        f"The integration has no template for {given}, and with passthroughBehavior {how} nothing passes without.",
        visit.integration_fact("passthroughBehavior", how),
        visit.integration_fact("requestTemplates", sorted(integration.templates)),
        Fact("request", "Content-Type", given),
        remedy=(
            f"aws apigateway update-integration --rest-api-id {visit.api.id} --resource-id {visit.resource_id} "
            f"--http-method {visit.method.http_method if visit.method else ''} "
            "--patch-operations op=replace,path=/passthroughBehavior,value=WHEN_NO_MATCH",
        ),
    )
    raise Refusal("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", why)


def _chosen(visit: Visit, integration: IntegrationPlan, answer: Answer) -> IntegrationResponsePlan:
    default: IntegrationResponsePlan | None = None
    for each in integration.responses:
        if not each.pattern:
            default = default or each
        elif answer.matched and patterns.fits(each.pattern, answer.matched):
            return each
    if default is not None:
        return default
    why = refusals.failed(
        "No integration response fits what the integration answered, and none is the default.",
        visit.integration_fact(
            "selectionPatterns",
            [each.pattern for each in integration.responses if each.pattern],
        ),
        visit.integration_fact("answered", answer.matched or answer.status),
        remedy=(
            f"aws apigateway put-integration-response --rest-api-id {visit.api.id} --resource-id {visit.resource_id} "
            f"--http-method {visit.method.http_method if visit.method else ''} --status-code 200",
        ),
    )
    line = (
        "No match for output mapping and no default output mapping configured. "
        f"Endpoint Response Status Code: {answer.status}"
    )
    raise refusals.misconfigured(why, line)


def _template(visit: Visit, chosen: IntegrationResponsePlan) -> tuple[str, Template]:
    accepted = (visit.header("accept") or "").partition(",")[0].partition(";")[0].strip().lower()
    for kind in (accepted, JSON):
        if kind in chosen.templates:
            return kind, chosen.templates[kind]
    return next(iter(chosen.templates.items()))


def _merged(visit: Visit, template: Template, body: str, which: str) -> str:
    if template.constant is not None:
        return template.constant
    held = context.template_context(visit)
    variables: dict[str, Any] = {
        "input": Input(body, lambda: mapping.parameters(visit)),
        "context": held,
        "stageVariables": Map(visit.variables),
        "util": UTIL,
    }
    try:
        text = template.merged(variables)
    except (TemplateFailed, json_paths.PathSyntax) as error:
        why = refusals.failed(
            f"The {which} template of {visit.request.method} {visit.resource_path} failed: {error}",
            visit.integration_fact(f"{which}Templates", str(error)),
            remedy=(
                f"aws apigateway test-invoke-method --rest-api-id {visit.api.id} --resource-id {visit.resource_id} "
                f"--http-method {visit.request.method}",
            ),
        )
        raise refusals.misconfigured(why, f"Unable to transform {which}: {error}") from error
    if which == "request":
        visit.overrides = held["requestOverride"]
    visit.response_overrides = held["responseOverride"] or visit.response_overrides
    return text
