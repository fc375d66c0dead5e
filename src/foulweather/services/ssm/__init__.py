"""AWS Systems Manager: Parameter Store."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="ssm",
    package=__name__,
    modules=("parameters", "reading", "listing", "labels", "tags", "settings", "resource_policies"),
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
)
