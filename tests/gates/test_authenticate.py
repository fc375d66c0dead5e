"""Who signed the request."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.gates import refusals
from foulweather.gates.authenticate import DEFAULT_ACCOUNT, Caller, authenticate
from foulweather.gates.refusals import Family
from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import ANONYMOUS
from gates.cli import run
from gates.people import allow, refusal, role, trust, user
from harness import ACCOUNT, Aws


class Proof:
    """What somebody who knows a secret sends."""

    signature = "0" * 64
    canonical_request = "POST"
    string_to_sign = "AWS4-HMAC-SHA256"

    def __init__(self, access_key_id: str, secret: str = "test", token: str = "") -> None:
        self.access_key_id = access_key_id
        self.token = token
        self._secret = secret

    def matches(self, secret: str) -> bool:
        return secret == self._secret


def asked(aws: Aws, proof: Proof | None, *, is_strict: bool = False, family: Family = "query") -> Caller:
    return authenticate(aws.world, proof, is_strict=is_strict, family=family)


def refused(aws: Aws, proof: Proof, **more: Any) -> AwsError:
    return refusal(lambda: asked(aws, proof, **more))


@pytest.fixture
def key(aws: Aws) -> Proof:
    """An access key that the world has issued to alice."""
    user(aws, "alice")
    made = aws.iam.create_access_key({"UserName": "alice"})["AccessKey"]
    return Proof(made["AccessKeyId"], made["SecretAccessKey"])


def session(aws: Aws) -> Proof:
    """A session of a role, assumed for an hour."""
    arn = role(aws, "Worker", trust({"AWS": ACCOUNT}))
    made = user(aws, "bob", allow("sts:AssumeRole")).sts.assume_role({"RoleArn": arn, "RoleSessionName": "work"})
    given = made["Credentials"]
    return Proof(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def test_an_issued_key_is_its_user(aws: Aws, key: Proof) -> None:
    caller = asked(aws, key)
    assert (caller.principal.kind, caller.principal.arn) == ("user", f"arn:aws:iam::{ACCOUNT}:user/alice")
    assert (caller.account, caller.access_key_id, caller.session) == (ACCOUNT, key.access_key_id, None)
    assert asked(aws, key, is_strict=True) == caller


@pytest.mark.parametrize(
    ("family", "code", "status"),
    [
        ("query", "SignatureDoesNotMatch", 403),
        ("s3", "SignatureDoesNotMatch", 403),
        ("json", "InvalidSignatureException", 400),
        ("rest-json", "InvalidSignatureException", 403),
    ],
)
def test_a_signature_by_another_secret(aws: Aws, key: Proof, family: Family, code: str, status: int) -> None:
    error = refused(aws, Proof(key.access_key_id, "guessed"), family=family)
    assert (error.code, error.status) == (code, status)
    assert error.message.startswith("The request signature we calculated does not match")
    assert error.why.decision == "denied"
    assert error.why.facts
    assert error.why.remedy == ("aws iam create-access-key --user-name alice",)


@pytest.mark.parametrize(
    ("family", "code", "status"),
    [
        ("query", "InvalidClientTokenId", 403),
        ("s3", "InvalidAccessKeyId", 403),
        ("json", "UnrecognizedClientException", 400),
        ("rest-json", "UnrecognizedClientException", 403),
    ],
)
def test_an_inactive_key_and_its_remedy(aws: Aws, key: Proof, family: Family, code: str, status: int) -> None:
    aws.iam.update_access_key({"UserName": "alice", "AccessKeyId": key.access_key_id, "Status": "Inactive"})
    error = refused(aws, key, family=family)
    assert (error.code, error.status) == (code, status)
    assert "inactive" in error.why.cause
    (command,) = error.why.remedy
    run(aws, command)
    assert asked(aws, key).principal.name == "alice"


def test_a_deleted_key_is_nobodys_and_not_a_strangers(aws: Aws, key: Proof) -> None:
    aws.iam.delete_access_key({"UserName": "alice", "AccessKeyId": key.access_key_id})
    error = refused(aws, key)
    assert error.code == "InvalidClientTokenId"
    assert "was deleted" in error.why.cause


def test_a_session_is_its_role_with_what_it_carries(aws: Aws) -> None:
    proof = session(aws)
    caller = asked(aws, proof)
    assert caller.principal.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/Worker/work"
    assert caller.principal.role_arn == f"arn:aws:iam::{ACCOUNT}:role/Worker"
    assert caller.session is not None
    assert caller.session.issued_ms == aws.now


@pytest.mark.parametrize("token", ["", "another"])
def test_a_session_without_its_token(aws: Aws, token: str) -> None:
    proof = session(aws)
    proof.token = token
    error = refused(aws, proof)
    assert error.code == "InvalidClientTokenId"
    assert "session token" in error.why.cause


def test_a_token_with_a_key_that_has_none(aws: Aws, key: Proof) -> None:
    key.token = "made up"
    assert refused(aws, key).code == "InvalidClientTokenId"


@pytest.mark.parametrize(
    ("family", "code", "status", "message"),
    [
        ("query", "ExpiredToken", 403, "The security token included in the request is expired"),
        ("json", "ExpiredTokenException", 400, "The security token included in the request is expired"),
        ("rest-json", "ExpiredTokenException", 403, "The security token included in the request is expired"),
        ("s3", "ExpiredToken", 400, "The provided token has expired."),
    ],
)
async def test_a_session_ends_on_the_worlds_clock(
    aws: Aws, family: Family, code: str, status: int, message: str
) -> None:
    proof = session(aws)
    await aws.advance(ms=3_599_999)
    assert asked(aws, proof).principal.name == "work"
    await aws.advance(ms=1)
    error = refused(aws, proof, family=family)
    assert (error.code, error.status, error.message) == (code, status, message)
    assert [fact.value for fact in error.why.facts] == [aws.now, aws.now]
    assert error.why.remedy == (
        f"aws sts assume-role --role-arn arn:aws:iam::{ACCOUNT}:role/Worker --role-session-name work",
    )


@pytest.mark.parametrize(
    ("access_key_id", "account"),
    [("test", DEFAULT_ACCOUNT), ("444455556666", "444455556666"), ("44445555666", DEFAULT_ACCOUNT)],
)
def test_a_stranger_is_root_of_an_account(aws: Aws, access_key_id: str, account: str) -> None:
    caller = asked(aws, Proof(access_key_id, "whatever"))
    assert (caller.principal.kind, caller.account, caller.principal.account) == ("root", account, account)


@pytest.mark.parametrize("access_key_id", ["test", "444455556666"])
def test_a_strict_server_knows_no_strangers(aws: Aws, access_key_id: str) -> None:
    error = refused(aws, Proof(access_key_id), is_strict=True)
    assert error.code == "InvalidClientTokenId"
    assert "strict" in error.why.cause


def test_who_signs_nothing_is_anonymous(aws: Aws) -> None:
    assert asked(aws, None) == Caller(ANONYMOUS, DEFAULT_ACCOUNT)
    assert asked(aws, None, is_strict=True).principal == ANONYMOUS


@pytest.mark.parametrize("family", ["query", "json", "rest-json"])
def test_where_nobody_is_served_unnamed(family: Family) -> None:
    error = refusals.missing(family)
    assert error.code.startswith("MissingAuthenticationToken")
    assert error.message in ("Request is missing Authentication Token", "Missing Authentication Token")
    assert error.why.facts[0].value is None
