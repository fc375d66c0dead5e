"""Clients of domain names with mutual TLS: what they showed, and whether the truststore trusts it.

"Your API is invoked only if your truststore trusts the certificate. If the certificate isn't trusted, is expired, or
doesn't use a supported algorithm, the request is denied with a 403 status code." A client that shows none gets no
further than the handshake.
https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from foulweather.kernel.call import fact
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.why import Fact, Why
from foulweather.services.apigateway import truststores
from foulweather.services.apigateway.region_records import DomainName
from foulweather.world.world import World

if TYPE_CHECKING:
    from cryptography import x509

AUTHORITIES_MAX: Final = 4
"""How many authorities there may be above a client: "Certificates can have a maximum chain length of four"."""
_REMEMBERED_MAX: Final = 1_000
# The first three are AWS's (https://repost.aws/knowledge-center/api-gateway-mutual-tls-403-errors); the others are
# worded as OpenSSL words them, as the third is.
_NO_ISSUER: Final = "Could not find issuer for certificate"
_WEAK: Final = "Client cert using an insecure Signature Algorithm"
_SELF_SIGNED: Final = "self signed certificate"
_TOO_LONG: Final = "certificate chain too long"
_UNREADABLE: Final = "certificate could not be read"
_NONE: Final = "no client certificate"


class Client(NamedTuple):
    """Who came: the certificate as events have it, or why it is not trusted and what the execution log says of that."""

    certificate: dict[str, Any] | None = None
    why: Why | None = None
    logged: str = ""


STRANGER: Final = Client()
"""Anybody, where no certificate is asked for."""


class _Path(NamedTuple):
    """A client's certificate and those above it; `broken` is why they end where they do, if not in a root."""

    certificates: tuple[x509.Certificate, ...]
    broken: str = ""


class _Judged:
    """The paths that were found for what clients of a world showed, by truststore and certificate."""

    def __init__(self) -> None:
        self.paths: dict[tuple[str, bytes], _Path] = {}

    @classmethod
    def of(cls, world: World) -> dict[tuple[str, bytes], _Path]:
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(_Judged, found).paths


def client_of(world: World, domain: DomainName, arn: str, request: HttpRequest) -> Client:
    """Who comes to a domain name, judged at this moment of the world."""
    mutual = domain.mutual_tls_authentication
    if mutual is None:
        return STRANGER
    handshake = request.handshake
    if handshake is None or not handshake.chain:
        return Client(None, _nobody(world, domain, arn, request), f"Access denied. Reason: {_NONE}")
    path = _path(world, domain, handshake.chain[0])
    reason = path.broken
    culprit = path.certificates[-1] if path.certificates else None
    if not reason:
        for certificate in path.certificates:
            reason = truststores.outdated(certificate, world.clock.now_ms)
            if reason:
                culprit = certificate
                break
    if not reason and path.certificates:
        return Client(_shown(path.certificates[0]))
    return Client(None, _distrusted(world, domain, arn, reason, path, culprit), f"Access denied. Reason: {reason}")


def unmet(world: World, domain: DomainName, arn: str, reason: str) -> Why:
    """Why a handshake with a domain name came to nothing; `reason` is OpenSSL's name for it."""
    facts = (Fact("handshake", "reason", reason),)
    if reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
        cause = f"The domain name {domain.domain_name} wants mutual TLS, and the client showed no certificate."
        return Why("refused", cause, (_trusts(world, domain, arn), *facts), _open_to_all(domain))
    if reason.startswith("CERTIFICATE_VERIFY_FAILED"):
        cause = f"The client's certificate is none for TLS clients ({reason.partition(': ')[2]})."
        return Why("refused", cause, (_trusts(world, domain, arn), *facts))
    policy = fact(world, arn, "securityPolicy", domain.security_policy)
    if "VERSION" in reason or "PROTOCOL" in reason or "CIPHER" in reason:
        cause = (
            f"The client speaks no TLS version or cipher suite that the domain name {domain.domain_name} takes: "
            f"its security policy is {domain.security_policy}."
        )
        return Why("refused", cause, (policy, *facts))
    cause = f"The client and {domain.domain_name} came to no agreement in TLS. Does it trust the server's certificate?"
    return Why("refused", cause, (policy, *facts))


def _nobody(world: World, domain: DomainName, arn: str, request: HttpRequest) -> Why:
    handshake = request.handshake
    if handshake is not None and handshake.server_name != domain.domain_name:
        how = f"the handshake was for {handshake.server_name or 'no name'}, where none is asked for"
        facts = (Fact("handshake", "server name", handshake.server_name),)
    elif request.tls:
        how, facts = "it showed no certificate", (Fact("request", "client certificate", None),)
    else:
        how = "it came by plain HTTP, in which no certificate can be shown"
        facts = (Fact("request", "protocol", "HTTP"),)
    cause = f"The domain name {domain.domain_name} wants mutual TLS, and of the client nothing is known: {how}."
    return Why("refused", cause, (_trusts(world, domain, arn), *facts), _open_to_all(domain))


