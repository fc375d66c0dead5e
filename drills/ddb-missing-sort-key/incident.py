"""A release that finds orders "by their customer"."""

from __future__ import annotations

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """The release."""
    lab.deploy("payments", key="user")
