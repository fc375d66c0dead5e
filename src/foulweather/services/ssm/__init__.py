"""AWS Systems Manager: Parameter Store, documents, Automation, and associations that run it."""

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
        "automation.executions",
        "automation.viewing",
        "associations.authoring",
        "associations.viewing",
        "commands",
    ),
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
)
