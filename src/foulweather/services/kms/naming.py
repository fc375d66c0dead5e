"""From key ids, key ARNs, alias names and alias ARNs to keys."""

from __future__ import annotations

from typing import NamedTuple

from foulweather.kernel.call import Call
from foulweather.services.kms import refusals, sealing
from foulweather.services.kms.limits import is_key_id
from foulweather.services.kms.managed import managed_key
from foulweather.services.kms.state import Key, KmsState


class Place(NamedTuple):
    """What an identifier names: the key if it is there, and the alias by which it was named."""

    key: Key | None
    account: str
    region: str
    rest: str
    alias: str = ""

    @property
    def arn(self) -> str:
        """The key's ARN, or the ARN of what is not there."""
        if self.key is not None:
            return self.key.arn
        return f"arn:aws:kms:{self.region}:{self.account}:{self.rest}"


def named(call: Call, text: str) -> Place:
    """What a text names in the call's Region; an ARN may name another account."""
    account, region, rest = call.account, call.region, text
    if text.startswith("arn:"):
        parts = text.split(":", 5)
        if len(parts) < 6:
            return Place(None, account, region, f"key/{text}")
        region, account, rest = parts[3], parts[4], parts[5]
        if rest.startswith("key/"):
            rest = rest[4:]
    state = call.state(KmsState, account)
    if rest.startswith("alias/"):
        alias = state.aliases.get(rest) if region == call.region else None
        key = state.keys.get(alias.key) if alias is not None else None
        if key is None and rest.startswith("alias/aws/") and region == call.region:
            key = managed_key(call, state, rest)
        return Place(key, account, region, rest, rest)
    key = state.keys.get(rest) if region == call.region else None
    return Place(key, account, region, f"key/{rest}")


def made_with(call: Call, blob: bytes | None, asked: str | None) -> Place | None:
    """The key that a request names, or else the one that its ciphertext was made with."""
    if asked is not None:
        return named(call, asked)
    found = sealing.named(blob) if blob is not None else None
    if found is None:
        return None
    return named(call, f"arn:aws:kms:{call.region}:{found.account}:key/{found.key_id}")


def require(call: Call, text: str) -> tuple[KmsState, Key]:
    """The key that a text names, by id, ARN, alias name or alias ARN."""
    place = named(call, text)
    if place.key is None:
        raise _missing(call, text, place)
    return call.state(KmsState, place.account), place.key


def require_by_id(call: Call, text: str) -> tuple[KmsState, Key]:
    """The key that a text names by id or ARN: what manages a key takes no alias."""
    place = named(call, text)
    if place.alias:
        raise refusals.invalid_key_id(text)
    if place.key is None:
        raise _missing(call, text, place)
    return call.state(KmsState, place.account), place.key


def _missing(call: Call, text: str, place: Place) -> Exception:
    if text.startswith("arn:"):
        parts = text.split(":", 5)
        if len(parts) < 6 or parts[2] != "kms" or not parts[5].startswith(("key/", "alias/")):
            return refusals.invalid_arn(text)
        if place.region != call.region:
            return refusals.wrong_region(text, place.region, call.region)
    if place.alias:
        return refusals.no_such_alias(place.arn)
    if not is_key_id(place.rest[4:]):
        return refusals.invalid_key_id(text)
    return refusals.no_such_key(place.arn)
