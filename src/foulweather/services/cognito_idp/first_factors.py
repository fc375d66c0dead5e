"""First factors: a password sent, a password proved, a code that was sent.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html
"""

from __future__ import annotations

import base64
import hmac
from binascii import Error
from typing import Final

from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import lockouts, messages, migrating, password_rules, refusals, srp
from foulweather.services.cognito_idp.attempts import Answer, Attempt, pre_authenticate, signed_in, told
from foulweather.services.cognito_idp.records import Verifier
from foulweather.services.cognito_idp.second_factors import go_on

OTP: Final = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}
SESSION_LENGTH: Final = 64


async def password(attempt: Attempt) -> Answer:
    """A password that is sent: a user who is elsewhere may be migrated with it."""
    attempt.name = attempt.required("USERNAME")
    given = attempt.required("PASSWORD")
    app = attempt.app
    attempt.user = app.state.user(app.pool, attempt.name)
    if attempt.user is None:
        attempt.user = await migrating.migrated(attempt, given)
    attempt.find()
    await pre_authenticate(attempt)
    await check_password(attempt, given)
    return await go_on(attempt)


async def check_password(attempt: Attempt, given: str) -> None:
    """Refuse a wrong password, and count it."""
    call, (state, pool, _), user = attempt.call, attempt.app, attempt.user
    if user is None:
        told(attempt, False)
        raise refusals.wrong_password(call, pool, None)
    if user.status == "RESET_REQUIRED":
        raise refusals.reset_required(call, pool, user)
    lockouts.check(call, pool, user)
    if user.password is None or not password_rules.matches(pool, user, user.password, given):
        lockouts.failed(call, state, user)
        told(attempt, False)
        raise refusals.wrong_password(call, pool, user)
    lockouts.passed(state, user)


async def prove_password(attempt: Attempt) -> Answer:
    """The first half of SRP: the client's A for the salt and the server's B."""
    attempt.name = attempt.required("USERNAME")
    given = attempt.required("SRP_A")
    attempt.find()
    await pre_authenticate(attempt)
    return offer(attempt, given)


def offer(attempt: Attempt, given: str, **facts: object) -> Answer:
    """The challenge PASSWORD_VERIFIER; who does not exist gets one that nobody can answer."""
    call, pool, user = attempt.call, attempt.app.pool, attempt.user
    public = _number(given)
    if public is None or public % srp.N == 0:
        raise refusals.invalid("SRP_A is not valid.", Fact("request", "SRP_A", "0 modulo N, or no number"))
    if user is not None and user.status == "RESET_REQUIRED":
        raise refusals.reset_required(call, pool, user)
    if user is not None:
        lockouts.check(call, pool, user)
    draw = call.world.random.getrandbits
    kept = user.password if user is not None else None
    if kept is None:
        kept = Verifier(f"{draw(128):x}", f"{draw(3071):x}")
    secret, offered = srp.offer(kept, draw)
    name = user.name if user is not None else attempt.name
    known = {"a": given, "b": f"{secret:x}", "B": f"{offered:x}", **facts}
    answer = attempt.challenge("PASSWORD_VERIFIER", {}, **known)
    block = answer["Session"].encode() + call.world.random.randbytes(64)
    answer["ChallengeParameters"] = {
        "SALT": kept.salt,
        "SECRET_BLOCK": base64.b64encode(block).decode(),
        "SRP_B": f"{offered:x}",
        "USERNAME": name,
        "USER_ID_FOR_SRP": name,
    }
    return answer


def session_of_block(block: str | None) -> str:
    """The session that a secret block belongs to: clients need not send both."""
    return _block(block or "")[:SESSION_LENGTH].decode("latin-1")


