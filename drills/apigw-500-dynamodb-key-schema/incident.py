"""A release on the way to finding users by their address; the table is to follow."""

from __future__ import annotations

from stack import AFTER, FUNCTION

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client
from foulweather.drilling.load.functions import answered, zipped


def strike(lab: Lab) -> None:
    """The query is there first."""
    answered(lab.client("lambda").update_function_code(FunctionName=FUNCTION, ZipFile=zipped({"app.py": AFTER})))
    client(lab, "website").arrive(Even(per_min=4))
    client(lab, "forgetful").arrive(Even(per_min=1))
