"""The world's key and certificate that SNS signs its messages with, made when first needed.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import NameOID

from foulweather.world.store import State, table
from foulweather.world.world import World

KEY_BITS = 2048
_ONLY = "key"
_PADDING = padding.PKCS1v15()
# SignatureVersion 1 is SHA1withRSA because AWS says so; nothing here relies on it.
_HASHES = {"1": hashes.SHA1(), "2": hashes.SHA256()}


class SigningKey(msgspec.Struct):
    """The private key and its certificate, in PEM; `id` is in the certificate's URL."""

    id: str
    private: bytes
    certificate: bytes


class Signer(State):
    """The one signing key of a world. It comes from the machine's randomness: no signature is in a journal."""

    scope = "world"
    keys = table(SigningKey)

    def opened(self) -> None:
        """The key is loaded when first used."""
        self._loaded: RSAPrivateKey | None = None

    def made(self, world: World) -> SigningKey:
        """The world's key, made at the first call."""
        found = self.keys.get(_ONLY)
        if found is None:
            found = _made(world)
            self.keys.put(_ONLY, found)
        return found

    def sign(self, world: World, text: str, version: str) -> str:
        """The signature of a text in base64."""
        loaded = self._loaded
        if loaded is None:
            read = serialization.load_pem_private_key(self.made(world).private, None)
            assert isinstance(read, RSAPrivateKey)
            loaded = self._loaded = read
        return base64.b64encode(loaded.sign(text.encode(), _PADDING, _HASHES[version])).decode()


def signing_certificate(world: World) -> bytes:
    """The certificate in PEM, for whoever serves `certificate_path`."""
    return world.state(Signer).made(world).certificate


def certificate_name(world: World) -> str:
    """The file name of the certificate in `SigningCertURL`."""
    return f"SimpleNotificationService-{world.state(Signer).made(world).id}.pem"


def _made(world: World) -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.fromtimestamp(world.clock.now_ms // 1000, UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return SigningKey(
        world.ids.hex(32),
        private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        certificate.public_bytes(pem),
    )
