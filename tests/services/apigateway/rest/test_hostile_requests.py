"""Hostile requests: whatever is sent, a stage answers in its own words, and reaches only what was named."""

from __future__ import annotations

import asyncio
import base64
import os
import random
import string
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from foulweather.engines.functions.interpreters import available
from foulweather.wire.responses import checked_lines
from services.apigateway.rest.served import MOCK, Web, method, told
from services.apigateway.rest.test_lambda_integrations import PROXY, permit, work

KNOWN = {200, 400, 401, 403, 413, 415, 429, 431, 500}
ODD = [
    "%",
    "%0",
    "%00",
    "%2e%2e",
    "%2f",
    "%ff%fe",
    "..",
    ".",
    "",
    "//",
    ";",
    "{id}",
    "{proxy+}",
    "é",
    "secret",
    "Secret",
]
ECHO = '{"statusCode": 200, "b": $input.json(\'$\'), "p": "$util.escapeJavaScript($input.params(\'id\'))"}'


async def test_no_request_breaks_a_stage_or_reaches_what_it_does_not_name(web: Web) -> None:
    secret = {"200": {"statusCode": "200", "responseTemplates": {"application/json": '"secret"'}}}
    echo = {**MOCK, "requestTemplates": {"application/json": ECHO, "text/xml": "$input.path('$.a.b[0]')"}}
    web.api(
        {
            "/orders/{id}": {"ANY": method(echo)},
            "/files/{proxy+}": {"GET": method()},
            "/secret": {"GET": method({**MOCK, "integrationResponses": secret})},
        }
    )
    draw = random.Random(11)
    every = string.printable + "\x00\x7fé"
    for _ in range(1500):
        path = "/" + "/".join(draw.choice(["orders", "files", *ODD]) for _ in range(draw.randint(0, 4)))
        query = "".join(draw.choice("ab=&%+;[]$#é\x00") for _ in range(draw.randint(0, 12)))
        names = [
            "Content-Type",
            "Accept",
            "X-Api-Key",
            "Cache-Control",
            "Content-Encoding",
            "X-Forwarded-For",
            "X-" + draw.choice(every),
        ]
        values = ["application/json", "text/xml", "*/*", "gzip", "a" * 300, "".join(draw.choices(every, k=8))]
        headers = {draw.choice(names): draw.choice(values) for _ in range(draw.randint(0, 4))}
        body = (
            bytes(draw.randrange(256) for _ in range(draw.randint(0, 40)))
            if draw.random() < 0.5
            else b'{"a": {"b": []}}'
        )
        verb = draw.choice(["GET", "POST", "PUT", "HEAD", "OPTIONS", "TRACE", "get", "X"])
        response = await web.ask(verb, f"{path}?{query}", headers, body)
        assert response.status in KNOWN, (verb, path, query, headers, body, response.body)
        if response.status != 200:  # in its own words: nothing failed in the server itself
            assert response.body.lower().startswith(b'{"message":'), (verb, path, query, headers, body, response.body)
        if response.body == b'"secret"':
            assert path.strip("/") == "secret", path


# --- bodies and parameters that templates and mappings read

DEEP = b"[" * 3_000
VALUES = [
    b'{"a": "\\ud800"}',
    b'{"a": NaN, "b": Infinity}',
    b'{"a": 1e999}',
    b'{"a": ' + b"9" * 5_000 + b"}",
    b'{"a": ' + DEEP + b"]" * 3_000 + b"}",
    b'{"a": {"a": {"a": []}}, "a": 1}',
    b"\xff\xfe{",
    b"\xc0\xaf\xed\xa0\x80\xf8\x88\x80\x80\x80",
    b"\xef\xbb\xbf{}",
    DEEP,
    b"",
    b"null",
]
WORDS = [
    "Infinity",
    "-Infinity",
    "NaN",
    "1e999",
    "-1",
    "100",
    "99999",
    "9" * 5_000,
    "null",
    "[]",
    '"',
    "\\",
    "$",
    "#set",
]
WORDS += ["%00", "%0d%0aX-Evil:%201", "%ff", "%c0%af", "%ed%a0%80", "%e2%9c%93", "%", "%zz", "%u0041", "✓", "é", "%7f"]


