"""The key is rotated every six minutes from today on, as the auditors want it."""

from __future__ import annotations

from stack import rotate

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client

EVERY_MS = 6 * MINUTE_MS


def strike(lab: Lab) -> None:
    """A busy morning, and the first rotation after six minutes."""
    client(lab, "people").arrive(Even(per_min=4))
    client(lab, "impostor").arrive(Even(per_min=1))

    def again() -> None:
        rotate(lab)
        lab.at(lab.now_ms + EVERY_MS, again)

    lab.at(lab.now_ms + EVERY_MS, again)
