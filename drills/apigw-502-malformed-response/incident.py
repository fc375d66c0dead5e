"""A release that has become shorter."""

from __future__ import annotations

from stack import AFTER, FUNCTION

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client
from foulweather.drilling.load.functions import answered, zipped


def strike(lab: Lab) -> None:
    """It returns what it found."""
    answered(lab.client("lambda").update_function_code(FunctionName=FUNCTION, ZipFile=zipped({"app.py": AFTER})))
    client(lab, "website").arrive(Even(per_min=6))
    client(lab, "crawler").arrive(Even(per_min=1))
