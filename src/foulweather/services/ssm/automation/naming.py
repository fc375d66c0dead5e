"""From names and ids to runbooks and executions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Resource
from foulweather.kernel.why import Fact
from foulweather.services.ssm.automation.state import AutomationState, Execution, Step, arn_of
from foulweather.services.ssm.documents import naming as documents
from foulweather.services.ssm.documents.state import Document, DocumentsState, DocumentVersion


def runbook(call: Call, request: Mapping[str, Any]) -> tuple[DocumentsState, Document, DocumentVersion]:
    """The runbook that a request names, in the version that it names."""
    name: str = request["DocumentName"]
    place = documents.named(call, name)
    if place.document is None or place.document.type != "Automation":
        if place.document is None:
            documents.check_kept_here(call, place.name)
        raise AwsError(
            "AutomationDefinitionNotFoundException",
            "An Automation runbook with the specified name couldn't be found.",
            facts=(
                Fact("request", "DocumentName", name),
                Fact(place.arn, "DocumentType", place.document.type if place.document is not None else None),
            ),
            remedy=("aws ssm list-documents --filters Key=DocumentType,Values=Automation Key=Owner,Values=Self",),
        )
    state = call.state(DocumentsState, place.account)
    wanted = request.get("DocumentVersion")
    try:
        return state, place.document, documents.usable(call, state, place.document, wanted)
    except AwsError as error:
        raise AwsError(
            "AutomationDefinitionVersionNotFoundException",
            "An Automation runbook with the specified name and version couldn't be found.",
            facts=(Fact("request", "DocumentVersion", wanted), Fact(place.arn, "LatestVersion", place.document.latest)),
        ) from error


def require(call: Call, execution_id: str) -> tuple[AutomationState, Execution]:
    """The execution that an id names."""
    state = call.state(AutomationState)
    execution = state.executions.get(execution_id)
    if execution is None:
        raise AwsError(
            "AutomationExecutionNotFoundException",
            "There is no automation execution information for the requested automation execution ID.",
            facts=(Fact("request", "AutomationExecutionId", execution_id),),
        )
    return state, execution


def resource(call: Call, execution_id: str) -> Resource:
    """What an id names, as authorization sees it."""
    state = call.state(AutomationState)
    execution = state.executions.get(execution_id)
    if execution is None:
        return Resource(arn_of(call.account, call.region, execution_id), call.account)
    return state.resource_of(execution)


def inputs_of(step: Step) -> dict[str, Any]:
    """What a step was told, as values."""
    return {name: json.loads(text) for name, text in step.inputs.items()}


def is_among(call: Call, approvers: Sequence[str]) -> bool:
    """Whether a call's principal is an approver: by its ARN, its role's, or its user's name."""
    who = call.principal
    names = {who.arn, who.role_arn, who.name if who.kind == "user" else ""} - {""}
    return bool(names & set(approvers))
