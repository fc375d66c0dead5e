"""A pipe's role, with which it reads its source, enriches, and sends."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.ports import Ports
from foulweather.policy.principal import Principal
from foulweather.services.pipes.access import PRINCIPAL
from foulweather.services.pipes.state import Pipe


async def answered(answer: Any) -> Any:
    """A port's answer; it is awaitable when something holds the call up."""
    return await answer if inspect.isawaitable(answer) else answer


async def assumed(call: Call, pipe: Pipe) -> Principal:
    """A session of the role, as its trust policy allows it."""
    own = call.acting_as(PRINCIPAL, source_arn=pipe.arn, source_account=call.account)
    made: Mapping[str, Any] = await answered(
        own.sts.assume_role({"RoleArn": pipe.role, "RoleSessionName": call.world.ids.hex(32)})
    )
    user = made["AssumedRoleUser"]
    return Principal("assumed-role", user["Arn"], pipe.role.split(":")[4], user["AssumedRoleId"], pipe.role)


def ports(call: Call, principal: Principal, arn: str) -> Ports:
    """The other services where something is, called in a session of the role."""
    _, _, _, region, account, _ = arn.split(":", 5)
    account = account if len(account) == 12 else call.account
    return call.acting_as(principal, account=account, region=region or call.region, session=Session(issued_ms=call.now))
