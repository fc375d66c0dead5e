"""Codes that confirm: kept with the user until they are used or too old."""

from __future__ import annotations

import hmac

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import refusals
from foulweather.services.cognito_idp.records import Code, Pool, User


def new(call: Call, user: User, purpose: str, valid_ms: int, target: str = "") -> str:
    """A new code for a purpose; it takes the place of an earlier one. The user is still to be written."""
    value = call.world.ids.digits(6)
    user.codes[purpose] = Code(value, call.now + valid_ms, target)
    return value


def check(call: Call, pool: Pool, user: User, purpose: str, given: str) -> Code:
    """The code that a user was sent for a purpose, if it is the one that is given and still good."""
    code = user.codes.get(purpose)
    whose = refusals.whose(pool, user)
    if code is None:
        raise refusals.expired(Fact(whose, f"{purpose} code", None))
    if call.now >= code.expires_ms:
        raise refusals.expired(Fact(whose, f"{purpose} code expired at ms", code.expires_ms))
    if not hmac.compare_digest(code.value.encode(), given.encode()):
        raise refusals.mismatch("Invalid verification code provided, please try again.", Fact(whose, "code", "differs"))
    return code
