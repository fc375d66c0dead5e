"""Every quota and rate of AWS Certificate Manager, and what they refuse.

https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html
"""

from __future__ import annotations

from typing import Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Rate
from foulweather.kernel.why import Fact
from foulweather.services.acm.state import AMAZON_ISSUED, IMPORTED, AcmState, Made

DAY_MS: Final = 86_400_000
YEAR_MS: Final = 365 * DAY_MS
# 2,500 of Amazon's and 2,500 imported ones, the expired and revoked with them, and twice as many within 365 days.
CERTIFICATES_MAX: Final = 2_500
A_YEAR_MAX: Final = 5_000
# Ten domain names, unless the quota is increased.
NAMES_MAX: Final = 10
TAGS_MAX: Final = 50
# The first domain name is the common name, which has no more than 64 octets (API_RequestCertificate).
COMMON_NAME_MAX: Final = 64
# A request with the same token within an hour is the same request (API_RequestCertificate).
TOKEN_MS: Final = 3_600_000

_RATES: Final = {
    "AddTagsToCertificate": 5,
    "DeleteCertificate": 10,
    "DescribeCertificate": 10,
    "ExportCertificate": 10,
    "GetAccountConfiguration": 1,
    "GetCertificate": 10,
    "ImportCertificate": 1,
    "ListCertificates": 8,
    "ListTagsForCertificate": 10,
    "PutAccountConfiguration": 1,
    "RemoveTagsFromCertificate": 5,
    "RenewCertificate": 5,
    "RequestCertificate": 5,
    "ResendValidationEmail": 1,
    "UpdateCertificateOptions": 5,
}
RATES: dict[str, Rate] = {
    name: Rate(per_s, per_s, "ThrottlingException", "Rate exceeded") for name, per_s in _RATES.items()
}


def check_room(call: Call, state: AcmState, kind: str) -> None:
    """Refuse a certificate more than the account can have, or have had within a year."""
    held = sum(certificate.kind == kind for certificate in state.certificates.values())
    if held >= CERTIFICATES_MAX:
        raise _full(f"Error: you have reached your limit of {CERTIFICATES_MAX} certificates.", kind, held)
    recent = _recent(call, state, kind)
    if len(recent) >= A_YEAR_MAX:
        words = f"Error: you have reached your limit of {A_YEAR_MAX} certificates in the last year."
        raise _full(words, kind, len(recent))


def note(call: Call, state: AcmState, kind: str) -> None:
    """Count a certificate that was requested or imported."""
    state.made.put(kind, Made([*_recent(call, state, kind), call.now]))


def check_names(names: list[str]) -> None:
    """Refuse more domain names than a certificate can have."""
    if len(names) > NAMES_MAX:
        fact = Fact("request", "SubjectAlternativeNames", len(names))
        quota = Fact("quota", "Number of domain names per ACM certificate", NAMES_MAX)
        raise AwsError("LimitExceededException", "Certificate has too many domains.", facts=(fact, quota))


def _recent(call: Call, state: AcmState, kind: str) -> list[int]:
    made = state.made.get(kind)
    return [] if made is None else [at_ms for at_ms in made.at_ms if at_ms > call.now - YEAR_MS]


def _full(words: str, kind: str, count: int) -> AwsError:
    assert kind in (AMAZON_ISSUED, IMPORTED)
    return AwsError("LimitExceededException", words, facts=(Fact("account", f"{kind} certificates", count),))
