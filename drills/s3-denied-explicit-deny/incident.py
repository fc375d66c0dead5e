"""Tags get the names of the company's new standard; the guard knows the old ones."""

from __future__ import annotations

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """The role's tag is renamed."""
    iam = lab.client("iam")
    iam.tag_role(RoleName="app-role", Tags=[{"Key": "data-clearance", "Value": "confidential"}])
    iam.untag_role(RoleName="app-role", TagKeys=["clearance"])
