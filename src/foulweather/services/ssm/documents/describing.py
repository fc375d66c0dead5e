"""Documents as they are shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.ssm.documents import schemas
from foulweather.services.ssm.documents.published import OWNER
from foulweather.services.ssm.documents.state import Document, DocumentsState, DocumentVersion


def described(call: Call, state: DocumentsState, document: Document, version: DocumentVersion) -> dict[str, Any]:
    """All about a version of a document but its text."""
    parsed = state.parsed(version)
    found: dict[str, Any] = {
        "Hash": version.hash,
        "HashType": "Sha256",
        "Name": shown_name(call, document),
        "Owner": document.account,
        "CreatedDate": version.created_ms,
        "Status": version.status(call.now),
        "DocumentVersion": str(version.number),
        "PlatformTypes": schemas.platforms(document.type, parsed),
        "DocumentType": document.type,
        "LatestVersion": str(document.latest),
        "DefaultVersion": str(document.default),
        "DocumentFormat": version.format,
        "Tags": tags(document),
    }
    declared: Mapping[str, Mapping[str, Any]] = parsed.get("parameters") or {}
    parameters = [_parameter(name, each) for name, each in declared.items()]
    told = {
        "Description": parsed.get("description"),
        "DisplayName": version.display_name,
        "Parameters": parameters,
        "SchemaVersion": version.schema,
        "TargetType": version.target_type,
        "VersionName": version.version_name,
    }
    return found | {name: value for name, value in told.items() if value}


def listed(call: Call, state: DocumentsState, document: Document) -> dict[str, Any]:
    """A document as listings show it: its default version."""
    version = state.versions_of(document)[document.default]
    found: dict[str, Any] = {
        "Name": shown_name(call, document),
        "CreatedDate": version.created_ms,
        "Owner": document.account,
        "PlatformTypes": schemas.platforms(document.type, state.parsed(version)),
        "DocumentVersion": str(version.number),
        "DocumentType": document.type,
        "DocumentFormat": version.format,
        "Tags": tags(document),
    }
    told = {
        "SchemaVersion": version.schema,
        "DisplayName": version.display_name,
        "TargetType": version.target_type,
        "VersionName": version.version_name,
    }
    return found | {name: value for name, value in told.items() if value}


def shown_name(call: Call, document: Document) -> str:
    """A document's name; its ARN to other accounts."""
    return document.name if document.account in (call.account, OWNER) else document.arn


def tags(document: Document) -> list[dict[str, str]]:
    """A document's tags."""
    return [{"Key": key, "Value": value} for key, value in document.tags.items()]


def _parameter(name: str, parameter: Mapping[str, Any]) -> dict[str, str]:
    found = {"Name": name, "Type": str(parameter["type"])}
    if parameter.get("description"):
        found["Description"] = str(parameter["description"])
    default = parameter.get("default")
    if default is not None:
        found["DefaultValue"] = default if isinstance(default, str) else json.dumps(default)
    return found
