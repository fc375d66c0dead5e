"""AWS CloudTrail: the record of every call, trails that deliver it, and event data stores that answer queries."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="cloudtrail",
    package=__name__,
    modules=(
        "trails",
        "logging",
        "selectors",
        "insights",
        "lookup",
        "public_keys",
        "tags",
        "stores",
        "queries",
        "resource_policies",
        "administrators",
    ),
    recorder="recording:Recorder",
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
)
