"""API Gateway's quotas by AWS's codes.

https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.quotas import Quota, in_force

THROTTLE_RATE = Quota(
    service="apigateway",
    service_name="Amazon API Gateway",
    code="L-8A5B8E43",
    name="Throttle rate",
    value=10_000,
    description="The maximum number of requests per second of all APIs of an account in a Region.",
    is_read=True,
)
THROTTLE_BURST = Quota(
    service="apigateway",
    service_name="Amazon API Gateway",
    code="L-CDF5615A",
    name="Throttle burst rate",
    value=5_000,
    description="The maximum number of additional requests that all APIs of an account in a Region take at once.",
    is_adjustable=False,
    is_read=True,
)
RESOURCES = Quota(
    service="apigateway",
    service_name="Amazon API Gateway",
    code="L-01C8A9E0",
    name="Resources/Routes per REST/WebSocket API",
    value=300,
    is_read=True,
)
STAGES = Quota(
    service="apigateway",
    service_name="Amazon API Gateway",
    code="L-379E48B0",
    name="Stages per API",
    value=10,
    is_read=True,
)
TIMEOUT = Quota(
    service="apigateway",
    service_name="Amazon API Gateway",
    code="L-E5AE38E3",
    name="Maximum integration timeout in milliseconds",
    value=29_000,
    description="Of Regional and private REST APIs; a higher one may reduce the account's throttle rate.",
    unit="Milliseconds",
    is_read=True,
)
CONNECTIONS = Quota(
    service="apigateway",
    service_name="Amazon API Gateway",
    code="L-9ED1E49A",
    name="New connections per second",
    value=500,
    description="The maximum number of new connections per second of all WebSocket APIs of an account in a Region.",
    is_read=True,
)
QUOTAS = (
    CONNECTIONS,
    THROTTLE_RATE,
    THROTTLE_BURST,
    RESOURCES,
    STAGES,
    TIMEOUT,
)


def of(call: Call, quota: Quota) -> int:
    """The value of a quota that binds a call's account in its region."""
    return in_force(call.world, quota, call.account, call.region)
