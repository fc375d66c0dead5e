"""From today each order is checked for fraud, as the bank wants it."""

from __future__ import annotations

from stack import definition

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client
from foulweather.drilling.load.functions import answered


def strike(lab: Lab) -> None:
    """One step more."""
    states = lab.client("stepfunctions")
    answered(
        states.update_state_machine(stateMachineArn=lab.notes["machine"], definition=definition(lab, checked=True))
    )
    client(lab, "shop").arrive(Even(per_min=3))
