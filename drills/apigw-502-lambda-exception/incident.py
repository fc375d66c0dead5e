"""A release that was tried with coupons."""

from __future__ import annotations

from stack import AFTER, FUNCTION

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client
from foulweather.drilling.load.functions import answered, zipped


def strike(lab: Lab) -> None:
    """And with nothing else."""
    answered(lab.client("lambda").update_function_code(FunctionName=FUNCTION, ZipFile=zipped({"app.py": AFTER})))
    client(lab, "customers").arrive(Even(per_min=6))
    client(lab, "strangers").arrive(Even(per_min=1))
