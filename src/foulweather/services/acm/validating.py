"""How it is proved that a domain is its requester's: by a record in its DNS, or by a link in an email.

**This world has no Route 53, nor any other DNS that ACM could ask.** So the rule is: a record that ACM asks for counts
as published, five minutes after the request by the world's clock, except under `.invalid`, which is for domain names
that are sure not to exist (RFC 2606). The journal says with each `acm.DomainValidated` by which rule a name was proved.
Nobody reads a world's mail: a certificate that is validated by email stays pending, and times out after 72 hours.
https://docs.aws.amazon.com/acm/latest/userguide/domain-ownership-validation.html
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact, Why
from foulweather.services.acm.state import Certificate
from foulweather.world.world import World

DNS, EMAIL = "DNS", "EMAIL"
VALIDATES_AFTER_MS: Final = 300_000
# "ACM makes repeated attempts to validate a certificate for 72 hours and then times out." (API_CertificateDetail)
TIMES_OUT_AFTER_MS: Final = 72 * 3_600_000
RULE: Final = "this world has no Route 53: a record that ACM asks for counts as published, except under .invalid"
_NOWHERE: Final = ".invalid"
# "You cannot request ACM certificates for Amazon-owned domain names such as those ending in amazonaws.com,
# cloudfront.net, or elasticbeanstalk.com." (troubleshooting-failed)
_AMAZONS: Final = ("amazonaws.com", "cloudfront.net", "elasticbeanstalk.com")
# Top-level domains that are nobody's: RFC 6762, and ICANN's resolution 2024.07.29.06. `.test`, `.example` and
# `.localhost` would fail too; they are how names are made up, so here they are as good as any.
_PRIVATE: Final = (".local", ".internal")
_MAILBOXES: Final = ("administrator", "hostmaster", "postmaster", "webmaster", "admin")


def failure(names: list[str]) -> str:
    """Why no certificate can be issued for these names, or empty."""
    for name in names:
        if any(name == each or name.endswith(f".{each}") for each in _AMAZONS):
            return "DOMAIN_NOT_ALLOWED"
        if name.endswith(_PRIVATE):
            return "INVALID_PUBLIC_DOMAIN"
    return ""


def is_published(name: str) -> bool:
    """Whether the record that proves a name is found in its DNS."""
    return not name.endswith(_NOWHERE)


def unpublished(certificate: Certificate) -> list[str]:
    """The names whose records are not found."""
    return [name for name in certificate.names if not is_published(name)]


def record(world: World, account: str, name: str) -> dict[str, str]:
    """The CNAME that proves a name; an account's is always the same, and a wildcard's is that of its domain."""
    domain = name.removeprefix("*.")
    drawn = hashlib.sha256(f"{world.seed}/{account}/{domain}".encode()).hexdigest()
    zone = "".join(chr(ord("a") + int(drawn[at : at + 2], 16) % 26) for at in range(0, 20, 2))
    value = hashlib.md5(drawn.encode(), usedforsecurity=False).hexdigest()
    return {"Name": f"_{drawn[32:]}.{domain}.", "Type": "CNAME", "Value": f"_{value}.{zone}.acm-validations.aws."}


def shown(world: World, account: str, certificate: Certificate, *, renews: bool = False) -> list[dict[str, Any]]:
    """How each name is validated and how far that is."""
    found: list[dict[str, Any]] = []
    for name in certificate.names:
        told: dict[str, Any] = {
            "DomainName": name,
            "ValidationDomain": certificate.validation_domains.get(name, name),
            "ValidationStatus": _status(certificate, name, renews=renews),
            "ValidationMethod": certificate.method,
        }
        if certificate.method == EMAIL:
            domain = certificate.validation_domains.get(name, name).removeprefix("*.")
            told["ValidationEmails"] = [f"{box}@{domain}" for box in _MAILBOXES]
        elif not certificate.failure:
            told["ResourceRecord"] = record(world, account, name)
        found.append(told)
    return found


def _status(certificate: Certificate, name: str, *, renews: bool) -> str:
    if certificate.issue:
        return "PENDING_VALIDATION" if renews and not is_published(name) else "SUCCESS"
    if certificate.status in ("FAILED", "VALIDATION_TIMED_OUT"):
        return "FAILED"
    return "PENDING_VALIDATION"


def waiting(call: Call, certificate: Certificate) -> Why:
    """Why a certificate is not issued yet."""
    facts = [
        call.fact(certificate.arn, "Status", certificate.status),
        call.fact(certificate.arn, "ValidationMethod", certificate.method),
    ]
    if certificate.method == EMAIL:
        cause = "the request was not approved: nobody reads this world's mail"
        remedy = "aws acm request-certificate --validation-method DNS --domain-name " + certificate.domain
        return Why("delayed", cause, tuple(facts), (remedy,))
    facts.append(Fact("world", "DNS", RULE))
    absent = unpublished(certificate)
    if absent:
        records = {name: record(call.world, call.account, name)["Name"] for name in absent}
        facts += [Fact(name, "CNAME", None) for name in records.values()]
        return Why("delayed", "a domain name resolves nowhere, so its validation record is not found", tuple(facts))
    due_ms = certificate.created_ms + VALIDATES_AFTER_MS
    facts.append(Fact(certificate.arn, "validated_at_ms", due_ms))
    return Why(
        "delayed", "ACM has not looked for the validation records yet", tuple(facts), ("foulweather clock advance 5m",)
    )
