"""Times as this API writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(at_ms: int) -> str:
    """`2026-01-01T00:00:00Z`."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
