"""Reports of compliance with tag policies."""

from __future__ import annotations

import msgspec

from foulweather.policy.principal import Principal
from foulweather.world.store import State, table


class Report(msgspec.Struct):
    """The last report that an organization's management account asked for."""

    account: str
    bucket: str
    organization: str
    started_ms: int
    who: Principal
    status: str = "RUNNING"
    location: str = ""
    error: str = ""


class TaggingState(State):
    """One report for each management account."""

    scope = "account"
    reports = table(Report)
