"""The certificates of domain names, as ACM tells of them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-specify-certificate-for-custom-domain-name.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.apigateway import refusals


def check(call: Call, name: str, kind: str, arn: str | None) -> Mapping[str, Any]:
    """A certificate, as ACM tells of it; refused if it is not there, not issued, or for other names."""
    if not arn:
        words = "Certificate ARN must be specified for the domain name's endpoint type"
        raise refusals.invalid(words, domainName=name, certificateArn=None)
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "acm" or not parts[5].startswith("certificate/"):
        raise refusals.invalid(f"Invalid certificate ARN: {arn}", certificateArn=arn)
    region = "us-east-1" if kind == "EDGE" else call.region
    if parts[3] != region:
        words = f"Invalid certificate ARN: {arn}. Certificate must be in '{region}'."
        raise refusals.invalid(words, certificateArn=arn)
    try:
        certificate = _described(call, arn, region)
    except AwsError as error:
        if error.status != 404 and error.code != "ResourceNotFoundException":
            raise
        raise refusals.invalid(f"Invalid certificate ARN: {arn}", certificateArn=arn).because(error.why) from None
    if certificate.get("Status") != "ISSUED":
        raise refusals.invalid(
            f"Invalid certificate ARN: {arn}. The certificate's status must be ISSUED.",
            call.fact(arn, "Status", certificate.get("Status")),
            remedy=(f"aws acm describe-certificate --certificate-arn {arn}",),
        )
    names: Sequence[str] = certificate.get("SubjectAlternativeNames") or [certificate.get("DomainName", "")]
    if not any(covers(one, name) for one in names):
        raise refusals.invalid(
            "The domain name to be created is not covered by the provided certificate.",
            call.fact(arn, "SubjectAlternativeNames", list(names)),
            domainName=name,
        )
    return certificate


def check_ownership(call: Call, name: str, certificate: Mapping[str, Any], own: str | None, *, is_mutual: bool) -> None:
    """Refuse mutual TLS with a certificate that proves no ownership, unless another one of ACM's own does.

    "To use a certificate imported into ACM or a certificate from AWS Private Certificate Authority with mutual TLS, API
    Gateway needs an ownershipVerificationCertificate issued by ACM":
    https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
    """
    if own:
        proof = check(call, name, "REGIONAL", own)
        if proof.get("Type") != "AMAZON_ISSUED":
            words = "The ownership verification certificate must be a public certificate issued by ACM"
            raise refusals.invalid(words, call.fact(own, "Type", proof.get("Type")))
    elif is_mutual and certificate.get("Type") != "AMAZON_ISSUED":
        words = (
            "An ownership verification certificate must be specified for a domain name with mutual TLS whose "
            "certificate is imported or issued by a private certificate authority"
        )
        arn = str(certificate.get("CertificateArn"))
        raise refusals.invalid(words, call.fact(arn, "Type", certificate.get("Type")), domainName=name)


def covers(pattern: str, name: str) -> bool:
    """Whether a certificate's name, which may begin with `*.`, is a name, or is for it."""
    pattern, name = pattern.lower(), name.lower()
    return pattern == name or (pattern.startswith("*.") and name.partition(".")[2] == pattern[2:])


def _described(call: Call, arn: str, region: str) -> Mapping[str, Any]:
    """A certificate, in the caller's own name."""
    question = {"CertificateArn": arn}
    response: Any = answers.given(call, question)
    if response is None:
        response = call.forwarded("apigateway", region=region).acm.describe_certificate(question)
    if isinstance(response, Awaitable):
        raise answers.NotYet(call, question, cast("Awaitable[Any]", response))
    told: Mapping[str, Any] = response
    return told["Certificate"]
