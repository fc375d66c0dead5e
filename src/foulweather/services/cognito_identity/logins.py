"""Logins: tokens of identity providers, and whether they are true.

https://docs.aws.amazon.com/cognito/latest/developerguide/external-identity-providers.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.cognito_identity import issuers, limits, openid, refusals
from foulweather.services.cognito_identity.records import IdentityPool

# Their tokens are OpenID Connect's; those of the others only they themselves can read.
_OPEN_ID: Final = ("accounts.google.com", "appleid.apple.com")


class Login(NamedTuple):
    """A user of a provider who has proved it; `mapped_as` is what role mappings call the provider."""

    provider: str
    subject: str
    claims: Mapping[str, Any]
    mapped_as: str = ""

    @property
    def amr(self) -> str:
        """How tokens tell of the login, beside its provider's name."""
        if issuers.USER_POOL.fullmatch(self.provider):
            return f"{self.provider}:CognitoSignIn:{self.subject}"
        return f"{self.provider}:{self.claims.get('aud', '')}:{self.subject}"


def verified(call: Call, pool: IdentityPool, given: Mapping[str, str]) -> list[Login]:
    """The users that a request's tokens speak of; one bad token is a refusal."""
    return [_verified(call, pool, provider, token) for provider, token in given.items()]


def amr_of(users: Sequence[Login]) -> list[str]:
    """How a token says by which logins somebody is known."""
    if not users:
        return ["unauthenticated"]
    amr = ["authenticated"]
    for login in users:
        if login.provider == openid.ISSUER:
            held: Sequence[str] = login.claims.get("amr", ())
            amr += [each for each in held if each not in amr]
        else:
            amr += [login.provider, login.amr]
    return amr


def _verified(call: Call, pool: IdentityPool, provider: str, token: str) -> Login:
    if provider == openid.ISSUER:
        return _own(call, pool, token)
    if provider == pool.developer_name:
        raise refusals.invalid("Please provide a valid public provider.", Fact("request", "Logins", provider))
    if issuers.USER_POOL.fullmatch(provider):
        return _of_user_pool(call, pool, provider, token)
    supported: Mapping[str, str] = pool.settings.get("SupportedLoginProviders", {})
    if provider in supported:
        if provider not in _OPEN_ID:
            raise not_implemented(limits.SERVICE, f"{call.operation}.Logins={provider}")
        claims = _read(call, provider, token)
        _check_audience(pool, claims, supported[provider].split(";"))
        return Login(provider, str(claims["sub"]), claims, provider)
    if provider in pool.settings.get("SamlProviderARNs", ()):
        raise not_implemented(limits.SERVICE, f"{call.operation}.Logins=SAML")
    return _of_open_id(call, pool, provider, token)


def _of_user_pool(call: Call, pool: IdentityPool, provider: str, token: str) -> Login:
    listed: list[dict[str, Any]] = pool.settings.get("CognitoIdentityProviders", [])
    configured = [each for each in listed if each["ProviderName"] == provider]
    if not configured:
        raise _unsupported(call, pool, provider)
    claims = _read(call, provider, token)
    found = next((each for each in configured if each["ClientId"] == claims.get("aud")), None)
    if found is None:
        raise _unsupported(call, pool, f"{provider}, client {claims.get('aud')}")
    if found["ServerSideTokenCheck"] and not issuers.stands(call, claims):
        raise refusals.bad_token(
            "Token is not valid: the user has signed out, or is disabled or deleted.",
            call.fact(pool.arn, "ServerSideTokenCheck", True),
        )
    return Login(provider, str(claims["sub"]), claims, f"{provider}:{found['ClientId']}")


def _of_open_id(call: Call, pool: IdentityPool, provider: str, token: str) -> Login:
    arns: list[str] = pool.settings.get("OpenIdConnectProviderARNs", [])
    arn = next((each for each in arns if each.partition(":oidc-provider/")[2] == provider), None)
    directory = call.pipeline.directory
    held = directory.web_provider(arn.split(":")[4], provider) if arn is not None and directory is not None else None
    if arn is None or held is None:
        raise _unsupported(call, pool, provider)
    claims = _read(call, provider, token)
    _check_audience(pool, claims, list(held.client_ids))
    return Login(provider, str(claims["sub"]), claims, arn)


def _own(call: Call, pool: IdentityPool, token: str) -> Login:
    """A token of GetOpenIdTokenForDeveloperIdentity."""
    claims = issuers.payload_of(token)
    if not openid.is_signed(call, token):
        raise refusals.bad_token("Token signature invalid.")
    _check_time(call, claims)
    _check_audience(pool, claims, [pool.id])
    return Login(openid.ISSUER, str(claims["sub"]), claims)


def _read(call: Call, issuer: str, token: str) -> dict[str, Any]:
    claims = issuers.payload_of(token)
    if claims.get("iss") != f"https://{issuer}":
        raise refusals.bad_token("Issuer doesn't match providerName", Fact("token", "iss", claims.get("iss")))
    is_signed = issuers.is_signed(call, issuer, token)
    if is_signed is None:
        raise refusals.bad_token("Can't retrieve the keys of the issuer.", Fact(issuer, "keys", None))
    if not is_signed:
        raise refusals.bad_token("Token signature invalid.", Fact(issuer, "signed", False))
    for name in ("sub", "aud", "exp"):
        if name not in claims:
            raise refusals.bad_token(f"Missing a required claim: {name}", Fact("token", name, None))
    _check_time(call, claims)
    return claims


def _check_time(call: Call, claims: Mapping[str, Any]) -> None:
    now_s = call.now // 1000
    if not isinstance(claims["exp"], int) or now_s >= claims["exp"]:
        raise refusals.bad_token(f"Token expired: {now_s} >= {claims['exp']}", Fact("token", "exp", claims["exp"]))


def _check_audience(pool: IdentityPool, claims: Mapping[str, Any], allowed: list[str]) -> None:
    aud: Any = claims["aud"]
    audiences = cast("list[Any]", aud) if isinstance(aud, list) else [aud]
    if not any(each in allowed for each in audiences):
        raise refusals.bad_token("Incorrect token audience.", Fact("token", "aud", aud), Fact(pool.id, "aud", allowed))


def _unsupported(call: Call, pool: IdentityPool, what: str) -> Exception:
    return refusals.not_authorized(
        "Token is not from a supported provider of this identity pool.",
        Fact("request", "Logins", what),
        call.fact(pool.arn, "CognitoIdentityProviders", pool.settings.get("CognitoIdentityProviders", [])),
    )
