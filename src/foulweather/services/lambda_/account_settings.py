"""The account's quotas in a Region, and what of them is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.quotas import in_force
from foulweather.services.lambda_ import limits, packages
from foulweather.services.lambda_.quotas import CONCURRENT_EXECUTIONS
from foulweather.services.lambda_.state import LambdaState


def get_account_settings(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Limits and usage."""
    state = call.state(LambdaState)
    limit = in_force(call.world, CONCURRENT_EXECUTIONS, call.account, call.region)
    reserved = sum(function.reserved or 0 for function in state.functions.values())
    return {
        "AccountLimit": {
            "TotalCodeSize": limits.CODE_STORAGE_BYTES_MAX,
            "CodeSizeUnzipped": limits.UNZIPPED_BYTES_MAX,
            "CodeSizeZipped": limits.ZIPPED_BYTES_MAX,
            "ConcurrentExecutions": limit,
            "UnreservedConcurrentExecutions": limit - reserved,
        },
        "AccountUsage": {"TotalCodeSize": packages.stored_bytes(state), "FunctionCount": len(state.functions)},
    }
