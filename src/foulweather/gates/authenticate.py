"""Who signed the request: the first gate, before there is a call.

Keys that the world issued must have signed it truly. Keys that it did not issue (`test`, a
twelve-digit account id) stand for the root user of their account, unless the server is strict.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from foulweather.gates import refusals
from foulweather.gates.refusals import Family
from foulweather.kernel.credentials import Credential, Credentials, Session
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.policy import principal as principals
from foulweather.policy.principal import ANONYMOUS, Principal
from foulweather.world.world import World

DEFAULT_ACCOUNT = "000000000000"


class Proof(Protocol):
    """What a signed request carries."""

    @property
    def access_key_id(self) -> str:
        """The key that it says has signed it."""
        ...

    @property
    def token(self) -> str:
        """The session token, or empty."""
        ...

    @property
    def signature(self) -> str:
        """The signature itself."""
        ...

    @property
    def canonical_request(self) -> str:
        """The request as it should have been signed."""
        ...

    @property
    def string_to_sign(self) -> str:
        """The string whose signature was to be sent."""
        ...

    def matches(self, secret: str) -> bool:
        """Whether a secret key made this signature."""
        ...


class Caller(NamedTuple):
    """Who calls, from which account, with which key and session."""

    principal: Principal
    account: str
    access_key_id: str = ""
    session: Session | None = None


def authenticate(world: World, proof: Proof | None, *, is_strict: bool, family: Family) -> Caller:
    """The caller that a proof stands for; raises the refusal of a proof that does not hold."""
    if proof is None:
        return Caller(ANONYMOUS, DEFAULT_ACCOUNT)
    key = proof.access_key_id
    credential = world.state(Credentials).by_id.get(key)
    if credential is None:
        return _stranger(world, key, is_strict, family)
    if not credential.is_active:
        raise _unknown_key(family, key, "the access key is inactive", _activate(credential))
    if credential.token != proof.token:
        raise _unknown_key(family, key, "the session token is not the one that was issued with the key")
    if credential.expires_ms and world.clock.now_ms >= credential.expires_ms:
        raise _expired(world, credential, family)
    if not proof.matches(credential.secret):
        raise _mismatch(proof, family, credential)
    return Caller(credential.principal, credential.account, key, credential.session)


def presumed(world: World, access_key_id: str) -> Caller:
    """Who holds an access key, whether or not it was he who signed; nobody's is the anonymous caller's."""
    if not access_key_id:
        return Caller(ANONYMOUS, DEFAULT_ACCOUNT)
    found = world.state(Credentials).by_id.get(access_key_id)
    if found is None:
        return _root_of(access_key_id)
    return Caller(found.principal, found.account, access_key_id, found.session)


def _stranger(world: World, key: str, is_strict: bool, family: Family) -> Caller:
    if key in world.state(Credentials).revoked:
        reason = (
            "its account was closed" if is_account(key) else "the access key was deleted, or its account was closed"
        )
        raise _unknown_key(family, key, reason)
    if is_strict:
        raise _unknown_key(family, key, "the world did not issue this access key, and the server is strict")
    return _root_of(key)


def _root_of(key: str) -> Caller:
    account = key if is_account(key) else DEFAULT_ACCOUNT
    return Caller(principals.root(account), account, key)


def is_account(key: str) -> bool:
    """Whether a key is an account's number, and so stands for its root user."""
    return len(key) == 12 and key.isdigit()


def _unknown_key(family: Family, key: str, reason: str, remedy: tuple[str, ...] = ()) -> AwsError:
    why = Why("denied", f"Access key {key} is not valid: {reason}.", (Fact(key, "status", reason),), remedy)
    return refusals.unknown_key(family, key).because(why)


def _activate(credential: Credential) -> tuple[str, ...]:
    whose = f"--user-name {credential.principal.name} " if credential.principal.kind == "user" else ""
    return (f"aws iam update-access-key {whose}--access-key-id {credential.access_key_id} --status Active",)


def _mismatch(proof: Proof, family: Family, credential: Credential) -> AwsError:
    refusal = refusals.mismatch(
        family, proof.access_key_id, proof.canonical_request, proof.string_to_sign, proof.signature
    )
    cause = "The signature was not made with the secret of this access key, or the request was changed on its way."
    # Nobody is told the secret again: whoever has lost it makes another key.
    who = credential.principal
    remedy = (f"aws iam create-access-key --user-name {who.name}",) if who.kind == "user" else ()
    return refusal.because(Why("denied", cause, refusal.why.facts, remedy))


def _expired(world: World, credential: Credential, family: Family) -> AwsError:
    principal, now_ms = credential.principal, world.clock.now_ms
    remedy = ""
    if principal.kind == "assumed-role":
        remedy = f"aws sts assume-role --role-arn {principal.role_arn} --role-session-name {principal.name}"
    elif principal.kind == "user":
        remedy = "aws sts get-session-token"
    why = Why(
        "denied",
        f"The session of {principal.arn} expired {(now_ms - credential.expires_ms) // 1000} s ago (world time).",
        (
            Fact(credential.access_key_id, "expires_ms", credential.expires_ms),
            Fact("world", "now_ms", now_ms),
        ),
        (remedy,) if remedy else (),
    )
    return refusals.expired_token(family, credential.token).because(why)
