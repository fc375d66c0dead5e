"""With whose permissions an execution works: its assume role's, or those of who started it.

https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup.html
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Credentials
from foulweather.kernel.ports import Ports
from foulweather.services.ssm.automation.state import Execution

SERVICE = "ssm.amazonaws.com"


async def ports(call: Call, execution: Execution) -> Ports:
    """The services, as the execution may call them; raises the refusal if its role can't be assumed."""
    if not execution.role:
        return of_starter(call, execution)
    given: Any = _assumed(call, execution)
    if isinstance(given, Awaitable):
        given = await cast("Awaitable[Any]", given)
    credential = call.state(Credentials).by_id[given["Credentials"]["AccessKeyId"]]
    return Ports(call, credential.principal, execution.account, execution.region, "", "", credential.session, ())


def check(call: Call, execution: Execution) -> None:
    """Raise the refusal if an execution's role can't be assumed."""
    question = {"RoleArn": execution.role}
    given = answers.given(call, question)
    if given is None:
        given = _assumed(call, execution)
    if isinstance(given, Awaitable):
        raise answers.NotYet(call, question, cast("Awaitable[Any]", given))


def _assumed(call: Call, execution: Execution) -> Any:
    account = execution.role.split(":")[4]
    service = call.acting_as(SERVICE, source_arn=execution.arn, source_account=execution.account, account=account)
    return service.sts.assume_role({"RoleArn": execution.role, "RoleSessionName": f"Automation-{execution.id}"})


def of_starter(call: Call, execution: Execution) -> Ports:
    """The services, in the name of who started the execution."""
    who, session = execution.principal, execution.session
    return Ports(call, who, execution.account, execution.region, "", "", session, (SERVICE,))
