"""Somebody hunts a bug with a release at debug level; and the group moves to a module that sets no retention."""

from __future__ import annotations

from stack import GROUP

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """The module's apply, then the release."""
    lab.client("logs").delete_retention_policy(logGroupName=GROUP)
    lab.deploy("orders-api", log_level="debug")
