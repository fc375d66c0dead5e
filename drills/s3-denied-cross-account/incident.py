"""The other account's programs move to a new role, which their own side allows everything that the old one had."""

from __future__ import annotations

from stack import LIST, READ

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.storage import Host, Reader


def strike(lab: Lab) -> None:
    """One side of two."""
    analytics = lab.app("analytics")
    assert isinstance(analytics, Reader)
    analytics.host = Host.made(lab, "reports-v2", LIST, READ, account=lab.notes["theirs"])
