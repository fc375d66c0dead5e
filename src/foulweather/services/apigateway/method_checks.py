"""Whether a method can be as it is asked for: its authorizer, its models, its validator.

https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foulweather.services.apigateway import refusals
from foulweather.services.apigateway.records import Authorizer, Method
from foulweather.services.apigateway.state import RestState

HTTP_METHODS: Final = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_TYPES: Final = ("AWS_IAM", "COGNITO_USER_POOLS", "CUSTOM", "NONE")


def check(state: RestState, api_id: str, method: Method) -> None:
    """A method names an authorizer of its type, models and a validator that the API has."""
    kind = method.authorization_type
    if kind not in _TYPES:
        words = f"Invalid authorization type specified. Must be one of: [{', '.join(_TYPES)}]"
        raise refusals.invalid(words, authorizationType=kind)
    if kind in ("CUSTOM", "COGNITO_USER_POOLS"):
        authorizer = state.authorizers.get(f"{api_id}/{method.authorizer_id}")
        if authorizer is None or not _suits(authorizer, kind):
            raise refusals.invalid(
                "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS "
                "requires a valid authorizer.",
                authorizationType=kind,
                authorizerId=method.authorizer_id,
            )
    else:
        method.authorizer_id = None
    if method.authorization_scopes and kind != "COGNITO_USER_POOLS":
        words = "Authorization scopes are only supported for the COGNITO_USER_POOLS authorization type."
        raise refusals.invalid(words, authorizationType=kind, authorizationScopes=method.authorization_scopes)
    check_models(state, api_id, method.request_models)
    validator = method.request_validator_id
    if validator is not None and f"{api_id}/{validator}" not in state.validators:
        raise refusals.invalid("Invalid Request Validator identifier specified", requestValidatorId=validator)


def check_models(state: RestState, api_id: str, models: Mapping[str, str]) -> None:
    """Models by content type that the API has."""
    for name in models.values():
        if f"{api_id}/{name}" not in state.models:
            raise refusals.invalid(f"Invalid model identifier specified: {name}", model=name)


def _suits(authorizer: Authorizer, kind: str) -> bool:
    return (authorizer.type == "COGNITO_USER_POOLS") == (kind == "COGNITO_USER_POOLS")
