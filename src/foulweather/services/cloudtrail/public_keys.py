"""The public keys by which digests are validated.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import paging
from foulweather.services.cloudtrail.digests import VALID_MS
from foulweather.services.cloudtrail.refusals import refused
from foulweather.services.cloudtrail.state import Trails

LISTED_AT_ONCE = 50


def list_public_keys(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that were valid at some time of a range, of the Region that is asked."""
    end_ms: int = request.get("EndTime", call.now)
    start_ms: int = request.get("StartTime", min(end_ms, call.now))
    if start_ms > end_ms:
        raise refused(
            "InvalidTimeRange",
            "The specified time range is not valid: StartTime must be before EndTime.",
            Fact("request", "StartTime", start_ms),
            Fact("request", "EndTime", end_ms),
        )
    found = [
        {
            "Value": key.public,
            "ValidityStartTime": key.made_ms,
            "ValidityEndTime": key.made_ms + VALID_MS,
            "Fingerprint": key.fingerprint,
        }
        for key in call.state(Trails).keys.values()
        if key.region == call.region and key.made_ms <= end_ms and start_ms < key.made_ms + VALID_MS
    ]
    some, token = paging.page(found, request.get("NextToken"), LISTED_AT_ONCE)
    return {"PublicKeyList": some, **({"NextToken": token} if token else {})}
