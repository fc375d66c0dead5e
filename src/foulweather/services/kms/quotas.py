"""Request quotas that several operations share: by type of key, for each account and Region."""

from __future__ import annotations

from typing import cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.kms import limits
from foulweather.services.kms.specs import Family
from foulweather.world.world import World

# A token is this many parts: a rate is parts per millisecond, so that one request in ten seconds is whole too.
TOKEN = 1_000_000


class Buckets:
    """The fill of every bucket in use, in parts of a token, and when it was last looked at."""

    def __init__(self) -> None:
        self.fills: dict[tuple[str, str, str], tuple[int, int]] = {}

    @classmethod
    def of(cls, world: World) -> Buckets:
        """The buckets of a world."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Buckets, found)


def check(call: Call, family: Family) -> None:
    """Refuse a cryptographic operation for which the quota of its type of key has no room."""
    if family in ("symmetric", "hmac"):
        per_s = limits.SYMMETRIC_PER_S.get(call.region, limits.SYMMETRIC_ELSEWHERE_PER_S)
        _take(call, "Cryptographic operations (symmetric)", per_s * 1000)
    else:
        shown = {"rsa": "RSA", "ml-dsa": "ML-DSA"}.get(family, "ECC")
        _take(call, f"Cryptographic operations ({shown})", limits.ASYMMETRIC_PER_S * 1000)


def check_key_pair(call: Call, spec: str) -> None:
    """Refuse a data key pair for which the quota of its spec has no room."""
    _take(call, f"GenerateDataKeyPair ({spec})", limits.KEY_PAIRS_PER_1000S.get(spec, limits.ECC_KEY_PAIRS_PER_1000S))


def check_import_parameters(call: Call) -> None:
    """Refuse what is asked more often than once in four seconds."""
    _take(call, "GetParametersForImport", limits.IMPORT_PARAMETERS_PER_1000S)


def _take(call: Call, name: str, per_1000s: int) -> None:
    """Take a token; a bucket holds one second's worth, but one token at least.

    The quota is the caller's account's, whosever key it is ("Cross-account requests").
    """
    fills = Buckets.of(call.world).fills
    account = call.principal.account or call.account
    key = (account, call.region, name)
    # One thousandth of a token a second is one part of a million in a millisecond.
    most = max(TOKEN, per_1000s * 1000)
    found = fills.get(key)
    fill = most if found is None else min(most, found[0] + (call.now - found[1]) * per_1000s)
    if fill >= TOKEN:
        fills[key] = fill - TOKEN, call.now
        return
    fills[key] = fill, call.now
    rate = f"{per_1000s / 1000:g} a second"
    call.happened("api.Throttled", call.resource, operation=f"kms:{call.operation}")
    raise AwsError(
        "ThrottlingException",
        limits.RATES["CreateKey"].message,
        why=Why(
            "throttled",
            f"{account} made more than {rate} of {name} in {call.region}.",
            (Fact(account, f"{name} request rate", rate),),
            ("Cache data keys, or spread the calls over time.",),
        ),
    )
