"""Which permission each operation needs, on what.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import NO_TAGS, Access, Permission, Resource
from foulweather.services.stepfunctions import tokens
from foulweather.services.stepfunctions.roles import PRINCIPAL
from foulweather.services.stepfunctions.state import SfnState

Request = Mapping[str, Any]
Keys = Mapping[str, str | list[str]]


def _at(call: Call, arn: str) -> Resource:
    """A resource with its tags; a version's, an alias's and an execution's are the state machine's."""
    state = call.state(SfnState)
    name = arn.split(":")[6].partition("/")[0] if arn.count(":") >= 6 else ""
    own = call.arn("states", f"stateMachine:{name}")
    held = state.activities.get(arn) or state.machines.get(own)
    parts = arn.split(":")
    account = parts[4] if len(parts) > 4 and parts[4] else call.account
    return Resource(arn, account, None, held.tags if held is not None else NO_TAGS)


def _machine(call: Call, request: Request) -> Sequence[Resource]:
    return (_at(call, request.get("stateMachineArn") or "*"),)


def _new_machine(call: Call, request: Request) -> Sequence[Resource]:
    return (_at(call, call.arn("states", f"stateMachine:{request.get('name') or '*'}")),)


def _execution(call: Call, request: Request) -> Sequence[Resource]:
    return (_at(call, request.get("executionArn") or "*"),)


def _listed(call: Call, request: Request) -> Sequence[Resource]:
    return (_at(call, request.get("stateMachineArn") or request.get("mapRunArn") or "*"),)


def _activity(call: Call, request: Request) -> Sequence[Resource]:
    return (_at(call, request.get("activityArn") or "*"),)


def _new_activity(call: Call, request: Request) -> Sequence[Resource]:
    return (_at(call, call.arn("states", f"activity:{request.get('name') or '*'}")),)


def _map_run(call: Call, request: Request) -> Sequence[Resource]:
    return (_at(call, request.get("mapRunArn") or "*"),)


def _version(call: Call, request: Request) -> Sequence[Resource]:
    return (_at(call, request.get("stateMachineVersionArn") or "*"),)


def _alias(call: Call, request: Request) -> Sequence[Resource]:
    return (_at(call, request.get("stateMachineAliasArn") or "*"),)


def _new_alias(call: Call, request: Request) -> Sequence[Resource]:
    routes: Sequence[Request] = request.get("routingConfiguration") or ()
    version: str = routes[0].get("stateMachineVersionArn") or "*" if routes else "*"
    return (_at(call, version.rpartition(":")[0] if version.count(":") > 6 else version),)


def _tagged(call: Call, request: Request) -> Sequence[Resource]:
    return (_at(call, request.get("resourceArn") or "*"),)


def _task(call: Call, request: Request) -> Sequence[Resource]:
    """The activity or state machine of the task that a token is of."""
    state = call.state(SfnState)
    try:
        arn, number, _ = tokens.read(request.get("taskToken") or "")
    except AwsError:
        return (Resource("*", call.account),)
    branch, execution = state.parts.get(arn, {}).get(number), state.executions.get(arn)
    if branch is not None and branch.waits == "activity":
        return (_at(call, branch.resource),)
    return (_at(call, execution.machine if execution is not None else "*"),)


def _role(call: Call, request: Request) -> Sequence[Permission]:
    role: str = request.get("roleArn") or ""
    account = role.split(":")[4] if role.count(":") >= 5 else ""
    return (Permission("iam:PassRole", Resource(role, account), {"iam:passedtoservice": PRINCIPAL}),) if role else ()


def _tested(call: Call, request: Request) -> Sequence[Permission]:
    found = list(_role(call, request))
    if request.get("revealSecrets"):
        found.append(Permission("states:RevealSecrets", Resource("*", call.account)))
    return found


def _created(call: Call, request: Request) -> Sequence[Permission]:
    found = list(_role(call, request))
    if request.get("tags"):
        found.append(Permission("states:TagResource", _new_machine(call, request)[0], _tagging(call, request)))
    return found


def _created_activity(call: Call, request: Request) -> Sequence[Permission]:
    if not request.get("tags"):
        return ()
    return (Permission("states:TagResource", _new_activity(call, request)[0], _tagging(call, request)),)


def _tagging(call: Call, request: Request) -> Keys:
    tags: list[Request] = request.get("tags") or []
    if not tags:
        return {}
    keys: dict[str, str | list[str]] = {"aws:tagkeys": [str(tag.get("key")) for tag in tags]}
    return keys | {f"aws:requesttag/{str(tag.get('key')).lower()}": str(tag.get("value") or "") for tag in tags}


def _untagging(call: Call, request: Request) -> Keys:
    return {"aws:tagkeys": list(request.get("tagKeys") or [])}


def _qualified(call: Call, request: Request) -> Keys:
    """`states:StateMachineQualifier`: the version or alias that the request names."""
    arn: str = request.get("stateMachineArn") or request.get("stateMachineAliasArn") or ""
    parts = arn.split(":")
    return {"states:statemachinequalifier": parts[7]} if len(parts) > 7 else {}


ACCESS: dict[str, Access] = {
    "CreateActivity": Access("states:CreateActivity", _new_activity, _tagging, _created_activity),
    "CreateStateMachine": Access("states:CreateStateMachine", _new_machine, _tagging, _created),
    "CreateStateMachineAlias": Access("states:CreateStateMachineAlias", _new_alias),
    "DeleteActivity": Access("states:DeleteActivity", _activity),
    "DeleteStateMachine": Access("states:DeleteStateMachine", _machine),
    "DeleteStateMachineAlias": Access("states:DeleteStateMachineAlias", _alias, _qualified),
    "DeleteStateMachineVersion": Access("states:DeleteStateMachineVersion", _version),
    "DescribeActivity": Access("states:DescribeActivity", _activity, is_read=True),
    "DescribeExecution": Access("states:DescribeExecution", _execution, is_read=True),
    "DescribeMapRun": Access("states:DescribeMapRun", _map_run, is_read=True),
    "DescribeStateMachine": Access("states:DescribeStateMachine", _machine, _qualified, is_read=True),
    "DescribeStateMachineAlias": Access("states:DescribeStateMachineAlias", _alias, _qualified, is_read=True),
    "DescribeStateMachineForExecution": Access("states:DescribeStateMachineForExecution", _execution, is_read=True),
    "GetActivityTask": Access("states:GetActivityTask", _activity, is_data=True),
    "GetExecutionHistory": Access("states:GetExecutionHistory", _execution, is_read=True),
    "ListActivities": Access("states:ListActivities", is_read=True),
    "ListExecutions": Access("states:ListExecutions", _listed, _qualified, is_read=True),
    "ListMapRuns": Access("states:ListMapRuns", _execution, is_read=True),
    "ListStateMachineAliases": Access("states:ListStateMachineAliases", _machine, _qualified, is_read=True),
    "ListStateMachineVersions": Access("states:ListStateMachineVersions", _machine, is_read=True),
    "ListStateMachines": Access("states:ListStateMachines", is_read=True),
    "ListTagsForResource": Access("states:ListTagsForResource", _tagged, is_read=True),
    "PublishStateMachineVersion": Access("states:PublishStateMachineVersion", _machine),
    "RedriveExecution": Access("states:RedriveExecution", _execution),
    "SendTaskFailure": Access("states:SendTaskFailure", _task),
    "SendTaskHeartbeat": Access("states:SendTaskHeartbeat", _task),
    "SendTaskSuccess": Access("states:SendTaskSuccess", _task),
    "StartExecution": Access("states:StartExecution", _machine, _qualified),
    "StartSyncExecution": Access("states:StartSyncExecution", _machine, _qualified, is_data=True),
    "StopExecution": Access("states:StopExecution", _execution),
    "TagResource": Access("states:TagResource", _tagged, _tagging),
    "TestState": Access("states:TestState", also=_tested),
    "UntagResource": Access("states:UntagResource", _tagged, _untagging),
    "UpdateMapRun": Access("states:UpdateMapRun", _map_run),
    "UpdateStateMachine": Access("states:UpdateStateMachine", _machine, also=_role),
    "UpdateStateMachineAlias": Access("states:UpdateStateMachineAlias", _alias, _qualified),
    "ValidateStateMachineDefinition": Access("states:ValidateStateMachineDefinition", is_read=True),
}
