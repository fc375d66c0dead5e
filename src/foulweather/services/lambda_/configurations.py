"""The settings of `$LATEST`, changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import naming, settings, settling, shapes


async def update_function_configuration(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Change settings of `$LATEST`; those that are not named stay as they are."""
    state, function = naming.unqualified(call, request["FunctionName"])
    settings.check(call, request)
    naming.require_settled(call, function)
    naming.require_revision(function, request.get("RevisionId"), function.latest.revision_id)
    made = await settings.applied(call, request, function.name, function.latest)
    # Another update may have begun while KMS was asked.
    function = state.functions.get(function.name) or naming.unqualified(call, request["FunctionName"])[1]
    naming.require_settled(call, function)
    settling.begin_update(call, function, made)
    state.functions.touch(function.name)
    settings.changed(call, function, made)
    return shapes.told(call, function, made)
