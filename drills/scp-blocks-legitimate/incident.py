"""The launch begins: the release wants to work in a region that the guardrails have never let anybody into."""

from __future__ import annotations

from stack import Release

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """From now on the release tries, every five minutes."""
    lab.add(Release(lab, "release-eu", "eu-west-1"))
