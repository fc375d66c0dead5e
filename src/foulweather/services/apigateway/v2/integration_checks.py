"""What an integration of an HTTP or WebSocket API may be told.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from foulweather.kernel.call import Call
from foulweather.services.apigateway.v2 import limits, refusals
from foulweather.services.apigateway.v2.subtypes import SUBTYPES

_FUNCTION = re.compile(
    r"(?:arn:aws[\w-]*:apigateway:[a-z0-9-]+:lambda:path/[0-9-]+/functions/)?"
    r"arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:[^\s/]+(?:/invocations)?"
)
_LISTENER = re.compile(r"arn:aws[\w-]*:(?:elasticloadbalancing:[a-z0-9-]+:\d{12}:listener/|servicediscovery:).+")
_HEADER = r"header\.[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_REQUEST_KEY = re.compile(rf"(?:append|overwrite|remove):(?:{_HEADER}|querystring\..+)|overwrite:path")
_RESPONSE_KEY = re.compile(rf"(?:append|overwrite|remove):{_HEADER}|overwrite:statuscode")
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html (reserved headers)
_RESERVED: Final = frozenset(
    {
        "access-control-allow-credentials",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-allow-origin",
        "access-control-expose-headers",
        "access-control-max-age",
        "authorization",
        "connection",
        "content-encoding",
        "content-length",
        "content-location",
        "forwarded",
        "keep-alive",
        "origin",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailers",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
    }
)
_OF_SOCKETS: Final = (
    "ContentHandlingStrategy",
    "PassthroughBehavior",
    "RequestTemplates",
    "TemplateSelectionExpression",
)


def checked_http(call: Call, asked: Mapping[str, Any]) -> dict[str, Any]:
    """An HTTP API's integration with its defaults."""
    made = dict(asked)
    kind, uri, subtype = made["IntegrationType"], made.get("IntegrationUri"), made.get("IntegrationSubtype")
    for member in _OF_SOCKETS:
        if made.get(member):
            raise refusals.invalid(f"{member} is not supported for HTTP protocol", **{member: made[member]})
    if kind not in ("AWS_PROXY", "HTTP_PROXY"):
        words = "HTTP protocol supports only the integration types AWS_PROXY and HTTP_PROXY"
        raise refusals.invalid(words, IntegrationType=kind)
    version = made.setdefault("PayloadFormatVersion", "1.0")
    most = ("1.0", "2.0") if kind == "AWS_PROXY" and not subtype else ("1.0",)
    if version not in most:
        words = f"Payload format version {version} is not supported for this integration"
        raise refusals.invalid(words, PayloadFormatVersion=version)
    made.setdefault("TimeoutInMillis", limits.HTTP_TIMEOUT_MS_MAX)
    made.setdefault("ConnectionType", "INTERNET")
    if made.get("TlsConfig") and made["ConnectionType"] != "VPC_LINK":
        # "The TLS configuration for a private integration": the API reference.
        words = "TlsConfig is only supported for private integrations (ConnectionType VPC_LINK)"
        raise refusals.invalid(words, TlsConfig=made["TlsConfig"], ConnectionType=made["ConnectionType"])
    if subtype:
        _check_service(made, subtype)
    elif kind == "AWS_PROXY":
        if not uri or not _FUNCTION.fullmatch(uri):
            words = "Integration URI for an AWS_PROXY integration must be the ARN of a Lambda function"
            raise refusals.invalid(words, IntegrationUri=uri)
        made["IntegrationMethod"] = made.get("IntegrationMethod") or "POST"
        _check_mapping(made)
    else:
        _check_http_proxy(made, uri)
        _check_mapping(made)
    return made


