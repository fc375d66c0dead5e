"""Roles that CloudWatch Logs is given: assumed by the service itself, on behalf of what it works for."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.policy.principal import Principal

PRINCIPAL: Final = "logs.amazonaws.com"


async def assumed(call: Call, role: str, session_name: str, source_arn: str) -> Principal:
    """Who the service is in a role; refused where the role does not trust it."""
    sts = call.acting_as(PRINCIPAL, source_arn=source_arn).sts
    made: Mapping[str, Any] = await done(sts.assume_role({"RoleArn": role, "RoleSessionName": session_name}))
    user = made["AssumedRoleUser"]
    return Principal("assumed-role", user["Arn"], role.split(":")[4], user["AssumedRoleId"], role)


async def done(answer: Any) -> Any:
    """An answer, be it there or on its way."""
    return await answer if inspect.isawaitable(answer) else answer
