"""Time goes by: what was used last on the first day has been idle for ninety days. The review is due."""

from __future__ import annotations

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """Nobody does anything, which is the incident: no role here ever ends."""
    lab.notes["review_due_ms"] = lab.now_ms
