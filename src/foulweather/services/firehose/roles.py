"""The roles that a delivery stream really assumes, and what other services answer under them."""

from __future__ import annotations

import inspect
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.services.firehose import refusals
from foulweather.services.firehose.records import Delivery

SERVICE = "firehose.amazonaws.com"


async def answered(answer: Any) -> Any:
    """What another service answers, at once or later."""
    return await answer if inspect.isawaitable(answer) else answer


async def acting(call: Call, stream: Delivery, role: str) -> Ports:
    """The other services under a role."""
    own = call.acting_as(SERVICE, source_arn=stream.arn, account=stream.account, region=stream.region)
    request = {"RoleArn": role, "RoleSessionName": "AWSFirehoseToS3", "ExternalId": stream.account}
    made = await answered(own.sts.assume_role(request))
    user = made["AssumedRoleUser"]
    account = role.split(":")[4]
    principal = Principal("assumed-role", user["Arn"], account, user["AssumedRoleId"], role)
    return call.acting_as(principal, account=stream.account, region=stream.region)


async def check(call: Call, stream: Delivery, role: str) -> Ports:
    """The other services under a role, or the refusal that it cannot be assumed."""
    try:
        return await acting(call, stream, role)
    except AwsError as error:
        if error.status == 501:
            raise
        message = f"Firehose is unable to assume role {role}. Please check the role provided."
        why = Why("refused", message, (Fact("request", "RoleARN", role),), because=(error.why,))
        raise refusals.invalid(message, why=why) from error
