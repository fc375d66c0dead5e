"""What a signed request carries to prove who signed it, and whether it does (SigV4).

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
"""

from __future__ import annotations

import hashlib
import hmac
import re

from foulweather.gates import refusals
from foulweather.kernel.http import HttpRequest
from foulweather.wire import sigv4a
from foulweather.wire.canonical import canonical_headers, canonical_path, canonical_query, canonical_s3_path

ALGORITHM = "AWS4-HMAC-SHA256"
ALGORITHMS = (ALGORITHM, sigv4a.ALGORITHM)
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"

# Signing names whose paths are encoded once and not normalised.
S3_SERVICES = frozenset({"s3", "s3express", "s3-object-lambda", "s3-outposts", "s3-control"})

STREAMING = frozenset(
    {
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-EVENTS",
    }
)

HEX_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_SIGNING_KEYS_MAX = 4096


def split_credential(algorithm: str, credential: str) -> tuple[str, str, tuple[str, str, str]]:
    """Access key id, scope, and date, region, service; SigV4A's scope has no region."""
    access_key_id, _, scope = credential.partition("/")
    parts = scope.split("/")
    if algorithm == sigv4a.ALGORITHM and len(parts) == 3:
        parts.insert(1, "")
    if len(parts) != 4 or not access_key_id or not all((parts[0], parts[2], parts[3])):
        raise ValueError(credential)
    if not parts[1] and algorithm != sigv4a.ALGORITHM:
        raise ValueError(credential)
    if parts[3] != "aws4_request":
        raise ValueError(credential)
    return access_key_id, scope, (parts[0], parts[1], parts[2])


class Credential:
    """The parts of an `Authorization` header that repeat from request to request."""

    __slots__ = (
        "access_key_id",
        "algorithm",
        "date",
        "region",
        "scope",
        "service",
        "signed_headers",
        "signed_line",
        "signed_names",
    )

    def __init__(self, algorithm: str, credential: str, signed_line: str) -> None:
        self.algorithm = algorithm
        self.access_key_id, self.scope, parts = split_credential(algorithm, credential)
        self.date, self.region, self.service = parts
        self.signed_line = signed_line
        self.signed_headers = tuple(signed_line.split(";"))
        self.signed_names = frozenset(self.signed_headers)

    @classmethod
    def of_version_2(cls, access_key_id: str) -> Credential:
        """The credential of Signature Version 2, which has no scope but its service."""
        credential = cls.__new__(cls)
        credential.algorithm = "AWS"
        credential.access_key_id = access_key_id
        credential.date = credential.region = credential.scope = credential.signed_line = ""
        credential.service = "s3"
        credential.signed_headers = ()
        credential.signed_names = frozenset[str]()
        return credential


_signing_keys: dict[tuple[str, str, str, str], bytes] = {}


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key derived from a secret access key for one day, region and service."""
    index = (secret, date, region, service)
    key = _signing_keys.get(index)
    if key is None:
        key = hmac.digest(f"AWS4{secret}".encode(), date.encode(), "sha256")
        for part in (region, service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        if len(_signing_keys) >= _SIGNING_KEYS_MAX:
            _signing_keys.clear()
        _signing_keys[index] = key
    return key


class Proof:
    """What a request carries to prove who signed it."""

    __slots__ = (
        "_payload_hash",
        "_string_to_sign",
        "credential",
        "declared_hash",
        "expires_s",
        "presigned",
        "request",
        "signature",
        "signed_at_ms",
        "stamp",
        "token",
    )

    def __init__(
        self,
        request: HttpRequest,
        credential: Credential,
        signature: str,
        stamp: str,
        signed_at_ms: int,
        token: str,
        declared_hash: str,
        expires_s: int | None = None,
        presigned: bool = False,
    ) -> None:
        self.request = request
        self.credential = credential
        self.signature = signature
        self.stamp = stamp
        self.signed_at_ms = signed_at_ms
        self.token = token
        self.declared_hash = declared_hash
        self.expires_s = expires_s
        self.presigned = presigned
        self._payload_hash = ""
        self._string_to_sign = ""

    @property
    def access_key_id(self) -> str:
        """Whose key signed."""
        return self.credential.access_key_id

    @property
    def date(self) -> str:
        """The day of the credential scope, as YYYYMMDD."""
        return self.credential.date

    @property
    def region(self) -> str:
        """The region of the credential scope; empty for SigV4A."""
        return self.credential.region

    @property
    def service(self) -> str:
        """The signing name of the service."""
        return self.credential.service

    @property
    def streaming(self) -> str | None:
        """The kind of aws-chunked body that follows, if one does."""
        return self.declared_hash if self.declared_hash in STREAMING else None

    @property
    def payload_hash(self) -> str:
        """The last line of the canonical request: what the body is, or why it is not told."""
        if self._payload_hash:
            return self._payload_hash
        declared = self.declared_hash
        if self.credential.service in S3_SERVICES:
            # S3 compares the declared hash with the body's own on its own account.
            payload_hash = declared or (UNSIGNED_PAYLOAD if self.presigned else _sha256(self.request.body))
        elif declared and (self.request.stream is not None or declared == UNSIGNED_PAYLOAD or declared in STREAMING):
            payload_hash = declared
        else:
            payload_hash = _sha256(self.request.body)
        self._payload_hash = payload_hash
        return payload_hash

    @property
    def canonical_request(self) -> str:
        """The request as it should have been signed."""
        request = self.request
        credential = self.credential
        s3 = credential.service in S3_SERVICES
        path = canonical_s3_path(request.path) if s3 else canonical_path(request.path)
        query = request.query
        if query:
            query = canonical_query(query, "X-Amz-Signature" if self.presigned else "")
        headers = canonical_headers(credential.signed_headers, request.by_name())
        return f"{request.method}\n{path}\n{query}\n{headers}\n{credential.signed_line}\n{self.payload_hash}"

    @property
    def string_to_sign(self) -> str:
        """The string whose signature was to be sent."""
        if not self._string_to_sign:
            # On the wire these characters were bytes, and their bytes are what was signed.
            digest = hashlib.sha256(self.canonical_request.encode("latin-1")).hexdigest()
            credential = self.credential
            self._string_to_sign = f"{credential.algorithm}\n{self.stamp}\n{credential.scope}\n{digest}"
        return self._string_to_sign

    def signing_key(self, secret: str) -> bytes:
        """The key that signs this request, and the chunks of its body."""
        credential = self.credential
        return signing_key(secret, credential.date, credential.region, credential.service)

    def matches(self, secret: str) -> bool:
        """Whether this request was signed with this secret access key."""
        text = self.string_to_sign.encode("latin-1")
        if self.credential.algorithm != ALGORITHM:
            return sigv4a.verifies(self.credential.access_key_id, secret, self.signature, text)
        expected = hmac.digest(self.signing_key(secret), text, "sha256").hex()
        return hmac.compare_digest(expected.encode(), self.signature.encode("latin-1"))

    @property
    def payload_is_declared(self) -> bool:
        """Whether the request tells the SHA-256 of its body."""
        return HEX_SHA256.fullmatch(self.declared_hash) is not None

    def check_payload(self, sha256: str) -> None:
        """Refuse a body that is not the one whose hash was signed (S3 alone tells this apart)."""
        if self.payload_is_declared and not hmac.compare_digest(self.declared_hash.lower(), sha256):
            raise refusals.payload_mismatch(self.declared_hash, sha256)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
