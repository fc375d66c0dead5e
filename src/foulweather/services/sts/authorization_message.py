"""Encoded authorization failure messages: opaque to who is refused, readable by DecodeAuthorizationMessage.

Others, who cannot import a service, get here by `services.part(manifest of sts, "authorization_message")`
and encode with `encode(world, described(…))`. AWS documents the decoded shape in
the AWS STS API Reference, DecodeAuthorizationMessage, and in the AWS CLI reference's example.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foulweather.policy.principal import Principal
from foulweather.services.sts.state import MessageKey, StsState
from foulweather.world.world import World

NONCE_BYTES = 12
KEY_BYTES = 32


def described(
    principal: Principal,
    action: str,
    resource: str,
    context: Mapping[str, str | list[str]],
    *,
    explicit_deny: bool,
    matched: Iterable[Mapping[str, str]] = (),
) -> dict[str, Any]:
    """A refusal in the shape that AWS decodes to; `matched` are the statements that decided it."""
    return {
        "allowed": False,
        "explicitDeny": explicit_deny,
        "matchedStatements": {"items": [dict(statement) for statement in matched]},
        "failures": {"items": []},
        "context": {
            "principal": {"id": principal.user_id, "name": principal.name, "arn": principal.arn},
            "action": action,
            "resource": resource,
            "conditions": {
                "items": [
                    {
                        "key": key,
                        "values": {
                            "items": [{"value": each} for each in ([value] if isinstance(value, str) else value)]
                        },
                    }
                    for key, value in sorted(context.items())
                ]
            },
        },
    }


def encode(world: World, description: Mapping[str, Any]) -> str:
    """A message that only this world can decode."""
    nonce = world.random.randbytes(NONCE_BYTES)
    text = zlib.compress(json.dumps(description).encode())
    return base64.urlsafe_b64encode(nonce + _cipher(world).encrypt(nonce, text, None)).decode().rstrip("=")


def decode(world: World, message: str) -> str | None:
    """The JSON behind a message, or None if this world did not encode it."""
    if "\n" in message or "\r" in message:
        return None
    try:
        sealed = base64.b64decode(message + "=" * (-len(message) % 4), altchars=b"-_", validate=True)
        return zlib.decompress(_cipher(world).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)).decode()
    except (binascii.Error, ValueError, InvalidTag):
        return None


def _cipher(world: World) -> AESGCM:
    keys = world.state(StsState).message_keys
    if "current" not in keys:
        keys.put("current", MessageKey(world.random.randbytes(KEY_BYTES)))
    return AESGCM(keys["current"].secret)
