from __future__ import annotations


def send_massage() -> None:
    """A misspelling."""
