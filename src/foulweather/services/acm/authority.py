"""Who issues certificates: a root of this world's own, under which the intermediates sign what is requested.

Nobody trusts the root from the outset; it is the last certificate of the chain that GetCertificate gives, so whoever
wants to trust what this world issues can. Keys are of the machine's randomness, serial numbers of the world's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from foulweather.services.acm.limits import DAY_MS
from foulweather.services.acm.state import Certificates, Issuer
from foulweather.world.world import World

if TYPE_CHECKING:
    from cryptography import x509

# 198 days since 18 February 2026; 395 before that.
# https://aws.amazon.com/about-aws/whats-new/2026/02/aws-certificate-manager-updates-default/
VALID_DAYS: Final = 198
_ROOT: Final = "root"
_CA_DAYS: Final = 7_300
# Clocks of clients may be a little behind.
_CA_BEGINS_DAYS: Final = 1
_NAMES: Final = {
    _ROOT: ("Foulweather", "Foulweather Root CA 1"),
    "RSA": ("Amazon", "Amazon RSA 2048 M01"),
    "EC": ("Amazon", "Amazon ECDSA 256 M01"),
}
_SIZES: Final = {"RSA_1024": 1024, "RSA_2048": 2048, "RSA_3072": 3072, "RSA_4096": 4096}


def new_key(algorithm: str) -> Any:
    """A new private key."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if algorithm in _SIZES:
        return rsa.generate_private_key(public_exponent=65537, key_size=_SIZES[algorithm])
    curves = {"EC_prime256v1": ec.SECP256R1, "EC_secp384r1": ec.SECP384R1, "EC_secp521r1": ec.SECP521R1}
    return ec.generate_private_key(curves[algorithm]())


def der_of(key: Any) -> bytes:
    """A private key as PKCS #8."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def issued(world: World, names: list[str], key: Any, algorithm: str, at_ms: int) -> tuple[str, str]:
    """A certificate for names, and the chain from who signed it to the root, both in PEM."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    family = algorithm.partition("_")[0]
    state = world.state(Certificates)
    root, signer = _issuer(world, state, _ROOT, at_ms), _issuer(world, state, family, at_ms)
    issuer = x509.load_pem_x509_certificate(signer.pem.encode())
    # From midnight, as ACM's certificates are, to the second before the midnight after the last day.
    begins_ms = at_ms - at_ms % DAY_MS
    builder = (
        _builder(world, key.public_key(), begins_ms, begins_ms + VALID_DAYS * DAY_MS - 1000)
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
        .issuer_name(issuer.subject)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(enciphers=family == "RSA"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_authority_key(issuer), critical=False)
    )
    return _signed(builder, signer), signer.pem + root.pem


def _issuer(world: World, state: Certificates, name: str, at_ms: int) -> Issuer:
    """An authority, made when it is first needed."""
    found = state.issuers.get(name)
    if found is not None:
        return found
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    key = new_key("RSA_2048" if name == "RSA" else "EC_prime256v1")
    organization, common_name = _NAMES[name]
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    root = None if name == _ROOT else _issuer(world, state, _ROOT, at_ms)
    above = None if root is None else x509.load_pem_x509_certificate(root.pem.encode())
    begins_ms = at_ms - _CA_BEGINS_DAYS * DAY_MS
    builder = (
        _builder(world, key.public_key(), begins_ms, begins_ms + _CA_DAYS * DAY_MS)
        .subject_name(subject)
        .issuer_name(subject if above is None else above.subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None if above is None else 0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if above is not None:
        builder = builder.add_extension(_authority_key(above), critical=False)
    made = Issuer("", der_of(key))
    made.pem = _signed(builder, made if root is None else root)
    state.issuers.put(name, made)
    return made


def _builder(world: World, public: Any, begins_ms: int, ends_ms: int) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .public_key(public)
        .serial_number(world.random.getrandbits(127) | 1)
        .not_valid_before(datetime.fromtimestamp(begins_ms // 1000, UTC))
        .not_valid_after(datetime.fromtimestamp(ends_ms // 1000, UTC))
    )


def _usage(*, signs: bool = False, enciphers: bool = False) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=enciphers,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_key(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    from cryptography import x509

    held = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(held.value)


def _signed(builder: x509.CertificateBuilder, issuer: Issuer) -> str:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key

    key: Any = load_der_private_key(issuer.key, None)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
