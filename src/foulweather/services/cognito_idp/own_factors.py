"""Second factors that users set up and choose themselves.

https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import choosing, naming, refusals, sessions, shown, tokens, totp
from foulweather.services.cognito_idp.naming import App, Request
from foulweather.services.cognito_idp.records import Session, User
from foulweather.services.cognito_idp.state import CognitoState


def set_user_mfa_preference(call: Call, request: Request) -> dict[str, Any]:
    """Choose one's second factors."""
    app, user, _ = tokens.read_access(call, request["AccessToken"])
    choosing.choose(call, app.state, app.pool, user, request)
    return {}


def set_user_settings(call: Call, request: Request) -> dict[str, Any]:
    """Set one's MFA options, in the older way: text messages alone."""
    app, user, _ = tokens.read_access(call, request["AccessToken"])
    choosing.set_sms(call, app.state, app.pool, user, request)
    return {}


def get_user_auth_factors(call: Call, request: Request) -> dict[str, Any]:
    """What one can sign in with."""
    app, user, _ = tokens.read_access(call, request["AccessToken"])
    found = ["PASSWORD"] if user.password is not None else []
    for factor, attribute in (("EMAIL_OTP", "email"), ("SMS_OTP", "phone_number")):
        if factor in app.pool.first_factors and user.is_verified(attribute):
            found.append(factor)
    return {"Username": user.name, "ConfiguredUserAuthFactors": found, **shown.factors(user)}


def associate_software_token(call: Call, request: Request) -> dict[str, Any]:
    """A secret for an authenticator app, by an access token or in the session of a sign-in."""
    app, user, session = _who(call, request)
    if not app.pool.mfa.get("SoftwareToken"):
        raise AwsError(
            "SoftwareTokenMFANotFoundException",
            "Software Token MFA has not been enabled by the userPool",
            facts=(call.fact(app.pool.arn, "SoftwareToken", False),),
        )
    secret = totp.new_secret(call)
    user.totp_pending = secret
    app.state.users.touch(user.key)
    return {"SecretCode": secret, **_go_on(call, app, user, session, is_verified=False)}


def verify_software_token(call: Call, request: Request) -> dict[str, Any]:
    """Show that the authenticator app has the secret."""
    app, user, session = _who(call, request)
    if not user.totp_pending:
        raise refusals.invalid(
            "Software token has not been associated.", Fact(refusals.whose(app.pool, user), "software token", None)
        )
    step = totp.matching_step(user.totp_pending, request["UserCode"], call.now)
    if step is None:
        raise AwsError(
            "EnableSoftwareTokenMFAException",
            "Code mismatch",
            facts=(Fact(refusals.whose(app.pool, user), "software token code", "differs"),),
        )
    user.totp, user.totp_pending, user.totp_step = user.totp_pending, "", step
    user.totp_name = request.get("FriendlyDeviceName") or ""
    if session is not None and "SOFTWARE_TOKEN_MFA" not in user.factors:
        user.factors = [*user.factors, "SOFTWARE_TOKEN_MFA"]
    app.state.users.touch(user.key)
    call.changed("cognito.SoftwareTokenVerified", refusals.whose(app.pool, user), UserMFASettingList=user.factors)
    return {"Status": "SUCCESS", **_go_on(call, app, user, session, is_verified=True)}


def _who(call: Call, request: Request) -> tuple[App, User, Session | None]:
    if token := request.get("AccessToken"):
        app, user, _ = tokens.read_access(call, token)
        return app, user, None
    session_id = request.get("Session")
    if not session_id:
        raise refusals.missing("AccessToken")
    for state in call.world.store.states(CognitoState):
        if session_id in state.sessions:
            session = sessions.find(call, state, session_id)
            app = App(state, state.pools[session.pool], state.clients[session.client])
            naming.enter(call, app.pool)
            sessions.resume(call, app, session_id, "MFA_SETUP")
            return app, naming.require_user(state, app.pool, session.user), session
    raise refusals.not_authorized("Invalid session for the user.", Fact("session", "exists", False))


def _go_on(call: Call, app: App, user: User, session: Session | None, *, is_verified: bool) -> dict[str, str]:
    """The session for what comes next, where this is part of a sign-in."""
    if session is None:
        return {}
    sessions.use(app.state, session)
    return {"Session": sessions.begin(call, app, user.name, "MFA_SETUP", is_verified=is_verified)}
