"""Roles that belong to one AWS service, which alone assumes and changes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.iam import aws_managed, limits, quotas
from foulweather.services.iam.linked_services import LINKED_SERVICES
from foulweather.services.iam.records import Role, second
from foulweather.services.iam.report_records import DeletionTask
from foulweather.services.iam.shapes import role_shape
from foulweather.services.iam.state import IamState, Uses, no_such_entity

if TYPE_CHECKING:
    from aws_types.iam import (
        CreateServiceLinkedRoleRequest,
        DeleteServiceLinkedRoleRequest,
        GetServiceLinkedRoleDeletionStatusRequest,
    )

Response = dict[str, Any]


def create_service_linked_role(call: Call, request: CreateServiceLinkedRoleRequest) -> Response:
    """Make the role that a service has predefined; some take a suffix to their name.

    What the role may do is in a policy of AWS's: where that is not held, there can be no such role.
    """
    state = call.state(IamState)
    service = request["AWSServiceName"]
    linked = LINKED_SERVICES.get(service)
    if linked is None:
        raise limits.invalid_input(
            f"Service role {service} is not a valid service principal for a service-linked role."
        )
    suffix = request.get("CustomSuffix")
    if suffix and not linked.takes_suffix:
        raise limits.invalid_input("Custom suffix is not allowed for " + service)
    name = f"{linked.role}_{suffix}" if suffix else linked.role
    if name.lower() in state.roles:
        raise limits.invalid_input(
            f"Service role name {name} has been taken in this account, please try a different suffix."
        )
    limits.check_quota("RolesPerAccount", quotas.of_account(call.world, quotas.ROLES, call.account), len(state.roles))
    policy = f"{aws_managed.PREFIX}policy/aws-service-role/{linked.policy}"
    if aws_managed.find(policy) is None:
        raise aws_managed.not_held(policy)
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
    role = Role(
        account=call.account,
        name=name,
        path=f"/aws-service-role/{service}/",
        id=call.world.ids.unique("AROA"),
        created_ms=second(call.now),
        trust=json.dumps(trust),
        description=request.get("Description"),
        attached=[policy],
        service=service,
    )
    state.keep(role)
    call.changed("iam.ServiceLinkedRoleCreated", role.arn, RoleName=name, AssumeRolePolicyDocument=role.trust)
    shown = role_shape(call, role)
    del shown["MaxSessionDuration"]
    return {"Role": shown}


def delete_service_linked_role(call: Call, request: DeleteServiceLinkedRoleRequest) -> Response:
    """Ask for the deletion of a service-linked role; the task tells how that went."""
    state = call.state(IamState)
    role = state.role(request["RoleName"])
    if not role.service:
        raise no_such_entity(f"The service-linked role with name {role.name} cannot be found.")
    task_id = f"task/aws-service-role/{role.service}/{role.name}/{call.world.ids.uuid()}"
    state.keep(DeletionTask(id=task_id, role=role.arn, status="SUCCEEDED"))
    state.drop(role)
    uses = call.state(Uses)
    if role.id in uses.identities:
        uses.identities.delete(role.id)
    call.changed("iam.ServiceLinkedRoleDeleted", role.arn, RoleName=None)
    return {"DeletionTaskId": task_id}


def get_service_linked_role_deletion_status(call: Call, request: GetServiceLinkedRoleDeletionStatusRequest) -> Response:
    """Tell how the deletion of a service-linked role goes."""
    task = call.state(IamState).deletion_tasks.get(request["DeletionTaskId"])
    if task is None:
        raise no_such_entity(f"The deletion task with id {request['DeletionTaskId']} cannot be found.")
    return {"Status": task.status} | ({"Reason": {"Reason": task.reason}} if task.reason else {})
