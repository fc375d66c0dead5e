"""Second factors that administrators choose for users."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cognito_idp import choosing, naming
from foulweather.services.cognito_idp.naming import Request


def admin_set_user_mfa_preference(call: Call, request: Request) -> dict[str, Any]:
    """Choose a user's second factors."""
    state, pool, user = naming.user_of(call, request)
    choosing.choose(call, state, pool, user, request)
    return {}


def admin_set_user_settings(call: Call, request: Request) -> dict[str, Any]:
    """Set a user's MFA options, in the older way: text messages alone."""
    state, pool, user = naming.user_of(call, request)
    choosing.set_sms(call, state, pool, user, request)
    return {}
