"""Text and binary data: the rows of AWS's tables of content type conversions."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from foulweather.kernel.http import HttpRequest, HttpResponse
from loopback import Application, serving
from services.apigateway.rest.served import Web, method

PNG = b"\x89PNG\xff"
MANGLED = PNG.decode("utf-8", "replace").encode()
BASE64 = base64.b64encode(PNG)
BINARY = {"restApi": {"binaryMediaTypes": ["image/png"]}}


class Backend:
    """A server that answers with what it is told to, and keeps what it was sent."""

    def __init__(self) -> None:
        self.app = Application(self.answer)
        self.port, self.kind, self.body = 0, "image/png", PNG

    async def answer(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(200, [("Content-Type", self.kind)], self.body)

    def method(self, kind: str, handling: str = "", **of_response: str) -> dict[str, Any]:
        responses = {"200": {"statusCode": "200", **of_response}}
        own = {"type": kind, "httpMethod": "POST", "uri": f"http://127.0.0.1:{self.port}/"}
        own |= {"integrationResponses": responses} if kind == "HTTP" else {}
        return method({**own, "contentHandling": handling} if handling else own)


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[Backend]:
    found = Backend()
    async with serving(found.app) as server:
        found.port = server.port
        yield found


@pytest.mark.parametrize("kind", ["HTTP_PROXY", "HTTP"])
@pytest.mark.parametrize(
    ("api", "sent", "handling", "expected"),
    [
        ({}, "image/png", "", MANGLED),
        (BINARY, "image/png", "", PNG),
        (BINARY, "image/png", "CONVERT_TO_TEXT", BASE64),
        (BINARY, "image/png", "CONVERT_TO_BINARY", PNG),
        (BINARY, "image/gif", "", MANGLED),
        ({}, "text/plain", "CONVERT_TO_BINARY", b"hi"),
        (BINARY, "text/plain", "CONVERT_TO_TEXT", b"aGk="),
    ],
)
async def test_a_request_is_text_unless_its_type_is_binary(
    web: Web, backend: Backend, kind: str, api: dict[str, Any], sent: str, handling: str, expected: bytes
) -> None:
    web.api({"/": {"POST": backend.method(kind, handling)}}, **api)
    body = b"aGk=" if sent == "text/plain" else PNG
    await web.ask("POST", "", {"Content-Type": sent, "Accept": "image/png"}, body)
    assert backend.app.asked[-1].body == expected


@pytest.mark.parametrize(
    ("api", "accept", "handling", "expected"),
    [
        ({}, "image/png", "", MANGLED),
        (BINARY, "image/png", "", PNG),
        (BINARY, "text/html,image/png", "", BASE64),
        (BINARY, "text/html", "CONVERT_TO_BINARY", PNG),
        (BINARY, "image/png", "CONVERT_TO_TEXT", BASE64),
        ({}, "text/html", "CONVERT_TO_TEXT", MANGLED),
    ],
)
async def test_a_response_is_text_unless_its_type_is_binary_and_wanted(
    web: Web, backend: Backend, api: dict[str, Any], accept: str, handling: str, expected: bytes
) -> None:
    of_response = {"contentHandling": handling} if handling else {}
    web.api(
        {"/": {"GET": backend.method("HTTP", **of_response)}, "/proxy": {"GET": backend.method("HTTP_PROXY")}}, **api
    )
    assert (await web.ask("GET", "", {"Accept": accept})).body == expected
    if not handling:
        assert (await web.ask("GET", "/proxy", {"Accept": accept})).body == expected


async def test_a_functions_base64_becomes_binary_without_its_quotes(web: Web, backend: Backend) -> None:
    backend.kind, backend.body = "application/json", b'"' + BASE64 + b'"'
    web.api({"/": {"GET": backend.method("HTTP", contentHandling="CONVERT_TO_BINARY")}})
    assert (await web.ask("GET", "")).body == PNG
    web.api({"/": {"GET": backend.method("HTTP")}}, **BINARY)
    assert (await web.ask("GET", "", {"Accept": "image/png"})).body == PNG
    backend.body = b'{"no": "image"}'
    assert (await web.ask("GET", "", {"Accept": "image/png"})).status == 500
    assert "not base64" in web.why().cause
