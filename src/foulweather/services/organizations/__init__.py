"""AWS Organizations, the part that governs: accounts, organizational units, and the policies over them."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="organizations",
    package=__name__,
    modules=(
        "organization",
        "accounts",
        "membership",
        "units",
        "policies",
        "attachments",
        "resource_policies",
        "effective",
        "handshakes",
        "features",
        "transfers",
        "trust",
        "tags",
    ),
    is_global=True,
    guardrails="guardrails:OrganizationGuardrails",
    access_denied="AccessDeniedException",
)
