"""The end of a certificate: deleted, or revoked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.acm import finding, lifetimes, refusals
from foulweather.services.acm.state import AMAZON_ISSUED, AcmState, Certificate, Certificates

Request = Mapping[str, Any]


def delete_certificate(call: Call, request: Request) -> dict[str, Any]:
    """Delete a certificate that nothing uses."""
    found = finding.certificate(call, request)
    _check_unused(call, found)
    call.state(AcmState).certificates.delete(found.arn)
    call.changed("acm.CertificateDeleted", found.arn, exists=False)
    return {}


def revoke_certificate(call: Call, request: Request) -> dict[str, Any]:
    """Revoke a public certificate that was exported."""
    found = finding.certificate(call, request)
    _check_unused(call, found)
    if found.kind != AMAZON_ISSUED or not found.was_exported:
        words = f"Certificate {found.arn} was never exported: only exported public certificates can be revoked."
        raise refusals.wrong_state(call, found, words, "ValidationException")
    if found.status != "ISSUED":
        words = f"Certificate {found.arn} is in status {found.status}: it cannot be revoked."
        raise refusals.wrong_state(call, found, words, "ConflictException")
    found.status, found.revoked_ms, found.revocation_reason = "REVOKED", call.now, request["RevocationReason"]
    call.state(AcmState).certificates.put(found.arn, found)
    call.changed("acm.CertificateRevoked", found.arn, Status="REVOKED", RevocationReason=found.revocation_reason)
    lifetimes.tell(call, found, "ACM Certificate Revoked", lifetimes.told_of(call, found))
    return {"CertificateArn": found.arn}


def _check_unused(call: Call, found: Certificate) -> None:
    users = call.world.state(Certificates).users_of(found.arn)
    if users:
        raise refusals.in_use(call, found, users)
