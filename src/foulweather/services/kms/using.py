"""What every cryptographic operation does first and last: the key, its state, its usage, quotas, tokens."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.kms import quotas, refusals
from foulweather.services.kms.naming import require
from foulweather.services.kms.state import Grant, Key, KmsState, Usage

# The latest use is known exactly while the world is up; it is written down this often.
WRITTEN_EVERY_MS = 60_000


def key_for(call: Call, request: Mapping[str, Any], name: str, usage: str) -> tuple[KmsState, Key]:
    """The key of a cryptographic operation: there, enabled, and meant for it."""
    if "Recipient" in request:
        raise not_implemented("kms", f"{call.operation}.Recipient")
    state, key = require(call, request[name])
    check_usable(call, key, usage)
    quotas.check(call, key.abilities.family)
    check_tokens(call, request.get("GrantTokens"))
    return state, key


def check_usable(call: Call, key: Key, usage: str = "") -> None:
    """Refuse a key whose state does not allow its use, or that is meant for something else."""
    if key.state not in ("Enabled", "Updating"):
        if key.state == "Disabled":
            raise refusals.disabled(call, key)
        raise refusals.invalid_state(call, key)
    if usage and key.usage != usage:
        raise refusals.wrong_usage(key, call.operation)


def check_enabled(call: Call, key: Key) -> None:
    """Refuse to manage a key that is not enabled, or whose primary Region is being changed."""
    check_usable(call, key)
    if key.state == "Updating":
        raise refusals.invalid_state(call, key)


def check_algorithm(key: Key, algorithm: str, known: tuple[str, ...]) -> None:
    """Refuse an algorithm that the key's spec does not know."""
    if algorithm not in known:
        raise refusals.wrong_algorithm(key, algorithm)


def finish(call: Call, request: Mapping[str, Any]) -> None:
    """End a dry run, when everything has been checked and nothing has been done."""
    if request.get("DryRun"):
        raise refusals.dry_run()


def note_use(call: Call, state: KmsState, key: Key, operation: str) -> None:
    """Remember the latest use of a key."""
    before = state.latest_use.get(key.id)
    use = state.latest_use[key.id] = Usage(operation, call.now, call.request_id)
    if before is None or call.now - state.usages[key.id].at_ms >= WRITTEN_EVERY_MS:
        state.usages.put(key.id, use)


# --- grant tokens


def token_of(call: Call, key: Key, grant: Grant) -> str:
    """A token that names a grant; every CreateGrant gives another."""
    parts = (b"\1", int(key.account).to_bytes(6, "big"), bytes.fromhex(grant.id), call.world.random.randbytes(16))
    return base64.b64encode(b"".join(parts)).decode()


def grant_of(call: Call, token: str) -> tuple[KmsState, Grant | None]:
    """The grant that a token names, if it is still there."""
    try:
        held = base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        held = b""
    if len(held) != 1 + 6 + 32 + 16 or held[0] != 1:
        raise _bad_token()
    state = call.state(KmsState, f"{int.from_bytes(held[1:7], 'big'):012d}"[-12:])
    return state, state.grants.get(held[7:39].hex())


def check_tokens(call: Call, tokens: Sequence[str] | None) -> None:
    """Refuse what is no grant token, or the token of a grant that is gone."""
    for token in tokens or ():
        if grant_of(call, token)[1] is None:
            raise _bad_token()


def _bad_token() -> AwsError:
    return AwsError(
        "InvalidGrantTokenException",
        "The grant token is not valid, or its grant was retired or revoked.",
        facts=(Fact("request", "GrantTokens", "not the token of a grant that is there"),),
    )
