"""Sign-ins under way: a session stands for a challenge that waits for its answer, and is good for one.

https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import refusals
from foulweather.services.cognito_idp.limits import MINUTE_MS
from foulweather.services.cognito_idp.naming import App
from foulweather.services.cognito_idp.records import Session
from foulweather.services.cognito_idp.state import CognitoState
from foulweather.world.ids import ALPHANUMERIC

DEFAULT_MINUTES = 3


def begin(call: Call, app: App, user: str, challenge: str, **facts: Any) -> str:
    """A session for a challenge; its id is what the client sends back."""
    state, pool, client = app
    minutes: int = client.settings.get("AuthSessionValidity") or DEFAULT_MINUTES
    session_id = "AYABe" + call.world.ids.drawn(ALPHANUMERIC + "-_", 59)
    expires_ms = call.now + minutes * MINUTE_MS
    state.add_session(Session(session_id, pool.id, client.id, user, challenge, expires_ms, facts), call.now)
    return session_id


def resume(call: Call, app: App, session_id: str | None, *challenges: str, is_hosted: bool = False) -> Session:
    """The session of an answer, if it waits for one of these challenges: the API's are not the hosted pages'."""
    if not session_id:
        raise refusals.missing("Session")
    session = find(call, app.state, session_id)
    is_elsewhere = bool(session.facts.get("is_hosted")) != is_hosted
    if session.client != app.client.id or session.challenge not in challenges or is_elsewhere:
        raise refusals.not_authorized(
            "Invalid session for the user.",
            Fact("session", "challenge", session.challenge),
            Fact("session", "client", session.client),
        )
    return session


def find(call: Call, state: CognitoState, session_id: str) -> Session:
    """A session that is neither used nor expired."""
    session = state.sessions.get(session_id)
    if session is None:
        raise refusals.not_authorized("Invalid session for the user.", Fact("session", "exists", False))
    if session.is_used:
        raise refusals.not_authorized(
            "Invalid session for the user, session can only be used once.", Fact("session", "used", True)
        )
    if call.now >= session.expires_ms:
        raise refusals.not_authorized(
            "Invalid session for the user, session is expired.",
            Fact("session", "expired at ms", session.expires_ms),
            remedy=("aws cognito-idp update-user-pool-client --auth-session-validity 15",),
        )
    return session


def use(state: CognitoState, session: Session) -> None:
    """Have a session count no more."""
    session.is_used = True
    state.sessions.touch(session.id)
