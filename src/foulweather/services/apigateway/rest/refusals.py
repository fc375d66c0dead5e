"""What API Gateway itself answers: each refusal with its gateway response type, AWS's words and AWS's status.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

INTERNAL = "Internal server error"
TIMED_OUT = "Endpoint request timed out"
NETWORK = "Network error communicating with endpoint"

STATUSES: dict[str, int] = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "DEFAULT_4XX": 400,
    "DEFAULT_5XX": 500,
    "EXPIRED_TOKEN": 403,
    "INTEGRATION_FAILURE": 504,
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 403,
    "MISSING_AUTHENTICATION_TOKEN": 403,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 403,
}
_CODES = {
    "ACCESS_DENIED": "AccessDeniedException",
    "AUTHORIZER_CONFIGURATION_ERROR": "AuthorizerConfigurationException",
    "AUTHORIZER_FAILURE": "AuthorizerConfigurationException",
    "BAD_REQUEST_BODY": "BadRequestException",
    "BAD_REQUEST_PARAMETERS": "BadRequestException",
    "EXPIRED_TOKEN": "ExpiredTokenException",
    "INVALID_API_KEY": "ForbiddenException",
    "INVALID_SIGNATURE": "InvalidSignatureException",
    "MISSING_AUTHENTICATION_TOKEN": "MissingAuthenticationTokenException",
    "QUOTA_EXCEEDED": "LimitExceededException",
    "REQUEST_TOO_LARGE": "RequestTooLongException",
    "THROTTLED": "TooManyRequestsException",
    "UNAUTHORIZED": "UnauthorizedException",
    "UNSUPPORTED_MEDIA_TYPE": "UnsupportedMediaTypeException",
    "WAF_FILTERED": "ForbiddenException",
}
"""What `x-amzn-ErrorType` names."""


class Refusal(AwsError):
    """A request that API Gateway answers itself; `kind` is the gateway response type.

    `logged` is the line of the execution log, `detail` is $context.error.validationErrorString, and a message of
    None is `null` on the wire.
    """

    def __init__(
        self,
        kind: str,
        message: str | None,
        why: Why,
        *,
        status: int = 0,
        logged: tuple[str, ...] = (),
        detail: str = "",
    ) -> None:
        code = _CODES.get(kind, "InternalServerErrorException")
        super().__init__(code, message or "", status or STATUSES[kind], why=why)
        self.kind = kind
        self.text = message
        self.logged = logged
        self.detail = detail


def missing_token(why: Why) -> Refusal:
    """No such path or method, or no signature where one is asked for: AWS does not tell which."""
    return Refusal("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token", why)


def unauthorized(why: Why, request_id: str) -> Refusal:
    """An authorizer did not know who it was."""
    return Refusal("UNAUTHORIZED", "Unauthorized", why, logged=(f"Unauthorized request: {request_id}",))


def forbidden(why: Why, line: str) -> Refusal:
    """A client that the domain name's truststore does not trust."""
    refusal = Refusal("DEFAULT_4XX", "Forbidden", why, status=403, logged=(line,))
    refusal.code = "ForbiddenException"
    return refusal


def misconfigured(why: Why, line: str, *, status: int = 0) -> Refusal:
    """The API is not set up rightly; its client learns nothing of it."""
    kind = "DEFAULT_5XX" if status == 502 else "API_CONFIGURATION_ERROR"
    return Refusal(kind, INTERNAL, why, status=status, logged=(f"Execution failed due to configuration error: {line}",))


def failed(cause: str, *facts: Fact, remedy: tuple[str, ...] = (), because: tuple[Why, ...] = ()) -> Why:
    """Why something failed."""
    return Why("failed", cause, facts, remedy, because)


def refused(cause: str, *facts: Fact, remedy: tuple[str, ...] = (), because: tuple[Why, ...] = ()) -> Why:
    """Why something was refused."""
    return Why("refused", cause, facts, remedy, because)
