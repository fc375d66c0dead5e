"""AWS Systems Manager: Parameter Store, documents, Automation, and what runs it on a schedule."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="ssm",
    package=__name__,
    modules=(
        "parameters",
        "reading",
        "listing",
        "labels",
        "tags",
        "settings",
        "resource_policies",
        "documents.authoring",
        "documents.reading",
        "documents.sharing",
        "documents.calendar_states",
        "automation.executions",
        "automation.viewing",
        "associations.authoring",
        "associations.viewing",
        "commands",
        "windows.authoring",
        "windows.viewing",
        "windows.targets",
        "windows.tasks",
        "windows.executions",
        "opsitems.authoring",
        "opsitems.viewing",
    ),
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
)
