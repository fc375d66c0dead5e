"""AWS Secrets Manager: secrets with versions and stages, under KMS keys, rotated, replicated, and deleted in time."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="secretsmanager",
    package=__name__,
    modules=(
        "secrets",
        "values",
        "stages",
        "deletion",
        "replicas",
        "rotation",
        "resource_policies",
        "tags",
        "passwords",
    ),
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
)
