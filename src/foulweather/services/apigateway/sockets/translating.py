"""What of an event goes to what stands behind its route, and what of the answer to the client.

https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-transformations.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.services.apigateway import patterns
from foulweather.services.apigateway.rest import json_paths, refusals
from foulweather.services.apigateway.rest.java_values import Map
from foulweather.services.apigateway.rest.mapping import Answer, Mapped
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.translating import UTIL
from foulweather.services.apigateway.rest.velocity import Input, Template, TemplateFailed, text_of
from foulweather.services.apigateway.sockets import context
from foulweather.services.apigateway.sockets.expressions import DEFAULT, Expression, pattern
from foulweather.services.apigateway.sockets.plans import IntegrationPlan, IntegrationResponsePlan
from foulweather.services.apigateway.sockets.turns import Turn

JSON = "application/json"


def request_value(turn: Turn, name: str) -> str | None:
    """A variable of a selection expression over a message or a handshake (`request.body.action`)."""
    if name == "request.body":
        return turn.body
    if name.startswith("request.body."):
        return of_body(turn.body, name[len("request.body") :])
    if name.startswith("request.header."):
        return turn.header(name[len("request.header.") :])
    if name.startswith("request.querystring."):
        return (turn.query.get(name[len("request.querystring.") :]) or [None])[-1]
    if name.startswith("context."):
        return context.value(turn, name[len("context.") :])
    if name.startswith("stageVariables."):
        return turn.variables.get(name[len("stageVariables.") :])
    return None


def of_body(body: str, path: str) -> str | None:
    """What a path (`.action`) finds in a JSON text; None where there is nothing, or it is not JSON."""
    try:
        found = json_paths.compiled(f"${path}")(json.loads(body))
    except (ValueError, RecursionError):
        return None
    return None if found is json_paths.MISSING or found is None else text_of(found)


def mapped(turn: Turn, integration: IntegrationPlan) -> Mapped:
    """The parameters that an integration sets: `integration.request.<place>.<name>` from an expression."""
    found = Mapped({}, {}, {})
    for target, expression in integration.parameters.items():
        parts = target.split(".", 3)
        value = _mapped_value(turn, expression)
        if value is None or len(parts) < 4:
            continue
        if parts[2] == "path":
            found.path[parts[3]] = value
        else:
            (found.query if parts[2] == "querystring" else found.headers)[parts[3]] = [_clean(value)]
    overrides = turn.overrides
    found.headers.update({name: [_clean(str(value))] for name, value in overrides.get("header", {}).items()})
    found.query.update({name: [str(value)] for name, value in overrides.get("querystring", {}).items()})
    found.path.update({name: str(value) for name, value in overrides.get("path", {}).items()})
    return found


def _mapped_value(turn: Turn, expression: str) -> str | None:
    if expression.startswith("'"):
        return expression[1:].removesuffix("'")
    return request_value(turn, expression.removeprefix("route."))


def _clean(value: str) -> str:
    """A header's value without what would end it."""
    return value.replace("\r", "").replace("\n", "")


def request_body(turn: Turn, integration: IntegrationPlan) -> bytes:
    """The body for the integration: what the chosen template makes, or the message as it came."""
    template = _chosen(turn, integration.selection, integration.templates)
    if template is None:
        _check_passthrough(turn, integration)
        text = turn.body
    else:
        text, held = _merged(turn, template, turn.body, "request")
        turn.overrides = held["requestOverride"]
    return _to_binary(turn, text) if integration.handling == "CONVERT_TO_BINARY" else text.encode("utf-8", "replace")


def _chosen(turn: Turn, selection: Expression | None, templates: Mapping[str, Template]) -> Template | None:
    if selection is None:
        return templates.get(JSON) or templates.get(DEFAULT)
    key = selection.key(lambda name: request_value(turn, name))
    return templates.get(key or "") or templates.get(DEFAULT)


def _check_passthrough(turn: Turn, integration: IntegrationPlan) -> None:
    how = integration.passthrough
    if how == "WHEN_NO_MATCH" or (how == "WHEN_NO_TEMPLATES" and not integration.templates):
        return
    why = refusals.refused(
        f"No request template is chosen for the message, and with PassthroughBehavior {how} nothing passes without.",
        turn.integration_fact("PassthroughBehavior", how),
        turn.integration_fact("RequestTemplates", sorted(integration.templates)),
    )
    raise Refusal("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", why)


