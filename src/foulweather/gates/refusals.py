"""How AWS words its refusals of a request's signature, by the kind of service that refuses.

The query and REST-XML services say `SignatureDoesNotMatch` and `IncompleteSignature`, the JSON ones
`InvalidSignatureException` and `IncompleteSignatureException`; S3 and EC2 have their own.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Literal

from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import catalogue
from foulweather.kernel.why import Fact

Family = Literal["query", "ec2", "json", "rest-json", "rest-xml", "s3"]

_FAMILIES: dict[str, Family] = {
    "query": "query",
    "ec2": "ec2",
    "json": "json",
    "smithy-rpc-v2-cbor": "json",
    "rest-json": "rest-json",
    "rest-xml": "rest-xml",
}

_INCOMPLETE: dict[Family, tuple[str, int]] = {
    "query": ("IncompleteSignature", 400),
    "rest-xml": ("IncompleteSignature", 403),
    "ec2": ("IncompleteSignature", 400),
    "json": ("IncompleteSignatureException", 400),
    "rest-json": ("IncompleteSignatureException", 403),
    "s3": ("AuthorizationHeaderMalformed", 400),
}
_INVALID: dict[Family, tuple[str, int]] = {
    "query": ("SignatureDoesNotMatch", 403),
    "rest-xml": ("SignatureDoesNotMatch", 403),
    "ec2": ("AuthFailure", 401),
    "json": ("InvalidSignatureException", 400),
    "rest-json": ("InvalidSignatureException", 403),
    "s3": ("SignatureDoesNotMatch", 403),
}
_MISSING: dict[Family, tuple[str, str, int]] = {
    "query": ("MissingAuthenticationToken", "Request is missing Authentication Token", 403),
    "rest-xml": ("MissingAuthenticationToken", "Request is missing Authentication Token", 403),
    "ec2": ("MissingParameter", "The request must contain the parameter AWSAccessKeyId", 400),
    "json": ("MissingAuthenticationTokenException", "Request is missing Authentication Token", 400),
    "rest-json": ("MissingAuthenticationTokenException", "Missing Authentication Token", 403),
    "s3": ("AccessDenied", "Access Denied", 403),
}
_UNKNOWN_KEY: dict[Family, tuple[str, str, int]] = {
    "query": ("InvalidClientTokenId", "The security token included in the request is invalid.", 403),
    "rest-xml": ("InvalidClientTokenId", "The security token included in the request is invalid.", 403),
    "ec2": ("AuthFailure", "AWS was not able to validate the provided access credentials", 401),
    "json": ("UnrecognizedClientException", "The security token included in the request is invalid.", 400),
    "rest-json": ("UnrecognizedClientException", "The security token included in the request is invalid.", 403),
    "s3": ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403),
}
_EXPIRED_TOKEN: dict[Family, tuple[str, str, int]] = {
    "query": ("ExpiredToken", "The security token included in the request is expired", 403),
    "rest-xml": ("ExpiredToken", "The security token included in the request is expired", 403),
    "ec2": ("RequestExpired", "Request has expired.", 400),
    "json": ("ExpiredTokenException", "The security token included in the request is expired", 400),
    "rest-json": ("ExpiredTokenException", "The security token included in the request is expired", 403),
    "s3": ("ExpiredToken", "The provided token has expired.", 400),
}

_AUTH_FAILURE = "AWS was not able to validate the provided access credentials"
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)
_S3_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
_S3_CREDENTIAL = 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'


def family(service: str, protocol: str) -> Family:
    """Whose words a service uses in a protocol."""
    if service == "s3":
        return "s3"
    # Services that spoke query before they spoke JSON or CBOR keep its codes and statuses:
    # https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
    is_compatible = catalogue()[service].aws_query_compatible is not None
    return "query" if is_compatible else _FAMILIES[protocol]


def missing(family: Family) -> AwsError:
    """The operation needs a signature, and there is none."""
    code, message, status = _MISSING[family]
    return AwsError(code, message, status, facts=(Fact("request", "signature", None),))


def unknown_key(family: Family, access_key_id: str) -> AwsError:
    """No such access key, or no longer."""
    code, message, status = _UNKNOWN_KEY[family]
    members = {"AWSAccessKeyId": access_key_id} if family == "s3" else None
    return AwsError(code, message, status, members=members, facts=(Fact(access_key_id, "known", False),))


def expired_token(family: Family, token: str) -> AwsError:
    """The temporary credentials have expired."""
    code, message, status = _EXPIRED_TOKEN[family]
    return AwsError(code, message, status, members={"Token-0": token} if family == "s3" else None)


def mismatch(
    family: Family, access_key_id: str, canonical_request: str, string_to_sign: str, signature: str
) -> AwsError:
    """The signature is not the one that the secret access key makes."""
    code, status = _INVALID[family]
    facts = (
        Fact("request", "CanonicalRequest", canonical_request),
        Fact("request", "StringToSign", string_to_sign),
        Fact("request", "SignatureProvided", signature),
    )
    if family == "s3":
        members: dict[str, Any] = {
            "AWSAccessKeyId": access_key_id,
            "StringToSign": string_to_sign,
            "SignatureProvided": signature,
            "StringToSignBytes": string_to_sign.encode("latin-1").hex(" "),
        }
        if canonical_request:
            members["CanonicalRequest"] = canonical_request
            members["CanonicalRequestBytes"] = canonical_request.encode("latin-1").hex(" ")
        return AwsError(code, _S3_MISMATCH, status, members=members, facts=facts)
    if family == "ec2":
        return AwsError(code, _AUTH_FAILURE, status, facts=facts)
    appendix = (
        f"\n\nThe Canonical String for this request should have been\n'{canonical_request}'"
        f"\n\nThe String-to-Sign should have been\n'{string_to_sign}'\n"
    )
    return AwsError(code, _MISMATCH + appendix, status, facts=facts)


def invalid(family: Family, message: str) -> AwsError:
    """A signature that could be read, and cannot be right."""
    code, status = _INVALID[family]
    if family == "ec2":
        return AwsError(code, _AUTH_FAILURE, status, facts=(Fact("request", "signature", message),))
    return AwsError(code, message, status)


# -- malformed headers


def _hashed(authorization: str) -> str:
    """A digest of the header, which services print instead of the header since 2023."""
    return base64.b64encode(hashlib.sha256(authorization.encode("latin-1")).digest()).decode()


def incomplete(family: Family, missing: list[str], authorization: str, *, undated: bool) -> AwsError:
    """Parameters are missing from the `Authorization` header."""
    code, status = _INCOMPLETE[family]
    if family == "s3":
        return AwsError(
            code,
            "The authorization header is malformed; the authorization header requires three components: "
            "Credential, SignedHeaders, and Signature.",
            status,
        )
    lines = [f"Authorization header requires '{name}' parameter." for name in missing]
    if undated:
        lines.append(_UNDATED)
    if not lines:
        # An algorithm that is none of SigV4's, with all the parameters of one.
        lines.append("Unsupported AWS 'algorithm'.")
    lines.append(f"(Hashed with SHA-256 and encoded with Base64) Authorization={_hashed(authorization)}")
    return AwsError(code, " ".join(lines), status)


_UNDATED = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."


def undated(family: Family, authorization: str) -> AwsError:
    """Neither `X-Amz-Date` nor `Date`."""
    if family == "s3":
        return AwsError("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", 403)
    return incomplete(family, [], authorization, undated=True)


def bad_date(family: Family, stamp: str, *, presigned: bool = False) -> AwsError:
    """A date of another form than ISO 8601 basic."""
    if family == "s3" and presigned:
        return AwsError(
            "AuthorizationQueryParametersError",
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
            400,
        )
    if family == "s3":
        return AwsError("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", 403)
    code, status = _INCOMPLETE[family]
    return AwsError(
        code,
        f"Date must be in ISO-8601 'basic format'. Got '{stamp}'. See http://en.wikipedia.org/wiki/ISO_8601",
        status,
    )


def not_a_pair(family: Family, piece: str, authorization: str) -> AwsError:
    """A piece of the `Authorization` header is no name=value."""
    code, status = _INCOMPLETE[family]
    if family == "s3":
        return AwsError(
            code,
            f'The authorization header is malformed; the authorization component "{piece}" is malformed.',
            status,
        )
    return AwsError(
        code,
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded "
        f"with Base64): '{_hashed(authorization)}'.",
        status,
    )


def malformed_credential(family: Family, credential: str, *, presigned: bool) -> AwsError:
    """A credential that is not of the form key/date/region/service/aws4_request."""
    code, status = _INCOMPLETE[family]
    if family == "s3" and presigned:
        message = f"Error parsing the X-Amz-Credential parameter; {_S3_CREDENTIAL}"
        return AwsError("AuthorizationQueryParametersError", message, 400)
    if family == "s3":
        return AwsError(code, f"The authorization header is malformed; {_S3_CREDENTIAL}", status)
    parts = credential.split("/")
    if len(parts) == 5 and all(parts):
        message = f"Credential should be scoped with a valid terminator: 'aws4_request', not '{parts[4]}'. "
        return invalid(family, message)
    return AwsError(
        code,
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
        f"got '{credential}'",
        status,
    )


def host_unsigned(family: Family, present: str) -> AwsError:
    """`Host` must be among the signed headers."""
    if family == "s3":
        return s3_unsigned_headers([present or "host"])
    return invalid(family, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")


def date_mismatch(family: Family, date: str, stamp: str, *, presigned: bool = False) -> AwsError:
    """The scope's day is not the day of signing."""
    if family == "s3":
        message = f'Invalid credential date "{date}". This date is not the same as X-Amz-Date: "{stamp[:8]}".'
        if presigned:
            return AwsError("AuthorizationQueryParametersError", message, 400)
        return AwsError("AuthorizationHeaderMalformed", f"The authorization header is malformed; {message}", 400)
    return invalid(
        family,
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        f"'{date}' != '{stamp[:8]}', from '{stamp}'.",
    )