def _block(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (Error, ValueError):
        return b""


async def proved_password(attempt: Attempt) -> Answer:
    """The second half of SRP."""
    check_proof(attempt)
    return await go_on(attempt)


def check_proof(attempt: Attempt) -> None:
    """Refuse a client that has not come to the same key."""
    call, (state, pool, _), user = attempt.call, attempt.app, attempt.user
    facts = attempt.facts
    signature = attempt.required("PASSWORD_CLAIM_SIGNATURE")
    block = _block(attempt.required("PASSWORD_CLAIM_SECRET_BLOCK"))
    timestamp = attempt.required("TIMESTAMP")
    if user is None or user.password is None:
        told(attempt, False)
        raise refusals.wrong_password(call, pool, None)
    lockouts.check(call, pool, user)
    key = srp.session_key(user.password, int(facts["a"], 16), int(facts["b"], 16), int(facts["B"], 16))
    wanted = base64.b64encode(srp.claim(key, pool.short, user.name, block, timestamp)).decode()
    if not hmac.compare_digest(wanted.encode(), signature.encode()):
        lockouts.failed(call, state, user)
        attempt.used()
        told(attempt, False)
        raise refusals.wrong_password(call, pool, user)
    lockouts.passed(state, user)


# --- a choice of factors


def choices(attempt: Attempt) -> list[str]:
    """What a user may begin with."""
    pool, user = attempt.app.pool, attempt.user
    found: list[str] = ["PASSWORD", "PASSWORD_SRP"] if user is None or user.password is not None else []
    if user is not None:
        for name, attribute in OTP.items():
            if name in pool.first_factors and user.is_verified(attribute) and pool.mfa_mode != "ON":
                found.append(name)
    return found


async def choose(attempt: Attempt) -> Answer:
    """USER_AUTH: the factor that is preferred, or a list to choose from."""
    attempt.name = attempt.required("USERNAME")
    attempt.find()
    preferred = attempt.given.get("PREFERRED_CHALLENGE", "")
    available = choices(attempt)
    if preferred not in available:
        if len(available) == 1 and available[0] in OTP:
            return await chosen(attempt, available[0])
        answer = attempt.challenge("SELECT_CHALLENGE", {})
        return {**answer, "AvailableChallenges": available}
    return await chosen(attempt, preferred)


async def chosen(attempt: Attempt, name: str) -> Answer:
    """Go on with the factor that was chosen; its value may have been sent with the choice."""
    if name not in choices(attempt):
        raise refusals.invalid(f"{name} is not available for the user.", Fact("request", "ANSWER", name))
    if name in OTP:
        return await send_otp(attempt, name)
    member = "PASSWORD" if name == "PASSWORD" else "SRP_A"
    if not attempt.given.get(member):
        attempt.used()
        return attempt.challenge(name, {})
    await pre_authenticate(attempt)
    if name == "PASSWORD":
        await check_password(attempt, attempt.required("PASSWORD"))
        return await go_on(attempt)
    attempt.used()
    return offer(attempt, attempt.required("SRP_A"))


async def send_otp(attempt: Attempt, name: str) -> Answer:
    """Send a code, and wait for it."""
    await pre_authenticate(attempt)
    user, call = attempt.found(), attempt.call
    medium: messages.Medium = "EMAIL" if name == "EMAIL_OTP" else "SMS"
    code = call.world.ids.digits(8 if medium == "EMAIL" else 6)
    letter = messages.Letter(
        "Authentication", medium, user.attributes[OTP[name]], code, attempt.app.client.id, attempt.metadata
    )
    await messages.send(call, attempt.app.state, attempt.app.pool, user, letter)
    attempt.used()
    shown = {
        "CODE_DELIVERY_DELIVERY_MEDIUM": medium,
        "CODE_DELIVERY_DESTINATION": messages.masked(medium, letter.destination),
    }
    return attempt.challenge(name, shown, code=code, is_first=True)


async def otp_sent(attempt: Attempt) -> Answer:
    """The code of a first factor."""
    name = attempt.session.challenge if attempt.session is not None else ""
    check_code(attempt, attempt.required(f"{name}_CODE"))
    return await signed_in(attempt)


def check_code(attempt: Attempt, given: str) -> None:
    """Refuse a code that is not the one that was sent with the session."""
    pool = attempt.app.pool
    wanted: str = attempt.facts.get("code", "")
    if not hmac.compare_digest(wanted.encode(), given.encode()):
        told(attempt, False)
        user = attempt.found()
        raise refusals.mismatch(
            "Invalid code received for user", Fact(refusals.whose(pool, user), "code", "differs from the one sent")
        )


def _number(text: str) -> int | None:
    try:
        return int(text, 16)
    except ValueError:
        return None
