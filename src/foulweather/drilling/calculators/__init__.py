"""The calculators: what something costs, how large it must be, which way to choose; with every step shown."""

from __future__ import annotations

from difflib import get_close_matches

from foulweather.drilling.calculators import (
    addresses,
    analytics,
    compute,
    databases,
    migration,
    networks,
    platforms,
    storage,
)
from foulweather.drilling.calculators.calculator import Answer, Calculator
from foulweather.drilling.calculators.inputs import Refusal

__all__ = ["CALCULATORS", "Answer", "Calculator", "Refusal", "find"]

CALCULATORS: dict[str, Calculator] = {
    each.id: each
    for each in (
        compute.LAMBDA_COST,
        addresses.CIDR,
        databases.DB_CONNECTIONS,
        databases.DYNAMODB_COST,
        storage.S3_COST,
        networks.NAT_COST,
        compute.RI_SAVINGS_PLAN,
        compute.SCHEDULE_SAVINGS,
        storage.WASTE,
        networks.DATA_TRANSFER,
        storage.LOGS_COST,
        networks.LB_COST,
        analytics.ATHENA_COST,
        platforms.SERVERLESS_BACKEND_COST,
        platforms.MULTIREGION_COST,
        platforms.SECURITY_COST,
        platforms.MODERNIZATION_TCO,
        analytics.BIGDATA_COST,
        platforms.CICD_COST,
        networks.CLOUDFRONT_INVALIDATION,
        migration.DR_STRATEGY,
        migration.TRANSFER_TIME,
        migration.MIGRATION_METHOD,
        analytics.KINESIS_SHARDS,
    )
}


def find(id: str) -> Calculator:
    """The calculator with an id; the `calc-` of it may be left out."""
    found = CALCULATORS.get(id) or CALCULATORS.get(f"calc-{id}")
    if found is None:
        near = get_close_matches(f"calc-{id.removeprefix('calc-')}", CALCULATORS, 1, 0.75)
        raise Refusal(f"There is no calculator {id}{f': did you mean {near[0]}' if near else ''}.")
    return found
