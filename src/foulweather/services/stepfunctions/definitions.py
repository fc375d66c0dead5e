"""ValidateStateMachineDefinition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.stepfunctions import checking

Request = Mapping[str, Any]
DIAGNOSTICS_MAX = 100


def validate_state_machine_definition(call: Call, request: Request) -> dict[str, Any]:
    """Say what is wrong with a definition, without making anything."""
    found = checking.findings(request["definition"], request.get("type") or "STANDARD")
    is_wrong = any(each.severity == "ERROR" for each in found)
    if (request.get("severity") or "ERROR") == "ERROR":
        found = [each for each in found if each.severity == "ERROR"]
    most = request.get("maxResults") or DIAGNOSTICS_MAX
    told: list[dict[str, str]] = []
    for each in found[:most]:
        one = {"severity": each.severity, "code": each.code, "message": each.message}
        if each.location:
            one["location"] = each.location
        told.append(one)
    return {"result": "FAIL" if is_wrong else "OK", "diagnostics": told, "truncated": len(found) > most}
