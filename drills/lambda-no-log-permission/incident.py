"""AWS's own policies are taken off all roles; the ones that should replace them have come for other teams only."""

from __future__ import annotations

from stack import ROLE

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.functions import LOGGING, caller


def strike(lab: Lab) -> None:
    """The policy goes, and a busy day begins."""
    lab.client("iam").detach_role_policy(RoleName=ROLE, PolicyArn=LOGGING)
    caller(lab, "till").arrive(Even(per_min=2))
