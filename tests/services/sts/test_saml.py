from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from foulweather.kernel.credentials import Credentials
from foulweather.kernel.directory import SamlProvider
from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import ANONYMOUS
from harness import ACCOUNT, Aws
from services.sts.identity_provider import ENTITY, RECIPIENT, SAML, IdentityProvider

PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/Corp"
IDP = IdentityProvider()
STRANGER = IdentityProvider(elliptic=True)
ACTIONS = ["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"]


@pytest.fixture
def role(directory: Any) -> str:
    directory.saml[PROVIDER] = SamlProvider(PROVIDER, IDP.metadata)
    condition = {"StringEquals": {"saml:aud": RECIPIENT, "saml:sub_type": "persistent"}}
    return directory.add_role(
        "Staff", {"Federated": PROVIDER}, actions=ACTIONS, condition=condition, max_session_s=7200
    )


def assume(aws: Aws, role: str, xml: str, **more: Any) -> dict[str, Any]:
    request = {"RoleArn": role, "PrincipalArn": PROVIDER, "SAMLAssertion": base64.b64encode(xml.encode()).decode()}
    return aws.as_principal(ANONYMOUS).sts.assume_role_with_saml({**request, **more})


def refusal(aws: Aws, role: str, xml: str, **more: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        assume(aws, role, xml, **more)
    return caught.value


@pytest.mark.parametrize("signs", ["assertion", "response"])
def test_whom_a_signed_response_speaks_of_gets_a_session(aws: Aws, role: str, signs: str) -> None:
    response = assume(aws, role, IDP.response(aws.now, role, PROVIDER, signs=signs))
    assert response["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/Staff/alice@example.com"
    assert (response["Subject"], response["SubjectType"]) == ("alice & co", "persistent")
    assert (response["Issuer"], response["Audience"]) == (ENTITY, RECIPIENT)
    hashed = hashlib.sha1(f"{ENTITY}{ACCOUNT}/Corp".encode()).digest()
    assert response["NameQualifier"] == base64.b64encode(hashed).decode()
    session = aws.world.state(Credentials).by_id[response["Credentials"]["AccessKeyId"]].session
    assert session is not None
    assert session.claims["saml:doc"] == f"{ACCOUNT}/Corp"


def test_ecdsa_signs_too(aws: Aws, role: str, directory: Any) -> None:
    directory.saml[PROVIDER] = SamlProvider(PROVIDER, STRANGER.metadata)
    assert assume(aws, role, STRANGER.response(aws.now, role, PROVIDER))


def wrapped(xml: str) -> str:
    """The signed assertion put aside, and an unsigned one of an attacker where it was."""
    start, end = xml.index("<saml:Assertion"), xml.index("</saml:Assertion>") + len("</saml:Assertion>")
    signed = xml[start:end]
    forged = signed[: signed.index("<ds:Signature")] + signed[signed.index("</ds:Signature>") + 15 :]
    forged = forged.replace("alice &amp; co", "root").replace('ID="_a1"', 'ID="_a2"')
    return f"{xml[:start]}<samlp:Extensions>{signed}</samlp:Extensions>{forged}{xml[end:]}"


def borrowed(xml: str) -> str:
    """An attacker's assertion that carries the signature of another, which is put into it."""
    start, end = xml.index("<saml:Assertion"), xml.index("</saml:Assertion>") + len("</saml:Assertion>")
    signed = xml[start:end]
    signature = signed[signed.index("<ds:Signature") : signed.index("</ds:Signature>") + 15]
    forged = signed.replace(signature, f"{signature}<saml:Advice>{signed}</saml:Advice>").replace(
        "co</saml", "x</saml", 1
    )
    return xml[:start] + forged.replace('ID="_a1"', 'ID="_a2"', 1) + xml[end:]


@pytest.mark.parametrize(
    "forge",
    [
        lambda xml: xml.replace("alice &amp; co", "root"),
        lambda xml: xml.replace("alice@example.com", "bob@example.com"),
        lambda xml: xml.replace("</saml:Issuer>", "</saml:Issuer> "),
        lambda xml: xml[: xml.index("<ds:Signature")] + xml[xml.index("</ds:Signature>") + 15 :],
        lambda xml: xml.replace("rsa-sha256", "rsa-sha1"),
        lambda xml: xml.replace('URI="#_a1"', 'URI=""'),
        lambda xml: xml.replace('ID="_r1"', 'ID="_a1"'),
        wrapped,
        borrowed,
    ],
)
def test_a_forged_response_is_refused(aws: Aws, role: str, forge: Callable[[str], str]) -> None:
    forged = forge(IDP.response(aws.now, role, PROVIDER))
    error = refusal(aws, role, forged)
    assert (error.code, error.message) == ("InvalidIdentityTokenException", "Response signature invalid")


def test_a_strangers_signature_is_refused(aws: Aws, role: str) -> None:
    assert refusal(aws, role, STRANGER.response(aws.now, role, PROVIDER)).message == "Response signature invalid"


def test_a_comment_does_not_cut_a_name(aws: Aws, role: str) -> None:
    xml = IDP.response(aws.now, role, PROVIDER).replace("alice &amp; co", "alice<!-- --> &amp; co")
    assert assume(aws, role, xml)["Subject"] == "alice & co"


NOW = 1_767_225_600_000


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({"issuer": "https://other"}, "InvalidIdentityTokenException", "Issuer not present in specified provider"),
        ({"audience": "https://other"}, "InvalidIdentityTokenException", "does not contain the required audience"),
        ({"recipient": "https://other"}, "InvalidIdentityTokenException", "valid Recipient"),
        ({"issued_ms": NOW - 300_000}, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"),
        ({"until_ms": NOW}, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"),
        ({"ends_ms": NOW}, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"),
        ({"begins_ms": NOW + 1_000}, "InvalidIdentityTokenException", "not valid yet"),
        ({"status": "Requester"}, "IDPRejectedClaimException", "reported that authentication failed"),
        ({"attributes": {"RoleSessionName": []}}, "InvalidIdentityTokenException", "RoleSessionName is required in"),
        ({"attributes": {"RoleSessionName": ["a b"]}}, "InvalidIdentityTokenException", "AuthnResponse must match"),
        ({"attributes": {"SourceIdentity": ["aws:x"]}}, "InvalidIdentityTokenException", "Source Identity in Auth"),
        ({"attributes": {"Role": ["arn:x,arn:y"]}}, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"),
    ],
)
def test_what_a_response_must_say(aws: Aws, role: str, more: dict[str, Any], code: str, said: str) -> None:
    error = refusal(aws, role, IDP.response(aws.now, role, PROVIDER, **more))
    assert error.code == code
    assert said in error.message


def test_the_trust_policy_decides(aws: Aws, role: str, directory: Any) -> None:
    condition = {"StringEquals": {"saml:sub": "bob"}}
    other = directory.add_role("Other", {"Federated": PROVIDER}, actions=ACTIONS, condition=condition)
    error = refusal(aws, other, IDP.response(aws.now, other, PROVIDER))
    assert (error.code, error.status) == ("AccessDenied", 403)


def test_the_provider_must_exist_in_the_roles_account(aws: Aws, role: str, directory: Any) -> None:
    xml = IDP.response(aws.now, role, PROVIDER)
    missing = refusal(aws, role, xml, PrincipalArn=f"{PROVIDER}2")
    assert missing.message == "Specified provider doesn't exist"
    foreign = "arn:aws:iam::444455556666:saml-provider/Corp"
    directory.saml[foreign] = SamlProvider(foreign, IDP.metadata)
    assert refusal(aws, role, xml, PrincipalArn=foreign).message == "Specified provider doesn't exist"


def test_a_session_ends_with_that_of_the_provider(aws: Aws, role: str) -> None:
    xml = IDP.response(aws.now, role, PROVIDER, ends_ms=aws.now + 1_800_000)
    response = assume(aws, role, xml, DurationSeconds=7200)
    assert response["Credentials"]["Expiration"] == aws.now + 1_800_000
    error = refusal(aws, role, xml, DurationSeconds=7201)
    assert "exceeds the MaxSessionDuration" in error.message


def test_attributes_become_tags_and_source_identity(aws: Aws, role: str) -> None:
    attributes = {"PrincipalTag:Team": ["blue"], "TransitiveTagKeys": ["Team"], "SourceIdentity": ["alice"]}
    response = assume(aws, role, IDP.response(aws.now, role, PROVIDER, attributes=attributes))
    assert response["SourceIdentity"] == "alice"
    session = aws.world.state(Credentials).by_id[response["Credentials"]["AccessKeyId"]].session
    assert session is not None
    assert (session.tags, session.transitive_tags) == ({"Team": "blue"}, ("Team",))


def test_what_is_no_response_is_refused(aws: Aws, role: str) -> None:
    for xml in (
        "",
        "nonsense",
        "<a/>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        "<a><?b?></a>",
        "<b:a/>",
        "<a>" * 200,
    ):
        error = refusal(aws, role, xml or "====")
        assert error.code == "InvalidIdentityTokenException"
    encrypted = IDP.response(aws.now, role, PROVIDER).replace(
        "</samlp:Response>", f'<saml:EncryptedAssertion xmlns:saml="{SAML}"/></samlp:Response>'
    )
    assert refusal(aws, role, encrypted).status == 501
