"""A SAML identity provider: it signs with what Python and cryptography have, and with nothing of the service's own."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import canonicalize

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.x509.oid import NameOID

ENTITY = "https://idp.example.com/metadata"
RECIPIENT = "https://signin.aws.amazon.com/saml"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"


def iso(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def digest(text: str) -> str:
    """Of the canonical form: Python's is C14N 2.0, which writes what SAML's exclusive C14N 1.0 does."""
    return base64.b64encode(hashlib.sha256(canonicalize(text).encode()).digest()).decode()


class IdentityProvider:
    def __init__(self, *, elliptic: bool = False) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1()) if elliptic else rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
            .sign(self.key, hashes.SHA256())
        )

    @property
    def metadata(self) -> str:
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        return f"""<?xml version="1.0"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{ENTITY}"><IDPSSODescriptor
 protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing"><KeyInfo
 xmlns="{DSIG}"><X509Data><X509Certificate>{base64.b64encode(der).decode()}</X509Certificate></X509Data></KeyInfo>
</KeyDescriptor></IDPSSODescriptor></EntityDescriptor>"""

    def sign(self, xml: str, identifier: str, marker: str) -> str:
        """`xml` with a signature of the element that is it, in the place of `marker`."""
        info = (
            f'<ds:SignedInfo xmlns:ds="{DSIG}"><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"/>'
            f'<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#{self.method}"/>'
            f'<ds:Reference URI="#{identifier}"><ds:Transforms>'
            f'<ds:Transform Algorithm="{DSIG}enveloped-signature"/><ds:Transform Algorithm="{EXCLUSIVE}"/>'
            '</ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
            f"<ds:DigestValue>{digest(xml.replace(marker, ''))}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
        )
        signature = base64.b64encode(self._signed(canonicalize(info).encode())).decode()
        whole = (
            f'<ds:Signature xmlns:ds="{DSIG}">{info}<ds:SignatureValue>{signature}</ds:SignatureValue></ds:Signature>'
        )
        return xml.replace(marker, whole)

    @property
    def method(self) -> str:
        return "rsa-sha256" if isinstance(self.key, rsa.RSAPrivateKey) else "ecdsa-sha256"

    def _signed(self, data: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, PKCS1v15(), hashes.SHA256())
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def response(self, now_ms: int, role: str, provider: str, **more: Any) -> str:
        """A response as its XML; `signs` says what is signed."""
        attributes = {
            "Role": [f"{role},{provider}"],
            "RoleSessionName": ["alice@example.com"],
            **more.get("attributes", {}),
        }
        statement = "".join(
            f'<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/{name}">'
            + "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
            + "</saml:Attribute>"
            for name, values in attributes.items()
        )
        ends = f' SessionNotOnOrAfter="{iso(more["ends_ms"])}"' if "ends_ms" in more else ""
        until = more.get("until_ms", now_ms + 300_000)
        assertion = (
            f'<saml:Assertion xmlns:saml="{SAML}" ID="_a1" IssueInstant="{iso(more.get("issued_ms", now_ms))}"'
            f' Version="2.0"><saml:Issuer>{more.get("issuer", ENTITY)}</saml:Issuer>@A@<saml:Subject><saml:NameID '
            'Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">alice &amp; co</saml:NameID>'
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData '
            f'NotOnOrAfter="{iso(until)}" Recipient="{more.get("recipient", RECIPIENT)}"/></saml:SubjectConfirmation>'
            f'</saml:Subject><saml:Conditions NotBefore="{iso(more.get("begins_ms", now_ms))}" '
            f'NotOnOrAfter="{iso(until)}"><saml:AudienceRestriction><saml:Audience>'
            f"{more.get('audience', 'urn:amazon:webservices')}</saml:Audience></saml:AudienceRestriction>"
            f'</saml:Conditions><saml:AuthnStatement AuthnInstant="{iso(now_ms)}"{ends}/>'
            f"<saml:AttributeStatement>{statement}</saml:AttributeStatement></saml:Assertion>"
        )
        signs = more.get("signs", "assertion")
        assertion = self.sign(assertion, "_a1", "@A@") if signs == "assertion" else assertion.replace("@A@", "")
        whole = (
            '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r1" Version="2.0" '
            f'IssueInstant="{iso(now_ms)}">@R@<samlp:Status><samlp:StatusCode '
            f'Value="urn:oasis:names:tc:SAML:2.0:status:{more.get("status", "Success")}"/></samlp:Status>'
            f"{assertion}</samlp:Response>"
        )
        return self.sign(whole, "_r1", "@R@") if signs == "response" else whole.replace("@R@", "")
