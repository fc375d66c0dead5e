"""A pool's password policy, and what is kept of passwords."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import refusals, srp
from foulweather.services.cognito_idp.records import Pool, User, Verifier

SYMBOLS = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")
LOWER = "abcdefghijkmnopqrstuvwxyz"
UPPER = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "23456789"


def problem(pool: Pool, password: str) -> str:
    """What the policy has against a password, or nothing."""
    policy = pool.password_policy
    if len(password) < policy["MinimumLength"]:
        return "Password not long enough"
    for rule, kind, words in (
        ("RequireNumbers", str.isdigit, "Password must have numeric characters"),
        ("RequireLowercase", str.islower, "Password must have lowercase characters"),
        ("RequireUppercase", str.isupper, "Password must have uppercase characters"),
        ("RequireSymbols", SYMBOLS.__contains__, "Password must have symbol characters"),
    ):
        if policy[rule] and not any(kind(character) for character in password):
            return words
    return ""


def check(pool: Pool, password: str, heading: str = "Password did not conform with policy") -> None:
    """Refuse a password that the policy does not allow."""
    found = problem(pool, password)
    if found:
        raise refusals.bad_password(f"{heading}: {found}", pool.password_policy, pool)


def check_history(pool: Pool, user: User, password: str) -> None:
    """Refuse one of the last passwords, of as many as the policy remembers."""
    size: int = pool.password_policy.get("PasswordHistorySize", 0)
    if not size:
        return
    known = ([user.password] if user.password is not None else []) + user.past
    if any(matches(pool, user, kept, password) for kept in known[:size]):
        raise AwsError(
            "PasswordHistoryPolicyViolationException",
            "Password has previously been used.",
            facts=(Fact(pool.arn, "PasswordHistorySize", size),),
        )


def keep(call: Call, pool: Pool, user: User, password: str) -> None:
    """Give a user a password, and remember the last ones."""
    if user.password is not None:
        size: int = pool.password_policy.get("PasswordHistorySize", 0)
        user.past = [user.password, *user.past][: max(size, 0)]
    user.password = verifier(call, pool, user.name, password)
    user.failures = user.locked_until_ms = 0


def verifier(call: Call, pool: Pool, name: str, password: str) -> Verifier:
    """What is kept of a password."""
    return srp.verifier(pool.short, name, password, call.world.random.getrandbits)


def matches(pool: Pool, user: User, kept: Verifier, password: str) -> bool:
    """Whether a password is one that is kept."""
    return srp.matches(kept, pool.short, user.name, password)


def generated(call: Call, pool: Pool) -> str:
    """A temporary password that the policy allows."""
    policy, ids = pool.password_policy, call.world.ids
    length = max(8, policy["MinimumLength"])
    parts = [ids.drawn(LOWER, 1), ids.drawn(UPPER, 1), ids.drawn(DIGITS, 1), ids.drawn("!@#%&*", 1)]
    parts += list(ids.drawn(LOWER + UPPER + DIGITS, length - len(parts)))
    call.world.random.shuffle(parts)
    return "".join(parts)
