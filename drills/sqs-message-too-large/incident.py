"""The marketplace goes live: its sellers' orders come with documents of up to five megabytes."""

from __future__ import annotations

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """Orders of another kind."""
    lab.app("order-gateway").befall(orders="marketplace")
