"""Signature Version 4: what a request carries to prove who signed it, and whether it does.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, unquote_plus

from foulweather.wire import refusals, sigv4a
from foulweather.wire.canonical import canonical_headers, canonical_path, canonical_query, canonical_s3_path
from foulweather.wire.http import HttpRequest
from foulweather.wire.refusals import Family

ALGORITHM = "AWS4-HMAC-SHA256"
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

_ALGORITHMS = (ALGORITHM, sigv4a.ALGORITHM)
_STAMP = re.compile(r"\d{8}T\d{6}Z")
_HEX_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_WEEK_S = 604_800
_CACHED_MAX = 4096
_PRESIGNED = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders")


class Credential:
    """The parts of an `Authorization` header that repeat from request to request."""

    __slots__ = ("access_key_id", "algorithm", "date", "region", "scope", "service", "signed_headers", "signed_line")

    def __init__(self, algorithm: str, credential: str, signed_line: str) -> None:
        self.algorithm = algorithm
        self.access_key_id, self.scope, parts = _split_credential(algorithm, credential)
        self.date, self.region, self.service = parts
        self.signed_line = signed_line
        self.signed_headers = tuple(signed_line.split(";"))


_credentials: dict[str, Credential] = {}
_moments: dict[str, int] = {}
_signing_keys: dict[tuple[str, str, str, str], bytes] = {}


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key derived from a secret access key for one day, region and service."""
    index = (secret, date, region, service)
    key = _signing_keys.get(index)
    if key is None:
        key = hmac.digest(f"AWS4{secret}".encode(), date.encode(), "sha256")
        for part in (region, service, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        if len(_signing_keys) >= _CACHED_MAX:
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
        return _HEX_SHA256.fullmatch(self.declared_hash) is not None

    def check_payload(self, sha256: str) -> None:
        """Refuse a body that is not the one whose hash was signed (S3 alone tells this apart)."""
        if self.payload_is_declared and not hmac.compare_digest(self.declared_hash.lower(), sha256):
            raise refusals.payload_mismatch(self.declared_hash, sha256)


def read_proof(request: HttpRequest, family: Family) -> Proof | None:
    """The proof that a request carries, None for an unsigned one; malformed ones are refused."""
    by_name = request.by_name()
    authorization = by_name.get("authorization")
    if authorization is None:
        return _presigned_proof(request, family)
    if family == "s3" and ("X-Amz-Algorithm=" in request.query or "AWSAccessKeyId=" in request.query):
        raise refusals.two_mechanisms(authorization)
    prefix, _, signature = authorization.rpartition("Signature=")
    credential = _credentials.get(prefix)
    if credential is None or (len(signature) != 64 and credential.algorithm == ALGORITHM):
        credential, signature = _parsed(authorization, by_name, family)
    stamp = by_name.get("x-amz-date", "")
    signed_at_ms = _moments.get(stamp)
    if signed_at_ms is None:
        stamp, signed_at_ms = _moment(stamp, by_name.get("date", ""), authorization, family)
    if stamp[:8] != credential.date:
        raise refusals.date_mismatch(family, credential.date, stamp)
    declared_hash = by_name.get("x-amz-content-sha256", "")
    if family == "s3":
        _check_s3(credential, declared_hash, by_name, presigned=False)
    token = by_name.get("x-amz-security-token", "")
    return Proof(request, credential, signature, stamp, signed_at_ms, token, declared_hash)


def access_key_of(request: HttpRequest) -> tuple[str, str, str] | None:
    """Access key, region and service that a request names, before anything is checked; for routing."""
    authorization = request.by_name().get("authorization")
    if authorization is not None:
        credential = _credentials.get(authorization.rpartition("Signature=")[0])
        if credential is not None:
            return credential.access_key_id, credential.region, credential.service
        found = re.search(r"Credential=([^,\s]+)", authorization)
        algorithm = authorization.partition(" ")[0]
        value = found.group(1) if found else ""
    elif "X-Amz-Credential=" in request.query:
        parameters = _parameters(request.query)
        algorithm, value = parameters.get("X-Amz-Algorithm", ""), parameters.get("X-Amz-Credential", "")
    else:
        return None
    try:
        access_key_id, _, (_, region, service) = _split_credential(algorithm, value)
    except ValueError:
        return None
    return access_key_id, region, service


# -- reading the parts


def _split_credential(algorithm: str, credential: str) -> tuple[str, str, tuple[str, str, str]]:
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


def _parsed(authorization: str, by_name: dict[str, str], family: Family) -> tuple[Credential, str]:
    """Read an `Authorization` header that is not known yet, and remember its lasting part."""
    algorithm, _, rest = authorization.partition(" ")
    if algorithm not in _ALGORITHMS and family == "s3":
        raise refusals.s3_unsupported_authorization(authorization)
    parameters: dict[str, str] = {}
    for piece in re.split(r"[,\s]+", rest):
        if not piece:
            continue
        name, equals, value = piece.partition("=")
        if not equals:
            raise refusals.not_a_pair(family, piece, authorization)
        parameters[name] = value
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not parameters.get(name)]
    undated = "x-amz-date" not in by_name and "date" not in by_name
    if missing or algorithm not in _ALGORITHMS:
        raise refusals.incomplete(family, missing, authorization, undated=undated)
    try:
        credential = Credential(algorithm, parameters["Credential"], parameters["SignedHeaders"])
    except ValueError:
        raise refusals.malformed_credential(family, parameters["Credential"], presigned=False) from None
    _check_host_signed(family, credential, by_name)
    signature = parameters["Signature"]
    prefix = authorization[: -len(signature)].removesuffix("Signature=")
    if authorization == f"{prefix}Signature={signature}" and len(prefix) < 2048:
        if len(_credentials) >= _CACHED_MAX:
            _credentials.clear()
        _credentials[prefix] = credential
    return credential, signature


