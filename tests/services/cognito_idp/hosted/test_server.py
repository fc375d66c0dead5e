"""The code flow over a real socket, with the standard library's own client, cookies and redirects."""

from __future__ import annotations

import asyncio
import base64
import html
import http.client
import json
import re
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from harness import Aws
from loopback import serving
from services.cognito_idp.hosted.browsing import CALLBACK, CHALLENGE, HOST, VERIFIER, Site, new_site
from services.cognito_idp.signing import PASSWORD, claims


class _Stop(urllib.request.HTTPRedirectHandler):
    """Goes along with redirects on the server, and stops at the one to the app."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if newurl.startswith(CALLBACK):
            raise urllib.error.HTTPError(newurl, code, msg, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def signed_in(base: str, site: Site) -> dict[str, Any]:
    """What an app gets whose user goes through the pages."""
    opener = urllib.request.build_opener(_Stop, urllib.request.HTTPCookieProcessor(CookieJar()))
    asked = {"client_id": site.pool.client, "redirect_uri": CALLBACK, "response_type": "code", "state": "s"}
    asked |= {"code_challenge": CHALLENGE, "code_challenge_method": "S256", "scope": "openid"}
    with opener.open(f"{base}/oauth2/authorize?{urlencode(asked)}", timeout=20) as page:
        url, text = page.url, page.read().decode()
    found = re.search(r'action="(.*?)".*?name="_csrf" value="(.*?)"', text)
    assert found is not None
    parts = urlsplit(url)
    fields = {"_csrf": html.unescape(found[2]), "username": "ann", "password": PASSWORD}
    action = f"{parts.scheme}://{parts.netloc}{html.unescape(found[1])}"
    with pytest.raises(urllib.error.HTTPError) as raised:
        opener.open(action, urlencode(fields).encode(), timeout=20)
    code = parse_qs(urlsplit(raised.value.url).query)["code"][0]
    redeemed = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    basic = base64.b64encode(f"{site.pool.client}:{site.secret}".encode()).decode()
    request = urllib.request.Request(
        f"{base}/oauth2/token", urlencode(redeemed).encode(), {"Authorization": f"Basic {basic}"}
    )
    with opener.open(request, timeout=20) as answer:
        return json.loads(answer.read())


def posted_elsewhere(port: int) -> int:
    """The status of a call with a known client under a name that is nobody's, as a rebound DNS name would have it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/", json.dumps({"ClientId": "x"}), {"Host": "evil.example"})
    return connection.getresponse().status


async def test_a_user_signs_in_over_the_wire(aws: Aws) -> None:
    site = await new_site(aws, {"GenerateSecret": True})
    async with serving(site.cloud) as server:  # type: ignore[arg-type]
        base = f"http://localhost:{server.port}/cognito-user-pools/{HOST}"
        told = await asyncio.to_thread(signed_in, base, site)
        assert claims(told["id_token"])["cognito:username"] == "ann"
        assert await asyncio.to_thread(posted_elsewhere, server.port) == 403
