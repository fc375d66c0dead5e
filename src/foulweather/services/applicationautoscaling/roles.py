"""The service-linked role by which Application Auto Scaling changes tables, and its sessions.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import AwsError
from foulweather.kernel.ports import Ports
from foulweather.kernel.why import Fact, Why
from foulweather.policy.principal import Principal
from foulweather.services.applicationautoscaling.records import Target

LINKED_SERVICE = "dynamodb.application-autoscaling.amazonaws.com"
Answer = dict[str, Any] | Awaitable[dict[str, Any]]
ROLE_NAME = "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"


def role_arn(account: str) -> str:
    """The ARN of an account's role for tables."""
    return f"arn:aws:iam::{account}:role/aws-service-role/{LINKED_SERVICE}/{ROLE_NAME}"


async def answered(answer: Any) -> Any:
    """A port's answer; it is awaitable when something holds the call up."""
    return await answer if inspect.isawaitable(answer) else answer


def when_answered(waiting: Sequence[Awaitable[Any]], response: dict[str, Any]) -> Answer:
    """A response: at once, or when other services have answered."""
    return _after(waiting, response) if waiting else response


async def _after(waiting: Sequence[Awaitable[Any]], response: dict[str, Any]) -> dict[str, Any]:
    for answer in waiting:
        await answer
    return response


async def ensure_role(call: Call) -> str:
    """The role's ARN; where there is no such role yet it is made, in the caller's name.

    The caller needs iam:CreateServiceLinkedRole for that ("Permissions granted by the service-linked role").
    """
    arn = role_arn(call.account)
    directory = call.pipeline.directory
    if directory is None or directory.role(arn) is None:
        iam = call.forwarded("application-autoscaling").iam
        await answered(iam.create_service_linked_role({"AWSServiceName": LINKED_SERVICE}))
    return arn


def acting_for(call: Call, target: Target, task: str) -> Ports:
    """The other services, called in a session of the target's role (`AutoScaling-UpdateTable`)."""
    directory = call.pipeline.directory
    role = None if directory is None else directory.role(target.role_arn)
    if role is None:
        raise _no_role(call, target)
    name = f"AutoScaling-{task}"
    principal = Principal(
        "assumed-role",
        f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{name}",
        role.account,
        f"{role.role_id}:{name}",
        role.arn,
    )
    return call.acting_as(principal, account=target.account, region=target.region, session=Session(issued_ms=call.now))


def _no_role(call: Call, target: Target) -> AwsError:
    remedy = f"aws iam create-service-linked-role --aws-service-name {LINKED_SERVICE}"
    message = f"Unable to assume IAM role: {target.role_arn}"
    facts: tuple[Fact, ...] = (call.fact(target.role_arn, "RoleName", None),)
    return AwsError("AccessDenied", message, 403, why=Why("denied", f"{message}; it does not exist.", facts, (remedy,)))
