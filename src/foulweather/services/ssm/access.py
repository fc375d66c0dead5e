"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.ssm import naming, public
from foulweather.services.ssm.associations import naming as associations
from foulweather.services.ssm.automation import naming as executions
from foulweather.services.ssm.documents import naming as documents
from foulweather.services.ssm.opsitems import access as ops_access
from foulweather.services.ssm.opsitems import naming as opsitems
from foulweather.services.ssm.state import arn_of
from foulweather.services.ssm.windows import access as window_access
from foulweather.services.ssm.windows import naming as windows

Request = Mapping[str, Any]
Conditions = dict[str, str | list[str]]


def parameter(call: Call, request: Request) -> Sequence[Resource]:
    """The parameter that Name names."""
    return (naming.resource(call, request["Name"]),)


def parameters(call: Call, request: Request) -> Sequence[Resource]:
    """The parameters that Names names: all of them must be allowed."""
    return [naming.resource(call, name) for name in request["Names"]]


def path(call: Call, request: Request) -> Sequence[Resource]:
    """The path itself: "if a user has access to a path, then the user can access all levels of that path", even
    those that other statements deny (GetParametersByPath, API reference).
    """
    text = request["Path"].strip()
    if text.startswith(naming.PUBLIC):
        return (Resource(public.arn_of(call.region, text.rstrip("/")), call.account),)
    return (Resource(arn_of(call.account, call.region, text), call.account),)


def tagged(call: Call, request: Request) -> Sequence[Resource]:
    """What ResourceId names."""
    match request["ResourceType"]:
        case "Parameter":
            return (naming.resource(call, request["ResourceId"]),)
        case "Document":
            return (documents.resource(call, request["ResourceId"]),)
        case "Association":
            return (associations.resource(call, request["ResourceId"]),)
        case "Automation":
            return (executions.resource(call, request["ResourceId"]),)
        case "MaintenanceWindow":
            return (windows.resource(call, request["ResourceId"]),)
        case "OpsItem":
            return (opsitems.resource(call, request["ResourceId"]),)
        case _:
            return (Resource("*", call.account),)


def by_arn(call: Call, request: Request) -> Sequence[Resource]:
    """The parameter that ResourceArn names; its policy does not let others change it."""
    found = naming.resource(call, request["ResourceArn"])
    return (found if call.principal.account == found.account else found._replace(policy=None),)


def setting(call: Call, request: Request) -> Sequence[Resource]:
    """The service setting that SettingId names."""
    given: str = request["SettingId"]
    arn = given if given.startswith("arn:") else call.arn("ssm", f"servicesetting{given}")
    return (Resource(arn, call.account),)


def conditions_of(call: Call, request: Request) -> Conditions:
    """The condition keys of a request and of the parameter that it names."""
    conditions: Conditions = {}
    if call.operation == "PutParameter":
        conditions["ssm:overwrite"] = "true" if request.get("Overwrite") else "false"
        if "Policies" in request:
            conditions["ssm:policies"] = "true"
    elif call.operation == "GetParametersByPath":
        conditions["ssm:recursive"] = "true" if request.get("Recursive") else "false"
    tags: Sequence[Mapping[str, str]] = request.get("Tags") or ()
    keys = [tag["Key"] for tag in tags] + list(request.get("TagKeys") or ())
    if keys:
        conditions |= {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags}
        conditions["aws:tagkeys"] = keys
    text: str | None = request.get("Name") or request.get("ResourceId") or request.get("ResourceArn")
    found = naming.named(call, text).parameter if text else None
    if found is not None:
        conditions |= _tags_of(found.tags)
    return conditions


def document(call: Call, request: Request) -> Sequence[Resource]:
    """The document that Name names."""
    return (documents.resource(call, request["Name"]),)


def calendars(call: Call, request: Request) -> Sequence[Resource]:
    """The calendars that CalendarNames names: all of them must be allowed."""
    return [documents.resource(call, name) for name in request["CalendarNames"]]


def runbook(call: Call, request: Request) -> Sequence[Resource]:
    """The runbook that DocumentName names, in a version: `automation-definition/name:version`."""
    found = documents.resource(call, request["DocumentName"])
    version = request.get("DocumentVersion") or documents.DEFAULT
    return (found._replace(arn=f"{found.arn.replace(':document/', ':automation-definition/')}:{version}"),)


def execution(call: Call, request: Request) -> Sequence[Resource]:
    """The execution that AutomationExecutionId names."""
    return (executions.resource(call, request["AutomationExecutionId"]),)


def association(call: Call, request: Request) -> Sequence[Resource]:
    """The association that AssociationId names, and the document that it is to run, if one is named."""
    named = [documents.resource(call, request["Name"])] if "Name" in request else []
    asked = request.get("AssociationId")
    return [*([associations.resource(call, asked)] if asked else []), *named] or [Resource("*", call.account)]


def several_associations(call: Call, request: Request) -> Sequence[Resource]:
    """The associations that AssociationIds names: all of them must be allowed."""
    return [associations.resource(call, each) for each in request["AssociationIds"]]


def commanded(call: Call, request: Request) -> Sequence[Resource]:
    """The document that a command runs, and the nodes that it runs on: all of them must be allowed."""
    nodes = [_node(call, each) for each in request.get("InstanceIds") or ()]
    return (documents.resource(call, request["DocumentName"]), *nodes)


