"""Lambda's quotas by AWS's codes.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

from foulweather.kernel.quotas import Quota

CONCURRENT_EXECUTIONS = Quota(
    service="lambda",
    service_name="AWS Lambda",
    code="L-B99A9384",
    name="Concurrent executions",
    value=1_000,
    description="The maximum number of events that functions can process simultaneously in the current Region.",
    is_read=True,
)
QUOTAS = (CONCURRENT_EXECUTIONS,)
