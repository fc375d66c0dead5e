"""AWS Certificate Manager: certificates that are requested and validated, imported, renewed by the clock, exported."""

from __future__ import annotations

from foulweather.kernel.service import Service

SERVICE = Service(
    name="acm",
    package=__name__,
    modules=(
        "requesting",
        "importing",
        "describing",
        "listing",
        "searching",
        "exporting",
        "ending",
        "account",
        "tags",
    ),
    access_denied="AccessDeniedException",
    denied_status=400,
    checks_model=True,
    reads={
        "acm.CertificateUsed": "certificates_used",
        "apigateway.DomainNameCreated": "domain_changed",
        "apigateway.DomainNameUpdated": "domain_changed",
        "apigateway.DomainNameDeleted": "domain_deleted",
    },
)
