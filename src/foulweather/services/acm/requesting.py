"""Requests for certificates of Amazon's, their validation's emails and their options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.acm import finding, lifetimes, limits, refusals, tagging, validating
from foulweather.services.acm.state import AMAZON_ISSUED, AcmState, Certificate

Request = Mapping[str, Any]
# "the certificate private key algorithm must be either 2048-bit RSA, 256-bit ECDSA, or 384-bit ECDSA"
# (gs-acm-request-public).
ALGORITHMS: Final = ("RSA_2048", "EC_prime256v1", "EC_secp384r1")


def request_certificate(call: Call, request: Request) -> dict[str, Any]:
    """Ask for a certificate; it is issued when its names are proved to be the requester's."""
    for member in ("CertificateAuthorityArn", "ManagedBy"):
        if request.get(member):
            raise not_implemented("acm", f"RequestCertificate.{member}")
    names = _names(request)
    # Who does not say how, is written to.
    method: str = request.get("ValidationMethod") or validating.EMAIL
    if method == "HTTP":
        raise refusals.invalid(
            "HTTP validation is only available for certificates managed by CloudFront.", method=method
        )
    algorithm: str = request.get("KeyAlgorithm") or "RSA_2048"
    if algorithm not in ALGORITHMS:
        words = f"The key algorithm {algorithm} is not supported for public certificates."
        raise refusals.invalid(words, KeyAlgorithm=algorithm)
    domains = _validation_domains(request, names)
    held = tagging.checked(request.get("Tags") or (), {})
    state = call.state(AcmState)
    token: str = request.get("IdempotencyToken") or ""
    for other in state.certificates.values():
        is_recent = other.created_ms > call.now - limits.TOKEN_MS
        if token and other.token == token and other.names == names and is_recent:
            return {"CertificateArn": other.arn}
    limits.check_names(names)
    limits.check_room(call, state, AMAZON_ISSUED)
    options: Request = request.get("Options") or {}
    made = Certificate(
        arn=call.arn("acm", f"certificate/{call.world.ids.uuid()}"),
        domain=names[0],
        names=names,
        kind=AMAZON_ISSUED,
        status="PENDING_VALIDATION",
        key_algorithm=algorithm,
        created_ms=call.now,
        method=method,
        validation_domains=domains,
        token=token,
        transparency=options.get("CertificateTransparencyLoggingPreference") or "ENABLED",
        export=options.get("Export") or "DISABLED",
        failure=validating.failure(names),
        tags=held,
    )
    made.status = "FAILED" if made.failure else made.status
    limits.note(call, state, AMAZON_ISSUED)
    state.certificates.put(made.arn, made)
    if not made.failure:
        lifetimes.await_validation(call, made)
    call.changed(
        "acm.CertificateRequested", made.arn, Status=made.status, ValidationMethod=method, DomainName=made.domain
    )
    return {"CertificateArn": made.arn}


def resend_validation_email(call: Call, request: Request) -> dict[str, Any]:
    """Send the emails once more."""
    found = finding.certificate(call, request)
    if found.status != "PENDING_VALIDATION" or found.method != validating.EMAIL:
        words = f"Certificate {found.arn} is not pending validation by email."
        raise refusals.wrong_state(call, found, words)
    domain: str = request["Domain"]
    if domain not in found.names:
        raise _bad_domain(f"{domain} is not a domain name of the certificate.", Domain=domain)
    _check_above(domain, request["ValidationDomain"])
    found.validation_domains = {**found.validation_domains, domain: request["ValidationDomain"]}
    call.state(AcmState).certificates.put(found.arn, found)
    call.changed("acm.ValidationEmailResent", found.arn, ValidationDomain=request["ValidationDomain"])
    return {}


def update_certificate_options(call: Call, request: Request) -> dict[str, Any]:
    """Say anew whether the certificate's issues are logged publicly."""
    found, options = finding.certificate(call, request), request["Options"]
    if found.kind != AMAZON_ISSUED:
        raise refusals.wrong_state(call, found, f"Certificate {found.arn} is not issued by Amazon.")
    if options.get("Export") not in (None, found.export):
        raise not_implemented("acm", "UpdateCertificateOptions.Options.Export")
    found.transparency = options.get("CertificateTransparencyLoggingPreference") or found.transparency
    call.state(AcmState).certificates.put(found.arn, found)
    call.changed("acm.OptionsUpdated", found.arn, CertificateTransparencyLoggingPreference=found.transparency)
    return {}


def _names(request: Request) -> list[str]:
    """The names that the certificate is to be for, the first one its common name."""
    first: str = request["DomainName"].lower()
    if len(first) > limits.COMMON_NAME_MAX:
        words = "The first domain name can be no longer than 64 characters."
        raise refusals.invalid(words, DomainName=first)
    further: list[str] = request.get("SubjectAlternativeNames") or []
    return list(dict.fromkeys([first, *(name.lower() for name in further)]))


def _validation_domains(request: Request, names: list[str]) -> dict[str, str]:
    """Which domain's mailboxes are written to for each name."""
    found: dict[str, str] = {}
    for option in request.get("DomainValidationOptions") or ():
        name = option["DomainName"].lower()
        if name not in names:
            raise _bad_domain(f"{name} is not a domain name of the certificate.", DomainName=name)
        _check_above(name, option["ValidationDomain"].lower())
        found[name] = option["ValidationDomain"].lower()
    return found


def _check_above(name: str, domain: str) -> None:
    """The validation domain is the domain name, or one above it (API_DomainValidationOption)."""
    bare = name.removeprefix("*.")
    if bare != domain and not bare.endswith(f".{domain}"):
        words = f"The validation domain {domain} must be the same as the domain name {name} or a superdomain of it."
        raise _bad_domain(words, ValidationDomain=domain)


def _bad_domain(message: str, **facts: Any) -> AwsError:
    told = tuple(Fact("request", name, value) for name, value in facts.items())
    return AwsError("InvalidDomainValidationOptionsException", message, facts=told)
