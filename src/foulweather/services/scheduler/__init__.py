"""EventBridge Scheduler: schedules in time zones, the targets that they invoke with a role, and groups of them."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="scheduler",
    package=__name__,
    modules=("schedules", "groups", "tags"),
    access_denied="AccessDeniedException",
    checks_model=True,
)
