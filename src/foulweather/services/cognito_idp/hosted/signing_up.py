"""/signup, /confirmUser, /forgotPassword and /confirmForgotPassword: forms that ask the API what anybody may ask it.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managed-login.html
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpResponse
from foulweather.policy.principal import ANONYMOUS
from foulweather.services.cognito_idp import naming
from foulweather.services.cognito_idp.hosted import pages
from foulweather.services.cognito_idp.hosted.asking import Asked, asked
from foulweather.services.cognito_idp.hosted.visit import Visit


async def show_sign_up(visit: Visit) -> HttpResponse:
    """The page to sign up on."""
    return _sign_up_form(visit, asked(visit, visit.query))


async def sign_up(visit: Visit) -> HttpResponse:
    """Make a user; the code that confirms them is asked for next."""
    found = _posted(visit)
    name = visit.form.get("username", "")
    listed = [{"Name": each, "Value": visit.form.get(each, "")} for each in _required(visit)]
    request = {"Username": name, "Password": visit.form.get("password", ""), "UserAttributes": listed}
    try:
        answer = await _ask(visit, found, "sign_up", request)
    except AwsError as error:
        return _sign_up_form(visit, found, _words(visit, error))
    path = "/login" if answer["UserConfirmed"] else "/confirmUser"
    return visit.redirect(visit.link(path, {**found.params, "username": name}))


async def show_confirm(visit: Visit) -> HttpResponse:
    """The page that asks for the code of a sign-up."""
    return _confirm_form(visit, asked(visit, visit.query))


async def confirm(visit: Visit) -> HttpResponse:
    """Confirm a user by their code."""
    found = _posted(visit)
    request = {"Username": visit.form.get("username", ""), "ConfirmationCode": visit.form.get("code", "")}
    try:
        await _ask(visit, found, "confirm_sign_up", request)
    except AwsError as error:
        return _confirm_form(visit, found, _words(visit, error))
    return visit.redirect(visit.link("/login", found.params))


async def resend(visit: Visit) -> HttpResponse:
    """Send the code of a sign-up again."""
    found = _posted(visit)
    try:
        await _ask(visit, found, "resend_confirmation_code", {"Username": visit.form.get("username", "")})
    except AwsError as error:
        return _confirm_form(visit, found, _words(visit, error))
    return _confirm_form(visit, found, sent="We sent a new code.")


async def show_forgot(visit: Visit) -> HttpResponse:
    """The page for who has forgotten their password."""
    return _forgot_form(visit, asked(visit, visit.query))


async def forgot(visit: Visit) -> HttpResponse:
    """Send a code by which a new password can be set."""
    found = _posted(visit)
    try:
        await _ask(visit, found, "forgot_password", {"Username": visit.form.get("username", "")})
    except AwsError as error:
        return _forgot_form(visit, found, _words(visit, error))
    return _reset_form(visit, found)


async def reset(visit: Visit) -> HttpResponse:
    """Set a new password by the code that was sent."""
    found = _posted(visit)
    request = {
        "Username": visit.form.get("username", ""),
        "ConfirmationCode": visit.form.get("code", ""),
        "Password": visit.form.get("password", ""),
    }
    try:
        await _ask(visit, found, "confirm_forgot_password", request)
    except AwsError as error:
        return _reset_form(visit, found, _words(visit, error))
    return visit.redirect(visit.link("/login", found.params))


def _posted(visit: Visit) -> Asked:
    visit.check_own_page()
    return asked(visit, visit.query)


async def _ask(visit: Visit, found: Asked, operation: str, request: Mapping[str, Any]) -> Any:
    """An operation of the API that anybody may call, for the client of the page."""
    client = found.app.client
    asked_for: dict[str, Any] = {"ClientId": client.id, **request}
    if client.secrets:
        asked_for["SecretHash"] = naming.secret_hash(client.id, client.secrets[0].value, request["Username"])
    ports = visit.call.acting_as(ANONYMOUS)
    answer = getattr(getattr(ports, "cognito-idp"), operation)(asked_for)
    return await answer if inspect.isawaitable(answer) else answer


def _words(visit: Visit, error: AwsError) -> str:
    if error.status >= 500:
        raise error
    visit.pipeline.refused(visit.call, error)
    return error.message


def _required(visit: Visit) -> list[str]:
    """The attributes that a new user must tell, beside the one that is their name."""
    schema, named = visit.pool.schema, visit.pool.username_attributes
    only = named[0] if len(named) == 1 else ""
    return [each.name for each in schema.values() if each.is_required and each.name not in ("sub", only)]


def _sign_up_form(visit: Visit, found: Asked, problem: str = "") -> HttpResponse:
    held = visit.form
    fields = [pages.field("username", "Username", value=held.get("username", ""), fill="username")]
    fields += [pages.field(each, each, value=held.get(each, "")) for each in _required(visit)]
    fields.append(pages.field("password", "Password", "password", fill="new-password"))
    body = pages.alert(problem) + pages.form(visit, visit.link("/signup", found.params), fields, "Sign up")
    body += pages.link(visit.link("/login", found.params), "Sign in")
    return pages.page(visit, "Sign up", body, 400 if problem else 200)


def _confirm_form(visit: Visit, found: Asked, problem: str = "", sent: str = "") -> HttpResponse:
    name = visit.form.get("username") or visit.query.get("username", "")
    fields = [pages.field("code", "Verification code", fill="one-time-code")]
    hidden = {"username": name}
    body = pages.alert(problem) + pages.note(sent)
    body += pages.form(visit, visit.link("/confirmUser", found.params), fields, "Confirm account", hidden)
    body += pages.form(visit, visit.link("/resendcode", found.params), [], "Send the code again", hidden)
    return pages.page(visit, "Confirm your account", body, 400 if problem else 200)


def _forgot_form(visit: Visit, found: Asked, problem: str = "") -> HttpResponse:
    name = visit.form.get("username") or visit.query.get("username", "")
    fields = [pages.field("username", "Username", value=name, fill="username")]
    body = pages.alert(problem) + pages.form(visit, visit.link("/forgotPassword", found.params), fields, "Send a code")
    return pages.page(visit, "Forgot your password?", body, 400 if problem else 200)


def _reset_form(visit: Visit, found: Asked, problem: str = "") -> HttpResponse:
    fields = [
        pages.field("code", "Verification code", fill="one-time-code"),
        pages.field("password", "New password", "password", fill="new-password"),
    ]
    hidden = {"username": visit.form.get("username", "")}
    url = visit.link("/confirmForgotPassword", found.params)
    body = pages.alert(problem) + pages.form(visit, url, fields, "Change password", hidden)
    return pages.page(visit, "Change your password", body, 400 if problem else 200)
