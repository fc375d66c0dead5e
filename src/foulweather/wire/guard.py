"""Keeps web pages out: a site that a developer visits must not drive the cloud on their machine.

A rebound DNS name shows in `Host` (it has a dot and is no name of ours), a cross-site request in
`Origin` and `Sec-Fetch-Site`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.own_hosts import ADMIN_PATHS

OUR_DOMAINS = (".localhost", ".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".on.aws", ".internal")
REMEMBERED_MAX = 1000


class Guard:
    """Decides on a request by the names in it; `hosts` are further names that the server goes by.

    `is_domain` tells whether a request is for a name that somebody has given a data plane here: those are not
    remembered, since they may be taken away again.
    """

    def __init__(
        self, hosts: frozenset[str] = frozenset(), is_domain: Callable[[HttpRequest], bool] | None = None
    ) -> None:
        self._hosts = hosts
        self._is_domain = is_domain
        self._good: set[str] = set()

    def refusal(self, request: HttpRequest) -> HttpResponse | None:
        """The answer to a request that must not be served, or None."""
        headers = request.by_name()
        host = headers.get("host", "")
        if host not in self._good:
            if not self._is_ours(_name(host)):
                is_admin = request.path.startswith(ADMIN_PATHS)
                if not is_admin and self._is_domain is not None and self._is_domain(request):
                    return None
                return _forbidden(f"the Host header names {host!r}; start with --allow-host to serve under that name")
            if len(self._good) < REMEMBERED_MAX:
                self._good.add(host)
        if request.path.startswith(ADMIN_PATHS):
            return self.page_refusal(request) or self._hosted_page_refusal(request)
        return None

    def _hosted_page_refusal(self, request: HttpRequest) -> HttpResponse | None:
        """The answer to a page of a bucket, an API or a function of this world: it does not administer the server."""
        headers = request.by_name()
        name = urlsplit(headers.get("origin", "")).hostname or ""
        if not name and headers.get("sec-fetch-site") in ("same-origin", "same-site"):
            name = _name(headers.get("host", ""))
        if name.endswith(".localhost") and name not in self._hosts:
            return _forbidden(f"the web page {name} is served here, and does not administer the server")
        return None

    def page_refusal(self, request: HttpRequest) -> HttpResponse | None:
        """The answer to a request that a web page of somebody else's made; None for any other request.

        AWS's API itself is open to web pages that prove who they are, or that come as nobody (a public
        bucket): they are refused where they would be taken for the developer without a proof.
        """
        headers = request.by_name()
        if "origin" not in headers and "sec-fetch-site" not in headers:
            return None
        origin = headers.get("origin", "")
        if origin and origin != "null" and not self._is_local(urlsplit(origin).hostname or ""):
            return _forbidden(f"requests from the web page {origin} are not served")
        if origin == "null" or (not origin and headers.get("sec-fetch-site") == "cross-site"):
            return _forbidden("cross-site requests of web pages are not served")
        return None

    def _is_ours(self, name: str) -> bool:
        return "." not in name or name.endswith(OUR_DOMAINS) or name in self._hosts or _is_address(name)

    def _is_local(self, name: str) -> bool:
        if name in ("localhost", *self._hosts) or name.endswith(".localhost"):
            return True
        return _is_address(name) and ipaddress.ip_address(name.strip("[]")).is_loopback


def _name(host: str) -> str:
    if host.startswith("["):
        return host[: host.find("]") + 1]
    return host.rpartition(":")[0] if ":" in host else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _forbidden(reason: str) -> HttpResponse:
    body = f"Forbidden by foulweather: {reason}.\n".encode()
    return HttpResponse(403, [("Content-Type", "text/plain; charset=utf-8")], body)
