"""What a service's data plane is to the front end: users' requests that are no calls of its API.

A service whose manifest says `has_traffic` has a module `traffic` with the functions of `Traffic`.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.world.world import World


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
