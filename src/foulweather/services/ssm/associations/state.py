"""Associations, their versions and their runs in one account and region."""

from __future__ import annotations

from typing import Any

import msgspec

from foulweather.kernel.credentials import Session
from foulweather.kernel.service import Resource
from foulweather.policy.principal import Principal
from foulweather.world.store import State, table


class Settings(msgspec.Struct, frozen=True):
    """One version of an association: what somebody has set, by the API's member names."""

    number: int
    created_ms: int
    members: dict[str, Any]


class Run(msgspec.Struct):
    """One run of an association: an execution of its runbook."""

    id: str
    number: int
    created_ms: int
    status: str = "Pending"
    detail: str = ""
    execution: str = ""


class Association(msgspec.Struct):
    """An association, which acts in the name of who made it. `due_ms` is when it runs next (0: never again)."""

    id: str
    account: str
    region: str
    created_ms: int
    principal: Principal
    versions: list[Settings]
    session: Session | None = None
    tags: dict[str, str] = {}
    runs: list[Run] = []
    due_ms: int = 0
    succeeded_ms: int = 0

    @property
    def arn(self) -> str:
        """The association's ARN."""
        return arn_of(self.account, self.region, self.id)

    @property
    def latest(self) -> Settings:
        """What is set now."""
        return self.versions[-1]


class AssociationsState(State):
    """The associations of an account and region."""

    associations = table(Association)

    def resource_of(self, association: Association) -> Resource:
        """An association as authorization sees it."""
        return Resource(association.arn, association.account, tags=association.tags)


def arn_of(account: str, region: str, association_id: str) -> str:
    """The ARN of an association's id."""
    return f"arn:aws:ssm:{region}:{account}:association/{association_id}"