def session_target(call: Call, request: Request) -> Sequence[Resource]:
    """The node that a session is opened on, and the document that it is opened with, if one is named."""
    named = [documents.resource(call, request["DocumentName"])] if "DocumentName" in request else []
    return (_node(call, request["Target"]), *named)


def document_conditions(call: Call, request: Request) -> Conditions:
    """The condition keys of a request about a document, a runbook or an execution."""
    conditions: Conditions = {}
    tags: Sequence[Mapping[str, str]] = request.get("Tags") or ()
    if tags:
        conditions |= {f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in tags}
        conditions["aws:tagkeys"] = [tag["Key"] for tag in tags]
    if "DocumentType" in request:
        conditions["ssm:documenttype"] = request["DocumentType"]
    name = request.get("Name") or request.get("DocumentName")
    held = documents.named(call, name).document if name else None
    if held is not None:
        conditions |= _tags_of(held.tags)
    return conditions


def tagging_document(call: Call, request: Request) -> Sequence[Permission]:
    """Tags on a new document need ssm:AddTagsToResource too."""
    if not request.get("Tags"):
        return ()
    return (Permission("ssm:AddTagsToResource", document(call, request)[0], document_conditions(call, request)),)


def _node(call: Call, target: str) -> Resource:
    service, kind = ("ssm", "managed-instance") if target.startswith("mi-") else ("ec2", "instance")
    return Resource(call.arn(service, f"{kind}/{target}"), call.account)


def _tags_of(tags: Mapping[str, str]) -> Conditions:
    return {f"ssm:resourcetag/{key.lower()}": value for key, value in tags.items()}


def tagging(call: Call, request: Request) -> Sequence[Permission]:
    """Tags on a new parameter need ssm:AddTagsToResource too."""
    if not request.get("Tags"):
        return ()
    return (Permission("ssm:AddTagsToResource", parameter(call, request)[0], conditions_of(call, request)),)


def _row(operation: str, resources: Any, **members: Any) -> Access:
    return Access(f"ssm:{operation}", resources, conditions_of, **members)


ACCESS: dict[str, Access] = {
    **{name: _row(name, parameter) for name in ("DeleteParameter", "LabelParameterVersion", "UnlabelParameterVersion")},
    **{name: _row(name, parameter, is_read=True) for name in ("GetParameter", "GetParameterHistory")},
    "PutParameter": _row("PutParameter", parameter, also=tagging),
    "DeleteParameters": _row("DeleteParameters", parameters),
    "GetParameters": _row("GetParameters", parameters, is_read=True),
    "GetParametersByPath": _row("GetParametersByPath", path, is_read=True),
    "DescribeParameters": Access("ssm:DescribeParameters", is_read=True),
    **{name: _row(name, tagged) for name in ("AddTagsToResource", "RemoveTagsFromResource")},
    "ListTagsForResource": _row("ListTagsForResource", tagged, is_read=True),
    **{name: _row(name, by_arn) for name in ("DeleteResourcePolicy", "PutResourcePolicy")},
    "GetResourcePolicies": _row("GetResourcePolicies", by_arn, is_read=True),
    **{name: _row(name, setting) for name in ("ResetServiceSetting", "UpdateServiceSetting")},
    "GetServiceSetting": _row("GetServiceSetting", setting, is_read=True),
    **{
        name: Access(f"ssm:{name}", document, document_conditions)
        for name in ("UpdateDocument", "UpdateDocumentDefaultVersion", "DeleteDocument", "ModifyDocumentPermission")
    },
    **{
        name: Access(f"ssm:{name}", document, document_conditions, is_read=True)
        for name in ("DescribeDocument", "DescribeDocumentPermission", "GetDocument", "ListDocumentVersions")
    },
    "CreateDocument": Access("ssm:CreateDocument", document, document_conditions, tagging_document),
    "GetCalendarState": Access("ssm:GetCalendarState", calendars, is_read=True),
    "ListDocuments": Access("ssm:ListDocuments", is_read=True),
    "StartAutomationExecution": Access("ssm:StartAutomationExecution", runbook, document_conditions),
    **{name: Access(f"ssm:{name}", execution) for name in ("SendAutomationSignal", "StopAutomationExecution")},
    **{
        name: Access(f"ssm:{name}", execution, is_read=True)
        for name in ("DescribeAutomationStepExecutions", "GetAutomationExecution")
    },
    "DescribeAutomationExecutions": Access("ssm:DescribeAutomationExecutions", is_read=True),
    "CreateAssociation": Access("ssm:CreateAssociation", document, document_conditions, tagging_document),
    **{name: Access(f"ssm:{name}", association) for name in ("DeleteAssociation", "UpdateAssociation")},
    **{
        name: Access(f"ssm:{name}", association, is_read=True)
        for name in ("DescribeAssociation", "DescribeAssociationExecutions", "ListAssociationVersions")
    },
    "ListAssociations": Access("ssm:ListAssociations", is_read=True),
    "StartAssociationsOnce": Access("ssm:StartAssociationsOnce", several_associations),
    "SendCommand": Access("ssm:SendCommand", commanded, document_conditions),
    "StartSession": Access("ssm:StartSession", session_target),
    "CancelCommand": Access("ssm:CancelCommand"),
    **{
        name: Access(f"ssm:{name}", is_read=True)
        for name in ("DescribeInstanceInformation", "GetCommandInvocation", "ListCommandInvocations", "ListCommands")
    },
    **window_access.ACCESS,
    **ops_access.ACCESS,
}
