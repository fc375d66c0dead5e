"""A round of saving: a third of the memory, and so a third of the processor."""

from __future__ import annotations

from stack import FUNCTION

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client
from foulweather.drilling.load.functions import configure


def strike(lab: Lab) -> None:
    """512 MB are plenty for what it keeps in memory."""
    configure(lab, FUNCTION, MemorySize=512)
    client(lab, "website").arrive(Even(per_min=4))
