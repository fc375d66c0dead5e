"""Signature Version 4: reading a request's proof off its headers or its query string.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
"""

from __future__ import annotations

import datetime
import re
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, unquote_plus

from foulweather.gates import refusals
from foulweather.gates.refusals import Family
from foulweather.kernel.http import HttpRequest
from foulweather.wire.proof import (
    ALGORITHM,
    ALGORITHMS,
    HEX_SHA256,
    S3_SERVICES,
    STREAMING,
    UNSIGNED_PAYLOAD,
    Credential,
    Proof,
    signing_key,
    split_credential,
)
from foulweather.wire.sigv2 import read_version_2
from foulweather.wire.validity import check_scope, check_times, signature_mismatch

__all__ = [
    "Family",
    "Proof",
    "access_key_of",
    "check_scope",
    "check_times",
    "read_proof",
    "signature_mismatch",
    "signing_key",
]

_STAMP = re.compile(r"\d{8}T\d{6}Z")
_WEEK_S = 604_800
_CACHED_MAX = 4096
_PRESIGNED = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders")

_credentials: dict[str, Credential] = {}
_moments: dict[str, int] = {}


def read_proof(request: HttpRequest, family: Family | None = None) -> Proof | None:
    """The proof that a request carries, None for an unsigned one; malformed ones are refused.

    `family` says in whose words; before the service is known, it is guessed from the request.
    """
    by_name = request.by_name()
    authorization = by_name.get("authorization")
    if authorization is None:
        return _presigned_proof(request, family) if request.query or request.body else None
    prefix, _, signature = authorization.rpartition("Signature=")
    credential = _credentials.get(prefix)
    stamp = by_name.get("x-amz-date", "")
    signed_at_ms = _moments.get(stamp)
    if (
        credential is not None
        and signed_at_ms is not None
        and len(signature) == 64
        and stamp[:8] == credential.date
        and credential.service not in S3_SERVICES
        and family != "s3"
    ):
        token = by_name.get("x-amz-security-token", "")
        declared_hash = by_name.get("x-amz-content-sha256", "")
        return Proof(request, credential, signature, stamp, signed_at_ms, token, declared_hash)
    return _header_proof(request, authorization, family or family_of(request))


def _header_proof(request: HttpRequest, authorization: str, family: Family) -> Proof:
    """The proof in an `Authorization` header, with every check in its place."""
    if family == "s3" and ("X-Amz-Algorithm=" in request.query or "AWSAccessKeyId=" in request.query):
        raise refusals.two_mechanisms(authorization)
    by_name = request.by_name()
    prefix, _, signature = authorization.rpartition("Signature=")
    credential = _credentials.get(prefix)
    if credential is None or (len(signature) != 64 and credential.algorithm == ALGORITHM):
        credential, signature = _parsed(authorization, by_name, family)
    stamp, signed_at_ms = _moment(by_name.get("x-amz-date", ""), by_name.get("date", ""), authorization, family)
    if stamp[:8] != credential.date:
        raise refusals.date_mismatch(family, credential.date, stamp)
    declared_hash = by_name.get("x-amz-content-sha256", "")
    if family == "s3":
        _check_s3(credential, declared_hash, by_name, presigned=False)
    token = by_name.get("x-amz-security-token", "")
    return Proof(request, credential, signature, stamp, signed_at_ms, token, declared_hash)


def family_of(request: HttpRequest) -> Family:
    """Whose words a refusal is best put in, as far as the request itself tells."""
    named = access_key_of(request)
    if named is not None and named[2] in S3_SERVICES:
        return "s3"
    if named is not None and named[2] == "ec2":
        return "ec2"
    by_name = request.by_name()
    if "x-amz-target" in by_name or "smithy-protocol" in by_name:
        return "json"
    if by_name.get("content-type", "").startswith("application/x-www-form-urlencoded") or "Action=" in request.query:
        return "query"
    if by_name.get("authorization", "").startswith("AWS ") or "AWSAccessKeyId=" in request.query:
        return "s3"
    return "rest-json"


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
        access_key_id, _, (_, region, service) = split_credential(algorithm, value)
    except ValueError:
        return None
    return access_key_id, region, service


# -- reading the parts


def _parsed(authorization: str, by_name: dict[str, str], family: Family) -> tuple[Credential, str]:
    """Read an `Authorization` header that is not known yet, and remember its lasting part."""
    algorithm, _, rest = authorization.partition(" ")
    if algorithm not in ALGORITHMS and family == "s3":
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
    if missing or algorithm not in ALGORITHMS:
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
    """The `X-Amz-` parameters of a query string, decoded to bytes as latin-1; of repeated ones the first."""
    found: dict[str, str] = {}
    for piece in query.split("&"):
        name, _, value = piece.partition("=")
        name = unquote_plus(name)
        if name.startswith("X-Amz-"):
            found.setdefault(name, unquote(value, "latin-1"))
    return found


def _presigned_proof(request: HttpRequest, family: Family | None) -> Proof | None:
    """The proof in the query string, if there is one."""
    query = request.query
    if "X-Amz-" not in query:
        return _version_2_proof(request, family)
    family = family or family_of(request)
    given = _parameters(query)
    if not any(name in given for name in ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature")):
        return None
    needed = (*_PRESIGNED, "X-Amz-Expires") if family == "s3" else _PRESIGNED
    missing = [name for name in needed if not given.get(name)]
    if missing:
        raise refusals.incomplete_query(family, missing)
    algorithm = given["X-Amz-Algorithm"]
    if algorithm not in ALGORITHMS:
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


def _version_2_proof(request: HttpRequest, family: Family | None) -> Proof | None:
    """Signature Version 2 in parameters: taken of S3's presigned URLs alone."""
    in_query = "AWSAccessKeyId=" in request.query and "Signature=" in request.query
    if in_query or (b"SignatureVersion=2" in request.body and b"AWSAccessKeyId=" in request.body):
        family = family or family_of(request)
        if family != "s3":
            raise refusals.version_2(family)
        return read_version_2(request)
    return None


def _check_s3(credential: Credential, declared: str, by_name: dict[str, str], *, presigned: bool) -> None:
    """What S3 alone demands of a signed request's headers."""
    if not declared:
        if not presigned:
            raise refusals.s3_missing_payload_hash()
    elif declared != UNSIGNED_PAYLOAD and declared not in STREAMING and not HEX_SHA256.fullmatch(declared):
        raise refusals.s3_bad_payload_hash(declared)
    unsigned = [name for name in by_name.keys() - credential.signed_names if name.startswith("x-amz-")]
    unsigned.sort()
    if presigned:
        unsigned = [name for name in unsigned if name != "x-amz-content-sha256"]
    if unsigned:
        raise refusals.s3_unsigned_headers(unsigned)
