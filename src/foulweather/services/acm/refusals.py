"""How AWS Certificate Manager refuses."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.acm.state import Certificate


def invalid(message: str, **facts: Any) -> AwsError:
    """A request that cannot be meant."""
    told = tuple(Fact("request", name, value) for name, value in facts.items())
    return AwsError("ValidationException", message, facts=told)


def missing(arn: str) -> AwsError:
    """There is no such certificate in the account and Region."""
    remedy = ("aws acm list-certificates --includes keyTypes=RSA_2048,EC_prime256v1,EC_secp384r1",)
    return AwsError(
        "ResourceNotFoundException",
        f"Could not find certificate {arn}.",
        facts=(Fact(arn, "exists", False),),
        remedy=remedy,
    )


def wrong_state(call: Call, certificate: Certificate, message: str, code: str = "InvalidStateException") -> AwsError:
    """What is asked for cannot be done with a certificate in this status."""
    return AwsError(
        code,
        message,
        facts=(call.fact(certificate.arn, "Status", certificate.status),),
        remedy=(f"aws acm describe-certificate --certificate-arn {certificate.arn}",),
    )


def in_use(call: Call, certificate: Certificate, users: list[str]) -> AwsError:
    """Other resources still use the certificate."""
    return AwsError(
        "ResourceInUseException",
        f"Certificate {certificate.arn} in account {call.account} is in use.",
        facts=tuple(Fact(user, "certificate", certificate.arn) for user in users),
    )
