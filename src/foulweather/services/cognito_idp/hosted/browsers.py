"""Browsers in which somebody is signed in: for an hour, another app's sign-in needs no password.

https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-cookies.html
"""

from __future__ import annotations

from typing import Final

from foulweather.services.cognito_idp import tokens
from foulweather.services.cognito_idp.hosted.visit import Visit
from foulweather.services.cognito_idp.hosted_records import Browser
from foulweather.services.cognito_idp.limits import HOUR_MS
from foulweather.services.cognito_idp.records import User

COOKIE: Final = "cognito"


def remember(visit: Visit, user: User) -> None:
    """Have a browser be signed in."""
    visit.state.forget_old_visits(visit.call.now)
    value = visit.call.world.ids.token(32)
    key = tokens.digest(value)
    visit.state.browsers.put(key, Browser(key, visit.pool.id, user.name, visit.call.now + HOUR_MS))
    visit.set_cookie(COOKIE, value, HOUR_MS // 1000)


def user_of(visit: Visit) -> User | None:
    """Who is signed in in a browser: nobody any more, if they have signed out everywhere since or are disabled."""
    browser = visit.state.browsers.get(tokens.digest(visit.cookies.get(COOKIE, "")))
    if browser is None or browser.pool != visit.pool.id or visit.call.now >= browser.expires_ms:
        return None
    user = visit.state.users.get(f"{visit.pool.id}/{browser.user}")
    if user is None or not user.is_enabled or user.signed_out_ms >= browser.expires_ms - HOUR_MS:
        return None
    return user


def forget(visit: Visit) -> None:
    """Have a browser be signed in no more."""
    key = tokens.digest(visit.cookies.get(COOKIE, ""))
    if key in visit.state.browsers:
        visit.state.browsers.delete(key)
    visit.set_cookie(COOKIE, "", 0)
