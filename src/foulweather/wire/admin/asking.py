"""One request to the admin API, and the answers and refusals it can get."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from foulweather.kernel.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from foulweather.wire.admin.front import Admin
    from foulweather.wire.cloud import Cloud
from foulweather.wire.hosting import Hosted

JSON = ("Content-Type", "application/json")
COUNT_MAX = 10_000


class Refused(Exception):
    """A request that the admin API does not carry out."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class ErrorDetail(msgspec.Struct, frozen=True):
    """What was wrong."""

    code: str
    message: str


class Error(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer to a request that was not carried out; to an unknown path with the endpoints there are."""

    error: ErrorDetail
    endpoints: list[str] = []


class Asked:
    """A request to one endpoint: its path's parameter, its query, its decoded body, and the world it is about."""

    __slots__ = ("admin", "body", "param", "query", "request")

    def __init__(self, admin: Admin, request: HttpRequest, param: str) -> None:
        self.admin = admin
        self.request = request
        self.param = param
        self.query = dict(parse_qsl(request.query, keep_blank_values=True))
        self.body: Any = None

    @property
    def cloud(self) -> Cloud:
        """All worlds of the server."""
        return self.admin.cloud

    @property
    def world_name(self) -> str:
        """The world that is asked about."""
        return self.query.get("world") or self.cloud.default.world.name

    @property
    def hosted(self) -> Hosted:
        """The world that is asked about, or the refusal that there is none of that name."""
        return self.named(self.world_name)

    def named(self, name: str) -> Hosted:
        """A world by name."""
        found = self.cloud.worlds.get(name)
        if found is None:
            raise Refused(404, "NoSuchWorld", f"There is no world named {name!r}.")
        return found

    def count(self, name: str, default: int, most: int = COUNT_MAX) -> int:
        """A whole number of the query."""
        text = self.query.get(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit()) or int(text) > most:
            raise Refused(400, "BadQuery", f"{name} must be a whole number up to {most}, not {text!r}.")
        return int(text)

    def flag(self, name: str) -> bool:
        """A yes or no of the query; the bare name says yes."""
        text = self.query.get(name)
        if text is None or text.lower() in ("0", "false", "no"):
            return False
        if text.lower() in ("", "1", "true", "yes"):
            return True
        raise Refused(400, "BadQuery", f"{name} must be true or false, not {text!r}.")


class Endpoint(NamedTuple):
    """One method of one path: what it does, takes and gives.

    `response` is None where the answer is not JSON. `further_lines` are what else a line may be, where the
    answer is such values, one a line.
    """

    method: str
    path: str
    run: Callable[[Asked], Answer | Awaitable[Answer]]
    summary: str
    response: Any = None
    request: Any = None
    query: tuple[str, ...] = ()
    status: int = 200
    further_lines: tuple[Any, ...] = ()


Answer = Any
"""An `HttpResponse`, or a value that becomes its JSON."""


def json_response(value: Any, status: int = 200) -> HttpResponse:
    """A value as a response, one line to the end."""
    return HttpResponse(status, [JSON], msgspec.json.encode(value, enc_hook=str) + b"\n")


def refusal(refused: Refused, endpoints: list[str] | None = None) -> HttpResponse:
    """A refusal as a response."""
    return json_response(Error(ErrorDetail(refused.code, refused.message), endpoints or []), refused.status)
