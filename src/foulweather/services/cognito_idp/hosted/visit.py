"""One visit to a hosted domain: what was asked, by which browser, and the answers to it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from foulweather.kernel.call import Call, Origin
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Fact
from foulweather.policy.principal import ANONYMOUS
from foulweather.services.cognito_idp.hosted.addresses import PATHS, Address, Home, home_of
from foulweather.services.cognito_idp.hosted.refusals import OAuthRefusal, PageRefusal

FIELDS_MAX = 100
CSRF_COOKIE, CSRF_FIELD = "XSRF-TOKEN", "_csrf"


class Visit:
    """A request to a domain; `base` is what its paths begin with here."""

    def __init__(self, pipeline: Pipeline, request: HttpRequest, address: Address, home: Home) -> None:
        self.pipeline = pipeline
        self.request = request
        self.state, self.pool, self.domain = home
        self.name = address.domain
        self.base = address.base
        self.path = address.path
        self.method = request.method
        self.call = _call(pipeline, request, home, self.path)
        self.cookies = _cookies(request.header("cookie"))
        self.to_set: list[str] = []
        self.query = self._fields(request.query)
        self.form: dict[str, str] = {}

    def read_form(self) -> None:
        """Take the fields of a form that was posted."""
        if not self.request.header("content-type").lower().startswith("application/x-www-form-urlencoded"):
            kind = self.request.header("content-type")
            raise OAuthRefusal("invalid_request", "The body is no form.", Fact("request", "Content-Type", kind))
        self.form = self._fields(self.request.body.decode("latin-1"))

    def _fields(self, text: str) -> dict[str, str]:
        """The fields of a query or form; RFC 6749, 3.1: none may be there twice."""
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="replace")
        except ValueError:
            raise OAuthRefusal("invalid_request", "There are too many fields.") from None
        fields = dict(pairs)
        if len(fields) < len(pairs):
            raise OAuthRefusal("invalid_request", "A parameter is there twice.")
        return fields

    # --- who may post

    def check_own_page(self) -> None:
        """Refuse a form that was not on a page of this domain: its token, and what the browser says of its origin."""
        given, held = self.form.get(CSRF_FIELD, ""), self.cookies.get(CSRF_COOKIE, "")
        origin, site = self.request.header("origin"), self.request.header("sec-fetch-site")
        is_foreign = bool(origin) and urlsplit(origin).netloc != self.request.header("host")
        if is_foreign or site in ("cross-site", "same-site"):
            fact = Fact("request", "Origin", origin or site)
            raise PageRefusal("Forbidden", "The form is of another web site.", 403, facts=(fact,))
        if not given or not hmac.compare_digest(given.encode(), held.encode()):
            fact = Fact("request", CSRF_FIELD, "is not the cookie's")
            raise PageRefusal("Forbidden", "The form has expired. Open the page again.", 403, facts=(fact,))

    @property
    def csrf_token(self) -> str:
        """What the forms of this browser show that they are this domain's; one is made where there is none."""
        if not self.cookies.get(CSRF_COOKIE):
            self.set_cookie(CSRF_COOKIE, self.call.world.ids.token(24))
        return self.cookies[CSRF_COOKIE]

    def set_cookie(self, name: str, value: str, age_s: int | None = None) -> None:
        """Have the browser keep something; an age of 0 makes it forget."""
        self.cookies[name] = value
        secure = "; Secure" if self.request.tls else ""
        age = "" if age_s is None else f"; Max-Age={age_s}"
        self.to_set.append(f"{name}={value}; Path={self.base or '/'}{age}; HttpOnly; SameSite=Lax{secure}")

    # --- answers

    def link(self, path: str, params: Mapping[str, str] | None = None) -> str:
        """A path of this domain, as it is reached here."""
        return f"{self.base}{path}{'?' + urlencode(params) if params else ''}"

    def redirect(self, url: str) -> HttpResponse:
        """Send the browser elsewhere; to another domain of this world, by the way that it came here."""
        plain = "".join(each if each.isascii() else quote(each) for each in self.local(url))
        return self._answer(302, [("Location", plain), ("Content-Length", "0")])

    def local(self, url: str) -> str:
        """A URL, if it is of a domain of this world as it is reached the way that the visitor came."""
        parts = urlsplit(url)
        if parts.scheme != "https" or home_of(self.call.world, parts.netloc) is None:
            return url
        rest = url.split(parts.netloc, 1)[1]
        host = self.request.header("host")
        scheme = "https" if self.request.tls else "http"
        if self.base:
            return f"{scheme}://{host}{PATHS}{parts.netloc}{rest}"
        name, _, port = host.partition(":")
        if not name.lower().endswith(".localhost"):
            return url
        return f"{scheme}://{parts.netloc}.localhost{':' + port if port else ''}{rest}"

    def page(self, html: str, status: int = 200, style: str = "") -> HttpResponse:
        """A page that nobody can put in a frame, and that loads nothing."""
        policy = f"default-src 'none'; style-src {style or repr('none')}; base-uri 'none'; frame-ancestors 'none'"
        headers = [
            ("Content-Type", "text/html;charset=UTF-8"),
            ("Content-Security-Policy", policy),
            ("X-Frame-Options", "DENY"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
        ]
        return self._answer(status, headers, html.encode())

    def json(self, told: Mapping[str, Any], status: int = 200, *further: tuple[str, str]) -> HttpResponse:
        """An answer to an app, which may be one in a web page of any origin."""
        headers = [
            ("Content-Type", "application/json;charset=UTF-8"),
            ("Access-Control-Allow-Origin", "*"),
            *further,
        ]
        return self._answer(status, headers, json.dumps(told, separators=(",", ":")).encode())

    def empty(self) -> HttpResponse:
        """Nothing to tell but that it is done."""
        return self._answer(200, [("Access-Control-Allow-Origin", "*"), ("Content-Length", "0")])

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes = b"") -> HttpResponse:
        cookies = [("Set-Cookie", each) for each in self.to_set]
        kept = [("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"), ("Pragma", "no-cache")]
        return HttpResponse(
            status, [*headers, *kept, *cookies, ("x-amz-cognito-request-id", self.call.request_id)], body
        )


def _cookies(header: str) -> dict[str, str]:
    pairs = (each.strip().partition("=") for each in header.split(";"))
    return {name: value for name, _, value in pairs if name}


def _call(pipeline: Pipeline, request: HttpRequest, home: Home, path: str) -> Call:
    """A visit of nobody in particular: no call of the API, but on record like one, as CloudTrail names it.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-info-in-cloudtrail.html
    """
    origin = Origin(
        request.peer, request.tls, request.header("user-agent"), request.header("host"), request.header("referer")
    )
    name = path.rpartition("/")[2] or "Root"
    pool = home.pool
    operation = f"{name[:1].upper()}{name[1:40]}_{request.method}"
    call = Call(pipeline, "cognito-idp", operation, pool.account, pool.region, ANONYMOUS, origin=origin)
    call.resource = call.hop.resource = pool.arn
    pipeline.world.state(Traces).begin(call.hop)
    return call
