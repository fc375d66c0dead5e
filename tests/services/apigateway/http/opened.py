"""A server with an HTTP API in it, made through the API itself, in front of a backend on this machine."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from foulweather.kernel.http import HttpRequest, HttpResponse
from loopback import Application
from services.apigateway.rest.served import Web

PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:work"
INVOCATION = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"


def encoded(value: bytes) -> str:
    """Base64 as tokens have it."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def published(key: rsa.RSAPrivateKey = PRIVATE, kid: str = "one", **more: Any) -> dict[str, Any]:
    """A public key as an issuer publishes it."""
    numbers = key.public_key().public_numbers()
    modulus = numbers.n.to_bytes(256, "big")
    return {"kty": "RSA", "use": "sig", "kid": kid, "n": encoded(modulus), "e": encoded(b"\1\0\1"), **more}


class Backend:
    """A backend that says what it was asked, and an issuer of tokens at `/.well-known/`."""

    def __init__(self) -> None:
        self.app = Application(self.answer)
        self.port = 0
        self.keys: list[dict[str, Any]] = [published()]
        self.fetched = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def asked(self) -> HttpRequest:
        return self.app.asked[-1]

    async def answer(self, request: HttpRequest) -> HttpResponse:
        told: Any = {"method": request.method, "path": request.path, "query": request.query}
        if request.path.endswith("openid-configuration"):
            told = {"issuer": self.origin, "jwks_uri": f"{self.origin}/.well-known/jwks.json"}
        elif request.path.endswith("jwks.json"):
            self.fetched += 1
            told = {"keys": self.keys}
        status = int(request.path[1:]) if request.path[1:].isdecimal() else 200
        headers = [("Content-Type", "application/json"), ("Access-Control-Allow-Origin", "backend"), ("X-Back", "1")]
        return HttpResponse(status, headers, json.dumps(told).encode())


class Shop:
    """An HTTP API whose routes lead to the backend unless told otherwise; its `$default` stage deploys by itself."""

    def __init__(self, web: Web, backend: Backend, **more: Any) -> None:
        self.web, self.backend = web, backend
        self.v2 = web.aws.apigatewayv2
        self.api: str = self.v2.create_api({"Name": "shop", "ProtocolType": "HTTP", **more})["ApiId"]
        self.stage()

    def stage(self, name: str = "$default", **more: Any) -> dict[str, Any]:
        return self.v2.create_stage({"ApiId": self.api, "StageName": name, "AutoDeploy": True, **more})

    def integration(self, **more: Any) -> str:
        asked = {
            "IntegrationType": "HTTP_PROXY",
            "IntegrationMethod": "ANY",
            "IntegrationUri": f"{self.backend.origin}/",
        }
        if "IntegrationSubtype" in more or more.get("IntegrationType") == "AWS_PROXY":
            asked = {"IntegrationType": "AWS_PROXY"}
        return self.v2.create_integration({"ApiId": self.api, **asked, **more})["IntegrationId"]

    def route(self, key: str, integration: str | None = None, **more: Any) -> str:
        target = f"integrations/{integration or self.integration()}"
        return self.v2.create_route({"ApiId": self.api, "RouteKey": key, "Target": target, **more})["RouteId"]

    def jwt(self, *audience: str, **more: Any) -> str:
        asked = {
            "AuthorizerType": "JWT",
            "Name": "jwt",
            "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": {"Issuer": self.backend.origin, "Audience": list(audience or ("shop",))},
        }
        return self.v2.create_authorizer({"ApiId": self.api, **asked, **more})["AuthorizerId"]

    def claims(self, **more: Any) -> dict[str, Any]:
        now_s = self.web.aws.now // 1000
        usual = {"iss": self.backend.origin, "aud": "shop", "sub": "ann", "exp": now_s + 3600, "iat": now_s}
        return {name: value for name, value in {**usual, **more}.items() if value is not None}

    def token(self, header: dict[str, Any] | None = None, key: rsa.RSAPrivateKey = PRIVATE, **claims: Any) -> str:
        named = {"alg": "RS256", "kid": "one", "typ": "JWT", **(header or {})}
        parts = (named, self.claims(**claims))
        text = ".".join(encoded(json.dumps(each).encode()) for each in parts)
        return f"{text}.{encoded(key.sign(text.encode(), PKCS1v15(), SHA256()))}"

    async def ask(self, method: str = "GET", path: str = "/", headers: dict[str, str] | None = None, body: bytes = b""):
        host = f"{self.api}.execute-api.us-east-1.localhost:4566"
        return await self.web.ask(method, path, headers, body, host=host, stage="")

    async def with_token(self, token: str, path: str = "/") -> HttpResponse:
        return await self.ask("GET", path, {"Authorization": f"Bearer {token}"})
