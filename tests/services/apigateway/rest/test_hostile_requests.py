"""Hostile requests: whatever is sent, a stage answers in its own words, and reaches only what was named."""

from __future__ import annotations

import random
import string

from services.apigateway.rest.served import MOCK, Web, method

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
