"""A release that tidies the expressions up."""

from __future__ import annotations

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """Placeholders look like clutter."""
    lab.deploy("order-page", projection="bare")
    lab.deploy("warehouse", update="bare", condition="bare")
