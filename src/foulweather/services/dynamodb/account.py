"""The account's own limits and endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.services.dynamodb import limits

if TYPE_CHECKING:
    from aws_types.dynamodb import (
        DescribeEndpointsRequest,
        DescribeEndpointsResponse,
        DescribeLimitsInput,
        DescribeLimitsOutput,
    )

CACHED_MINUTES = 1440


def describe_limits(call: Call, request: DescribeLimitsInput) -> DescribeLimitsOutput:
    """How much capacity the account and each of its tables may be given."""
    return {
        "AccountMaxReadCapacityUnits": limits.ACCOUNT_UNITS_MAX,
        "AccountMaxWriteCapacityUnits": limits.ACCOUNT_UNITS_MAX,
        "TableMaxReadCapacityUnits": limits.TABLE_UNITS_MAX,
        "TableMaxWriteCapacityUnits": limits.TABLE_UNITS_MAX,
    }


def describe_endpoints(call: Call, request: DescribeEndpointsRequest) -> DescribeEndpointsResponse:
    """Where to send requests: to the host that was asked, or else to the Region's own."""
    address = call.origin.host or f"dynamodb.{call.region}.amazonaws.com"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": CACHED_MINUTES}]}
