"""Logins of OpenID Connect providers; those that nobody here can check are not built."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from foulweather.kernel.errors import AwsError
from foulweather.services.sts.web_identity import register_issuer_keys
from harness import ACCOUNT, Aws
from services.cognito_identity.federation import Federation, new_federation
from services.cognito_idp.signing import refused

ISSUER = "id.example.com/tenant"
KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})


def token(aws: Aws, issuer: str = ISSUER, **claims: Any) -> str:
    now_s = aws.now // 1000
    said = {"iss": f"https://{issuer}", "sub": "s1", "aud": "app", "iat": now_s, "exp": now_s + 60, **claims}
    return jwt.encode({"alg": "RS256", "kid": "k1"}, said, KEY)


@pytest.fixture
async def federation(aws: Aws) -> Federation:
    asked = {"Url": f"https://{ISSUER}", "ClientIDList": ["app"], "ThumbprintList": ["a" * 40]}
    arn = aws.iam.create_open_id_connect_provider(asked)["OpenIDConnectProviderArn"]
    register_issuer_keys(aws.world, f"https://{ISSUER}", KeySet([KEY]).as_dict(private=False))
    register_issuer_keys(aws.world, "https://accounts.google.com", KeySet([KEY]).as_dict(private=False))
    supported = {"accounts.google.com": "app", "graph.facebook.com": "1"}
    saml = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
    return await new_federation(
        aws, OpenIdConnectProviderARNs=[arn], SupportedLoginProviders=supported, SamlProviderARNs=[saml]
    )


async def test_an_openid_provider_of_the_account_is_believed(federation: Federation) -> None:
    aws = federation.aws
    federation.roles(authenticated=federation.role("users", amr=ISSUER))
    logins = {ISSUER: token(aws)}
    identity = federation.get_id(logins)
    assert federation.get_id({ISSUER: token(aws, sub="s2")}) != identity
    assert (await federation.credentials(identity, logins))["IdentityId"] == identity
    google = federation.get_id({"accounts.google.com": token(aws, "accounts.google.com")})
    assert google != identity
    both = {ISSUER: token(aws, sub="s3"), "accounts.google.com": token(aws, "accounts.google.com", sub="g3")}
    joined = federation.get_id(both)
    assert joined == federation.get_id({"accounts.google.com": both["accounts.google.com"]})


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"aud": "other"}, "Invalid login token. Incorrect token audience."),
        ({"iss": "https://evil.example"}, "Invalid login token. Issuer doesn't match providerName"),
        ({"exp": 5}, "Invalid login token. Token expired: "),
        ({"exp": "soon"}, "Invalid login token. Token expired: "),
    ],
)
async def test_a_token_for_somebody_else_is_refused(federation: Federation, claims: dict[str, Any], words: str) -> None:
    with pytest.raises(AwsError) as raised:
        federation.get_id({ISSUER: token(federation.aws, **claims)})
    code, message = refused(raised)
    assert (code, message.startswith(words)) == ("NotAuthorizedException", True)


async def test_what_only_others_could_check_is_not_built(federation: Federation) -> None:
    for provider in ("graph.facebook.com", f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"):
        with pytest.raises(AwsError) as raised:
            federation.get_id({provider: "token"})
        assert raised.value.status == 501


async def test_two_logins_of_two_identities_become_one_unless_they_are_of_one_provider(federation: Federation) -> None:
    aws = federation.aws
    first = {ISSUER: token(aws), "accounts.google.com": token(aws, "accounts.google.com")}
    one = federation.get_id({ISSUER: first[ISSUER]})
    other = federation.get_id({"accounts.google.com": first["accounts.google.com"]})
    assert one != other
    assert federation.get_id(first) == one == federation.get_id({"accounts.google.com": first["accounts.google.com"]})
    federation.get_id({ISSUER: token(aws, sub="s9")})
    with pytest.raises(AwsError) as raised:
        federation.get_id({ISSUER: token(aws, sub="s9"), "accounts.google.com": first["accounts.google.com"]})
    assert raised.value.code == "ResourceConflictException"
