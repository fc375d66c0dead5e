"""Every order is taken, and stored as its customer has written it."""

from __future__ import annotations

from stack import SAMPLES, stored, wanted

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import since
from foulweather.drilling.load.apis import client, failing, unserved
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Five orders that were not taken."""
    return failing(lab, "customers", "{} orders were not taken")


def check(lab: Lab) -> Why | None:
    """Traffic, then the table: as many of each kind as were taken since."""
    since_ms = since(lab)
    unwell = unserved(lab, "customers", since_ms)
    if unwell is not None:
        return unwell
    asked = client(lab, "customers").since(since_ms)
    found = stored(lab)
    for number, sample in enumerate(SAMPLES):
        taken = sum(one.number % len(SAMPLES) == number for one in asked)
        kept = found.count(wanted(sample))
        if kept < taken:
            told = f"{taken} orders like {wanted(sample)} were taken, and {kept} are in the table."
            return unmended(told, Fact("Orders", "items", kept))
    known = {wanted(sample) for sample in SAMPLES} | {(sample["name"], "") for sample in SAMPLES}
    strange = [one for one in found if one not in known]
    if strange:
        told = f"{len(strange)} orders are stored as nobody has written them: {strange[-1]}"
        return unmended(told, Fact("Orders", "name, note", strange[-1]))
    return None
