"""Tags of parameters, documents, executions, associations, maintenance windows and OpsItems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.ssm import limits, naming
from foulweather.services.ssm.associations.state import Association, AssociationsState
from foulweather.services.ssm.automation.state import AutomationState, Execution
from foulweather.services.ssm.documents import naming as documents
from foulweather.services.ssm.documents.state import Document, DocumentsState
from foulweather.services.ssm.opsitems.state import OpsItem, OpsItemsState
from foulweather.services.ssm.state import Parameter, SsmState
from foulweather.services.ssm.windows.state import Window, WindowsState

Request = Mapping[str, Any]


class _Tagged(NamedTuple):
    """What has tags, and how it is written."""

    held: Parameter | Document | Execution | Association | Window | OpsItem
    write: Callable[[], None]
    kind: str


def add_tags_to_resource(call: Call, request: Request) -> dict[str, Any]:
    """Add tags to a resource, or give them other values."""
    tagged = _tagged(call, request)
    _set(call, tagged, limits.checked_tags(request["Tags"], tagged.held.tags))
    return {}


def remove_tags_from_resource(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags from a resource; those it has not do not matter."""
    tagged = _tagged(call, request)
    gone = set(request["TagKeys"])
    _set(call, tagged, {key: value for key, value in tagged.held.tags.items() if key not in gone})
    return {}


def list_tags_for_resource(call: Call, request: Request) -> dict[str, Any]:
    """The tags of a resource."""
    return {"TagList": [{"Key": key, "Value": value} for key, value in _tagged(call, request).held.tags.items()]}


def _tagged(call: Call, request: Request) -> _Tagged:
    name: str = request["ResourceId"]
    match request["ResourceType"]:
        case "Parameter":
            found = naming.named(call, name)
            naming.check_kept_here(call, found.name)
            if (parameter := found.parameter) is None:
                raise _missing(request, found.arn)
            parameters = call.state(SsmState, found.account)
            return _Tagged(parameter, lambda: parameters.touch(parameter), "Parameter")
        case "Document":
            place = documents.named(call, name)
            if (document := place.document) is None or document.account != call.account:
                raise _missing(request, place.arn)
            held = call.state(DocumentsState)
            return _Tagged(document, lambda: held.touch(document), "Document")
        case "Automation":
            executions = call.state(AutomationState)
            if (execution := executions.executions.get(name)) is None:
                raise _missing(request, name)
            return _Tagged(execution, lambda: executions.touch(execution), "Automation")
        case "Association":
            associations = call.state(AssociationsState).associations
            if (association := associations.get(name)) is None:
                raise _missing(request, name)
            return _Tagged(association, lambda: associations.touch(name), "Association")
        case "MaintenanceWindow":
            windows = call.state(WindowsState).windows
            if (window := windows.get(name)) is None:
                raise _missing(request, name)
            return _Tagged(window, lambda: windows.touch(name), "MaintenanceWindow")
        case "OpsItem":
            items = call.state(OpsItemsState).items
            if (item := items.get(name)) is None:
                raise _missing(request, name)
            return _Tagged(item, lambda: items.touch(name), "OpsItem")
        case other:
            raise not_implemented("ssm", f"{call.operation}.ResourceType={other}")


def _missing(request: Request, arn: str) -> AwsError:
    return AwsError(
        "InvalidResourceId",
        "The resource ID isn't valid. Verify that you entered the correct ID and try again.",
        facts=(Fact("request", "ResourceId", request["ResourceId"]), Fact(arn, "exists", False)),
    )


def _set(call: Call, tagged: _Tagged, tags: dict[str, str]) -> None:
    tagged.held.tags = tags
    tagged.write()
    call.changed(f"ssm.{tagged.kind}Tagged", tagged.held.arn, Tags=tags)
