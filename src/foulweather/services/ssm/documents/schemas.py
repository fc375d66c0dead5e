"""What a document of each type must be.

https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from foulweather.services.ssm.documents import parameters as declared
from foulweather.services.ssm.documents import runbooks
from foulweather.services.ssm.documents.references import names_in
from foulweather.services.ssm.refusals import invalid_document, refused

SCHEMAS: Final[Mapping[str, tuple[str, ...]]] = {
    "Automation": ("0.3",),
    "Command": ("1.2", "2.0", "2.2"),
    "Policy": ("2.0", "2.2"),
    "Session": ("1.0",),
}
CALENDAR: Final = "ChangeCalendar"
PLATFORMS: Final = ("Windows", "Linux", "MacOS")
_PLUGINS: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:applications": ("Windows",),
    "aws:cloudWatch": ("Windows",),
    "aws:configureDocker": PLATFORMS,
    "aws:configurePackage": PLATFORMS,
    "aws:domainJoin": ("Windows", "Linux"),
    "aws:downloadContent": PLATFORMS,
    "aws:psModule": ("Windows",),
    "aws:refreshAssociation": PLATFORMS,
    "aws:runDockerAction": ("Windows", "Linux"),
    "aws:runDocument": PLATFORMS,
    "aws:runPowerShellScript": PLATFORMS,
    "aws:runShellScript": ("Linux", "MacOS"),
    "aws:softwareInventory": PLATFORMS,
    "aws:updateAgent": PLATFORMS,
    "aws:updateSsmAgent": PLATFORMS,
}
_SESSIONS: Final = ("InteractiveCommands", "NonInteractiveCommands", "Port", "Standard_Stream")


def check(kind: str, document: Mapping[str, Any]) -> str:
    """Refuse what no document of a type can be; give its schema's version, which a calendar does not have."""
    if kind == CALENDAR:
        return ""
    schema = document.get("schemaVersion")
    if schema is None:
        raise invalid_document("Document schemaVersion is required.")
    if not any(str(schema) in each for each in SCHEMAS.values()):
        raise invalid_document(f"Document schema version is invalid. Value: {schema}")
    if str(schema) not in SCHEMAS[kind]:
        raise refused(
            "InvalidDocumentSchemaVersion",
            f"{schema} is not a valid schema version for {kind} document type",
            schemaVersion=schema,
        )
    parameters = declared.checked(document)
    if kind == "Automation":
        runbooks.check(document)
    elif kind == "Session":
        if document.get("sessionType") not in _SESSIONS:
            raise invalid_document(f"Document sessionType is invalid. Value: {document.get('sessionType')}")
    elif str(schema) == "1.2":
        _check_plugins(document.get("runtimeConfig"))
    else:
        _check_steps(document.get("mainSteps"))
    if kind in ("Command", "Policy"):
        _check_declared(document, parameters)
    return str(schema)


def platforms(kind: str, document: Mapping[str, Any]) -> list[str]:
    """The platforms that a document runs on, by its plugins and preconditions."""
    if kind == CALENDAR:
        return []
    if kind not in ("Command", "Policy"):
        return list(PLATFORMS)
    config = document.get("runtimeConfig")
    if isinstance(config, dict):
        actions = [(str(name), cast("dict[str, Any]", {})) for name in cast("dict[str, Any]", config)]
    else:
        actions = [(str(step["action"]), cast("dict[str, Any]", step)) for step in document["mainSteps"]]
    found: set[str] = set()
    for action, step in actions:
        precondition = cast("dict[str, Any]", step.get("precondition") or {})
        demanded = precondition.get("StringEquals")
        if isinstance(demanded, list) and "platformType" in demanded:
            found |= {str(each) for each in cast("list[Any]", demanded) if each != "platformType"}
        else:
            found |= set(_PLUGINS[action])
    return [each for each in PLATFORMS if each in found]


def _check_plugins(config: Any) -> None:
    if not isinstance(config, dict) or not config:
        raise invalid_document("Document runtimeConfig is required.")
    for action in cast("dict[str, Any]", config):
        _check_plugin(action)


def _check_steps(steps: Any) -> None:
    if not isinstance(steps, list) or not steps:
        raise invalid_document("Document mainSteps is required.")
    names: set[str] = set()
    for each in cast("list[Any]", steps):
        step = cast("dict[str, Any]", each) if isinstance(each, dict) else {}
        _check_plugin(step.get("action"))
        name = step.get("name")
        if not isinstance(name, str) or not name:
            raise invalid_document("Step name is required.")
        if name in names:
            raise invalid_document(f"Step name {name} is not unique.")
        names.add(name)
        for key in ("inputs", "precondition"):
            if not isinstance(step.get(key) or {}, dict):
                raise invalid_document(f"{key} of step {name} must be a map.")


def _check_plugin(action: Any) -> None:
    if not isinstance(action, str) or action not in _PLUGINS:
        raise invalid_document(f"Unsupported plugin: {action}")


def _check_declared(document: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    for name in names_in({key: each for key, each in document.items() if key != "parameters"}):
        if ":" not in name and name not in parameters:
            raise invalid_document(f'Parameter "{name}" is not declared.')
