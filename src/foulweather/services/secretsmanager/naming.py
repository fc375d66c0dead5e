"""From names, ARNs and partial ARNs to secrets.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
"""

from __future__ import annotations

import re
from typing import NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.service import Resource
from foulweather.services.secretsmanager import refusals
from foulweather.services.secretsmanager.state import Secret, SecretsState

SUFFIX_LENGTH = 6
_SUFFIXED = re.compile(r"(.+)-([A-Za-z0-9]{6})")
# The six characters of a secret that is not there yet; `-*` and `-??????` in a policy match them.
UNKNOWN_SUFFIX = "-??????"


class Place(NamedTuple):
    """What an identifier names: the secret if it is there, else what its ARN would be."""

    secret: Secret | None
    account: str
    arn: str


def named(call: Call, text: str) -> Place:
    """What a text names in the call's Region."""
    if not text.startswith("arn:"):
        secret = call.state(SecretsState).secrets.get(text)
        return Place(secret, call.account, secret.arn if secret is not None else _unknown(call, text))
    parts = text.split(":", 6)
    if len(parts) < 7 or parts[2] != "secretsmanager" or parts[5] != "secret":
        return Place(None, call.account, text)
    region, account, rest = parts[3], parts[4], parts[6]
    if region != call.region:
        return Place(None, account, text)
    secrets = call.state(SecretsState, account).secrets
    whole = _SUFFIXED.fullmatch(rest)
    if whole is not None:
        # What ends with a hyphen and six characters is taken for a whole ARN, be it a name's own ending or not.
        secret = secrets.get(whole[1])
        return Place(secret if secret is not None and secret.suffix == whole[2] else None, account, text)
    secret = secrets.get(rest)
    return Place(secret, account, secret.arn if secret is not None else text)


def require(call: Call, text: str) -> tuple[SecretsState, Secret]:
    """The secret that a text names."""
    place = named(call, text)
    if place.secret is None:
        raise refusals.no_such_secret(text)
    return call.state(SecretsState, place.account), place.secret


def require_live(call: Call, text: str) -> tuple[SecretsState, Secret]:
    """The secret that a text names, unless it is marked for deletion."""
    state, secret = require(call, text)
    if secret.deletion_ms:
        raise refusals.marked_for_deletion(call, secret)
    return state, secret


def require_primary(call: Call, text: str) -> tuple[SecretsState, Secret]:
    """The secret that a text names, unless it is marked for deletion or follows another."""
    state, secret = require_live(call, text)
    if secret.is_replica:
        raise refusals.is_replica(secret)
    return state, secret


def require_own(call: Call, text: str) -> tuple[SecretsState, Secret]:
    """The secret that a text names, unless another service manages it, or it is deleted, or follows another."""
    state, secret = require_primary(call, text)
    check_owner(call, secret)
    return state, secret


def check_owner(call: Call, secret: Secret) -> None:
    """Refuse to change a secret that another service manages to all but that service."""
    if secret.owner and secret.owner != caller_service(call):
        raise refusals.is_managed(secret)


def caller_service(call: Call) -> str:
    """The service that calls, by itself or in its caller's name; empty for anybody else."""
    if call.via:
        return call.via[-1].partition(".")[0]
    return call.principal.arn.partition(".")[0] if call.principal.kind == "service" else ""


def resource(call: Call, text: str) -> Resource:
    """What a text names, as authorization sees it."""
    place = named(call, text)
    if place.secret is None:
        return Resource(place.arn, place.account)
    return call.state(SecretsState, place.account).resource_of(place.secret)


def _unknown(call: Call, name: str) -> str:
    return call.arn("secretsmanager", f"secret:{name}{UNKNOWN_SUFFIX}")
