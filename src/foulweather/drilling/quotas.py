"""Accounts that AWS has given less, or more, than its default."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.kernel.quotas import Applied, AppliedQuotas


def grant(lab: Lab, service: str, code: str, value: int) -> None:
    """Put another value of a quota in force, as AWS has set it for this account."""
    held = lab.world.state(AppliedQuotas, lab.account).applied
    held.put(f"{lab.region}/{service}/{code}", Applied(value, lab.now_ms))
