"""A browser without a screen, an app that signs users in with it, and the pool and domain that they visit."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.app import Deferred
from foulweather.wire.cloud import Cloud
from foulweather.wire.hosting import Hosted
from harness import Aws
from services.cognito_idp.signing import PASSWORD, Pool, new_pool

HOST = "shop.auth.us-east-1.amazoncognito.com"
LOCAL = f"{HOST}.localhost:4566"
CALLBACK = "https://app.example.com/back"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
OAUTH = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email", "aws.cognito.signin.user.admin"],
    "CallbackURLs": [CALLBACK],
    "LogoutURLs": ["https://app.example.com/bye"],
    "SupportedIdentityProviders": ["COGNITO"],
}


class Page:
    """An answer, as somebody looks at it."""

    def __init__(self, url: str, response: HttpResponse) -> None:
        self.url = url
        self.status = response.status
        self.headers = response.headers
        self.text = response.body.decode()

    @property
    def location(self) -> str:
        return self.header("location")

    @property
    def query(self) -> dict[str, str]:
        """What a redirect tells in its query."""
        return dict(parse_qsl(urlsplit(self.location).query))

    @property
    def told(self) -> dict[str, Any]:
        return json.loads(self.text)

    @property
    def alert(self) -> str:
        """What the page says went wrong."""
        found = re.search(r'<p role="alert">(.*?)</p>', self.text)
        return html.unescape(found[1]) if found else ""

    def header(self, name: str) -> str:
        return next((value for each, value in self.headers if each.lower() == name), "")

    def form(self, index: int = 0) -> tuple[str, dict[str, str]]:
        """A form's action and the values that are in it already."""
        found = re.findall(r'<form method="post" action="(.*?)">(.*?)</form>', self.text, re.DOTALL)[index]
        fields = re.findall(r'<input [^>]*?name="(.*?)"[^>]*? value="(.*?)"', found[1])
        return urljoin(self.url, html.unescape(found[0])), {name: html.unescape(value) for name, value in fields}


class Browser:
    """Keeps cookies by host, and sends what a browser sends with a form."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.cookies: dict[tuple[str, str], str] = {}

    async def get(self, url: str, **headers: str) -> Page:
        """Open an address; redirects are not followed."""
        return await self.send("GET", url, headers)

    async def send(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Page:
        parts = urlsplit(url)
        held = [f"{name}={value}" for (host, name), value in self.cookies.items() if host == parts.netloc]
        sent = [("Host", parts.netloc), *headers.items(), *([("Cookie", "; ".join(held))] if held else [])]
        request = HttpRequest(method, parts.path, parts.query, sent, body, tls=parts.scheme == "https")
        page = Page(url, await self.site.send(request))
        for name, value in page.headers:
            if name.lower() == "set-cookie":
                cookie, _, rest = value.partition(";")
                key, _, content = cookie.partition("=")
                if "Max-Age=0" in rest:
                    self.cookies.pop((parts.netloc, key), None)
                else:
                    self.cookies[parts.netloc, key] = content
        return page

    async def submit(self, page: Page, index: int = 0, **fields: str) -> Page:
        """Send a form of a page."""
        action, held = page.form(index)
        parts = urlsplit(action)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"{parts.scheme}://{parts.netloc}",
            "Sec-Fetch-Site": "same-origin",
        }
        return await self.send("POST", action, headers, urlencode({**held, **fields}).encode())

    async def follow(self, page: Page) -> Page:
        """Go where a redirect leads, as long as that is a page of this world."""
        while page.location and ".amazoncognito.com" in page.location:
            page = await self.get(urljoin(page.url, page.location))
        while page.location.startswith("/"):
            page = await self.get(urljoin(page.url, page.location))
        return page

    async def sign_in(self, url: str, name: str = "ann", password: str = PASSWORD) -> Page:
        """Go through the page to sign in on."""
        return await self.submit(await self.open(url), username=name, password=password)

    async def open(self, url: str) -> Page:
        """Open an address, and go where that leads."""
        return await self.follow(await self.get(url))


class Site:
    """A server with a pool, its domain and a client for OAuth."""

    def __init__(self, aws: Aws, pool: Pool, secret: str = "") -> None:
        self.aws = aws
        self.pool = pool
        self.secret = secret
        pipeline = aws.pipeline
        self.cloud = Cloud(Hosted(aws.world, pipeline.services, pipeline))
        self.cloud.start()
        self.base = f"http://{LOCAL}"

    async def send(self, request: HttpRequest) -> HttpResponse:
        reply = self.cloud.handle(request)
        if isinstance(reply, Deferred):
            self.aws.world.store.commit()
            bound = reply.bind(lambda _: None)
            assert bound is not None
            return bound
        return reply if isinstance(reply, HttpResponse) else await reply

    def browser(self) -> Browser:
        return Browser(self)

    def authorize(self, path: str = "/oauth2/authorize", **params: str) -> str:
        """The address that an app sends a browser to."""
        asked = {"client_id": self.pool.client, "redirect_uri": CALLBACK, "response_type": "code", "state": "s 1&"}
        return f"{self.base}{path}?{urlencode({**asked, **params})}"

    async def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Page:
        """What an app's server posts."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        if self.secret and "Authorization" not in sent:
            basic = base64.b64encode(f"{self.pool.client}:{self.secret}".encode()).decode()
            sent["Authorization"] = f"Basic {basic}"
        return await self.browser().send("POST", f"{self.base}{path}", sent, urlencode(fields).encode())

    async def redeem(self, code: str, **fields: str) -> Page:
        """Tokens for a code."""
        asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **fields}
        if not self.secret:
            asked = {"client_id": self.pool.client, **asked}
        return await self.post("/oauth2/token", **asked)


async def new_site(aws: Aws, client: dict[str, Any] | None = None, domain: str = "shop", **members: Any) -> Site:
    """A pool with ann in it, its domain, and a server."""
    pool = await new_pool(aws, {**OAUTH, **(client or {})}, **members)
    await pool.user(email="ann@example.com", email_verified="true")
    pool.idp.create_user_pool_domain({"Domain": domain, "UserPoolId": pool.id})
    found = pool.idp.describe_user_pool_client({"UserPoolId": pool.id, "ClientId": pool.client})["UserPoolClient"]
    return Site(aws, pool, found.get("ClientSecret", ""))
