"""Whether a signature is for now: AWS's limits on its age, in the words of the service that refuses.

"In most cases, a request must reach AWS within five minutes of the time stamp in the request"
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
"""

from __future__ import annotations

import datetime
from typing import Protocol

from foulweather.gates import refusals
from foulweather.gates.refusals import Family
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

_MINUTE_MS = 60_000
_S3_SKEW_MS = 15 * _MINUTE_MS

# These services print 15 minutes.
_OLD_MIN = {"sts": 15, "sqs": 15, "dynamodb": 15}
_EARLY_MIN = {"dynamodb": 15}
_USUAL_MIN = 5


class Signed(Protocol):
    """When a request was signed, and for what."""

    @property
    def service(self) -> str:
        """The service that the signature names."""
        ...

    @property
    def signed_at_ms(self) -> int:
        """The time of signing, by the signer's clock."""
        ...

    @property
    def stamp(self) -> str:
        """That time as the request tells it."""
        ...

    @property
    def presigned(self) -> bool:
        """Whether it is a presigned URL."""
        ...

    @property
    def expires_s(self) -> int | None:
        """How long a presigned URL says that it lasts."""
        ...


def check_times(signed: Signed, now_ms: int, family: Family) -> None:
    """Refuse a signature that is too old, or not yet valid."""
    if family == "s3":
        _check_s3_times(signed, now_ms)
        return
    # A presigned request of any other service must come within the same minutes, whatever it says it expires.
    old_min = _OLD_MIN.get(signed.service, _USUAL_MIN)
    early_min = _EARLY_MIN.get(signed.service, _USUAL_MIN)
    if now_ms - old_min * _MINUTE_MS <= signed.signed_at_ms <= now_ms + early_min * _MINUTE_MS:
        return
    facts = (Fact("request", "signed_at", signed.stamp), Fact("world", "now", stamp_of(now_ms)))
    if family == "ec2":
        raise AwsError("RequestExpired", "Request has expired.", 400, facts=facts)
    if signed.signed_at_ms < now_ms:
        limit = stamp_of(now_ms - old_min * _MINUTE_MS)
        raise refusals.invalid(
            family,
            f"Signature expired: {signed.stamp} is now earlier than {limit} ({stamp_of(now_ms)} - {old_min} min.)",
        )
    limit = stamp_of(now_ms + early_min * _MINUTE_MS)
    sum_of_it = f"{stamp_of(now_ms)} + {early_min} min."
    raise refusals.invalid(
        family, f"Signature not yet current: {signed.stamp} is still later than {limit} ({sum_of_it})"
    )


def _check_s3_times(signed: Signed, now_ms: int) -> None:
    if not signed.presigned:
        if abs(now_ms - signed.signed_at_ms) > _S3_SKEW_MS:
            raise AwsError(
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                403,
                members={
                    "RequestTime": signed.stamp,
                    "ServerTime": _iso(now_ms),
                    "MaxAllowedSkewMilliseconds": _S3_SKEW_MS,
                },
                facts=(Fact("request", "signed_at", signed.stamp), Fact("world", "now", stamp_of(now_ms))),
            )
        return
    expires_s = signed.expires_s or 0
    expires_ms = signed.signed_at_ms + expires_s * 1000
    if now_ms > expires_ms:
        raise AwsError(
            "AccessDenied",
            "Request has expired",
            403,
            # Signature Version 2 has no `X-Amz-Expires`, but the moment itself.
            members=({"X-Amz-Expires": expires_s} if signed.stamp else {})
            | {"Expires": _iso(expires_ms), "ServerTime": _iso(now_ms)},
            facts=(Fact("request", "Expires", _iso(expires_ms)), Fact("world", "now", _iso(now_ms))),
        )
    if signed.signed_at_ms > now_ms + _S3_SKEW_MS:
        facts = (Fact("request", "signed_at", signed.stamp), Fact("world", "now", stamp_of(now_ms)))
        raise AwsError("AccessDenied", "Request is not yet valid", 403, facts=facts)


def stamp_of(ms: int) -> str:
    """A time as signatures tell it: `20260131T120000Z`."""
    return _moment(ms).strftime("%Y%m%dT%H%M%SZ")


def _iso(ms: int) -> str:
    return _moment(ms).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(ms: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(ms // 1000, tz=datetime.UTC)