# -- malformed query strings, other mechanisms


def incomplete_query(family: Family, missing: list[str]) -> AwsError:
    """Parameters are missing from a presigned URL."""
    if family == "s3":
        return AwsError(
            "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
            400,
        )
    code, status = _INCOMPLETE[family]
    lines = [f"AWS query-string parameters must include '{name}'." for name in missing]
    return AwsError(code, " ".join([*lines, "Re-examine the query-string parameters."]), status)


def bad_query_algorithm(family: Family, algorithm: str) -> AwsError:
    """An algorithm that is none of SigV4's."""
    if family == "s3":
        return AwsError(
            "AuthorizationQueryParametersError",
            'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
            400,
        )
    code, status = _INCOMPLETE[family]
    return AwsError(code, f"Unsupported AWS 'algorithm': '{algorithm}'.", status)


def bad_expires(family: Family, message: str) -> AwsError:
    """An `X-Amz-Expires` that is no number of seconds up to a week."""
    if family == "s3":
        return AwsError("AuthorizationQueryParametersError", message, 400)
    code, status = _INCOMPLETE[family]
    return AwsError(code, message, status)


def version_2(family: Family) -> AwsError:
    """Signature Version 2, which no region opened since 2014 takes.

    https://docs.aws.amazon.com/general/latest/gr/signature-version-2.html
    """
    if family == "s3":
        return AwsError("InvalidRequest", _S3_VERSION_2, 400)
    return unknown_key(family, "Signature Version 2")