def checked_socket(call: Call, asked: Mapping[str, Any]) -> dict[str, Any]:
    """A WebSocket API's integration with its defaults."""
    made = dict(asked)
    kind = made["IntegrationType"]
    for member in ("IntegrationSubtype", "ResponseParameters", "TlsConfig"):
        if made.get(member):
            raise refusals.invalid(f"{member} is only supported for HTTP APIs", **{member: made[member]})
    if made.get("PayloadFormatVersion") not in (None, "1.0"):
        words = "Payload format version 2.0 is only supported for HTTP APIs"
        raise refusals.invalid(words, PayloadFormatVersion=made["PayloadFormatVersion"])
    if kind != "MOCK" and not made.get("IntegrationUri"):
        raise refusals.invalid(f"IntegrationUri is required for integration type {kind}", IntegrationUri=None)
    made.setdefault("TimeoutInMillis", limits.SOCKET_TIMEOUT_MS_MAX)
    if made["TimeoutInMillis"] > limits.SOCKET_TIMEOUT_MS_MAX:
        words = f"Timeout should be between 50 ms and {limits.SOCKET_TIMEOUT_MS_MAX} ms"
        raise refusals.invalid(words, TimeoutInMillis=made["TimeoutInMillis"])
    made.setdefault("ConnectionType", "INTERNET")
    made.setdefault("PassthroughBehavior", "WHEN_NO_MATCH")
    made.setdefault("PayloadFormatVersion", "1.0")
    if kind in ("AWS", "HTTP", "MOCK"):
        made.setdefault("IntegrationResponseSelectionExpression", "${integration.response.statuscode}")
    return made


def _check_http_proxy(made: Mapping[str, Any], uri: str | None) -> None:
    if not made.get("IntegrationMethod"):
        words = "HTTP proxy integrations must have a valid HTTP method"
        raise refusals.invalid(words, IntegrationMethod=made.get("IntegrationMethod"))
    if made["IntegrationMethod"] not in limits.METHODS:
        raise refusals.invalid("Invalid HTTP method specified", IntegrationMethod=made["IntegrationMethod"])
    if made["ConnectionType"] == "VPC_LINK":
        if not made.get("ConnectionId"):
            raise refusals.invalid("ConnectionId is required for connection type VPC_LINK", ConnectionId=None)
        if not uri or not _LISTENER.fullmatch(uri):
            words = "For private integrations the integration URI must be the ARN of a listener or a Cloud Map service"
            raise refusals.invalid(words, IntegrationUri=uri)
        return
    parts = urlsplit(uri or "")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        words = "Invalid HTTP endpoint specified for URI"
        raise refusals.invalid(words, IntegrationUri=uri)


def _check_service(made: Mapping[str, Any], name: str) -> None:
    subtype = SUBTYPES.get(name)
    if made["IntegrationType"] != "AWS_PROXY" or subtype is None:
        raise refusals.invalid(f"Integration subtype {name} is not supported", IntegrationSubtype=name)
    if made.get("IntegrationUri"):
        raise refusals.invalid("IntegrationUri is not supported with an integration subtype", IntegrationSubtype=name)
    if not made.get("CredentialsArn"):
        words = f"CredentialsArn is required for the integration subtype {name}"
        raise refusals.invalid(words, CredentialsArn=None, IntegrationSubtype=name)
    parameters: Mapping[str, str] = made.get("RequestParameters") or {}
    lacking = [each for each in subtype.required if each not in parameters]
    if lacking:
        words = f"Parameter: {lacking[0]} is required for integration subtype {name}"
        raise refusals.invalid(words, RequestParameters=sorted(parameters))
    unknown = sorted(set(parameters) - set(subtype.names))
    if unknown:
        words = f"Parameter: {unknown[0]} does not fit schema for Operation: {name}"
        raise refusals.invalid(words, RequestParameters=unknown)


def _check_mapping(made: Mapping[str, Any]) -> None:
    requests: Mapping[str, str] = made.get("RequestParameters") or {}
    for key in requests:
        if not _REQUEST_KEY.fullmatch(key) or _is_reserved(key):
            raise refusals.invalid(f"Invalid mapping expression specified: {key}", RequestParameters=key)
    responses: Mapping[str, Mapping[str, str]] = made.get("ResponseParameters") or {}
    for status, parameters in responses.items():
        if not re.fullmatch(r"[2-5]\d\d", status):
            raise refusals.invalid(f"Invalid status code in response parameters: {status}", ResponseParameters=status)
        for key in parameters:
            if not _RESPONSE_KEY.fullmatch(key) or _is_reserved(key):
                raise refusals.invalid(f"Invalid mapping expression specified: {key}", ResponseParameters=key)


def _is_reserved(key: str) -> bool:
    place, _, name = key.partition(":")[2].partition(".")
    name = name.lower()
    return place == "header" and (name in _RESERVED or name.startswith(("x-amz-", "x-amzn-")))
