"""Signature Version 2 in S3's presigned URLs, which SDKs still make by default for the oldest regions.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
"""

from __future__ import annotations

import base64
import hmac
from urllib.parse import unquote

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.wire.proof import Credential, Proof

# "Any new Regions after January 30, 2014 will support only Signature Version 4"
# (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html).
REGIONS = frozenset(
    {
        *("us-east-1", "us-west-1", "us-west-2", "eu-west-1", "sa-east-1"),
        *("ap-northeast-1", "ap-southeast-1", "ap-southeast-2"),
    }
)

# The parameters that are part of the resource; the others are not signed.
_SUBRESOURCES = frozenset(
    {
        *("accelerate", "acl", "analytics", "cors", "delete", "encryption", "inventory", "lifecycle", "location"),
        *("logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication"),
        *("requestPayment", "restore", "select", "select-type", "storageClass", "tagging", "torrent", "uploadId"),
        *("uploads", "versionId", "versioning", "versions", "website"),
        *("response-cache-control", "response-content-disposition", "response-content-encoding"),
        *("response-content-language", "response-content-type", "response-expires"),
    }
)


class Version2Proof(Proof):
    """The proof of a presigned URL of Signature Version 2; it names no region, and expires at a moment."""

    __slots__ = ("_parameters",)

    def __init__(self, request: HttpRequest, parameters: dict[str, str]) -> None:
        credential = Credential.of_version_2(parameters["AWSAccessKeyId"])
        token = parameters.get("x-amz-security-token", "") or request.header("x-amz-security-token")
        super().__init__(
            request,
            credential,
            parameters["Signature"],
            stamp="",
            signed_at_ms=0,
            token=token,
            declared_hash=request.header("x-amz-content-sha256"),
            expires_s=int(parameters["Expires"]),
            presigned=True,
        )
        self._parameters = parameters

    @property
    def canonical_request(self) -> str:
        """Nothing: this version signs its string directly."""
        return ""

    @property
    def string_to_sign(self) -> str:
        """The string for a path-style request."""
        return self._string_for(self.request.path)

    def matches(self, secret: str) -> bool:
        """Whether this URL was signed with this secret access key, for its path or its virtual host."""
        bucket = self.request.header("host").partition(".")[0]
        for path in (self.request.path, f"/{bucket}{self.request.path}"):
            text = self._string_for(path).encode("latin-1")
            expected = base64.b64encode(hmac.digest(secret.encode(), text, "sha1"))
            if hmac.compare_digest(expected, self.signature.encode("latin-1")):
                return True
        return False

    def _string_for(self, path: str) -> str:
        parameters = self._parameters
        by_name = self.request.by_name()
        given = {name: value for name, value in by_name.items() if name.startswith("x-amz-")}
        given |= {name: value for name, value in parameters.items() if name.startswith("x-amz-")}
        lines = [self.request.method]
        lines += [parameters.get(name) or by_name.get(name, "") for name in ("content-md5", "content-type")]
        lines.append(parameters["Expires"])
        lines += [f"{name}:{given[name].strip()}" for name in sorted(given)]
        return "\n".join([*lines, path + self._subresources()])

    def _subresources(self) -> str:
        found: list[tuple[str, str]] = []
        for piece in self.request.query.split("&"):
            name, equals, value = piece.partition("=")
            if name in _SUBRESOURCES:
                found.append((name, f"{name}={unquote(value, 'latin-1')}" if equals else name))
        return "?" + "&".join([text for _, text in sorted(found)]) if found else ""


def read_version_2(request: HttpRequest) -> Version2Proof | None:
    """The proof in a presigned URL of Signature Version 2, None where there is none."""
    parameters: dict[str, str] = {}
    for piece in request.query.split("&"):
        name, _, value = piece.partition("=")
        parameters.setdefault(unquote(name, "latin-1"), unquote(value, "latin-1"))
    if "AWSAccessKeyId" not in parameters or "Signature" not in parameters:
        return None
    expires = parameters.get("Expires", "")
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 11) or not parameters["AWSAccessKeyId"]:
        raise AwsError(
            "AccessDenied",
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
            403,
        )
    return Version2Proof(request, parameters)