def mirrors(web: Web) -> None:
    """Methods whose templates and mappings put what the client sends everywhere it can be put."""

    def mock(template: str, **response: Any) -> dict[str, Any]:
        templates = {"application/json": template}
        answer = {"statusCode": "200", "responseTemplates": {"application/json": "$context.requestId"}, **response}
        return method({**MOCK, "requestTemplates": templates, "integrationResponses": {"200": answer}})

    headers = {"method.response.header.X-Q": "method.request.querystring.q"}
    headers |= {"method.response.header.X-B": "method.request.body.a"}
    override = "".join(
        f"#set($context.responseOverride.{name} = $input.params('q'))" for name in ("status", "header.X-Q")
    )
    schema = {"name": "M", "contentType": "application/json", "schema": '{"type": "object", "required": ["a"]}'}
    checked = method(requestValidatorId="v1", requestModels={"application/json": "M"})
    checked["requestParameters"] = {"method.request.querystring.q": True}
    places = ("path.x", "querystring.x", "header.X-X")
    mapped = {f"integration.request.{place}": "method.request.body.a" for place in places}
    sent = {"type": "HTTP_PROXY", "httpMethod": "POST", "uri": "http://127.0.0.1:1/{x}", "requestParameters": mapped}
    answers = {
        "DEFAULT_4XX": {
            "responseParameters": {"gatewayresponse.header.X-Q": "method.request.querystring.q"},
            "responseTemplates": {"application/json": '{"message": "$method.request.querystring.q"}'},
        }
    }
    web.api(
        {
            "/json": {"ANY": mock('{"statusCode": 200, "b": $input.json(\'$.a\'), "c": "$input.path(\'$\')"}')},
            "/parsed": {"ANY": mock('{"statusCode": 200, "b": "$util.parseJson($input.body).a"}')},
            "/status": {"ANY": mock("{\"statusCode\": $input.params('q')}")},
            "/path": {"ANY": mock('{"statusCode": 200, "b": $input.json($input.params(\'q\'))}')},
            "/decoded": {"ANY": mock('{"statusCode": 200, "b": "$util.base64Decode($input.params(\'q\'))"}')},
            "/override": {"ANY": mock(f'{override}{{"statusCode": 200}}')},
            "/headers": {"ANY": mock('{"statusCode": 200}', responseParameters=headers)},
            "/checked": {"ANY": checked},
            "/sent": {"ANY": method(sent)},
        },
        models={"M": schema},
        requestValidators={"v1": {"id": "v1", "validateRequestBody": True, "validateRequestParameters": True}},
        gatewayResponses=answers,
    )


REQUESTS = st.tuples(
    st.sampled_from(
        ["json", "parsed", "status", "path", "decoded", "override", "headers", "checked", "sent", "nothing"]
    ),
    st.sampled_from(WORDS) | st.text(st.sampled_from("$.[]*'\"?@()#{}%0aé✓\x00\r\n"), max_size=8),
    st.sampled_from(VALUES) | st.binary(max_size=30),
    st.sampled_from(["application/json", "application/json; charset=utf-16", "text/xml", "", "a/b; c=\x01"]),
)


def mirrored_for(seconds: float, examples: int) -> int:
    """Send hostile values until the time is over, at least so many; the number sent."""
    sent, until, runs = 0, time.monotonic() + seconds, 0
    with asyncio.Runner() as runner:
        web = runner.run(opened())
        while not runs or time.monotonic() < until:
            runs += 1

            @seed(runs)
            @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
            @given(REQUESTS)
            def try_one(request: tuple[str, str, bytes, str]) -> None:
                nonlocal sent
                sent += 1
                name, value, body, kind = request
                response = runner.run(web.ask("POST", f"/{name}?q={value}", {"Content-Type": kind}, body))
                assert 200 <= response.status <= 599, request
                checked_lines(response.headers).encode("latin-1")
                assert not any(name.lower() == "x-evil" for name, _ in response.headers), request

            try_one()
        web.cloud.close()
    return sent


async def opened() -> Web:
    web = Web()
    mirrors(web)
    return web


def test_no_value_breaks_what_templates_and_mappings_make_of_it() -> None:
    assert mirrored_for(0, 150) >= 50


@pytest.mark.slow
def test_no_value_breaks_what_templates_and_mappings_make_of_it_for_long() -> None:
    seconds = float(os.environ.get("FUZZ_SECONDS", "600")) / 2
    print(f"{mirrored_for(seconds, 400)} requests")


