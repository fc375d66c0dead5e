"""/login: a name and a password, then whatever else is asked for; in the end the app gets what it has asked for.

https://docs.aws.amazon.com/cognito/latest/developerguide/login-endpoint.html
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.http import HttpResponse
from foulweather.services.cognito_idp import first_factors, limits, second_factors, sessions
from foulweather.services.cognito_idp.attempts import Answer, Attempt
from foulweather.services.cognito_idp.hosted import browsers, granting, pages
from foulweather.services.cognito_idp.hosted.asking import NATIVE, Asked, asked, page_refusal, providers_of
from foulweather.services.cognito_idp.hosted.visit import Visit

_STEPS: Final[Mapping[str, Callable[[Attempt], Awaitable[Answer]]]] = {
    "NEW_PASSWORD_REQUIRED": second_factors.new_password,
    "SMS_MFA": second_factors.code_sent,
    "EMAIL_OTP": second_factors.code_sent,
    "SOFTWARE_TOKEN_MFA": second_factors.software_token,
    "SELECT_MFA_TYPE": second_factors.select,
}
_FACTORS: Final = {
    "SMS_MFA": "A text message",
    "EMAIL_OTP": "An e-mail",
    "SOFTWARE_TOKEN_MFA": "An authenticator app",
}


async def show(visit: Visit) -> HttpResponse:
    """The page to sign in on."""
    return _form(visit, asked(visit, visit.query))


async def post(visit: Visit) -> HttpResponse:
    """A name and a password, or the answer to a challenge."""
    visit.check_own_page()
    found = asked(visit, visit.query)
    if NATIVE not in providers_of(found.app.client):
        raise page_refusal("unauthorized_client", "The client's users sign in with other providers.")
    challenge = visit.form.get("challenge", "")
    attempt = _attempt(visit, found, challenge)
    try:
        if challenge:
            attempt.session = sessions.resume(
                visit.call, found.app, visit.form.get("session"), challenge, is_hosted=True
            )
            attempt.user = found.app.state.users.get(f"{visit.pool.id}/{attempt.session.user}")
            attempt.name = attempt.found().name
            answer = await _STEPS[challenge](attempt)
        else:
            answer = await first_factors.password(attempt)
    except AwsError as error:
        return _refused(visit, found, attempt, error)
    if answer.get("ChallengeName"):
        return _challenged(visit, found, answer)
    user = attempt.found()
    browsers.remember(visit, user)
    return await granting.grant(visit, found, user)


def _attempt(visit: Visit, found: Asked, challenge: str) -> Attempt:
    if challenge and challenge not in _STEPS:
        raise page_refusal("invalid_request", "There is no such challenge.")
    given = {"USERNAME": visit.form.get("username", ""), "PASSWORD": visit.form.get("password", "")}
    if challenge:
        member = {"NEW_PASSWORD_REQUIRED": "NEW_PASSWORD", "SELECT_MFA_TYPE": "ANSWER"}.get(
            challenge, f"{challenge}_CODE"
        )
        given[member] = visit.form.get("answer", "")
        for name, value in visit.form.items():
            if name.startswith("userAttributes."):
                given[name] = value
    return Attempt(visit.call, found.app, given, None, is_admin=False, is_hosted=True)


def _refused(visit: Visit, found: Asked, attempt: Attempt, error: AwsError) -> HttpResponse:
    """Say what was wrong on the page again; who is still to confirm, or to set a new password, goes where that is."""
    if error.status >= 500:
        raise error
    visit.pipeline.refused(visit.call, error)
    name = attempt.name
    if error.code == "UserNotConfirmedException":
        return visit.redirect(visit.link("/confirmUser", {**found.params, "username": name}))
    if error.code == "PasswordResetRequiredException":
        return visit.redirect(visit.link("/forgotPassword", {**found.params, "username": name}))
    session = attempt.session
    if session is not None and not session.is_used and error.code != "NotAuthorizedException":
        answer: Answer = {"ChallengeName": session.challenge, "Session": session.id, "ChallengeParameters": {}}
        return _challenged(visit, found, answer, error.message)
    return _form(visit, found, error.message, name)


def _form(visit: Visit, found: Asked, problem: str = "", name: str = "") -> HttpResponse:
    offered = providers_of(found.app.client)
    if not offered:
        # Words that the hosted UI has been seen to show; they are not documented.
        raise page_refusal("unauthorized_client", "Login pages unavailable. Please contact an administrator.")
    body = pages.alert(problem)
    for provider in offered:
        if provider != NATIVE:
            url = visit.link("/oauth2/authorize", {**found.params, "identity_provider": provider})
            body += pages.link(url, f"Continue with {provider}")
    if NATIVE in offered:
        hint = name or visit.query.get("login_hint", "")
        fields = [
            pages.field("username", _username_label(visit), value=hint, fill="username"),
            pages.field("password", "Password", "password", fill="current-password"),
        ]
        body += pages.form(visit, visit.link("/login", found.params), fields, "Sign in")
        body += pages.link(visit.link("/forgotPassword", found.params), "Forgot your password?")
        if not visit.pool.settings["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"]:
            body += pages.link(visit.link("/signup", found.params), "Sign up")
    return pages.page(visit, "Sign in", body, 400 if problem else 200)


def _username_label(visit: Visit) -> str:
    kinds = visit.pool.username_attributes
    return " or ".join({"email": "E-mail", "phone_number": "Phone number"}[kind] for kind in kinds) or "Username"


def _challenged(visit: Visit, found: Asked, answer: Answer, problem: str = "") -> HttpResponse:
    """The page of a challenge."""
    name: str = answer["ChallengeName"]
    parameters: Mapping[str, Any] = answer["ChallengeParameters"]
    if name not in _STEPS:
        raise not_implemented(limits.SERVICE, f"Login.ChallengeName={name}")
    hidden = {"session": answer["Session"], "challenge": name}
    title, button = "Enter the code", "Continue"
    if name == "NEW_PASSWORD_REQUIRED":
        title = "Change your password"
        asked_before = json.dumps([each for each in visit.form if each.startswith("userAttributes.")])
        absent: list[str] = json.loads(parameters.get("requiredAttributes") or asked_before)
        fields = [pages.field("answer", "New password", "password", fill="new-password")]
        fields += [pages.field(each, each.removeprefix("userAttributes.")) for each in absent]
    elif name == "SELECT_MFA_TYPE":
        title = "Choose how to verify yourself"
        held: list[str] = json.loads(parameters.get("MFAS_CAN_CHOOSE") or "[]")
        fields = [pages.choice("answer", {each: _FACTORS[each] for each in held})]
    else:
        where = parameters.get("CODE_DELIVERY_DESTINATION")
        told = f"We sent a code to {where}." if where else ""
        fields = [pages.text(told) if told else "", pages.field("answer", "Code", fill="one-time-code")]
    body = pages.alert(problem) + pages.form(visit, visit.link("/login", found.params), fields, button, hidden)
    return pages.page(visit, title, body, 400 if problem else 200)
