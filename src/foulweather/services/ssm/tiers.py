"""Which tier a parameter is in: what is asked, what is set for the account, and what it was.

https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.ssm import limits, refusals
from foulweather.services.ssm.state import SsmState, Version

DEFAULT_TIER = "/ssm/parameter-store/default-parameter-tier"


def chosen(
    call: Call, state: SsmState, request: Mapping[str, Any], before: Version | None, *, has_policies: bool
) -> str:
    """Standard or Advanced; there is no way back from Advanced."""
    setting = state.settings.get(DEFAULT_TIER)
    asked: str | None = request.get("Tier")
    was_advanced = before is not None and before.tier == "Advanced"
    if was_advanced:
        if asked == "Standard":
            raise refusals.invalid(
                "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
                "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
                "parameter and recreate it as a standard parameter. Be aware that standard parameters have a value "
                "limit of 4096 characters. Standard parameters don't support parameter policies.",
                Tier=asked,
            )
        return "Advanced"
    tier = asked or (setting.value if setting is not None else "Standard")
    if tier == "Intelligent-Tiering":
        needs_more = len(request["Value"].encode()) > limits.VALUE_BYTES_MAX["Standard"] or has_policies
        is_full = before is None and len(state.parameters) >= limits.PARAMETERS_MAX["Standard"]
        return "Advanced" if needs_more or is_full else "Standard"
    if tier == "Standard" and has_policies:
        raise refusals.invalid(
            "Parameter policies are only supported for parameters in the advanced-parameter tier.", Tier=tier
        )
    return tier