def _distrusted(
    world: World, domain: DomainName, arn: str, reason: str, path: _Path, culprit: x509.Certificate | None
) -> Why:
    facts = [_trusts(world, domain, arn)]
    remedy: tuple[str, ...] = ()
    name = domain.domain_name
    if not path.certificates or culprit is None:
        cause = "The client's certificate is no X.509 certificate that could be read."
        return Why("refused", cause, tuple(facts))
    client = path.certificates[0]
    facts.append(Fact("client certificate", "subject", client.subject.rfc4514_string()))
    facts.append(Fact("client certificate", "issuer", client.issuer.rfc4514_string()))
    of = "The client's certificate" if culprit is client else f"The authority {culprit.subject.rfc4514_string()}"
    if reason == _NO_ISSUER:
        cause = f"{of} was signed by {culprit.issuer.rfc4514_string()}, which the truststore of {name} does not have."
        remedy = (
            f"aws apigateway update-domain-name --domain-name {name} --patch-operations "
            "op=replace,path=/mutualTlsAuthentication/truststoreVersion,value=VERSION_WITH_THE_WHOLE_CHAIN",
        )
    elif reason == _SELF_SIGNED:
        cause = f"The client signed its certificate itself, and the truststore of {name} does not have it."
    elif reason == _WEAK:
        cause = f"{of} has {truststores.flaw(culprit)}, which API Gateway does not take."
    elif reason == _TOO_LONG:
        cause = f"There are more than {AUTHORITIES_MAX} authorities above the client's certificate."
    else:
        ends = culprit.not_valid_after_utc if "expired" in reason else culprit.not_valid_before_utc
        own = "notAfter" if "expired" in reason else "notBefore"
        facts.append(Fact("client certificate" if culprit is client else of, own, _openssl_time(ends)))
        facts.append(Fact("world", "time", world.clock.now_ms))
        cause = f"{of} {'expired' if 'expired' in reason else 'is not valid before'} {_openssl_time(ends)}."
        remedy = ("openssl x509 -noout -dates -in CLIENT.pem",)
    return Why("refused", cause, tuple(facts), remedy)


def _trusts(world: World, domain: DomainName, arn: str) -> Fact:
    return fact(world, arn, "mutualTlsAuthentication", domain.mutual_tls_authentication)


def _open_to_all(domain: DomainName) -> tuple[str, ...]:
    name = domain.domain_name
    return (f"curl --cert CLIENT.pem --key CLIENT.key https://{name}/",)


def _path(world: World, domain: DomainName, shown: bytes) -> _Path:
    held = _Judged.of(world)
    key = (domain.truststore, shown)
    found = held.get(key)
    if found is None:
        if len(held) >= _REMEMBERED_MAX:
            held.clear()
        found = held[key] = _found(domain.truststore, shown)
    return found


def _found(truststore: str, shown: bytes) -> _Path:
    """The way from a client's certificate up to a root, all of it within the truststore.

    "You must include the complete chain of trust, starting from the issuing CA certificate, up to the root CA
    certificate, in your truststore": what the client sends beside its own certificate is not looked at.
    """
    from cryptography import x509

    try:
        client = x509.load_der_x509_certificate(shown)
        weak = truststores.flaw(client)
        signed_itself = _signed_by(client, client)
    except (ValueError, TypeError):
        return _Path((), _UNREADABLE)
    trusted = x509.load_pem_x509_certificates(truststore.encode()) if truststore else []
    if weak:
        return _Path((client,), _WEAK)
    if signed_itself:
        return _Path((client,), "" if client in trusted else _SELF_SIGNED)
    return _upwards((client,), trusted)


def _upwards(path: tuple[x509.Certificate, ...], trusted: Sequence[x509.Certificate]) -> _Path:
    """The first whole way up from the last certificate of a path, or how far the best of the others got."""
    last, best = path[-1], _Path(path, _NO_ISSUER)
    for authority in trusted:
        if authority in path or not _may_sign(authority, len(path) - 1) or not _signed_by(last, authority):
            continue
        longer = (*path, authority)
        if len(longer) - 1 > AUTHORITIES_MAX:
            return _Path(path, _TOO_LONG)
        if truststores.flaw(authority):
            best = _Path(longer, _WEAK)
            continue
        found = _Path(longer) if _signed_by(authority, authority) else _upwards(longer, trusted)
        if not found.broken:
            return found
        best = found
    return best


def _may_sign(authority: x509.Certificate, below: int) -> bool:
    """Whether a certificate is an authority's, with room for so many authorities below it."""
    from cryptography import x509

    try:
        basic = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return authority.version is x509.Version.v1
    except ValueError:
        return False
    return basic.ca and (basic.path_length is None or basic.path_length >= below)


def _signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    if certificate.issuer != authority.subject:
        return False
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _shown(certificate: x509.Certificate) -> dict[str, Any]:
    """A certificate as events and logs have it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    number = f"{certificate.serial_number:x}"
    number = number if len(number) % 2 == 0 else f"0{number}"
    return {
        "clientCertPem": certificate.public_bytes(Encoding.PEM).decode(),
        "issuerDN": certificate.issuer.rfc4514_string(),
        "serialNumber": ":".join(number[at : at + 2] for at in range(0, len(number), 2)),
        "subjectDN": certificate.subject.rfc4514_string(),
        "validity": {
            "notAfter": _openssl_time(certificate.not_valid_after_utc),
            "notBefore": _openssl_time(certificate.not_valid_before_utc),
        },
    }


def _openssl_time(at: datetime) -> str:
    """A time as OpenSSL prints it (`May  8 12:30:02 2019 GMT`)."""
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[at.month - 1]
    return f"{month} {at.day:2} {at:%H:%M:%S} {at.year} GMT"
