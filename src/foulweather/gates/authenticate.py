"""Who signed the request: the first gate, before there is a call.

Keys that the world issued must have signed it truly. Keys that it did not issue (`test`, a
twelve-digit account id) stand for the root user of their account, unless the server is strict.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol

from foulweather.kernel.credentials import Credential, Credentials, Session
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.policy import principal as principals
from foulweather.policy.principal import ANONYMOUS, Principal
from foulweather.world.world import World

DEFAULT_ACCOUNT = "000000000000"
Family = Literal["query", "json", "rest-json", "s3"]


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
        raise _unknown_key(family, key, "the session token is not the one that was issued with the key", ())
    if credential.expires_ms and world.clock.now_ms >= credential.expires_ms:
        raise _expired(world, credential, family)
    if not proof.matches(credential.secret):
        raise mismatch(proof, family)
    return Caller(credential.principal, credential.account, key, credential.session)


def unsigned(family: Family) -> AwsError:
    """The refusal of an anonymous request where nobody is served unnamed."""
    why = Why("denied", "The request is not signed.", (Fact("request", "Authorization", None),), ("foulweather env",))
    code = "MissingAuthenticationTokenException" if family in ("json", "rest-json") else "MissingAuthenticationToken"
    return AwsError(code, "Request is missing Authentication Token", 400 if family == "json" else 403, why=why)


def mismatch(proof: Proof, family: Family) -> AwsError:
    """The refusal of a signature that the secret key did not make."""
    code = {"query": "SignatureDoesNotMatch", "s3": "SignatureDoesNotMatch"}.get(family, "InvalidSignatureException")
    message = (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
        "Access Key and signing method. Consult the service documentation for details."
    )
    if family == "s3":
        message = (
            "The request signature we calculated does not match the signature you provided. Check your key and "
            "signing method."
        )
    why = Why(
        "denied",
        "The signature was not made with the secret of this access key, or something changed the request on its way.",
        (Fact(proof.access_key_id, "signature", "does not match"),),
        (f"aws configure set aws_access_key_id {proof.access_key_id}",),
    )
    return AwsError(code, message, 403, why=why)


def _stranger(world: World, key: str, is_strict: bool, family: Family) -> Caller:
    if key in world.state(Credentials).revoked:
        raise _unknown_key(family, key, "the access key was deleted", ())
    if is_strict:
        raise _unknown_key(family, key, "the world did not issue this access key, and the server is strict", ())
    account = key if len(key) == 12 and key.isdigit() else DEFAULT_ACCOUNT
    return Caller(principals.root(account), account, key)


def _unknown_key(family: Family, key: str, reason: str, remedy: tuple[str, ...]) -> AwsError:
    code, message = {
        "query": ("InvalidClientTokenId", "The security token included in the request is invalid."),
        "s3": ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    }.get(family, ("UnrecognizedClientException", "The security token included in the request is invalid."))
    why = Why("denied", f"Access key {key} is not valid: {reason}.", (Fact(key, "status", reason),), remedy)
    return AwsError(code, message, 403 if family != "json" else 400, why=why)


def _activate(credential: Credential) -> tuple[str, ...]:
    return (
        f"aws iam update-access-key --user-name {credential.principal.name} "
        f"--access-key-id {credential.access_key_id} --status Active",
    )


def _expired(world: World, credential: Credential, family: Family) -> AwsError:
    late_s = (world.clock.now_ms - credential.expires_ms) // 1000
    why = Why(
        "denied",
        f"The session of {credential.principal.arn} expired {late_s} s ago on the world's clock.",
        (
            Fact(credential.access_key_id, "expires_ms", credential.expires_ms),
            Fact("world", "now_ms", world.clock.now_ms),
        ),
        (
            f"aws sts assume-role --role-arn {credential.principal.role_arn} --role-session-name "
            f"{credential.principal.name}",
        )
        if credential.principal.role_arn
        else (),
    )
    code = {"query": "ExpiredToken", "s3": "ExpiredToken"}.get(family, "ExpiredTokenException")
    message = (
        "The provided token has expired." if family == "s3" else "The security token included in the request is expired"
    )
    return AwsError(code, message, 400 if family in ("s3", "json") else 403, why=why)
