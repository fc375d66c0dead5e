"""What an invocation has logged, until CloudWatch Logs has it."""

from __future__ import annotations

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.ports import Ports
from foulweather.policy.principal import Principal


class Actor(msgspec.Struct, frozen=True):
    """An execution role's session, as the other services see it."""

    principal: Principal
    session: Session | None = None

    def ports(self, call: Call, account: str, region: str) -> Ports:
        """The other services, called with the role's permissions."""
        return call.acting_as(self.principal, account=account, region=region, session=self.session)


class UnwrittenLines(msgspec.Struct):
    """The lines of one invocation: the stream they belong to, and who may write there."""

    function_arn: str
    group: str
    stream: str
    actor: Actor
    lines: list[tuple[int, str]]
