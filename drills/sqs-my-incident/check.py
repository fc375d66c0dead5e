"""The symptom, and whether it is mended."""

from __future__ import annotations

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import Lab
from foulweather.kernel.why import Why


def symptom(lab: Lab) -> Why | None:
    """What can be seen from outside by now, with its facts; None while all is well."""
    return None


def check(lab: Lab) -> Why | None:
    """Why it is not mended: traffic since `lab.settling_since(…)`, then facts that wrong fixes would change."""
    return unmended("not written yet")
