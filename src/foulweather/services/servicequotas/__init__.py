"""Service Quotas: the quotas that services tell of, and their increase, which takes effect."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="service-quotas",
    package=__name__,
    modules=("reading", "increases", "templates", "associations", "utilization", "tags"),
    reads={"organizations.AccountCreated": "note_account"},
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
)
