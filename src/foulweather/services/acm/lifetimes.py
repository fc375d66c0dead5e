"""A certificate's way by the clock: validated and issued, told about before it expires, renewed, expired.

https://docs.aws.amazon.com/acm/latest/userguide/supported-events.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.acm import authority, reading, validating
from foulweather.services.acm.limits import DAY_MS
from foulweather.services.acm.state import AMAZON_ISSUED, IMPORTED, AcmState, Certificate, Certificates

# Those that are valid for 198 days are renewed from 45 days before on; the ones of 395 days were from 60 on.
RENEWS_BEFORE_MS: Final = 45 * DAY_MS
# "starting 45 days prior to expiration for private/imported certificates and 30 days prior to expiration for public
# certificates" (supported-events); what PutAccountConfiguration says is for all.
TELLS_BEFORE_DAYS: Final = {IMPORTED: 45, AMAZON_ISSUED: 30}
# DaysToExpiry is published twice a day for every certificate until it expires (cloudwatch-metrics).
LOOKS_EVERY_MS: Final = DAY_MS // 2


def await_validation(call: Call, certificate: Certificate) -> None:
    """Have the proof looked for, and not for ever."""
    if certificate.method == validating.DNS:
        call.later(call.now + validating.VALIDATES_AFTER_MS, "acm.validate", certificate=certificate.arn)
    call.later(certificate.created_ms + validating.TIMES_OUT_AFTER_MS, "acm.time_out", certificate=certificate.arn)


def issue(call: Call, state: AcmState, certificate: Certificate, action: str = "ISSUANCE") -> None:
    """Issue what was asked for, with a key of its own."""
    key = authority.new_key(certificate.key_algorithm)
    pem, chain = authority.issued(call.world, certificate.names, key, certificate.key_algorithm, call.now)
    certificate.status, certificate.key = "ISSUED", authority.der_of(key)
    certificate.pem, certificate.chain = pem, chain
    certificate.issued_ms = call.now
    begin(call, state, certificate, action)


def begin(call: Call, state: AcmState, certificate: Certificate, action: str) -> None:
    """What is under the ARN now has its time before it: set its timers and tell that it is there."""
    held = reading.loaded(certificate.pem)
    certificate.not_before_ms = reading.ms(held.not_valid_before_utc)
    certificate.not_after_ms = reading.ms(held.not_valid_after_utc)
    certificate.issue += 1
    state.certificates.put(certificate.arn, certificate)
    timer = {"certificate": certificate.arn, "issue": certificate.issue}
    if certificate.kind == AMAZON_ISSUED:
        call.later(certificate.not_after_ms - RENEWS_BEFORE_MS, "acm.renew", **timer)
    call.later(certificate.not_after_ms, "acm.expire", **timer)
    look(call, state, certificate)
    told = {"Action": action, **told_of(call, certificate), "DaysToExpiry": days_left(certificate, call.now)}
    tell(call, certificate, "ACM Certificate Available", told)


def days_left(certificate: Certificate, now_ms: int) -> int:
    """The whole days before it expires."""
    return max(0, (certificate.not_after_ms - now_ms) // DAY_MS)


def look(call: Call, state: AcmState, certificate: Certificate) -> None:
    """Tell how long a certificate is still valid, as a metric and, when it is nearly over, as an event a day."""
    left = days_left(certificate, call.now)
    call.happened("acm.DaysToExpiry", certificate.arn, days=left)
    account = state.accounts.get("")
    window = (account.days if account is not None else 0) or TELLS_BEFORE_DAYS[certificate.kind]
    half_days = (certificate.not_after_ms - call.now) // LOOKS_EVERY_MS
    if left <= window and half_days % 2 == 0:
        detail = {"DaysToExpiry": left, "CommonName": certificate.domain}
        tell(call, certificate, "ACM Certificate Approaching Expiration", detail)
    again_ms = call.now + LOOKS_EVERY_MS
    if again_ms < certificate.not_after_ms:
        call.later(again_ms, "acm.look", certificate=certificate.arn, issue=certificate.issue)


def is_eligible(call: Call, certificate: Certificate) -> bool:
    """Whether ACM would renew it: it is in use, or was exported since it was issued."""
    if certificate.kind != AMAZON_ISSUED or certificate.status != "ISSUED":
        return False
    return certificate.is_exported or bool(call.world.state(Certificates).users_of(certificate.arn))


def renew(call: Call, state: AcmState, certificate: Certificate) -> None:
    """Renew a certificate, if anybody uses it and its names are still proved."""
    if not is_eligible(call, certificate):
        return
    certificate.renewal, certificate.renewal_ms = "PENDING_AUTO_RENEWAL", call.now
    if validating.unpublished(certificate):
        certificate.renewal = "PENDING_VALIDATION"
        state.certificates.put(certificate.arn, certificate)
        told = {**told_of(call, certificate), "RenewalStatusReason": "ADDITIONAL_VERIFICATION_REQUIRED"}
        tell(call, certificate, "ACM Certificate Renewal Action Required", told)
        return
    certificate.renewal = "SUCCESS"
    issue(call, state, certificate, "RENEWAL")
    call.changed("acm.CertificateRenewed", certificate.arn, NotAfter=certificate.not_after_ms, RenewalStatus="SUCCESS")


def expire(call: Call, state: AcmState, certificate: Certificate) -> None:
    """A certificate's time is over."""
    certificate.status = "EXPIRED"
    state.certificates.put(certificate.arn, certificate)
    call.changed("acm.CertificateExpired", certificate.arn, Status="EXPIRED")
    if certificate.kind != IMPORTED:  # "Certificate Expired events aren't available for imported certificates."
        tell(call, certificate, "ACM Certificate Expired", told_of(call, certificate))


def told_of(call: Call, certificate: Certificate) -> dict[str, Any]:
    """What every event tells of a certificate."""
    told: dict[str, Any] = {"CertificateType": certificate.kind, "CommonName": certificate.domain}
    if certificate.method:
        told["DomainValidationMethod"] = certificate.method
    return {
        **told,
        "CertificateCreatedDate": _iso(certificate.created_ms),
        "CertificateExpirationDate": _iso(certificate.not_after_ms),
        "InUse": bool(call.world.state(Certificates).users_of(certificate.arn)),
        "Exported": certificate.was_exported,
    }


def tell(call: Call, certificate: Certificate, detail_type: str, detail: dict[str, Any]) -> None:
    """Tell EventBridge, by way of the journal."""
    call.happened("acm.EventBridgeEvent", certificate.arn, detail_type=detail_type, detail=detail)


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
