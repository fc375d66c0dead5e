"""A feature: builds are announced. The team gets its policy, the release goes out; nobody thinks of the boundary."""

from __future__ import annotations

from typing import cast

from stack import ROLE, TOPIC, Developer, document

from foulweather.drilling.lab import MINUTE_MS, Lab


def strike(lab: Lab) -> None:
    """The reviewed policy, and the release that needs it."""
    may = document(
        {"Sid": "AnnounceBuilds", "Effect": "Allow", "Action": "sns:Publish", "Resource": lab.notes["topics"][TOPIC]}
    )
    lab.client("iam").put_role_policy(RoleName=ROLE, PolicyName="announce-builds", PolicyDocument=may)
    lab.deploy("builder", announce="on")
    for app in lab.apps.values():
        lab.at(lab.now_ms + MINUTE_MS, cast(Developer, app)._due)
