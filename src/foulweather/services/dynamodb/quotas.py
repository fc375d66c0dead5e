"""The quotas of DynamoDB that Service Quotas knows by a code of AWS's and can increase.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html and, for the codes, the links of
https://docs.aws.amazon.com/general/latest/gr/ddb.html to the Service Quotas console.
"""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.quotas import Quota, in_force
from foulweather.services.dynamodb import limits
from foulweather.services.dynamodb.state import DynamoState
from foulweather.world.world import World


def _tables(world: World, account: str, region: str) -> int:
    return len(world.state(DynamoState, account, region).tables)


TABLES = Quota(
    service="dynamodb",
    service_name="Amazon DynamoDB",
    code="L-F98FE922",
    name="Maximum number of tables",
    value=limits.TABLES_MAX,
    most=10_000,
    is_read=True,
    used=_tables,
)
QUOTAS = (TABLES,)


def tables_max(call: Call) -> int:
    """How many tables the call's account may have in its region."""
    return in_force(call.world, TABLES, call.account, call.region)
