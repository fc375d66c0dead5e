"""A clean-up deletes the roles that were thought superfluous; whoever is stuck gets everything."""

from __future__ import annotations

from stack import ADMIN_ROLE, ADMINISTRATOR, APPLIANCE, PIPELINE_ROLE, USERS

from foulweather.drilling.lab import MINUTE_MS, Lab


def strike(lab: Lab) -> None:
    """The roles go; five minutes later the rights come."""
    iam = lab.client("iam")
    iam.detach_role_policy(RoleName=ADMIN_ROLE, PolicyArn=ADMINISTRATOR)
    iam.delete_role(RoleName=ADMIN_ROLE)
    iam.delete_role_policy(RoleName=PIPELINE_ROLE, PolicyName="rollout")
    iam.delete_role(RoleName=PIPELINE_ROLE)
    iam.delete_user_policy(UserName=APPLIANCE, PolicyName="reports")
    lab.at(lab.now_ms + 5 * MINUTE_MS, lambda: _unblock(lab))


def _unblock(lab: Lab) -> None:
    for user in USERS:
        lab.client("iam").attach_user_policy(UserName=user, PolicyArn=ADMINISTRATOR)
    lab.deploy("pipeline", credentials="key")
