"""The public keys of tokens' issuers, found by OpenID discovery: a user pool's in the world, any other's over HTTP.

"API Gateway can cache the public key for two hours": http-api-jwt-authorizer in the developer guide.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

from foulweather.engines import http_client
from foulweather.kernel.call import Call
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.services.apigateway.rest.waiting import OutOfTime, answered, within
from foulweather.world.world import World

HELD_MS: Final = 2 * 3_600_000
AGAIN_MS: Final = 60_000
"""A key that is not among those held is looked for again, but not sooner than that after the last time."""
TIMEOUT_MS: Final = 1_500
ISSUERS_MAX: Final = 1_000
_POOL = re.compile(r"cognito-idp\.[a-z0-9-]+\.amazonaws\.com")


class NoKeys(Exception):
    """An issuer's keys cannot be had; the message says why."""


class KeySet:
    """An issuer's RSA keys by id, as they were published at a time."""

    def __init__(self, at_ms: int, keys: Mapping[str, tuple[Any, str]]) -> None:
        self.at_ms = at_ms
        self.keys = keys
        """A public key, and the one algorithm that it is for (empty: not said)."""


class Issuers:
    """The key sets that a world's stages hold."""

    def __init__(self) -> None:
        self.sets: dict[str, KeySet] = {}

    @classmethod
    def of(cls, world: World) -> Issuers:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Issuers, found)

    def held(self, issuer: str, now_ms: int) -> KeySet | None:
        """What is held of an issuer and still used."""
        found = self.sets.get(issuer)
        return found if found is not None and now_ms - found.at_ms < HELD_MS else None

    async def keys(self, call: Call, issuer: str, kid: str) -> KeySet:
        """An issuer's keys, fetched where they are not held or one is missing among them."""
        now_ms = call.world.clock.now_ms
        found = self.held(issuer, now_ms)
        if found is not None and (kid in found.keys or now_ms - found.at_ms < AGAIN_MS):
            return found
        made = KeySet(now_ms, await _fetched(call, issuer))
        if len(self.sets) >= ISSUERS_MAX:
            self.sets.clear()
        self.sets[issuer] = made
        return made


async def _fetched(call: Call, issuer: str) -> dict[str, tuple[Any, str]]:
    configuration = await _document(call, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    address = configuration.get("jwks_uri")
    if configuration.get("issuer", issuer).rstrip("/") != issuer.rstrip("/"):
        raise NoKeys(f"its discovery document is of another issuer, {configuration.get('issuer')}")
    if not isinstance(address, str) or urlsplit(address).scheme not in ("http", "https"):
        raise NoKeys("its discovery document names no jwks_uri")
    found: dict[str, tuple[Any, str]] = {}
    listed: Any = (await _document(call, address)).get("keys")
    for each in cast("list[Any]", listed) if isinstance(listed, list) else ():
        if isinstance(each, dict):
            key = _public_key(cast("dict[str, Any]", each))
            if key is not None:
                found[str(each["kid"])] = key, str(each.get("alg") or "")  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    return found


def _public_key(published: Mapping[str, Any]) -> Any:
    """An RSA key for signatures; every other is of no use here."""
    if published.get("kty") != "RSA" or published.get("use", "sig") != "sig" or not published.get("kid"):
        return None
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    try:
        exponent, modulus = (int.from_bytes(decoded(str(published[name])), "big") for name in ("e", "n"))
        return RSAPublicNumbers(exponent, modulus).public_key()
    except (KeyError, ValueError):
        return None


async def _document(call: Call, address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    if _POOL.fullmatch(parts.hostname or ""):
        body = await _of_pool(call, parts.hostname or "", parts.path)
    else:
        body = await _over_http(call, address)
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise NoKeys(f"{address} is no JSON document")
    return cast("dict[str, Any]", found)


async def _of_pool(call: Call, host: str, path: str) -> bytes:
    services = call.pipeline.services
    service = services.find("cognito-idp")
    if service is None or not service.has_traffic:
        raise NoKeys("there are no user pools here")
    request = HttpRequest("GET", path, "", [("Host", host)])
    response: HttpResponse = await answered(services.part(service, "traffic").answer(call.pipeline, request))
    if response.status != 200:
        raise NoKeys(f"https://{host}{path} answers {response.status}")
    return response.body


async def _over_http(call: Call, address: str) -> bytes:
    try:
        sending = http_client.send(
            call, "GET", address, [("Accept", "application/json")], b"", timeout_s=TIMEOUT_MS / 1000
        )
        response = await within(call, TIMEOUT_MS, sending)
    except http_client.NotReachable as error:
        words = f"{error} is outside this machine; {http_client.ALLOWED}={error} lets this server reach it"
        raise NoKeys(words) from None
    except (OutOfTime, http_client.PostFailed) as error:
        raise NoKeys(f"{address} does not answer: {str(error) or 'out of time'}") from None
    if response.status != 200:
        raise NoKeys(f"{address} answers {response.status}")
    return response.body


def decoded(text: str) -> bytes:
    """Base64 as tokens have it; raises ValueError where it is none."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
