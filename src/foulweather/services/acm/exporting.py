"""A certificate with its private key, out of ACM; and its renewal before the time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Why
from foulweather.services.acm import finding, refusals
from foulweather.services.acm.state import AcmState, Certificate

Request = Mapping[str, Any]


def export_certificate(call: Call, request: Request) -> dict[str, Any]:
    """The certificate, its chain and its private key, encrypted with a passphrase."""
    found, passphrase = finding.certificate(call, request), request["Passphrase"]
    # "You can use any ASCII character in the passphrase except #, $, or %." (export-private)
    if any(byte > 126 or byte in b"#$%" for byte in passphrase):
        raise refusals.invalid("The passphrase contains a character that is not allowed.")
    _check_exportable(call, found)
    finding.check_issued(call, found)
    found.exported_issue, found.was_exported = found.issue, True
    call.state(AcmState).certificates.put(found.arn, found)
    call.changed("acm.CertificateExported", found.arn, Exported=True)
    return {
        "Certificate": found.pem,
        "CertificateChain": found.chain,
        "PrivateKey": _encrypted(found.key, passphrase),
    }


def renew_certificate(call: Call, request: Request) -> dict[str, Any]:
    """Renew a certificate early: "only exported private certificates can be renewed with this operation"."""
    found = finding.certificate(call, request)
    finding.check_issued(call, found)
    words = f"Certificate {found.arn} is not an exported private certificate: it cannot be renewed with this operation."
    raise refusals.invalid(words, Type=found.kind, Exported=found.was_exported)


def _check_exportable(call: Call, found: Certificate) -> None:
    if found.export == "ENABLED":
        return
    words = f"Certificate {found.arn} is not exportable."
    facts = (call.fact(found.arn, "Options.Export", found.export), call.fact(found.arn, "Type", found.kind))
    cause = "only a certificate that was requested with Export ENABLED has a private key to export"
    anew = f"aws acm request-certificate --domain-name {found.domain} --validation-method DNS --options Export=ENABLED"
    raise refusals.invalid(words).because(Why("refused", cause, facts, (anew,)))


def _encrypted(key: bytes, passphrase: bytes) -> str:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_der_private_key,
    )

    loaded = load_der_private_key(key, None)
    form = (Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    return loaded.private_bytes(*form).decode()
