"""The certificate that a request names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.acm import refusals, validating
from foulweather.services.acm.state import AcmState, Certificate


def certificate(call: Call, request: Mapping[str, Any]) -> Certificate:
    """The certificate of an ARN; another account's or Region's is none of this one's."""
    arn: str = request["CertificateArn"]
    found = call.state(AcmState).certificates.get(arn)
    if found is None:
        raise refusals.missing(arn)
    return found


def check_issued(call: Call, found: Certificate) -> None:
    """Refuse what is asked of a certificate that was never issued."""
    if found.issue:
        return
    words = "The certificate request is in process and the certificate in your account has not yet been issued."
    error = refusals.wrong_state(call, found, words, "RequestInProgressException")
    raise error.because(validating.waiting(call, found)) if found.status == "PENDING_VALIDATION" else error