_S3_VERSION_2 = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."


def s3_unsupported_authorization(authorization: str) -> AwsError:
    """An `Authorization` header of another mechanism, in front of S3."""
    if authorization.startswith("AWS "):
        return AwsError("InvalidRequest", _S3_VERSION_2, 400)
    members = {"ArgumentName": "Authorization", "ArgumentValue": authorization}
    return AwsError("InvalidArgument", "Unsupported Authorization Type", 400, members=members)


def two_mechanisms(authorization: str) -> AwsError:
    """Signed twice, by header and by query string."""
    return AwsError(
        "InvalidArgument",
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
        "parameter or the Authorization header should be specified",
        400,
        members={"ArgumentName": "Authorization", "ArgumentValue": authorization},
    )


# -- S3's own


def s3_missing_payload_hash() -> AwsError:
    """S3 wants to be told what the body is."""
    return AwsError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", 400)


def s3_bad_payload_hash(declared: str) -> AwsError:
    """`x-amz-content-sha256` is neither a hash nor one of the words for having none."""
    return AwsError(
        "InvalidArgument",
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid "
        "sha256 value.",
        400,
        members={"ArgumentName": "x-amz-content-sha256", "ArgumentValue": declared},
    )


def s3_unsigned_headers(names: list[str]) -> AwsError:
    """Headers that decide something came unsigned."""
    return AwsError(
        "AccessDenied",
        "There were headers present in the request which were not signed",
        403,
        members={"HeadersNotSigned": ", ".join(names)},
    )


def payload_mismatch(declared: str, computed: str) -> AwsError:
    """The body is not the one whose hash was declared."""
    return AwsError(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        400,
        members={"ClientComputedContentSHA256": declared, "S3ComputedContentSHA256": computed},
    )
