"""What an HTTP API itself answers: each refusal with AWS's words and status.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-jwt.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
"""

from __future__ import annotations

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

_CODES = {
    400: "BadRequestException",
    401: "UnauthorizedException",
    403: "ForbiddenException",
    404: "NotFoundException",
    413: "RequestTooLongException",
    429: "TooManyRequestsException",
    500: "InternalServerErrorException",
    503: "ServiceUnavailableException",
}
_WORDS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Refusal(AwsError):
    """A request that an HTTP API answers itself; `logged` is what access logs tell of it."""

    def __init__(
        self, status: int, why: Why, *, logged: str = "", headers: tuple[tuple[str, str], ...] = (), message: str = ""
    ) -> None:
        code = _CODES.get(status, "InternalServerErrorException")
        super().__init__(code, message or _WORDS.get(status, "Internal Server Error"), status, why=why, headers=headers)
        self.logged = logged


def failed(cause: str, *facts: Fact, remedy: tuple[str, ...] = (), because: tuple[Why, ...] = ()) -> Why:
    """Why something failed."""
    return Why("failed", cause, facts, remedy, because)


def refused(cause: str, *facts: Fact, remedy: tuple[str, ...] = (), because: tuple[Why, ...] = ()) -> Why:
    """Why something was refused."""
    return Why("refused", cause, facts, remedy, because)
