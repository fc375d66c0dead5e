"""The URIs and credentials of integrations and authorizers, as far as they can be checked by themselves.

https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from foulweather.kernel.call import Call
from foulweather.services.apigateway import refusals

# arn:aws:apigateway:{region}:{subdomain.service|service}:path|action/{service_api}
_AWS = re.compile(
    r"arn:aws[a-z-]*:apigateway:(?P<region>[a-z0-9-]*):(?P<service>[^:/]+):(?P<kind>[^/]*)/(?P<rest>.*)", re.S
)
_FUNCTION = re.compile(r"(?:path//?)?\d{4}-\d\d-\d\d/functions/.+/(?:response-streaming-)?invocations")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|\*):(?:role|user)/.+")
_VARIABLE = re.compile(r"\$\{stageVariables\.[A-Za-z0-9_]+\}")


def checked_uri(kind: str, uri: str | None, connection: str | None) -> None:
    """Refuse a URI that an integration of a type cannot have."""
    if kind in ("HTTP", "HTTP_PROXY"):
        _check_http(uri or "", connection)
    elif kind in ("AWS", "AWS_PROXY"):
        _check_aws(kind, uri or "")


def _check_http(uri: str, connection: str | None) -> None:
    plain = _VARIABLE.sub("v", uri)
    parts = urlsplit(re.sub(r"\{[^}]*\}", "x", plain))
    # A stage variable may hold the host, a VPC link needs no name that could be looked up.
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise refusals.invalid("Invalid HTTP endpoint specified for URI", uri=uri)
    named = _VARIABLE.search(uri) or connection == "VPC_LINK"
    if not named and "." not in parts.hostname and parts.hostname != "localhost":
        raise refusals.invalid("Invalid HTTP endpoint specified for URI", uri=uri)


def _check_aws(kind: str, uri: str) -> None:
    if not uri.startswith("arn:"):
        raise refusals.invalid(refusals.INVALID_ARN, uri=uri)
    found = _AWS.fullmatch(uri)
    if found is None:
        if uri.startswith("arn:aws:apigateway:") and uri.count(":") >= 5:
            raise refusals.invalid("AWS ARN for integration must contain path or action", uri=uri)
        raise refusals.invalid("Invalid AWS URI", uri=uri)
    if found["kind"] not in ("path", "action"):
        raise refusals.invalid("AWS ARN for integration must contain path or action", uri=uri)
    if kind == "AWS_PROXY":
        lambda_ = found["service"].rpartition(".")[2] == "lambda"
        if not lambda_ or not _FUNCTION.fullmatch(f"{found['kind']}/{found['rest']}"):
            raise refusals.invalid(
                "Integrations of type 'AWS_PROXY' currently only supports Lambda function invocations "
                "and Firehose stream invocations.",
                uri=uri,
            )


def checked_function_uri(uri: str | None) -> str:
    """The URI of an authorizer's function."""
    found = _AWS.fullmatch(uri or "")
    if uri is None or found is None or not _FUNCTION.fullmatch(f"{found['kind']}/{found['rest']}"):
        raise refusals.invalid(f"Invalid Authorizer URI: {uri}. Authorizer URI should be a valid API Gateway ARN that "
                               "represents a Lambda function invocation.", authorizerUri=uri)  # fmt: skip
    return uri


def checked_credentials(call: Call, credentials: str | None) -> None:
    """Credentials are a role of the account itself, or the caller's own (`arn:aws:iam::*:user/*`)."""
    if credentials is None:
        return
    found = _ROLE.fullmatch(credentials)
    if found is None:
        raise refusals.invalid(refusals.INVALID_ARN, credentials=credentials)
    if found[1] not in ("*", call.account):
        raise refusals.invalid("Cross-account pass role is not allowed.", credentials=credentials)
