"""What S3's condition keys tell of how a request was signed.

https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html
"""

from __future__ import annotations

from foulweather.kernel.http import HttpRequest
from foulweather.wire.proof import UNSIGNED_PAYLOAD, Proof


def traits_of(request: HttpRequest, proof: Proof | None, age_ms: int, *, is_form: bool) -> dict[str, str]:
    """The keys by lower-case name; `age_ms` is how old the signature is in the world's time."""
    traits: dict[str, str] = {}
    declared = request.header("x-amz-content-sha256")
    if proof is not None:
        traits["s3:authtype"] = "REST-QUERY-STRING" if proof.presigned else "REST-HEADER"
        traits["s3:signatureversion"] = proof.credential.algorithm
        if proof.signed_at_ms:
            traits["s3:signatureage"] = str(max(0, age_ms))
        if proof.presigned and not is_form:
            declared = declared or UNSIGNED_PAYLOAD
    if is_form:
        traits["s3:authtype"] = "POST"
    if declared:
        traits["s3:x-amz-content-sha256"] = declared
    return traits
