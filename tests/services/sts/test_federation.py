from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from foulweather.kernel.credentials import Credentials
from foulweather.kernel.directory import WebProvider
from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import ANONYMOUS
from foulweather.services.sts.web_identity import register_issuer_keys
from harness import ACCOUNT, Aws

ISSUER = "tokens.example.com/ci"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
KEY = ECKey.generate_key("P-256", {"kid": "one"}, auto_kid=True)
STRANGER = ECKey.generate_key("P-256", {"kid": "one"})


@pytest.fixture
def role(aws: Aws, directory: Any) -> str:
    directory.web[ACCOUNT, ISSUER] = WebProvider(PROVIDER, ISSUER, ("sts.amazonaws.com",))
    register_issuer_keys(aws.world, f"https://{ISSUER}", KeySet([KEY]).as_dict(private=False))
    return directory.add_role(
        "CI",
        {"Federated": PROVIDER},
        actions=["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"],
        condition={
            "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"},
            "StringLike": {f"{ISSUER}:sub": "repo:acme/*"},
        },
    )


def token(aws: Aws, key: ECKey = KEY, **claims: Any) -> str:
    now_s = aws.now // 1000
    whole = {
        "iss": f"https://{ISSUER}",
        "aud": "sts.amazonaws.com",
        "sub": "repo:acme/shop",
        "iat": now_s,
        "exp": now_s + 300,
        **claims,
    }
    return jwt.encode({"alg": "ES256", "kid": "one"}, {k: v for k, v in whole.items() if v is not None}, key)


def assume(aws: Aws, role: str, text: str, **more: Any) -> dict[str, Any]:
    request = {"RoleArn": role, "RoleSessionName": "build", "WebIdentityToken": text, **more}
    return aws.as_principal(ANONYMOUS).sts.assume_role_with_web_identity(request)


def refusal(aws: Aws, role: str, text: str, **more: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        assume(aws, role, text, **more)
    return caught.value


def test_the_bearer_of_a_true_token_gets_a_session(aws: Aws, role: str) -> None:
    response = assume(aws, role, token(aws))
    assert response["SubjectFromWebIdentityToken"] == "repo:acme/shop"
    assert response["Audience"] == "sts.amazonaws.com"
    assert response["Provider"] == PROVIDER
    assert response["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/CI/build"
    credential = aws.world.state(Credentials).by_id[response["Credentials"]["AccessKeyId"]]
    assert credential.session is not None
    assert credential.session.provider == PROVIDER
    assert credential.session.claims[f"{ISSUER}:sub"] == "repo:acme/shop"


def test_the_call_is_on_record_in_the_roles_account(aws: Aws, role: str) -> None:
    request = {"RoleArn": role, "RoleSessionName": "build", "WebIdentityToken": token(aws)}
    Aws(aws.pipeline, ANONYMOUS, "000000000000").sts.assume_role_with_web_identity(request)
    (event,) = aws.events("sts.RoleAssumed")
    assert (event.account, event.principal) == (ACCOUNT, PROVIDER)
    assert aws.events("api.Call")[-1].account == ACCOUNT


def test_the_trust_policy_decides_by_the_tokens_claims(aws: Aws, role: str) -> None:
    error = refusal(aws, role, token(aws, sub="repo:evil/shop"))
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert "sts:AssumeRoleWithWebIdentity" in error.message


def test_a_role_must_trust_the_provider(aws: Aws, role: str, directory: Any) -> None:
    other = directory.add_role("Other", {"Service": "ec2.amazonaws.com"}, actions=["sts:*"])
    assert refusal(aws, other, token(aws)).code == "AccessDenied"
    missing = refusal(aws, f"arn:aws:iam::{ACCOUNT}:role/Missing", token(aws))
    assert missing.code == "AccessDenied"


@pytest.mark.parametrize(
    ("claims", "code", "said"),
    [
        ({"iss": "https://other.example.com"}, "InvalidIdentityTokenException", "No OpenIDConnect provider found in"),
        ({"aud": "someone-else"}, "InvalidIdentityTokenException", "Incorrect token audience"),
        ({"sub": None}, "InvalidIdentityTokenException", "Missing a required claim: sub"),
        ({"exp": 1_767_225_600}, "ExpiredTokenException", "Token expired: current date/time 1767225600 must be before"),
        ({"nbf": 1_767_225_601}, "IDPRejectedClaimException", "Token not yet valid"),
        ({"exp": "soon"}, "InvalidIdentityTokenException", "exp must be an integer"),
    ],
)
def test_a_false_claim_is_refused(aws: Aws, role: str, claims: dict[str, Any], code: str, said: str) -> None:
    error = refusal(aws, role, token(aws, **claims))
    assert error.code == code
    assert said in error.message


def test_a_strangers_signature_is_refused(aws: Aws, role: str) -> None:
    assert refusal(aws, role, token(aws, STRANGER)).code == "InvalidIdentityTokenException"
    assert refusal(aws, role, "not.a.token").code == "InvalidIdentityTokenException"
    head, body, _ = token(aws).split(".")
    assert refusal(aws, role, f"{head}.{body}.").code == "InvalidIdentityTokenException"
    # {"alg":"none"}
    assert refusal(aws, role, f"eyJhbGciOiJub25lIn0.{body}.").code == "InvalidIdentityTokenException"


def test_an_issuer_whose_keys_are_unknown_cannot_be_asked(aws: Aws, role: str, directory: Any) -> None:
    directory.web[ACCOUNT, "new.example.com"] = WebProvider(PROVIDER, "new.example.com", ("sts.amazonaws.com",))
    error = refusal(aws, role, token(aws, iss="https://new.example.com"))
    assert error.code == "IDPCommunicationErrorException"
    assert "register the JSON Web Key Set" in error.why.remedy[0]


def test_a_bad_key_set_is_not_registered(aws: Aws) -> None:
    with pytest.raises(ValueError, match="not a JSON Web Key Set"):
        register_issuer_keys(aws.world, ISSUER, {"keys": [{"kty": "oct?"}]})


@pytest.mark.parametrize(
    "claims",
    [
        {"https://aws.amazon.com/tags": {"principal_tags": {"Team": ["blue"]}, "transitive_tag_keys": ["Team"]}},
        {
            "https://aws.amazon.com/tags/principal_tags/Team": "blue",
            "https://aws.amazon.com/tags/transitive_tag_keys": ["Team"],
        },
    ],
)
def test_tokens_carry_session_tags_and_source_identity(aws: Aws, role: str, claims: dict[str, Any]) -> None:
    text = token(aws, **claims, **{"https://aws.amazon.com/source_identity": "shop"})
    response = assume(aws, role, text)
    assert response["SourceIdentity"] == "shop"
    session = aws.world.state(Credentials).by_id[response["Credentials"]["AccessKeyId"]].session
    assert session is not None
    assert session.tags == {"Team": "blue"}
    assert session.transitive_tags == ("Team",)


def test_azp_stands_for_the_audience_in_conditions(aws: Aws, role: str, directory: Any) -> None:
    app = directory.add_role(
        "App",
        {"Federated": PROVIDER},
        actions="sts:AssumeRoleWithWebIdentity",
        condition={"StringEquals": {f"{ISSUER}:aud": "my-app", f"{ISSUER}:oaud": "sts.amazonaws.com"}},
    )
    assert assume(aws, app, token(aws, azp="my-app"))
    assert refusal(aws, app, token(aws)).code == "AccessDenied"


def test_access_tokens_of_other_providers_are_not_built(aws: Aws, role: str) -> None:
    assert refusal(aws, role, token(aws), ProviderId="www.amazon.com").status == 501
