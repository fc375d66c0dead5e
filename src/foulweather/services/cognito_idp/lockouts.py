"""Wrong passwords: after five, each further one locks a user out for twice as long.

"After five failed sign-in attempts with a password, Amazon Cognito locks out your user for one second. The lockout
duration then doubles after each additional one failed attempt, up to a maximum of approximately 15 minutes":
https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.services.cognito_idp import refusals
from foulweather.services.cognito_idp.limits import FREE_FAILURES, LOCK_MS_MAX
from foulweather.services.cognito_idp.records import Pool, User
from foulweather.services.cognito_idp.state import CognitoState


def check(call: Call, pool: Pool, user: User) -> None:
    """Refuse an attempt during a lockout; it does not make it longer."""
    if call.now < user.locked_until_ms:
        raise refusals.locked(pool, user, call.now)


def failed(call: Call, state: CognitoState, user: User) -> None:
    """Count a wrong password; fifteen minutes without one begin anew."""
    if user.failed_ms and call.now - max(user.failed_ms, user.locked_until_ms) >= LOCK_MS_MAX:
        user.failures = 0
    user.failures += 1
    user.failed_ms = call.now
    if user.failures >= FREE_FAILURES:
        lock_ms = min(1000 << min(user.failures - FREE_FAILURES, 20), LOCK_MS_MAX)
        user.locked_until_ms = call.now + lock_ms
    state.users.touch(user.key)


def passed(state: CognitoState, user: User) -> None:
    """Forget wrong passwords after a right one."""
    if user.failures:
        user.failures = user.failed_ms = user.locked_until_ms = 0
        state.users.touch(user.key)
