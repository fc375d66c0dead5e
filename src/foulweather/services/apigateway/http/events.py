"""The events that functions get of HTTP APIs: formats 2.0 and 1.0, for integrations and for authorizers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from foulweather.services.apigateway.http.visit import Visit
from foulweather.services.apigateway.rest.context import common_log_time

_TEXTS: Final = ("application/json", "application/javascript", "application/xml")


def proxy_request(visit: Visit, version: str) -> dict[str, Any]:
    """A request as a function behind a route gets it."""
    text, is_base64 = body_of(visit)
    if version == "1.0":
        return {**_of_1(visit), "body": text, "isBase64Encoded": is_base64}
    found = {"version": "2.0", **_of_2(visit)}
    if text is not None:
        found["body"] = text
    found["isBase64Encoded"] = is_base64
    return found


def authorizer_request(visit: Visit, version: str, identities: list[str]) -> dict[str, Any]:
    """A request as a function that decides gets it: without the body."""
    if version == "1.0":
        source = ",".join(identities)
        event = _of_1(visit)
        for name in ("multiValueHeaders", "multiValueQueryStringParameters"):
            del event[name]
        event |= {"type": "REQUEST", "methodArn": visit.arn, "identitySource": source, "authorizationToken": source}
        return event
    event = {"version": "2.0", "type": "REQUEST", "routeArn": visit.arn, "identitySource": identities or None}
    return {**event, **_of_2(visit)}


def body_of(visit: Visit) -> tuple[str | None, bool]:
    """The body as text; in base64 unless its media type is text, JSON, JavaScript or XML."""
    body = visit.body
    if not body:
        return None, False
    kind = visit.request.header("content-type").partition(";")[0].strip().lower()
    is_text = not kind or kind.startswith("text/") or kind in _TEXTS or kind.endswith(("+json", "+xml"))
    if is_text and not visit.request.header("content-encoding"):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _of_2(visit: Visit) -> dict[str, Any]:
    request, call, key = visit.request, visit.call, visit.route_key
    headers = visit.lower_headers
    found: dict[str, Any] = {"routeKey": key, "rawPath": visit.raw_path, "rawQueryString": request.query}
    if "cookie" in headers:
        sent = [value for name, value in request.headers if name.lower() == "cookie"]
        found["cookies"] = [each.strip() for value in sent for each in value.split(";") if each.strip()]
        headers = {name: value for name, value in headers.items() if name != "cookie"}
    found["headers"] = headers
    if visit.query:
        found["queryStringParameters"] = {name: ",".join(values) for name, values in visit.query.items()}
    context: dict[str, Any] = {"accountId": call.account, "apiId": visit.api.api_id}
    if visit.client.certificate is not None:
        context["authentication"] = {"clientCert": visit.client.certificate}
    if visit.authorizer is not None:
        context["authorizer"] = visit.authorizer
    context |= {
        "domainName": visit.domain,
        "domainPrefix": visit.domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": visit.raw_path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.peer,
            "userAgent": request.header("user-agent"),
        },
        "requestId": call.request_id,
        "routeKey": key,
        "stage": visit.stage.stage_name,
        "time": common_log_time(call.hop.at_ms),
        "timeEpoch": call.hop.at_ms,
    }
    found["requestContext"] = context
    if visit.path_parameters:
        found["pathParameters"] = visit.path_parameters
    if visit.variables:
        found["stageVariables"] = visit.variables
    return found


def _of_1(visit: Visit) -> dict[str, Any]:
    request, query = visit.request, visit.query
    headers = _many(visit)
    path = visit.raw_path
    if visit.base_path:
        path = f"/{visit.base_path}{path}" if visit.base_path != "(none)" else path
    resource = visit.route.path if visit.route is not None and visit.route.path else visit.route_key
    return {
        "version": "1.0",
        "resource": resource,
        "path": path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "requestContext": _context_1(visit, path, resource),
        "pathParameters": visit.path_parameters or None,
        "stageVariables": visit.variables or None,
    }


def _context_1(visit: Visit, path: str, resource: str) -> dict[str, Any]:
    call, own, certificate = visit.call, visit.identity, visit.client.certificate
    cognito: Mapping[str, Any] = own.get("cognitoIdentity") or {}
    amr: list[str] = cognito.get("amr") or []
    return {
        "accountId": call.account,
        "apiId": visit.api.api_id,
        "authorizer": _authorizer_1(visit),
        "domainName": visit.domain,
        "domainPrefix": visit.domain.partition(".")[0],
        "extendedRequestId": call.request_id,
        "httpMethod": visit.request.method,
        "identity": {
            "accessKey": own.get("accessKey"),
            "accountId": own.get("accountId"),
            "caller": own.get("callerId"),
            "cognitoAmr": amr or None,
            "cognitoAuthenticationProvider": ",".join(amr[1:]) or None,
            "cognitoAuthenticationType": amr[0] if amr else None,
            "cognitoIdentityId": cognito.get("identityId"),
            "cognitoIdentityPoolId": cognito.get("identityPoolId"),
            "principalOrgId": own.get("principalOrgId"),
            "sourceIp": visit.request.peer,
            "user": own.get("userId"),
            "userAgent": visit.request.header("user-agent"),
            "userArn": own.get("userArn"),
            **({} if certificate is None else {"clientCert": certificate}),
        },
        "path": path,
        "protocol": "HTTP/1.1",
        "requestId": call.request_id,
        "requestTime": common_log_time(call.hop.at_ms),
        "requestTimeEpoch": call.hop.at_ms,
        "resourceId": visit.route_key,
        "resourcePath": resource,
        "stage": visit.stage.stage_name,
    }


def _authorizer_1(visit: Visit) -> dict[str, Any]:
    """What an authorizer told, as the format 1.0 has it: claims and scopes, or a function's members themselves."""
    told = visit.authorizer or {}
    if "jwt" in told:
        return {"claims": told["jwt"]["claims"], "scopes": told["jwt"]["scopes"]}
    if told.get("lambda"):
        return dict(told["lambda"])
    return {"claims": None, "scopes": None}


def _many(visit: Visit) -> dict[str, list[str]]:
    """The headers with all their values, as the client wrote their names; API Gateway's own replace the client's."""
    own = visit.lower_headers
    found: dict[str, list[str]] = {}
    known: dict[str, str] = {}
    added = ("host", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "content-length")
    for name, value in visit.request.headers:
        lower = name.lower()
        if lower in own and lower not in added:
            found.setdefault(known.setdefault(lower, name), []).append(value)
    for name in added:
        found["-".join(part.capitalize() for part in name.split("-"))] = [own[name]]
    return found
