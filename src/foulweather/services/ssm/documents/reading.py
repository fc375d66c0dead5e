"""Documents: described, read, listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.ssm import limits, refusals
from foulweather.services.ssm.documents import describing, naming, texts
from foulweather.services.ssm.documents.state import Document, DocumentsState
from foulweather.services.ssm.paging import page

Request = Mapping[str, Any]
_KEYS = ("DocumentType", "Name", "Owner", "PlatformTypes", "SearchKeyword", "TargetType")


def describe_document(call: Call, request: Request) -> dict[str, Any]:
    """All about a document but its text."""
    state, document = naming.require(call, request["Name"])
    version = naming.usable(call, state, document, request.get("DocumentVersion"), request.get("VersionName"))
    return {"Document": describing.described(call, state, document, version)}


def get_document(call: Call, request: Request) -> dict[str, Any]:
    """The text of a document, as JSON unless another format is asked for."""
    state, document = naming.require(call, request["Name"])
    version = naming.usable(call, state, document, request.get("DocumentVersion"), request.get("VersionName"))
    is_calendar = version.format == "TEXT"
    form: str = request.get("DocumentFormat") or ("TEXT" if is_calendar else "JSON")
    if (form == "TEXT") != is_calendar:
        raise refusals.invalid(f"A document of type {document.type} has no format {form}.", DocumentFormat=form)
    found: dict[str, Any] = {
        "Name": describing.shown_name(call, document),
        "CreatedDate": version.created_ms,
        "DocumentVersion": str(version.number),
        "Status": version.status(call.now),
        "Content": texts.rendered(version.content, version.format, form),
        "DocumentType": document.type,
        "DocumentFormat": form,
    }
    told = {"DisplayName": version.display_name, "VersionName": version.version_name}
    return found | {name: value for name, value in told.items() if value}


def list_documents(call: Call, request: Request) -> dict[str, Any]:
    """The documents of the account that filters find."""
    state = call.state(DocumentsState)
    passes = _filters(call, state, request)
    found = [
        document
        for document in sorted(state.documents.values(), key=lambda each: each.name)
        if all(each(document) for each in passes)
    ]
    some, more = page(found, request, limits.DOCUMENT_PAGE)
    return {"DocumentIdentifiers": [describing.listed(call, state, each) for each in some], **more}


def list_document_versions(call: Call, request: Request) -> dict[str, Any]:
    """The versions of a document, newest first."""
    state, document = naming.require(call, request["Name"])
    versions = sorted(state.versions_of(document).values(), key=lambda each: -each.number)
    some, more = page(versions, request, limits.DOCUMENT_PAGE)
    shown: list[dict[str, Any]] = []
    for version in some:
        one: dict[str, Any] = {
            "Name": describing.shown_name(call, document),
            "DocumentVersion": str(version.number),
            "CreatedDate": version.created_ms,
            "IsDefaultVersion": version.number == document.default,
            "DocumentFormat": version.format,
            "Status": version.status(call.now),
        }
        told = {"DisplayName": version.display_name, "VersionName": version.version_name}
        shown.append(one | {name: value for name, value in told.items() if value})
    return {"DocumentVersions": shown, **more}


def _filters(call: Call, state: DocumentsState, request: Request) -> list[Callable[[Document], bool]]:
    old: Sequence[Mapping[str, Any]] = request.get("DocumentFilterList") or ()
    new: Sequence[Mapping[str, Any]] = request.get("Filters") or ()
    given = [(each["key"], [each["value"]]) for each in old]
    given += [(each["Key"], list(each.get("Values") or ())) for each in new]
    found: list[Callable[[Document], bool]] = []
    for key, values in given:
        if key not in _KEYS and not key.startswith("tag:"):
            raise refusals.refused("InvalidFilterKey", "The specified key isn't valid.", Key=key)
        if key == "Owner":
            # What AWS owns, and what others share, is not to be found here.
            for value in values:
                if value not in ("Self", "All", "Private"):
                    raise not_implemented("ssm", f"ListDocuments.Filters.Owner={value}")
            continue
        found.append(_filter(call, state, key, values))
    return found


def _filter(call: Call, state: DocumentsState, key: str, values: list[str]) -> Callable[[Document], bool]:
    if key.startswith("tag:"):
        return lambda document: document.tags.get(key[4:]) in values
    if key == "Name":
        return lambda document: document.name.startswith(tuple(values))
    if key == "SearchKeyword":
        return lambda document: all(value.lower() in document.name.lower() for value in values)
    if key == "DocumentType":
        return lambda document: document.type in values
    member = {"PlatformTypes": "PlatformTypes", "TargetType": "TargetType"}[key]

    def passes(document: Document) -> bool:
        held = describing.listed(call, state, document).get(member) or ""
        return any(value in held for value in values) if isinstance(held, list) else held in values

    return passes
