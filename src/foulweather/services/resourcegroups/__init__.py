"""Resource Groups: resources by their tags, and applications."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="resource-groups",
    package=__name__,
    modules=("groups", "queries", "configurations", "members", "searching", "tags", "settings"),
    access_denied="ForbiddenException",
    denied_status=403,
)
