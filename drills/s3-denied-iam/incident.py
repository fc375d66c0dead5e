"""Somebody takes away what CloudTrail never saw used; it does not see calls on objects, unless data events are on."""

from __future__ import annotations

from stack import may_list

from foulweather.drilling.documents import document
from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """The role's policy keeps the statement whose use was on record."""
    policy = document(may_list())
    lab.client("iam").put_role_policy(RoleName="app-role", PolicyName="work", PolicyDocument=policy)
