"""The state machine's role, assumed: who calls the services that a workflow uses.

https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Mapping
from typing import Any, Final, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.world.ids import ALPHANUMERIC
from foulweather.world.world import World

PRINCIPAL: Final = "states.amazonaws.com"
# Credentials of a role serve every task that begins within a minute.
SHARED_MS: Final = 60_000


class Sessions:
    """The sessions of a world's state machines."""

    def __init__(self) -> None:
        self.latest: dict[tuple[str, str], tuple[int, Principal]] = {}

    @classmethod
    def of(cls, world: World) -> Sessions:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Sessions, found)


def assume(call: Call, machine: str, role: str, other: str = "") -> Principal | Awaitable[Principal]:
    """A session of a state machine's role, or of another one that a task's Credentials name."""
    key = machine, f"{role} {other}"
    latest = Sessions.of(call.world).latest
    held = latest.get(key)
    now_ms = call.world.clock.now_ms
    if held is not None and now_ms - held[0] < SHARED_MS:
        return held[1]
    answer = _assumed(call, machine, role)
    if inspect.isawaitable(answer):
        return _later(call, latest, key, answer, other)
    principal = answer
    if other:
        further = _taken_on(call, principal, other)
        if inspect.isawaitable(further):
            return _kept(call, latest, key, further)
        principal = further
    latest[key] = now_ms, principal
    return principal


async def _later(
    call: Call,
    latest: dict[tuple[str, str], tuple[int, Principal]],
    key: tuple[str, str],
    answer: Awaitable[Principal],
    other: str,
) -> Principal:
    principal = await answer
    if other:
        further = _taken_on(call, principal, other)
        principal = await further if inspect.isawaitable(further) else further
    latest[key] = call.world.clock.now_ms, principal
    return principal


async def _kept(
    call: Call,
    latest: dict[tuple[str, str], tuple[int, Principal]],
    key: tuple[str, str],
    answer: Awaitable[Principal],
) -> Principal:
    principal = await answer
    latest[key] = call.world.clock.now_ms, principal
    return principal


def _assumed(call: Call, machine: str, role: str) -> Principal | Awaitable[Principal]:
    own = call.acting_as(PRINCIPAL, source_arn=machine, source_account=call.account)
    return _principal(own, role, call.world.ids.drawn(ALPHANUMERIC, 32))


def _taken_on(call: Call, principal: Principal, role: str) -> Principal | Awaitable[Principal]:
    """A task's Credentials: the state machine's role assumes another one."""
    return _principal(ports(call, principal), role, call.world.ids.drawn(ALPHANUMERIC, 32))


def _principal(own: Ports, role: str, name: str) -> Principal | Awaitable[Principal]:
    answer: Any = own.sts.assume_role({"RoleArn": role, "RoleSessionName": name})
    if inspect.isawaitable(answer):
        return _awaited(answer, role)
    return _who(answer, role)


async def _awaited(answer: Awaitable[Mapping[str, Any]], role: str) -> Principal:
    return _who(await answer, role)


def _who(answer: Mapping[str, Any], role: str) -> Principal:
    user = answer["AssumedRoleUser"]
    return Principal("assumed-role", user["Arn"], role.split(":")[4], user["AssumedRoleId"], role)


def ports(call: Call, principal: Principal) -> Ports:
    """The other services, called in a session of a role."""
    session = Session(issued_ms=call.world.clock.now_ms)
    return call.acting_as(principal, account=principal.account, session=session)


def require_assumable(call: Call, role: str, machine: str) -> Principal:
    """A session of a role; one that Step Functions may not be is refused."""
    question = {"RoleArn": role, "RoleSessionName": "StepFunctions"}
    try:
        response: Any = answers.given(call, question)
        if response is None:
            own = call.acting_as(PRINCIPAL, source_arn=machine, source_account=call.account)
            response = own.sts.assume_role(question)
    except AwsError as error:
        words = (
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume "
            "the provided role."
        )
        facts = (Fact(machine, "roleArn", role), Fact(role, "assumed by", PRINCIPAL))
        why = Why("refused", f"AccessDeniedException: {words}", facts, error.why.remedy, (error.why,))
        raise AwsError("AccessDeniedException", words, 400, why=why) from None
    if isinstance(response, Awaitable):
        raise answers.NotYet(call, question, cast("Awaitable[Any]", response))
    return _who(response, role)
