"""The admin API under `/_foulweather/`: the world's clock, reasons, faults, journal and whole, as JSON."""

from __future__ import annotations

from foulweather.wire.admin.front import Admin, Opening, ServerFacts

__all__ = ["Admin", "Opening", "ServerFacts"]
