"""The attributes of a pool's schema beside the standard ones."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cognito_idp.naming import Request, check_no_import, pool_of
from foulweather.services.cognito_idp.schemata import extended


def add_custom_attributes(call: Call, request: Request) -> dict[str, Any]:
    """Add attributes to a pool's schema, for good."""
    place = pool_of(call, request)
    check_no_import(place)
    state, pool = place
    schema = extended(pool.schema, request["CustomAttributes"], is_addition=True)
    added = [name for name in schema if name not in pool.schema]
    pool.schema = schema
    pool.modified_ms = call.now
    state.pools.touch(pool.id)
    call.changed("cognito.CustomAttributesAdded", pool.arn, **{f"schema {name}": schema[name].type for name in added})
    return {}
