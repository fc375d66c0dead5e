"""The release of the night replaces the role: the same name, the same policy, another role."""

from __future__ import annotations

from stack import replace_role

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """Delete and create."""
    replace_role(lab)
