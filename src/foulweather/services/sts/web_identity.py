"""OpenID Connect tokens: whose they are, and whether that is true."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from foulweather.kernel.directory import WebProvider
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.sts import callers
from foulweather.services.sts.state import IssuerKeys, StsState
from foulweather.world.world import World

if TYPE_CHECKING:
    from foulweather.kernel.call import Call

# AssumeRoleWithWebIdentity, WebIdentityToken: "signed using either RSA keys (RS256, RS384, or RS512) or
# ECDSA keys (ES256, ES384, or ES512)".
ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
TAGS_CLAIM = "https://aws.amazon.com/tags"
SOURCE_IDENTITY_CLAIM = "https://aws.amazon.com/source_identity"
SCHEME = "https://"
# IAM User Guide, AWS JSON policy elements: Principal: the issuer of Amazon Cognito's identity pools, which no account
# has a provider for; whose tokens of which pool are good is for a role's trust policy to say.
COGNITO = "cognito-identity.amazonaws.com"


class WebIdentity(msgspec.Struct, frozen=True):
    """Who a verified token speaks of; `claims` are condition keys."""

    provider: WebProvider
    issuer: str
    subject: str
    audience: str
    claims: dict[str, str | list[str]]
    tags: dict[str, str]
    transitive: tuple[str, ...]
    source_identity: str


def register_issuer_keys(world: World, issuer: str, jwks: Mapping[str, Any]) -> None:
    """Make an issuer's public keys known to a world; a bad set raises ValueError."""
    try:
        KeySet.import_key_set(cast(Any, dict(jwks)))
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a JSON Web Key Set: {error}") from error
    name = issuer.removeprefix(SCHEME).rstrip("/")
    world.state(StsState).issuers.put(name, IssuerKeys(name, json.dumps(jwks)))


def verified(call: Call, request: Mapping[str, Any]) -> WebIdentity:
    """The identity in a request's token, or the refusal: provider, keys, signature, time, audience."""
    if request.get("ProviderId"):
        # OAuth 2.0 access tokens of www.amazon.com and graph.facebook.com, which only these can check.
        raise not_implemented("sts", "AssumeRoleWithWebIdentity.ProviderId")
    account = callers.named_role(call, request["RoleArn"]).account
    token: str = request["WebIdentityToken"]
    claims = _payload(token)
    issuer = claims.get("iss")
    if not isinstance(issuer, str):
        raise _invalid("Missing a required claim: iss")
    name = issuer.removeprefix(SCHEME).rstrip("/")
    directory = call.pipeline.directory
    provider = directory.web_provider(account, name) if directory is not None else None
    if name == COGNITO:
        provider = WebProvider(COGNITO, COGNITO, ())
    if provider is None:
        raise _invalid(
            f"No OpenIDConnect provider found in your account for {issuer}",
            Fact(f"arn:aws:iam::{account}:oidc-provider/{name}", "exists", False),
            remedy=(f"aws iam create-open-id-connect-provider --url {issuer} --client-id-list CLIENT_ID",),
        )
    _verify_signature(call, token, name)
    for required in ("aud", "sub", "exp", "iat"):
        if required not in claims:
            raise _invalid(f"Missing a required claim: {required}")
    _check_time(call, claims)
    return _identity(provider, issuer, name, claims)


def _payload(token: str) -> dict[str, Any]:
    try:
        claims = json.loads(jws.extract_compact(token.encode()).payload)
    except (JoseError, ValueError):
        claims = None
    if not isinstance(claims, dict):
        raise _invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
    return cast("dict[str, Any]", claims)


