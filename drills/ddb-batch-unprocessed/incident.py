"""A release without "old loops", on the day on which the lists become long."""

from __future__ import annotations

from typing import cast

from stack import EVERY_MS, Importer

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """Lists of ten thousand, every twenty minutes."""
    lab.deploy("price-import", unprocessed="ignore")
    lab.deploy("price-audit", unprocessed="ignore")
    importer = cast(Importer, lab.app("price-import"))

    def again() -> None:
        if importer.is_running:
            importer.arrive()
            lab.at(lab.now_ms + EVERY_MS, again)

    lab.at(lab.now_ms + 1_000, again)
