"""Truststores: the certificates that a domain name with mutual TLS trusts, read from S3 and kept.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.apigateway import refusals

if TYPE_CHECKING:
    from cryptography import x509

CERTIFICATES_MAX: Final = 1_000
BYTES_MAX: Final = 1 << 20
"""https://aws.amazon.com/blogs/compute/introducing-mutual-tls-authentication-for-amazon-api-gateway/"""
RSA_BITS_MIN: Final = 2048
CURVE_BITS_MIN: Final = 256
_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.+)", re.DOTALL)
_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


def read(call: Call, uri: str, version: str | None) -> tuple[str, list[str]]:
    """The certificates of a truststore that can be trusted, in PEM, and warnings of those that can not.

    It is read once: "upload a new version to S3, and then update your custom domain name to use the new version".
    """
    named = _URI.fullmatch(uri)
    if named is None:
        raise refusals.invalid("Invalid truststore URI. It must be of the form s3://bucket/key", truststoreUri=uri)
    data = _object(call, uri, {"Bucket": named[1], "Key": named[2], **({"VersionId": version} if version else {})})
    if len(data) > BYTES_MAX:
        words = f"The truststore {uri} is larger than {BYTES_MAX} bytes"
        raise refusals.invalid(words, truststoreUri=uri, bytes=len(data))
    blocks = _blocks(data)
    if not blocks:
        raise refusals.invalid(f"The truststore {uri} has no certificates in PEM format", truststoreUri=uri)
    if len(blocks) > CERTIFICATES_MAX:
        words = f"The truststore {uri} has more than {CERTIFICATES_MAX} certificates"
        raise refusals.invalid(words, truststoreUri=uri, certificates=len(blocks))
    return _sorted_out(blocks, call.now)


def _blocks(data: bytes) -> list[bytes]:
    """Certificates in PEM, each from a beginning to the next end."""
    found: list[bytes] = []
    at = data.find(_BEGIN)
    while at >= 0 and (end := data.find(_END, at + len(_BEGIN))) >= 0:
        found.append(data[at : end + len(_END)])
        at = data.find(_BEGIN, end)
    return found


def flaw(certificate: x509.Certificate) -> str:
    """What makes a certificate too weak: API Gateway takes SHA-256, RSA-2048 and ECDSA-256, or stronger."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    try:
        hashed, key = certificate.signature_hash_algorithm, certificate.public_key()
    except UnsupportedAlgorithm as error:
        return f"an algorithm that is not known ({error})"
    if hashed is None or isinstance(hashed, hashes.SHA1 | hashes.MD5 | hashes.SHA224) or hashed.digest_size < 32:
        return f"an insecure signature algorithm ({'none' if hashed is None else hashed.name})"
    if isinstance(key, rsa.RSAPublicKey):
        return f"an RSA key of {key.key_size} bits" if key.key_size < RSA_BITS_MIN else ""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"an ECDSA key of {key.key_size} bits" if key.key_size < CURVE_BITS_MIN else ""
    return "a key that is neither RSA nor ECDSA"


def outdated(certificate: x509.Certificate, now_ms: int) -> str:
    """What is wrong with the time of a certificate, by the world's clock."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    if now > certificate.not_valid_after_utc:
        return "certificate has expired"
    return "certificate is not yet valid" if now < certificate.not_valid_before_utc else ""


def _sorted_out(blocks: list[bytes], now_ms: int) -> tuple[str, list[str]]:
    """What can be read, and what AWS warns of: "Invalid certificates produce warnings. Mutual TLS is still enabled"."""
    from cryptography import x509

    kept: list[str] = []
    warnings: list[str] = []
    for number, block in enumerate(blocks, 1):
        try:
            certificate = x509.load_pem_x509_certificate(block)
            subject, weak = certificate.subject.rfc4514_string(), flaw(certificate)
        except (ValueError, TypeError, x509.InvalidVersion) as error:
            warnings.append(f"Certificate {number} of the truststore is not a valid X.509 certificate: {error}")
            continue
        late = outdated(certificate, now_ms)
        if late:
            warnings.append(f"Certificate with subject {subject} is invalid: {late}")
        if weak:
            warnings.append(f"Certificate with subject {subject} is invalid: it has {weak}")
        kept.append(block.decode("ascii", "replace"))
    return "\n".join(kept), warnings


def _object(call: Call, uri: str, question: dict[str, str]) -> bytes:
    """An object of S3, in the caller's own name: "you must have permissions to access the S3 object"."""
    try:
        response: Any = answers.given(call, question)
        if response is None:
            response = call.forwarded("apigateway").s3.get_object(question)
        if isinstance(response, Awaitable) or not isinstance(response["Body"], bytes):
            raise answers.NotYet(call, question, _whole(response))
    except AwsError as error:
        words = f"The truststore {uri} could not be read: {error.message} ({error.code})"
        raise refusals.invalid(words, truststoreUri=uri).because(error.why) from None
    return cast(bytes, response["Body"])


async def _whole(response: Any) -> Mapping[str, Any]:
    """An answer of S3 with its body, as far as anybody would want it."""
    found = cast(
        "Mapping[str, Any]", await cast("Awaitable[Any]", response) if isinstance(response, Awaitable) else response
    )
    body: Any = found["Body"]
    if isinstance(body, bytes):
        return found
    data = b""
    async for piece in cast("AsyncIterator[bytes]", body):
        data += piece
        if len(data) > BYTES_MAX:
            break
    return {"Body": data}
