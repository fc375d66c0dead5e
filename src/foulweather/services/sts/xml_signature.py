"""Enveloped XML signatures, as SAML allows them: one reference, to the element that holds the signature.

https://www.w3.org/TR/xmldsig-core1/ and SAML 2.0 Core, section 5.4. Nothing but what is verified here
may be read of a document afterwards: a caller goes on with the very element that it had verified.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from foulweather.services.sts.xml_tree import Element, canonical

DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

_DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    "http://www.w3.org/2001/04/xmlenc#sha256": hashes.SHA256,
    "http://www.w3.org/2001/04/xmldsig-more#sha384": hashes.SHA384,
    "http://www.w3.org/2001/04/xmlenc#sha512": hashes.SHA512,
}
_METHODS: dict[str, tuple[str, type[hashes.HashAlgorithm]]] = {
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256": ("rsa", hashes.SHA256),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384": ("rsa", hashes.SHA384),
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512": ("rsa", hashes.SHA512),
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256": ("ecdsa", hashes.SHA256),
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384": ("ecdsa", hashes.SHA384),
}


class NotVerified(ValueError):
    """A signature that is missing, of another form, or false."""


def signature_of(element: Element) -> Element | None:
    """The signature right below an element."""
    return element.only(f"{DSIG}Signature")


def verify(element: Element, certificates: Sequence[x509.Certificate]) -> None:
    """Be sure that a holder of one of the certificates' keys signed an element, all of it."""
    signature = signature_of(element)
    if signature is None:
        raise NotVerified("no signature")
    info = _only(signature, "SignedInfo")
    _check_digest(element, signature, info)
    prefixes = _prefixes(_only(info, "CanonicalizationMethod"))
    signed = canonical(info, inclusive=prefixes)
    value = _decoded(_only(signature, "SignatureValue").text)
    method = _METHODS.get(_only(info, "SignatureMethod").attributes.get("Algorithm", ""))
    if method is None:
        raise NotVerified("the signature method is none of RSA or ECDSA with SHA-2")
    if not any(_is_signed_by(certificate, *method, value, signed) for certificate in certificates):
        raise NotVerified("no certificate of the provider's metadata verifies the signature")


def _check_digest(element: Element, signature: Element, info: Element) -> None:
    reference = _only(info, "Reference")
    identifier = element.attributes.get("ID", "")
    if not identifier or reference.attributes.get("URI") != f"#{identifier}":
        raise NotVerified("the signature is not of the element that holds it")
    root = element
    while root.parent is not None:
        root = root.parent
    if sum(1 for each in root.walk() if each.attributes.get("ID") == identifier) != 1:
        raise NotVerified("the ID is not unique")
    prefixes: frozenset[str] = frozenset()
    transforms = _only(reference, "Transforms").elements(f"{DSIG}Transform")
    for transform, wanted in zip(transforms, (ENVELOPED, EXCLUSIVE), strict=False):
        if transform.attributes.get("Algorithm") != wanted:
            raise NotVerified("the transforms are not enveloped-signature and exclusive canonicalization")
        if wanted == EXCLUSIVE:
            prefixes = _prefixes(transform)
    if len(transforms) != 2:
        raise NotVerified("the transforms are not enveloped-signature and exclusive canonicalization")
    algorithm = _DIGESTS.get(_only(reference, "DigestMethod").attributes.get("Algorithm", ""))
    if algorithm is None:
        raise NotVerified("the digest method is none of SHA-2")
    digest = hashes.Hash(algorithm())
    digest.update(canonical(element, signature, prefixes))
    if not hmac.compare_digest(digest.finalize(), _decoded(_only(reference, "DigestValue").text)):
        raise NotVerified("the digest does not match")


def _prefixes(method: Element) -> frozenset[str]:
    if method.attributes.get("Algorithm") != EXCLUSIVE:
        raise NotVerified("the canonicalization is not the exclusive one")
    listed = method.only(f"{{{EXCLUSIVE}}}InclusiveNamespaces")
    names = listed.attributes.get("PrefixList", "").split() if listed is not None else []
    return frozenset("" if name == "#default" else name for name in names)


def _is_signed_by(
    certificate: x509.Certificate, kind: str, algorithm: type[hashes.HashAlgorithm], value: bytes, signed: bytes
) -> bool:
    key = certificate.public_key()
    try:
        if kind == "rsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(value, signed, padding.PKCS1v15(), algorithm())
            return True
        if kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            half = len(value) // 2
            r, s = int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big")
            key.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(algorithm()))
            return True
    except InvalidSignature:
        pass
    return False


def _only(element: Element, name: str) -> Element:
    found = element.only(f"{DSIG}{name}")
    if found is None:
        raise NotVerified(f"not one {name}")
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise NotVerified("not base64") from error