def _verify_signature(call: Call, token: str, issuer: str) -> None:
    known = call.state(StsState).issuers.get(issuer)
    if known is None:
        raise AwsError(
            "IDPCommunicationErrorException",
            "Couldn't retrieve verification key from your identity provider,  please reference "
            "AssumeRoleWithWebIdentity documentation for requirements",
            facts=(Fact(issuer, "JWKS known to this world", False),),
            remedy=(f"register the JSON Web Key Set of {SCHEME}{issuer} with this world",),
        )
    try:
        jws.deserialize_compact(token, KeySet.import_key_set(json.loads(known.jwks)), algorithms=ALGORITHMS)
    except (JoseError, ValueError, TypeError):
        raise _invalid(
            "Couldn't verify the signature of the token with the keys of your identity provider",
            Fact(issuer, "keys", [key.get("kid", "") for key in json.loads(known.jwks)["keys"]]),
        ) from None


def _check_time(call: Call, claims: Mapping[str, Any]) -> None:
    now_s = call.now // 1000
    times = {name: claims[name] for name in ("exp", "iat", "nbf") if name in claims}
    for name, value in times.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise _invalid(f"Invalid claim: {name} must be an integer")
    if now_s >= times["exp"]:
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {now_s} must be before the expiration date/time {times['exp']}",
            facts=(Fact("token", "exp", times["exp"]), Fact("world", "now", now_s)),
        )
    if times.get("nbf", now_s) > now_s:
        raise AwsError(
            "IDPRejectedClaimException",
            f"Token not yet valid: current date/time {now_s} must not be before {times['nbf']}",
            403,
            facts=(Fact("token", "nbf", times["nbf"]), Fact("world", "now", now_s)),
        )


def _identity(provider: WebProvider, issuer: str, name: str, claims: Mapping[str, Any]) -> WebIdentity:
    aud = claims["aud"]
    audiences = [str(each) for each in cast("list[object]", aud)] if isinstance(aud, list) else [str(aud)]
    if name != COGNITO and not any(each in provider.client_ids for each in audiences):
        raise _invalid(
            "Incorrect token audience",
            Fact("token", "aud", audiences),
            Fact(provider.arn, "ClientIDList", list(provider.client_ids)),
            remedy=(
                f"aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {provider.arn} "
                f"--client-id {audiences[0]}",
            ),
        )
    # IAM User Guide, IAM and AWS STS condition context keys, "Available keys for AWS web identity federation":
    # aud is the token's azp when it has one, and its aud is then oaud.
    keys: dict[str, str | list[str]] = {"sub": str(claims["sub"])}
    azp = claims.get("azp")
    keys["aud"] = str(azp) if azp else audiences if len(audiences) > 1 else audiences[0]
    if azp:
        keys["oaud"] = audiences
    if isinstance(claims.get("amr"), list):
        keys["amr"] = [str(each) for each in claims["amr"]]
    if isinstance(claims.get("email"), str):
        keys["email"] = claims["email"]
    tags, transitive = _tags(claims)
    return WebIdentity(
        provider=provider,
        issuer=issuer,
        subject=str(claims["sub"]),
        audience=audiences[0],
        claims={f"{name}:{key}".lower(): value for key, value in keys.items()},
        tags=tags,
        transitive=transitive,
        source_identity=str(claims.get(SOURCE_IDENTITY_CLAIM, "")),
    )


def _tags(claims: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The session tags in a token, nested (`principal_tags: {key: [value]}`) or flattened into claims."""
    nested = claims.get(TAGS_CLAIM, {})
    try:
        tags = {str(key): str(value[0]) for key, value in nested.get("principal_tags", {}).items()}
        keys = tuple(str(key) for key in nested.get("transitive_tag_keys", ()))
    except (AttributeError, LookupError, TypeError):
        raise _invalid(f"Invalid claim: {TAGS_CLAIM}") from None
    prefix = f"{TAGS_CLAIM}/principal_tags/"
    for claim, value in claims.items():
        if claim.startswith(prefix):
            tags[claim.removeprefix(prefix)] = str(cast("list[object]", value)[0] if isinstance(value, list) else value)
    flat = claims.get(f"{TAGS_CLAIM}/transitive_tag_keys", ())
    return tags, keys or tuple(str(key) for key in flat)


def _invalid(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    return AwsError("InvalidIdentityTokenException", message, facts=facts, remedy=remedy)
