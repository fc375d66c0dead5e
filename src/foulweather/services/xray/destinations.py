"""Where segments go: X-Ray's own store, or (CloudWatch's Transaction Search, which is not built) log groups.

https://docs.aws.amazon.com/xray/latest/api/API_UpdateTraceSegmentDestination.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented

Request = Mapping[str, Any]


def get_trace_segment_destination(call: Call, request: Request) -> dict[str, Any]:
    """Where segments go."""
    return {"Destination": "XRay", "Status": "ACTIVE"}


def update_trace_segment_destination(call: Call, request: Request) -> dict[str, Any]:
    """Have segments go to X-Ray, as they do."""
    if request.get("Destination") == "CloudWatchLogs":
        raise not_implemented("xray", "UpdateTraceSegmentDestination.CloudWatchLogs")
    return {"Destination": "XRay", "Status": "ACTIVE"}
