"""What an authorizer of an HTTP or WebSocket API may be told.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html
"""

from __future__ import annotations

import re

from foulweather.services.apigateway.v2 import limits, refusals
from foulweather.services.apigateway.v2.records import Authorizer

_SOURCE = re.compile(
    r"\$(?:request\.(?:header|querystring)\.[^\s]+|context\.[\w.]+|stageVariables\.\w+)"
    r"|route\.request\.(?:header|querystring)\.[^\s]+|context\.[\w.]+|stageVariables\.\w+"
)
_INVOCATION = re.compile(
    r"arn:aws[\w-]*:apigateway:[a-z0-9-]+:lambda:path/[0-9-]+/functions/arn:aws[\w-]*:lambda:[^/]+/invocations"
)


def check(made: Authorizer, *, is_http: bool) -> None:
    """Refuse an authorizer that cannot be; one with a function gets its defaults."""
    if made.authorizer_type == "JWT":
        if not is_http:
            raise refusals.invalid("JWT authorizers are only supported for HTTP APIs", AuthorizerType="JWT")
        _check_jwt(made)
    else:
        _check_function(made, is_http=is_http)
    for source in made.identity_source:
        if not _SOURCE.fullmatch(source):
            raise refusals.invalid(f"Invalid identity source: {source}", IdentitySource=made.identity_source)


def _check_jwt(made: Authorizer) -> None:
    told = made.jwt_configuration or {}
    issuer: str = told.get("Issuer") or ""
    audience: list[str] = told.get("Audience") or []
    if not re.fullmatch(r"https?://[^\s]+", issuer):
        words = "Caught exception when connecting to the issuer: Invalid issuer"
        raise refusals.invalid(f"{words}: {issuer}. Issuer must be a valid URL.", Issuer=issuer)
    if not audience:
        raise refusals.invalid("JwtConfiguration must have at least one Audience", Audience=[])
    if len(audience) > limits.AUDIENCES_MAX:
        raise refusals.too_many("audiences", made.name, limits.AUDIENCES_MAX)
    if len(made.identity_source) != 1:
        words = "A JWT authorizer must have exactly one identity source"
        raise refusals.invalid(words, IdentitySource=made.identity_source)
    if made.authorizer_uri or made.enable_simple_responses:
        raise refusals.invalid("AuthorizerUri is only supported for REQUEST authorizers", AuthorizerType="JWT")


def _check_function(made: Authorizer, *, is_http: bool) -> None:
    if made.jwt_configuration:
        raise refusals.invalid("JwtConfiguration is only supported for JWT authorizers", AuthorizerType="REQUEST")
    if not made.authorizer_uri or not _INVOCATION.fullmatch(made.authorizer_uri):
        words = "Invalid Authorizer URI. Authorizer URI should be a valid API Gateway ARN that represents a Lambda"
        raise refusals.invalid(f"{words} function invocation.", AuthorizerUri=made.authorizer_uri)
    version = made.authorizer_payload_format_version
    if not is_http:
        if version or made.enable_simple_responses or made.authorizer_result_ttl_in_seconds:
            words = "AuthorizerPayloadFormatVersion, EnableSimpleResponses and caching are only supported for HTTP APIs"
            raise refusals.invalid(words, AuthorizerPayloadFormatVersion=version)
        return
    if version not in ("1.0", "2.0"):
        words = "AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer and must be 1.0 or 2.0"
        raise refusals.invalid(words, AuthorizerPayloadFormatVersion=version)
    if made.enable_simple_responses and version == "1.0":
        words = "EnableSimpleResponses is only supported for authorizer payload format version 2.0"
        raise refusals.invalid(words, EnableSimpleResponses=True)
    if made.authorizer_result_ttl_in_seconds and not made.identity_source:
        words = "IdentitySource is required when caching is enabled"
        raise refusals.invalid(words, AuthorizerResultTtlInSeconds=made.authorizer_result_ttl_in_seconds)
    if made.authorizer_result_ttl_in_seconds is None:
        # Caching is off by default: docs of HTTP APIs' Lambda authorizers.
        made.authorizer_result_ttl_in_seconds = 0
