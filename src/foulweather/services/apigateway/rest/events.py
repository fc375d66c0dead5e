"""The events that functions get: of the Lambda proxy integration (format 1.0), and of REQUEST authorizers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import unquote

from foulweather.services.apigateway.rest import context
from foulweather.services.apigateway.rest.visit import Visit


def proxy_request(visit: Visit) -> dict[str, Any]:
    """A request as an event of the Lambda proxy integration."""
    found = _request(visit)
    found["requestContext"] = context.request_context(visit)
    body, is_base64 = body_of(visit)
    found["body"] = body
    found["isBase64Encoded"] = is_base64
    return found


def authorizer_request(visit: Visit) -> dict[str, Any]:
    """A request as an authorizer of type REQUEST gets it: without the body."""
    return {
        "type": "REQUEST",
        "methodArn": visit.arn,
        **_request(visit),
        "requestContext": context.request_context(visit),
    }


def body_of(visit: Visit) -> tuple[str | None, bool]:
    """The body as text, in base64 where its media type is a binary one of the API's."""
    if not visit.body:
        return None, False
    if visit.plan.is_binary(visit.header("content-type") or "application/json"):
        return base64.b64encode(visit.body).decode(), True
    return visit.body.decode("utf-8", "replace"), False


def _request(visit: Visit) -> dict[str, Any]:
    query = visit.query
    headers = visit.headers
    return {
        "resource": visit.resource_path,
        "path": _path(visit),
        "httpMethod": visit.request.method,
        "headers": {name: values[-1] for name, values in headers.items()} or None,
        "multiValueHeaders": headers or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": visit.path_parameters or None,
        "stageVariables": visit.variables or None,
    }


def _path(visit: Visit) -> str:
    """The path as the client wrote it, below the stage; under a custom domain name with its base path."""
    if visit.base_path and visit.base_path != "(none)":
        return unquote(f"/{visit.base_path}{visit.path}")
    return unquote(visit.path)
