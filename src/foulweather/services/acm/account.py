"""How long before they expire certificates are told about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.acm import refusals
from foulweather.services.acm.state import Account, AcmState

Request = Mapping[str, Any]
# "By default, accounts receive events starting 45 days before certificate expiration." (API_ExpiryEventsConfiguration)
_DAYS: Final = 45


def get_account_configuration(call: Call, request: Request) -> dict[str, Any]:
    """From how many days before a certificate expires there are events about it."""
    account = call.state(AcmState).accounts.get("")
    return {"ExpiryEvents": {"DaysBeforeExpiry": (account.days if account is not None else 0) or _DAYS}}


def put_account_configuration(call: Call, request: Request) -> dict[str, Any]:
    """Say from how many days before there are events; without a number, the default."""
    state, token = call.state(AcmState), request["IdempotencyToken"]
    events: Request = request.get("ExpiryEvents") or {}
    days: int = events.get("DaysBeforeExpiry") or 0
    if days > _DAYS:
        raise refusals.invalid(f"DaysBeforeExpiry must be between 1 and {_DAYS}.", DaysBeforeExpiry=days)
    held = state.accounts.get("")
    if held is not None and held.token == token and held.days != days:
        words = "The idempotency token was used for another configuration."
        raise AwsError("ConflictException", words)
    state.accounts.put("", Account(days, token))
    call.changed("acm.AccountConfigured", call.arn("acm", "account"), DaysBeforeExpiry=days or _DAYS)
    return {}
