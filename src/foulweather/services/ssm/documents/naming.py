"""From names, ARNs and versions to documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.service import Resource
from foulweather.kernel.why import Fact
from foulweather.services.ssm import refusals
from foulweather.services.ssm.documents.published import OWNER
from foulweather.services.ssm.documents.state import EVERYBODY, Document, DocumentsState, DocumentVersion, arn_of

# "You can't use the following strings as document name prefixes": API_CreateDocument, Name.
RESERVED = re.compile(r"aws|amazon|amzn", re.IGNORECASE)
LATEST = "$LATEST"
DEFAULT = "$DEFAULT"
ALL = "$ALL"


class Place(NamedTuple):
    """What a text names: the document if it is there, and where it would be."""

    document: Document | None
    account: str
    name: str
    arn: str


def named(call: Call, text: str) -> Place:
    """What a name or an ARN names in the call's Region."""
    account, region, name = call.account, call.region, text
    if text.startswith("arn:"):
        parts = text.split(":", 5)
        if len(parts) < 6 or not parts[5].startswith("document/"):
            return Place(None, account, text, text)
        region, account, name = parts[3], parts[4], parts[5].removeprefix("document/")
    if RESERVED.match(name):
        account = OWNER
    document = call.state(DocumentsState, account).find(name) if region == call.region else None
    return Place(document, account, name, arn_of(account, region, name))


def require(call: Call, text: str) -> tuple[DocumentsState, Document]:
    """The document that a text names; AWS's own documents are not built."""
    place = named(call, text)
    if place.document is None:
        check_kept_here(call, place.name)
        raise no_such_document(place)
    return call.state(DocumentsState, place.account), place.document


def require_own(call: Call, text: str) -> tuple[DocumentsState, Document]:
    """The document that a text names, which must be of the caller's account to be changed."""
    state, document = require(call, text)
    if document.account != call.account:
        raise no_such_document(named(call, text))
    return state, document


def check_kept_here(call: Call, name: str) -> None:
    """Refuse the documents that AWS publishes but a few, such as AWS-RunShellScript."""
    if RESERVED.match(name):
        raise not_implemented("ssm", f"{call.operation}.Name={name} (documents that AWS owns)")


def selected(
    state: DocumentsState, document: Document, wanted: str | None, version_name: str | None = None
) -> DocumentVersion:
    """The version by its number, `$LATEST`, `$DEFAULT` (also without any), or its name."""
    versions = state.versions_of(document)
    if version_name:
        found = next((each for each in versions.values() if each.version_name == version_name), None)
        if found is not None and wanted and str(found.number) != wanted:
            found = None
    elif wanted == LATEST:
        found = versions.get(document.latest)
    elif wanted in (None, "", DEFAULT):
        found = versions.get(document.default)
    else:
        found = versions.get(int(wanted)) if wanted.isdecimal() else None
    if found is None:
        raise _no_such_version(wanted, version_name)
    return found


def usable(
    call: Call, state: DocumentsState, document: Document, wanted: str | None, version_name: str | None = None
) -> DocumentVersion:
    """The version that is asked for; another account may use the one that was shared with it, or all.

    "If it isn't specified, the system choose the Default version to share": API_ModifyDocumentPermission.
    """
    if document.account in (call.account, OWNER):
        return selected(state, document, wanted, version_name)
    share = document.shared.get(call.account) or document.shared.get(EVERYBODY) or DEFAULT
    if share == ALL:
        return selected(state, document, wanted, version_name)
    shared = selected(state, document, share)
    if (wanted or version_name) and selected(state, document, wanted, version_name) is not shared:
        raise _no_such_version(wanted, version_name)
    return shared


def resource(call: Call, text: str) -> Resource:
    """What a text names, as authorization sees it."""
    place = named(call, text)
    if place.account == OWNER:
        return Resource(place.arn, call.account)
    if place.document is None:
        return Resource(place.arn, place.account)
    return call.state(DocumentsState, place.account).resource_of(place.document)


def no_such_document(place: Place) -> AwsError:
    """A document that is not there."""
    return AwsError(
        "InvalidDocument",
        f"Document with name {place.name} does not exist.",
        facts=(Fact("request", "Name", place.name), Fact(place.arn, "exists", False)),
        remedy=("aws ssm list-documents --filters Key=Owner,Values=Self",),
    )


def _no_such_version(wanted: str | None, version_name: str | None) -> AwsError:
    return refusals.refused(
        "InvalidDocumentVersion",
        "The document version isn't valid or doesn't exist.",
        DocumentVersion=wanted,
        VersionName=version_name,
    )


def calendar(call: Call, name: str) -> Mapping[str, Any]:
    """The change calendar that a name or an ARN names, in its default version."""
    state, document = require(call, name)
    if document.type != "ChangeCalendar":
        raise refusals.refused(
            "InvalidDocumentType",
            "The SSM document type isn't valid. Valid document types are described in the DocumentType property.",
            CalendarNames=name,
            DocumentType=document.type,
        )
    return state.parsed(usable(call, state, document, None))
