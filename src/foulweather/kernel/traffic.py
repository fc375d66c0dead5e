"""What a service's data plane is to the front end: users' requests that are no calls of its API.

A service whose manifest says `has_traffic` has a module `traffic` with the functions of `Traffic`. One whose names have
TLS settings of their own has those of `Greets` too.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import NamedTuple, Protocol, runtime_checkable

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.world.world import World


class Terms(NamedTuple):
    """How a name is spoken to in TLS: the oldest version, the cipher suites as OpenSSL names them, and who comes."""

    version_min: str = "TLSv1.2"
    ciphers: str = ""
    asks_client: bool = False
    """Whether a client must show a certificate. Which ones are trusted is decided request by request."""


@runtime_checkable
class Greets(Protocol):
    """The further functions of a module `traffic` whose names have TLS settings of their own."""

    def terms(self, world: World, name: str) -> Terms | None:
        """The settings of a name that is the service's in this world; None where it has none of them."""
        ...

    def unmet(self, world: World, name: str, reason: str) -> None:
        """Put on record that a handshake came to nothing (`reason` is OpenSSL's name for it)."""
        ...


class Traffic(Protocol):
    """The module `traffic` of a service."""

    def serves(self, world: World, request: HttpRequest) -> bool:
        """Whether what the request is for lives in this world (one server hosts many)."""
        ...

    def answer(self, pipeline: Pipeline, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        """Answer a user's request to one of the service's `hosts`, or a preflight (`OPTIONS`) to its API."""
        ...

    def page_headers(self, world: World, request: HttpRequest) -> list[tuple[str, str]]:
        """What is added to the answer of an API request that a web page made (it has an `Origin`): CORS."""
        ...