# --- multipart bodies

EDGE = b"--edge\r\n"
PART = b'Content-Disposition: form-data; name="file"; filename="../../etc/passwd"\r\nContent-Type: image/png\r\n\r\n'
BROKEN = {
    "no end": EDGE + PART + b"\x89PNG\r\n\xff\x00",
    "no boundary": b"\x89PNG\r\n\xff\x00",
    "another boundary": b"--other\r\n" + PART + b"\xff\r\n--other--\r\n",
    "only an end": b"--edge--\r\n",
    "an end in the middle": EDGE + PART + b"a\r\n--edge--\r\n" + EDGE + PART + b"b\r\n--edge--\r\n",
    "no header": EDGE + b"\r\n\xfe\r\n--edge--\r\n",
    "half a header": EDGE + b"Content-Disposition: form-da",
    "bare line feeds": b"--edge\n" + PART.replace(b"\r", b"") + b"a\n--edge--\n",
    "NUL in the name": EDGE + PART.replace(b"file", b"fi\0le") + b"a\r\n--edge--\r\n",
    "nested": EDGE + b"Content-Type: multipart/mixed; boundary=edge\r\n\r\n" + EDGE + b"a\r\n--edge--\r\n--edge--",
    "overlong UTF-8": EDGE + PART + b"\xc0\xae\xc0\xae\xc0\xaf\r\n--edge--\r\n",
    "nothing but edges": EDGE * 500,
}
ECHO = """
import json
def handler(event, context):
    return {'statusCode': 200, 'body': json.dumps([event['body'], event['isBase64Encoded'], event['headers']])}
"""


@pytest.mark.skipif(not available(), reason="no interpreter for functions")
@pytest.mark.parametrize("is_binary", [True, False])
async def test_a_broken_multipart_body_comes_to_the_function_as_it_is(web: Web, is_binary: bool) -> None:
    await work(web, ECHO, permitted=False)
    permit(web, "arn:aws:execute-api:us-east-1:111122223333:api1/*")
    types = ["multipart/form-data"] if is_binary else []
    web.api({"/upload": {"POST": method(PROXY)}}, restApi={"binaryMediaTypes": types})
    for kind in ("multipart/form-data; boundary=edge", "multipart/form-data", 'Multipart/Form-Data; boundary="'):
        for name, sent in BROKEN.items():
            response = await web.ask("POST", "/upload", {"Content-Type": kind}, sent)
            assert response.status == 200, (kind, name, response.body)
            body, is_base64, headers = told(response)
            assert is_base64 is is_binary, (kind, name)
            assert headers["Content-Type"] == kind
            if is_binary:
                assert base64.b64decode(body) == sent, (kind, name)
            else:  # text, in which what is no UTF-8 is lost, as it is at AWS
                assert body == sent.decode("utf-8", "replace"), (kind, name)


@pytest.mark.skipif(not available(), reason="no interpreter for functions")
async def test_no_answer_of_a_function_breaks_the_line(web: Web) -> None:
    code = "def handler(event, context):\n    return eval(event['body'])\n"
    await work(web, code, permitted=False)
    permit(web, "arn:aws:execute-api:us-east-1:111122223333:api1/*")
    web.api({"/": {"POST": method(PROXY)}})
    for answer in ("{'statusCode': float('inf')}", "{'statusCode': 100}", "{'statusCode': '9' * 5000}", "'[' * 9000"):
        assert (await web.ask("POST", "", {}, answer.encode())).status == 502, answer
    headers = "'X-A': '\\u2713\\r\\nX-Evil: 1\\0', 'X\\r\\nX-Evil': '1', '\\u2713': '1', 'Transfer-Encoding': 'chunked'"
    headers = f"{{{headers}}}"
    answer = f"{{'statusCode': 200, 'headers': {headers}, 'body': '\\ud800'}}"
    response = await web.ask("POST", "", {}, answer.encode())
    assert (response.status, response.body) == (200, b"?")
    checked_lines(response.headers).encode("latin-1")
    assert ("X-A", "?X-Evil: 1") in response.headers
    assert not {"x-evil", "transfer-encoding"} & {name.lower() for name, _ in response.headers}
