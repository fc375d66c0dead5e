"""Which endpoint a visit is for, and how what it refuses is told.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-userpools-server-contract-reference.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from html import escape
from typing import Final
from urllib.parse import urlencode

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.pipeline import Pipeline
from foulweather.services.cognito_idp.hosted import (
    authorizing,
    federating,
    granting,
    pages,
    redeeming,
    signing_in,
    signing_out,
    signing_up,
    telling,
)
from foulweather.services.cognito_idp.hosted.addresses import Address, Home
from foulweather.services.cognito_idp.hosted.refusals import CallbackRefusal, OAuthRefusal, PageRefusal
from foulweather.services.cognito_idp.hosted.visit import Visit

Endpoint = Callable[[Visit], Awaitable[HttpResponse]]

_FOR_APPS: Final[Mapping[tuple[str, str], Endpoint]] = {
    ("POST", "/oauth2/token"): redeeming.redeem,
    ("GET", "/oauth2/userInfo"): telling.user_info,
    ("POST", "/oauth2/userInfo"): telling.user_info,
    ("POST", "/oauth2/revoke"): telling.revoke,
}
_FOR_PEOPLE: Final[Mapping[tuple[str, str], Endpoint]] = {
    ("GET", "/oauth2/authorize"): authorizing.authorize,
    ("GET", "/oauth2/idpresponse"): federating.come_back,
    ("POST", "/oauth2/idpresponse"): federating.come_back,
    ("GET", "/login"): signing_in.show,
    ("POST", "/login"): signing_in.post,
    ("GET", "/logout"): signing_out.sign_out,
    ("GET", "/signup"): signing_up.show_sign_up,
    ("POST", "/signup"): signing_up.sign_up,
    ("GET", "/confirmUser"): signing_up.show_confirm,
    ("POST", "/confirmUser"): signing_up.confirm,
    ("POST", "/resendcode"): signing_up.resend,
    ("GET", "/forgotPassword"): signing_up.show_forgot,
    ("POST", "/forgotPassword"): signing_up.forgot,
    ("POST", "/confirmForgotPassword"): signing_up.reset,
}
_METHODS: Final = {path: "" for _, path in (*_FOR_APPS, *_FOR_PEOPLE)}
_FROM_PAGES: Final = ("/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke")


async def answer(pipeline: Pipeline, request: HttpRequest, address: Address, home: Home) -> HttpResponse:
    """Answer a visit to a domain, and put it on record."""
    with pipeline.world.flight():
        if request.method == "OPTIONS":
            return _preflight(address.path)
        try:
            visit = Visit(pipeline, request, address, home)
        except OAuthRefusal as refusal:
            return HttpResponse(400, [("Content-Type", "text/plain;charset=UTF-8")], f"{refusal.code}\n".encode())
        try:
            response = await _answered(visit)
        except AwsError as error:
            pipeline.refused(visit.call, error)
            return _refused(visit, error)
        visit.call.hop.ended_ms = pipeline.world.clock.now_ms
        return response


async def _answered(visit: Visit) -> HttpResponse:
    place = (visit.method if visit.method != "HEAD" else "GET", visit.path)
    endpoint = _FOR_APPS.get(place)
    if endpoint is not None:
        return await endpoint(visit)
    endpoint = _FOR_PEOPLE.get(place)
    if endpoint is None:
        if visit.path in _METHODS:
            raise PageRefusal("MethodNotAllowed", "This page is not for that method.", 405)
        raise PageRefusal("NotFound", "There is no such page.", 404)
    if visit.method == "POST" and visit.path != "/oauth2/idpresponse":
        visit.read_form()
    return await endpoint(visit)


def _refused(visit: Visit, error: AwsError) -> HttpResponse:
    """An error as whoever asked can use it."""
    if isinstance(error, CallbackRefusal):
        told = {"error_description": error.description} if error.description else {}
        told["error"] = error.code
        if error.state:
            told["state"] = error.state
        if error.in_fragment:
            return visit.redirect(f"{error.uri}#{urlencode(told)}")
        return visit.redirect(granting.with_query(error.uri, told))
    if visit.path in _FROM_PAGES:
        status = error.status
        told = {"error": error.code if isinstance(error, OAuthRefusal) else "server_error"}
        description = error.description if isinstance(error, OAuthRefusal) else error.message
        if description:
            told["error_description"] = description
        return visit.json(told, status, *error.headers)
    title = "An error was encountered with the requested page."
    body = f"{pages.alert(error.message)}<p><code>{escape(error.code)}</code></p>"
    return pages.page(visit, title, body, error.status)


def _preflight(path: str) -> HttpResponse:
    """Apps in web pages redeem codes themselves; nothing else here is for the pages of others."""
    headers = [("Content-Length", "0")]
    if path in _FROM_PAGES:
        headers += [
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
            ("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Amz-User-Agent"),
            ("Access-Control-Max-Age", "3600"),
        ]
    return HttpResponse(200, headers)
