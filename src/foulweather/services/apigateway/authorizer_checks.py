"""Whether an authorizer can be as it is asked for.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html
"""

from __future__ import annotations

import re
from typing import Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import limits, patterns, refusals
from foulweather.services.apigateway.integration_targets import checked_credentials, checked_function_uri
from foulweather.services.apigateway.records import Authorizer
from foulweather.services.apigateway.state import RestState, under

TTL_S: Final = 300
_TOKEN_SOURCE = re.compile(r"method\.request\.header\.[A-Za-z0-9_\-]+")
_REQUEST_SOURCE = re.compile(
    r"method\.request\.(?:header|querystring)\.[^\s,]+|context\.[A-Za-z0-9_.]+|stageVariables\.[A-Za-z0-9_]+"
)
_POOL = re.compile(r"arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool/[A-Za-z0-9_-]+")


def check(call: Call, state: RestState, api_id: str, made: Authorizer) -> None:
    """Refuse an authorizer that could not decide, or has the name of another."""
    if not made.name:
        raise refusals.invalid("Authorizer name cannot be empty", name=made.name)
    limits.checked_ttl(made.authorizer_result_ttl_in_seconds)
    for other in under(state.authorizers, api_id):
        if other.name == made.name and other.id != made.id:
            words = f"Authorizer name must be unique. Authorizer {made.name} already exists in this RestApi."
            raise refusals.invalid(words, name=made.name)
    if made.identity_validation_expression:
        try:
            patterns.check("CreateAuthorizer.identityValidationExpression", made.identity_validation_expression)
        except ValueError:
            raise refusals.invalid(
                "Invalid identity validation expression specified", identityValidationExpression=made.name
            ) from None
    if made.type == "COGNITO_USER_POOLS":
        _check_pools(made)
        return
    checked_function_uri(made.authorizer_uri)
    checked_credentials(call, made.authorizer_credentials)
    _check_source(made)


def _check_pools(made: Authorizer) -> None:
    made.identity_source = made.identity_source or "method.request.header.Authorization"
    if not made.provider_arns:
        words = "Invalid Cognito User Pools authorizer: at least one provider ARN must be specified"
        raise refusals.invalid(words, providerARNs=made.provider_arns)
    for arn in made.provider_arns:
        if not _POOL.fullmatch(arn):
            raise refusals.invalid(f"Invalid Cognito User Pool ARN: {arn}", providerARNs=arn)


def _check_source(made: Authorizer) -> None:
    """A TOKEN authorizer needs a source of identity, a REQUEST authorizer where its answers are cached."""
    if made.type == "TOKEN":
        made.identity_source = made.identity_source or "method.request.header.Authorization"
        if not _TOKEN_SOURCE.fullmatch(made.identity_source):
            words = f"Invalid mapping expression specified: {made.identity_source}"
            raise refusals.invalid(words, identitySource=made.identity_source)
        return
    if not made.identity_source:
        if made.authorizer_result_ttl_in_seconds:
            words = "Identity source is required for REQUEST authorizers when caching is enabled"
            raise refusals.invalid(words, identitySource="", authorizerResultTtlInSeconds=TTL_S)
        return
    for source in made.identity_source.split(","):
        if not _REQUEST_SOURCE.fullmatch(source.strip()):
            raise refusals.invalid(f"Invalid mapping expression specified: {source.strip()}", identitySource=source)
