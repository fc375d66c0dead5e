"""Whether a proof is for here and for now: its times and its credential scope."""

from __future__ import annotations

import datetime

from foulweather.gates import refusals
from foulweather.gates.refusals import Family
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.wire import sigv2
from foulweather.wire.proof import Proof

_MINUTE_MS = 60_000
_S3_SKEW_MS = 15 * _MINUTE_MS

# "In most cases, a request must reach AWS within five minutes of the time stamp in the request"
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html); these services print 15 minutes.
_OLD_MIN = {"sts": 15, "sqs": 15, "dynamodb": 15}
_EARLY_MIN = {"dynamodb": 15}
_USUAL_MIN = 5


def check_times(proof: Proof, now_ms: int, family: Family) -> None:
    """Refuse a signature that is too old, or not yet valid."""
    if family == "s3":
        _check_s3_times(proof, now_ms)
        return
    # A presigned request of any other service must come within the same minutes, whatever it says it expires.
    old_min = _OLD_MIN.get(proof.service, _USUAL_MIN)
    early_min = _EARLY_MIN.get(proof.service, _USUAL_MIN)
    if now_ms - old_min * _MINUTE_MS <= proof.signed_at_ms <= now_ms + early_min * _MINUTE_MS:
        return
    facts = (Fact("request", "signed_at", proof.stamp), Fact("world", "now", _stamp(now_ms)))
    if family == "ec2":
        raise AwsError("RequestExpired", "Request has expired.", 400, facts=facts)
    if proof.signed_at_ms < now_ms:
        limit = _stamp(now_ms - old_min * _MINUTE_MS)
        raise refusals.invalid(
            family,
            f"Signature expired: {proof.stamp} is now earlier than {limit} ({_stamp(now_ms)} - {old_min} min.)",
        )
    limit = _stamp(now_ms + early_min * _MINUTE_MS)
    raise refusals.invalid(
        family,
        f"Signature not yet current: {proof.stamp} is still later than {limit} ({_stamp(now_ms)} + {early_min} min.)",
    )


def check_scope(proof: Proof, family: Family, service: str, region: str) -> None:
    """Refuse a signature that was made for another service or region than the one that was called."""
    if proof.credential.algorithm == "AWS" and region not in sigv2.REGIONS:
        raise refusals.version_2(family)
    region_is_wrong = proof.region != region and bool(proof.region)
    service_is_wrong = proof.service != service
    if not region_is_wrong and not service_is_wrong:
        return
    if family == "s3":
        if region_is_wrong:
            what = f"the region '{proof.region}' is wrong; expecting '{region}'"
        else:
            what = f'incorrect service "{proof.service}". This endpoint belongs to "{service}".'
        members = {"Region": region} if region_is_wrong else None
        if proof.presigned:
            message = f"Error parsing the X-Amz-Credential parameter; {what}"
            raise AwsError("AuthorizationQueryParametersError", message, 400, members=members)
        message = f"The authorization header is malformed; {what}"
        raise AwsError("AuthorizationHeaderMalformed", message, 400, members=members)
    message = ""
    if region_is_wrong:
        message += f"Credential should be scoped to a valid region, not '{proof.region}'. "
    if service_is_wrong:
        message += f"Credential should be scoped to correct service: '{service}'. "
    raise refusals.invalid(family, message)


def signature_mismatch(proof: Proof, family: Family) -> AwsError:
    """The refusal of a proof that matched no secret, with what should have been signed."""
    return refusals.mismatch(
        family, proof.access_key_id, proof.canonical_request, proof.string_to_sign, proof.signature
    )


def _check_s3_times(proof: Proof, now_ms: int) -> None:
    if not proof.presigned:
        if abs(now_ms - proof.signed_at_ms) > _S3_SKEW_MS:
            raise AwsError(
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                403,
                members={
                    "RequestTime": proof.stamp,
                    "ServerTime": _iso(now_ms),
                    "MaxAllowedSkewMilliseconds": _S3_SKEW_MS,
                },
            )
        return
    expires_s = proof.expires_s or 0
    expires_ms = proof.signed_at_ms + expires_s * 1000
    if now_ms > expires_ms:
        raise AwsError(
            "AccessDenied",
            "Request has expired",
            403,
            # Signature Version 2 has no `X-Amz-Expires`, but the moment itself.
            members=({"X-Amz-Expires": expires_s} if proof.stamp else {})
            | {"Expires": _iso(expires_ms), "ServerTime": _iso(now_ms)},
        )
    if proof.signed_at_ms > now_ms + _S3_SKEW_MS:
        raise AwsError("AccessDenied", "Request is not yet valid", 403)


def _stamp(ms: int) -> str:
    return _moment(ms).strftime("%Y%m%dT%H%M%SZ")


def _iso(ms: int) -> str:
    return _moment(ms).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(ms: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(ms // 1000, tz=datetime.UTC)
