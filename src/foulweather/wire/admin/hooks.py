"""What services offer to the world outside AWS's APIs: an issuer's keys taken in, a certificate given out."""

from __future__ import annotations

from types import ModuleType
from typing import Any, cast

import msgspec

from foulweather.kernel.http import HttpResponse
from foulweather.wire.admin.asking import Asked, Endpoint, Refused

KEYS_BYTES_MAX = 100_000


class IssuerRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An OpenID Connect issuer (`https://oidc.example.com/id`) and its JSON Web Key Set."""

    issuer: str
    jwks: dict[str, Any]


class IssuerShown(msgspec.Struct, frozen=True):
    """An issuer whose tokens can be verified from now on."""

    issuer: str
    keys: int


def add_issuer(asked: Asked) -> IssuerShown:
    """Let AssumeRoleWithWebIdentity verify an issuer's tokens, without asking the issuer."""
    wanted: IssuerRequest = asked.body
    tokens = _part(asked, "sts", "web_identity")
    issuer = wanted.issuer.removeprefix("https://").rstrip("/")
    keys: Any = wanted.jwks.get("keys")
    if not issuer or "://" in issuer:
        raise Refused(400, "BadIssuer", "An issuer is an https URL, such as https://oidc.example.com/id.")
    if not isinstance(keys, list) or not keys:
        raise Refused(400, "BadKeys", 'A JSON Web Key Set is an object with a list of "keys".')
    if len(msgspec.json.encode(wanted.jwks)) > KEYS_BYTES_MAX:
        raise Refused(400, "BadKeys", f"A JSON Web Key Set is up to {KEYS_BYTES_MAX} bytes.")
    try:
        tokens.register_issuer_keys(asked.hosted.world, issuer, wanted.jwks)
    except ValueError as error:
        raise Refused(400, "BadKeys", f"{error}.") from error
    return IssuerShown(issuer, len(cast("list[Any]", keys)))


def certificate(asked: Asked) -> HttpResponse:
    """The certificate that a message's SigningCertURL names, whichever world has it."""
    signing = _part(asked, "sns", "signing")
    for hosted in asked.cloud.worlds.values():
        for key in hosted.world.state(signing.Signer).keys.values():
            if key.id == asked.param:
                return HttpResponse(200, [("Content-Type", "application/x-pem-file")], key.certificate)
    raise Refused(404, "NoSuchCertificate", f"No world signs with a certificate {asked.param!r}.")


def _part(asked: Asked, name: str, module: str) -> ModuleType:
    service = asked.cloud.services.find(name)
    if service is None:
        raise Refused(404, "NoSuchService", f"{name} is not built.")
    return asked.cloud.services.part(service, module)


ENDPOINTS = (
    Endpoint(
        "POST", "sts/issuers", add_issuer, "Take in an issuer's keys", IssuerShown, IssuerRequest, ("world",), 201
    ),
    Endpoint("GET", "sns/SimpleNotificationService-{id}.pem", certificate, "SNS's signing certificate"),
)
