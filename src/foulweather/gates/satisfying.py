"""What satisfies the conditions of a Deny statement, so that it denies the request no more."""

from __future__ import annotations

import shlex

from foulweather.gates.documents import Document, document_of, with_value, with_value_in
from foulweather.gates.nearest import network_of
from foulweather.kernel.call import Call
from foulweather.policy.conditions import Test
from foulweather.policy.document import Statement
from foulweather.policy.evaluate import Held, Verdict

MFA_KEYS = frozenset({"aws:multifactorauthpresent", "aws:multifactorauthage"})
USE_HTTPS = "# Over https: the client's endpoint URL must begin with https:// (here: foulweather up --tls)"
_HEADERS = {
    "s3:x-amz-server-side-encryption": "server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "ssekms-key-id",
}
_ADDRESSES = {"aws:sourceip", "aws:vpcsourceip"}
_ENDPOINTS = {"aws:sourcevpc", "aws:sourcevpce"}


def by_asking(call: Call, verdict: Verdict, held: Held, statement: Statement) -> tuple[str, ...]:
    """How the same caller may ask so that the statement does not apply: with MFA, or with a header."""
    if any(_wants_mfa(test) for test in statement.tests) and call.principal.kind in ("user", "assumed-role"):
        return with_mfa(call)
    options = _headers(held, statement)
    if options and verdict.ask.action == "s3:PutObject":
        bucket, _, key = verdict.ask.resource.removeprefix("arn:aws:s3:::").partition("/")
        return (f"aws s3api put-object --bucket {bucket} --key {shlex.quote(key)} --body FILE {options}",)
    return ()


def by_https(call: Call, statement: Statement) -> tuple[str, ...]:
    """That the request must come over https, where the statement denies only others."""
    wants_it = any(
        test.lookup == "aws:securetransport" and not test.null and "true" not in test.wanted for test in statement.tests
    )
    return (USE_HTTPS,) if wants_it and not call.origin.is_secure and call.principal.kind != "service" else ()


def by_tag(call: Call, statement: Statement) -> tuple[str, ...]:
    """The tag that the caller's user or role lacks, where the statement denies all who have it not."""
    for test in statement.tests:
        if test.lookup.startswith("aws:principaltag/") and _spares(test):
            command = tagging(call, test.key, test.wanted)
            if command:
                return (command,)
    return ()


def tagging(call: Call, key: str, wanted: tuple[str, ...]) -> str:
    """The command that gives the caller a tag of which a condition wants a value; empty where none would help."""
    name = key.partition("/")[2]
    value = next((one for one in wanted if not set(one) & set("*?$")), None)
    kind, session = call.principal.kind, call.session
    # A tag of the session goes before the role's.
    if value is None or (session is not None and name in session.tags) or kind not in ("user", "assumed-role"):
        return ""
    noun = "user" if kind == "user" else "role"
    owner = (call.principal.role_arn or call.principal.arn).rpartition("/")[2]
    return f"aws iam tag-{noun} --{noun}-name {owner} --tags {shlex.quote(f'Key={name},Value={value}')}"


def widened(call: Call, held: Held, statement: Statement) -> Document | None:
    """The policy whose statement spares the request's network, or its caller's id, as it spares others already."""
    document, origin = document_of(held), call.origin
    for test in statement.tests:
        if not _spares(test) or call.principal.kind == "service":
            continue
        if test.lookup == "aws:sourceip" and origin.vpc_endpoint:
            listing = next((one for one in statement.tests if one.lookup == "aws:sourcevpce" and _spares(one)), None)
            if listing is not None:
                return with_value_in(document, statement, listing, origin.vpc_endpoint)
            return with_value(document, statement, "StringNotEqualsIfExists", "aws:SourceVpce", origin.vpc_endpoint)
        if test.lookup in _ADDRESSES and origin.ip:
            return with_value_in(document, statement, test, network_of(origin.ip))
        actual = {"aws:sourcevpce": origin.vpc_endpoint, "aws:sourcevpc": origin.vpc}.get(test.lookup, "")
        if test.lookup in _ENDPOINTS and actual:
            return with_value_in(document, statement, test, actual)
        if test.lookup == "aws:userid" and call.principal.user_id:
            role_id, colon, _ = call.principal.user_id.partition(":")
            is_pattern = "like" in test.operator.lower()
            return with_value_in(
                document, statement, test, f"{role_id}:*" if colon and is_pattern else call.principal.user_id
            )
    return None


def exempting(call: Call, held: Held, statement: Statement) -> Document:
    """The policy with one more condition on a Deny statement: it no longer meets this principal."""
    principal = call.principal
    # A service has no ARN that aws:PrincipalArn would hold; a role's session has its role's.
    operator, key, value = "ArnNotLike", "aws:PrincipalArn", principal.role_arn or principal.arn
    if principal.kind == "service":
        operator, key, value = "StringNotEquals", "aws:PrincipalServiceName", principal.arn
    for test in statement.tests:
        if test.lookup == key.lower() and _spares(test):
            return with_value_in(document_of(held), statement, test, value)
    return with_value(document_of(held), statement, operator, key, value)


def with_mfa(call: Call) -> tuple[str, ...]:
    """How the caller gets a session with MFA: a user by itself, a role when it is assumed."""
    if call.principal.kind == "user":
        return (f"aws sts get-session-token --serial-number {mfa_device(call)} --token-code CODE",)
    name = shlex.quote(call.principal.name or "session")
    return (
        f"aws sts assume-role --role-arn {call.principal.role_arn} --role-session-name {name} "
        "--serial-number SERIAL_NUMBER --token-code CODE",
    )


def mfa_device(call: Call) -> str:
    """The serial number of the caller's MFA device, by the name that users give theirs."""
    directory = call.pipeline.directory
    serials = directory.mfa_serials(call.principal) if directory is not None else []
    return serials[0] if serials else f"arn:aws:iam::{call.principal.account}:mfa/{call.principal.name}"


def _wants_mfa(test: Test) -> bool:
    """Whether a Deny with this test spares sessions with MFA."""
    return test.lookup in MFA_KEYS and (test.null or "true" not in [one.lower() for one in test.wanted])


def _spares(test: Test) -> bool:
    """Whether a test holds for all but those whom it lists."""
    return test.negated and not test.null and not test.quantifier


def _headers(held: Held, statement: Statement) -> str:
    """The options that send what the policy's Deny statements want to be sent; empty where they want nothing of it."""
    wanted: dict[str, str] = {}
    for test in statement.tests:
        if test.lookup not in _HEADERS or not (test.null or test.negated):
            continue
        others = [one for each in held.policy.statements if not each.allows for one in each.tests]
        listing = [one for one in (test, *others) if one.lookup == test.lookup and one.negated and not one.null]
        value = next((value for one in listing for value in one.wanted), "")
        if not value:
            value = "AES256" if test.lookup.endswith("encryption") else "KEY_ID"
        if test.lookup.endswith("key-id"):
            wanted.setdefault("server-side-encryption", "aws:kms")
        wanted[_HEADERS[test.lookup]] = value
    return " ".join(f"--{name} {shlex.quote(value)}" for name, value in wanted.items())
