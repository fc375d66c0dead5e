"""The Resource Groups Tagging API: what has which tags, in all services, and whether tag policies like it."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="resourcegroupstaggingapi",
    package=__name__,
    modules=("resources", "tag_names", "tagging", "summaries", "reports"),
    access_denied="AccessDeniedException",
    denied_status=400,
)