def _check_host_signed(family: Family, credential: Credential, by_name: dict[str, str]) -> None:
    if "host" not in credential.signed_headers and ":authority" not in credential.signed_headers:
        raise refusals.host_unsigned(family, "host" if "host" in by_name else "")


def _moment(stamp: str, date: str, authorization: str, family: Family) -> tuple[str, int]:
    """When a request says it was signed: from `X-Amz-Date`, else from `Date`."""
    if not stamp and not date:
        raise refusals.undated(family, authorization)
    if not stamp:
        try:
            moment = parsedate_to_datetime(date)
        except ValueError:
            stamp = date
        else:
            stamp = moment.astimezone(datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    signed_at_ms = _stamp_ms(stamp)
    if signed_at_ms is None:
        raise refusals.bad_date(family, stamp)
    return stamp, signed_at_ms


def _stamp_ms(stamp: str) -> int | None:
    """Milliseconds of `20150830T123600Z`, None if it is not of this form."""
    known = _moments.get(stamp)
    if known is not None:
        return known
    if not _STAMP.fullmatch(stamp):
        return None
    try:
        moment = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    except ValueError:
        return None
    if len(_moments) >= _CACHED_MAX:
        _moments.clear()
    _moments[stamp] = signed_at_ms = round(moment.timestamp()) * 1000
    return signed_at_ms


def _parameters(query: str) -> dict[str, str]:
    """The `X-Amz-` parameters of a query string, decoded; of repeated ones the first."""
    found: dict[str, str] = {}
    for piece in query.split("&"):
        name, _, value = piece.partition("=")
        name = unquote_plus(name)
        if name.startswith("X-Amz-"):
            found.setdefault(name, unquote(value))
    return found


def _presigned_proof(request: HttpRequest, family: Family) -> Proof | None:
    """The proof in the query string, if there is one."""
    query = request.query
    if "X-Amz-" not in query:
        _refuse_version_2(request, family)
        return None
    given = _parameters(query)
    if not any(name in given for name in ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature")):
        return None
    needed = (*_PRESIGNED, "X-Amz-Expires") if family == "s3" else _PRESIGNED
    missing = [name for name in needed if not given.get(name)]
    if missing:
        raise refusals.incomplete_query(family, missing)
    algorithm = given["X-Amz-Algorithm"]
    if algorithm not in _ALGORITHMS:
        raise refusals.bad_query_algorithm(family, algorithm)
    try:
        credential = Credential(algorithm, given["X-Amz-Credential"], given["X-Amz-SignedHeaders"])
    except ValueError:
        raise refusals.malformed_credential(family, given["X-Amz-Credential"], presigned=True) from None
    by_name = request.by_name()
    _check_host_signed(family, credential, by_name)
    stamp = given["X-Amz-Date"]
    signed_at_ms = _stamp_ms(stamp)
    if signed_at_ms is None:
        raise refusals.bad_date(family, stamp, presigned=True)
    if stamp[:8] != credential.date:
        raise refusals.date_mismatch(family, credential.date, stamp, presigned=True)
    expires = given.get("X-Amz-Expires", "")
    expires_s = _expires_s(expires, family) if expires else None
    declared_hash = given.get("X-Amz-Content-Sha256") or by_name.get("x-amz-content-sha256", "")
    if family == "s3":
        _check_s3(credential, declared_hash, by_name, presigned=True)
    token = given.get("X-Amz-Security-Token", "") or by_name.get("x-amz-security-token", "")
    signature = given["X-Amz-Signature"]
    return Proof(request, credential, signature, stamp, signed_at_ms, token, declared_hash, expires_s, presigned=True)


def _expires_s(expires: str, family: Family) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", expires):
        raise refusals.bad_expires(family, "X-Amz-Expires should be a number")
    seconds = int(expires)
    if seconds < 0:
        raise refusals.bad_expires(family, "X-Amz-Expires must be non-negative")
    if seconds > _WEEK_S:
        raise refusals.bad_expires(
            family,
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be "
            "less than 604800 seconds",
        )
    return seconds


def _refuse_version_2(request: HttpRequest, family: Family) -> None:
    """Signature Version 2 in parameters: known, and served in no region that is open today."""
    in_query = "AWSAccessKeyId=" in request.query and "Signature=" in request.query
    if in_query or (b"SignatureVersion=2" in request.body and b"AWSAccessKeyId=" in request.body):
        raise refusals.version_2(family)


def _check_s3(credential: Credential, declared: str, by_name: dict[str, str], *, presigned: bool) -> None:
    """What S3 alone demands of a signed request's headers."""
    if not declared:
        if not presigned:
            raise refusals.s3_missing_payload_hash()
    elif declared != UNSIGNED_PAYLOAD and declared not in STREAMING and not _HEX_SHA256.fullmatch(declared):
        raise refusals.s3_bad_payload_hash(declared)
    signed = credential.signed_headers
    unsigned = [name for name in by_name if name.startswith("x-amz-") and name not in signed]
    if presigned:
        unsigned = [name for name in unsigned if name != "x-amz-content-sha256"]
    if unsigned:
        raise refusals.s3_unsigned_headers(unsigned)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