def message(turn: Turn, integration: IntegrationPlan, answer: Answer) -> str | bytes:
    """The message to the client that comes of the integration's answer; text, or binary where that is wished."""
    response = _response_for(turn, integration, answer)
    text = answer.body.decode("utf-8", "replace")
    template = _chosen(turn, response.selection, response.templates)
    if template is not None:
        text, held = _merged(turn, template, text, "response")
        _override(turn, held)
    if response.handling == "CONVERT_TO_BINARY":
        return _to_binary(turn, text)
    return text.encode("utf-8", "replace").decode()  # JSON may name half of a pair, which no frame can carry


def _override(turn: Turn, held: Map) -> None:
    """A template may say with which status a handshake is answered."""
    try:
        turn.status = int(str(held["responseOverride"].get("status", "") or turn.status))
    except ValueError:
        return


def _response_for(turn: Turn, integration: IntegrationPlan, answer: Answer) -> IntegrationResponsePlan:
    """The integration response whose key fits the answer: its pattern or text, or `$default`.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-responses.html
    """
    key = integration.response_selection.key(lambda name: _answer_value(turn, answer, name))
    default: IntegrationResponsePlan | None = None
    for each in integration.responses:
        wanted = pattern(each.key)
        if each.key == DEFAULT:
            default = each
        elif key is not None and (patterns.fits(wanted, key) if wanted else each.key == key):
            return each
    if default is not None:
        return default
    api = turn.connection.api
    why = refusals.failed(
        "The route answers, but no integration response fits what the integration answered, and none is $default.",
        turn.integration_fact("IntegrationResponseKeys", [each.key for each in integration.responses]),
        turn.integration_fact("answered", key if key is not None else answer.status),
        remedy=(
            f"aws apigatewayv2 create-integration-response --api-id {api} --integration-id {integration.id} "
            "--integration-response-key '$default'",
        ),
    )
    raise refusals.misconfigured(why, "No match for output mapping and no default output mapping configured.")


def _answer_value(turn: Turn, answer: Answer, name: str) -> str | None:
    if name in ("integration.response.statuscode", "integration.response.status"):
        return str(answer.status)
    if name.startswith("integration.response.header."):
        lower = name[len("integration.response.header.") :].lower()
        return next((value for each, value in answer.headers if each.lower() == lower), None)
    if name.startswith("integration.response.multivalueheader."):
        lower = name[len("integration.response.multivalueheader.") :].lower()
        return next((value for each, value in answer.headers if each.lower() == lower), None)
    if name.startswith("integration.response.body"):
        rest = name[len("integration.response.body") :]
        text = answer.body.decode("utf-8", "replace")
        return of_body(text, rest) if rest else text
    return request_value(turn, name)


def _merged(turn: Turn, template: Template, body: str, which: str) -> tuple[str, Map]:
    held = context.template_context(turn)
    if template.constant is not None:
        return template.constant, held
    variables: dict[str, Any] = {
        "input": Input(body, lambda: _parameters(turn)),
        "context": held,
        "stageVariables": Map(turn.variables),
        "util": UTIL,
    }
    try:
        return template.merged(variables), held
    except (TemplateFailed, json_paths.PathSyntax) as error:
        why = refusals.failed(
            f"The {which} template of {turn.route_key} failed: {error}",
            turn.integration_fact(f"{which.capitalize()}Templates", str(error)),
        )
        raise refusals.misconfigured(why, f"Unable to transform {which}: {error}") from error


def _parameters(turn: Turn) -> dict[str, dict[str, str]]:
    return {
        "path": {},
        "querystring": _last(turn.query),
        "header": _last(turn.headers),
    }


def _last(values: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name: each[-1] for name, each in values.items()}


def _to_binary(turn: Turn, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        why = refusals.failed(
            "What is to become binary is not base64.",
            turn.integration_fact("ContentHandlingStrategy", "CONVERT_TO_BINARY"),
        )
        raise refusals.misconfigured(why, "Unable to base64 decode the body.") from None
