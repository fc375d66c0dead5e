"""One request of a sign-in: who wants in, with which client, and what they say for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cognito_idp import device_proofs, refusals, sessions, tokens, triggers
from foulweather.services.cognito_idp.naming import App
from foulweather.services.cognito_idp.records import Device, Session, User

Answer = dict[str, Any]


class Attempt:
    """A request of a sign-in; `given` are its AuthParameters or ChallengeResponses.

    One on the hosted pages ends in a browser that is signed in, not in tokens.
    """

    def __init__(
        self,
        call: Call,
        app: App,
        given: Mapping[str, str],
        metadata: Mapping[str, str] | None,
        *,
        is_admin: bool,
        session: Session | None = None,
        is_hosted: bool = False,
    ) -> None:
        self.call = call
        self.app = app
        self.given = given
        self.metadata = dict(metadata or {})
        self.is_admin = is_admin
        self.is_hosted = is_hosted
        self.session = session
        self.name = given.get("USERNAME", "")
        self.user: User | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """What the session knows so far."""
        return dict(self.session.facts) if self.session is not None else {}

    @property
    def device_key(self) -> str:
        """The device that the client says it is."""
        return self.given.get("DEVICE_KEY") or str(self.facts.get("device", ""))

    def required(self, name: str) -> str:
        """A parameter that must be there."""
        value = self.given.get(name)
        if not value:
            raise refusals.missing(name)
        return value

    def found(self) -> User:
        """The user, after something was waited for."""
        if self.user is None:
            raise refusals.wrong_password(self.call, self.app.pool, None)
        held = self.app.state.users.get(self.user.key)
        if held is None:
            raise refusals.no_user(self.app.pool, self.user.name)
        self.user = held
        return held

    def find(self) -> None:
        """Look the user up by name; a client that hides users goes on without."""
        self.user = self.app.state.user(self.app.pool, self.name)
        if self.user is None and not self.app.client.hides_users:
            raise refusals.no_user(self.app.pool, self.name)
        if self.user is not None and not self.user.is_enabled:
            raise refusals.disabled(self.call, self.app.pool, self.user)

    def challenge(self, name: str, parameters: Mapping[str, str], **facts: Any) -> Answer:
        """Ask for something more, and remember what is known."""
        user = self.user.name if self.user is not None else ""
        if self.is_hosted:
            facts["is_hosted"] = True
        if self.device_key:
            facts["device"] = self.device_key
        session = sessions.begin(self.call, self.app, user, name, **facts)
        return {"ChallengeName": name, "Session": session, "ChallengeParameters": dict(parameters)}

    def used(self) -> None:
        """Have the session that was answered count no more."""
        if self.session is not None:
            sessions.use(self.app.state, self.session)


async def pre_authenticate(attempt: Attempt) -> None:
    """Ask PreAuthentication whether anybody may try."""
    user, pool, client = attempt.user, attempt.app.pool, attempt.app.client
    request: dict[str, Any] = {
        "userAttributes": triggers.attributes_told(user) if user is not None else {},
        "validationData": attempt.metadata or None,
    }
    if client.hides_users:
        request["userNotFound"] = user is None
    name = user.name if user is not None else attempt.name
    source = "PreAuthentication_Authentication"
    await triggers.ask(attempt.call, pool, "PreAuthentication", source, request, {}, user=name, client=client.id)
    if user is not None:
        attempt.found()


async def signed_in(attempt: Attempt, source: str = "TokenGeneration_Authentication") -> Answer:
    """Let the user in, after a device that is remembered has proved itself."""
    device = device_proofs.held(attempt)
    if device is not None and device.can_prove:
        return device_proofs.ask(attempt)
    return await let_in(attempt, source, device)


async def let_in(attempt: Attempt, source: str, device: Device | None) -> Answer:
    """PostAuthentication, then the tokens."""
    call, app, user = attempt.call, attempt.app, attempt.found()
    is_new = device is None and app.pool.tracks_devices
    request: dict[str, Any] = {"userAttributes": triggers.attributes_told(user), "newDeviceUsed": is_new}
    if attempt.session is not None and attempt.metadata:
        request["clientMetadata"] = attempt.metadata
    await triggers.ask(
        call,
        app.pool,
        "PostAuthentication",
        "PostAuthentication_Authentication",
        request,
        {},
        user=user.name,
        client=app.client.id,
    )
    user = attempt.found()
    if attempt.is_hosted:
        attempt.used()
        told(attempt, True)
        return {}
    metadata = attempt.metadata if attempt.session is not None else None
    key, known = device_proofs.met(attempt, device)
    result = await tokens.issue(call, app, tokens.SignIn(user, source=source, metadata=metadata, device=key))
    attempt.used()
    told(attempt, True)
    return {"ChallengeParameters": {}, "AuthenticationResult": {**result, **known}}


def told(attempt: Attempt, is_success: bool) -> None:
    """Tell the journal how a sign-in ended."""
    app = attempt.app
    user = attempt.user.name if attempt.user is not None else ""
    attempt.call.happened(
        "cognito.SignIn", app.pool.arn, pool=app.pool.id, client=app.client.id, user=user, success=int(is_success)
    )
