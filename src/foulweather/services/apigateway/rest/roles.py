"""In whose name API Gateway calls other services: its own, a role's, or the caller's.

https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html (credentials)
"""

from __future__ import annotations

from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.policy.principal import Principal
from foulweather.services.apigateway.rest.waiting import answered
from foulweather.world.world import World

SERVICE = "apigateway.amazonaws.com"
CALLERS_OWN = "arn:aws:iam::*:user/*"
SESSION_MS = 3_000_000
"""A session of the hour that AWS gives is used again until ten minutes before its end."""


class _Sessions:
    """The sessions of a world's roles."""

    def __init__(self) -> None:
        self.latest: dict[tuple[str, str], tuple[int, Principal]] = {}

    @classmethod
    def of(cls, world: World) -> dict[tuple[str, str], tuple[int, Principal]]:
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(_Sessions, found).latest


async def ports(
    call: Call, credentials: str, source_arn: str, name: str, *, account: str = "", region: str = ""
) -> Ports:
    """The other services, for an integration or an authorizer; raises what STS says where a role cannot be assumed.

    `account` and `region` are where what is asked for lives.
    """
    account, region = account or call.account, region or call.region
    if not credentials:
        return call.acting_as(
            SERVICE, source_arn=source_arn, source_account=call.account, account=account, region=region
        )
    if credentials == CALLERS_OWN:
        return call.acting_as(call.principal, account=account, region=region, session=call.session)
    principal = await assumed(call, credentials, source_arn, name)
    return call.acting_as(principal, account=account, region=region, session=Session(issued_ms=call.now))


async def assumed(call: Call, role: str, source_arn: str, name: str) -> Principal:
    """A session of a role, as its trust policy allows it."""
    latest = _Sessions.of(call.world)
    held = latest.get((role, name))
    if held is not None and call.world.clock.now_ms - held[0] < SESSION_MS:
        return held[1]
    own = call.acting_as(SERVICE, source_arn=source_arn, source_account=call.account)
    made: dict[str, Any] = await answered(own.sts.assume_role({"RoleArn": role, "RoleSessionName": name}))
    user = made["AssumedRoleUser"]
    principal = Principal("assumed-role", user["Arn"], role.split(":")[4], user["AssumedRoleId"], role)
    latest[role, name] = call.world.clock.now_ms, principal
    return principal


def cannot_assume(error: AwsError) -> bool:
    """Whether it was the role that could not be assumed."""
    return "sts:AssumeRole" in error.message
