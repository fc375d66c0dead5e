"""HTTP backends: what they get, what comes back, and what it means when nothing does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.tls import local_context
from loopback import Application, serving
from services.apigateway.rest.served import Web, header, method, told


class Backend:
    """A server that answers by path, and remembers what it was asked."""

    def __init__(self) -> None:
        self.app = Application(self.answer)
        self.port = 0

    async def answer(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/slow":
            await asyncio.sleep(2)
        status = int(request.path[1:]) if request.path[1:].isdecimal() else 200
        headers = [("Content-Type", "text/plain"), ("X-Back", "1"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
        return HttpResponse(status, headers, b'{"a": "b"}')

    @property
    def asked(self) -> HttpRequest:
        return self.app.asked[-1]

    def integration(self, path: str, kind: str = "HTTP_PROXY", **more: Any) -> dict[str, Any]:
        return {"type": kind, "httpMethod": "POST", "uri": f"http://127.0.0.1:{self.port}{path}", **more}


@pytest_asyncio.fixture
async def backend() -> AsyncIterator[Backend]:
    found = Backend()
    async with serving(found.app) as server:
        found.port = server.port
        yield found


async def test_a_proxy_passes_everything_on_and_back(web: Web, backend: Backend) -> None:
    mapped = {
        "integration.request.path.rest": "method.request.path.proxy",
        "integration.request.header.X-Static": "'s'",
        "integration.request.querystring.more": "context.stage",
    }
    integration = backend.integration("/base/{rest}", httpMethod="ANY", requestParameters=mapped)
    web.api({"/{proxy+}": {"ANY": method(integration)}})
    response = await web.ask("PUT", "/a%20b/c?x=1&x=2", {"X-Own": "o", "Content-Type": "text/x"}, b"body")
    asked = backend.asked
    assert (asked.method, asked.path, asked.query, asked.body) == ("PUT", "/base/a%20b/c", "x=1&x=2&more=prod", b"body")
    assert asked.header("x-own") == "o"
    assert asked.header("x-static") == "s"
    assert asked.header("host") == f"127.0.0.1:{backend.port}"
    assert asked.header("x-amzn-apigateway-api-id") == "api1"
    assert asked.header("x-forwarded-for") == "127.0.0.1"
    assert (response.status, response.body) == (200, b'{"a": "b"}')
    assert [value for name, value in response.headers if name == "Set-Cookie"] == ["a=1", "b=2"]
    assert header(response, "x-amzn-remapped-date")


async def test_a_backends_refusal_goes_through_a_proxy_as_it_is(web: Web, backend: Backend) -> None:
    web.api({"/": {"GET": method(backend.integration("/503"))}})
    response = await web.ask("GET", "")
    assert (response.status, header(response, "x-back")) == (503, "1")


async def test_without_a_proxy_only_what_is_mapped_goes_in_and_out(web: Web, backend: Backend) -> None:
    answers = {
        "200": {
            "statusCode": "200",
            "responseParameters": {"method.response.header.X-Out": "integration.response.header.X-Back"},
        },
        "404": {
            "statusCode": "410",
            "selectionPattern": "4\\d{2}",
            "responseTemplates": {"application/json": "{\"was\": $input.json('$.a')}"},
        },
    }
    integration = backend.integration(
        "/{code}",
        "HTTP",
        requestParameters={
            "integration.request.path.code": "method.request.querystring.code",
            "integration.request.header.X-In": "method.request.header.X-Own",
        },
        requestTemplates={"application/json": '{"q": "$input.params(\'code\')"}'},
        integrationResponses=answers,
    )
    web.api({"/": {"GET": method(integration)}})
    response = await web.ask("GET", "?code=200", {"X-Own": "o", "X-Other": "p"})
    assert (response.status, response.body, header(response, "x-out")) == (200, b'{"a": "b"}', "1")
    assert not header(response, "x-back")
    assert (backend.asked.body, backend.asked.header("x-in")) == (b'{"q": "200"}', "o")
    assert not backend.asked.header("x-other")
    assert backend.asked.header("user-agent") == "AmazonAPIGateway_api1"
    response = await web.ask("GET", "?code=404")
    assert (response.status, told(response)) == (410, {"was": "b"})


async def test_no_connection_is_a_504_and_a_host_out_of_reach_a_500(web: Web, backend: Backend) -> None:
    closed = {"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://127.0.0.1:1/"}
    outside = {"type": "HTTP_PROXY", "httpMethod": "GET", "uri": "http://example.com/"}
    web.api({"/": {"GET": method(closed)}, "/outside": {"GET": method(outside)}})
    response = await web.ask("GET", "")
    assert (response.status, told(response)) == (504, {"message": "Network error communicating with endpoint"})
    assert "no connection" in web.why().cause
    assert (await web.ask("GET", "/outside")).status == 500
    assert web.why().remedy[0].startswith("FOULWEATHER_HTTP_ALLOW=example.com")


async def test_a_backend_that_hangs_is_a_504(web: Web, backend: Backend) -> None:
    web.api({"/": {"GET": method(backend.integration("/slow", timeoutInMillis=50))}})
    response = await web.ask("GET", "")
    assert (response.status, told(response)) == (504, {"message": "Endpoint request timed out"})
    assert "50 ms" in web.why().cause


async def test_an_untrusted_certificate_is_a_502_unless_nobody_looks(web: Web, tmp_path: Path) -> None:
    app = Application(lambda _: HttpResponse(200, [], b"tls"))
    async with serving(app, tls=local_context(tmp_path, web.aws.now)) as server:
        integration = {"type": "HTTP_PROXY", "httpMethod": "GET", "uri": f"https://localhost:{server.port}/"}
        lax = {**integration, "tlsConfig": {"insecureSkipVerification": True}}
        web.api({"/": {"GET": method(integration)}, "/lax": {"GET": method(lax)}})
        response = await web.ask("GET", "")
        assert (response.status, told(response)) == (502, {"message": "Internal server error"})
        assert "certificate is not trusted" in web.why().cause
        assert (await web.ask("GET", "/lax")).body == b"tls"


async def test_a_line_break_in_a_value_ends_no_header(web: Web, backend: Backend) -> None:
    mapped = {"integration.request.header.X-In": "method.request.querystring.q"}
    web.api({"/": {"GET": method(backend.integration("/x", requestParameters=mapped))}})
    response = await web.ask("GET", "?q=a%0d%0aX-Evil:%201")
    assert response.status == 200
    assert backend.asked.header("x-in") == "aX-Evil: 1"
    assert not backend.asked.header("x-evil")


async def test_a_backend_is_shown_the_stages_client_certificate(web: Web, backend: Backend, tmp_path: Path) -> None:
    made = web.aws.apigateway.generate_client_certificate({})
    tls = local_context(tmp_path, web.aws.now)
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(cadata=made["pemEncodedCertificate"])
    async with serving(backend.app, tls) as server:
        uri = f"https://localhost:{server.port}/"
        integration = backend.integration("/", uri=uri, tlsConfig={"insecureSkipVerification": True})
        paths = {"/": {"POST": method(integration)}}
        web.api(paths, {"clientCertificateId": made["clientCertificateId"]})
        assert (await web.ask("POST", "")).status == 200
        web.api(paths)
        assert (await web.ask("POST", "")).status in (502, 504)
