"""Documents: made, changed, given another default version, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.ssm import limits, refusals
from foulweather.services.ssm.documents import describing, naming, schemas, texts
from foulweather.services.ssm.documents.state import Document, DocumentsState, DocumentVersion

Request = Mapping[str, Any]
# AWS tells no duration; it is short enough to wait for and long enough to be seen.
MAKING_MS: Final = 1_000


def create_document(call: Call, request: Request) -> dict[str, Any]:
    """Make a document with its first version."""
    name: str = request["Name"]
    if naming.RESERVED.match(name):
        raise refusals.invalid(f"Invalid document name {name}", Name=name, reserved=["aws", "amazon", "amzn"])
    kind: str = request.get("DocumentType") or "Command"
    _check_built(call, request, kind)
    content = _checked_content(request)
    schema = schemas.check(kind, texts.parsed(content, _format(request)))
    tags = limits.checked_tags(request.get("Tags") or (), {})
    state = call.state(DocumentsState)
    if name in state.documents:
        raise AwsError(
            "DocumentAlreadyExists",
            f"Document with same name {name} already exists",
            facts=(Fact(state.documents[name].arn, "exists", True),),
            remedy=(f"aws ssm update-document --name {name} --document-version '$LATEST' --content CONTENT",),
        )
    if len(state.documents) >= limits.DOCUMENTS_MAX:
        raise refusals.refused(
            "DocumentLimitExceeded",
            f"You can have at most {limits.DOCUMENTS_MAX} active SSM documents.",
            documents=len(state.documents),
        )
    document = Document(name, call.account, call.region, kind, call.now, tags=tags)
    version = _version(call, request, document, 1, schema)
    state.put(document, version)
    facts = {"DocumentType": kind, "Hash": version.hash, "DocumentVersion": 1, "Tags": tags}
    call.changed("ssm.DocumentCreated", document.arn, **facts)
    return {"DocumentDescription": describing.described(call, state, document, version)}


def update_document(call: Call, request: Request) -> dict[str, Any]:
    """Give a document another version; the default version stays what it is."""
    state, document = naming.require_own(call, request["Name"])
    _check_built(call, request, document.type)
    latest = state.versions_of(document)[document.latest]
    if request.get("DocumentVersion", naming.LATEST) not in (naming.LATEST, str(document.latest)):
        raise refusals.refused(
            "InvalidDocumentVersion",
            f"Version provided for document {document.name} is not latest. Please provide the latest version to update "
            f"document {document.name}",
            DocumentVersion=request["DocumentVersion"],
            latest=document.latest,
        )
    if latest.schema == "1.2":
        # "UpdateDocument ... can only be used with documents of schema version 2.0 or later".
        raise refusals.refused(
            "InvalidDocumentSchemaVersion", "The version of the document schema isn't supported.", schemaVersion="1.2"
        )
    content = _checked_content(request)
    if content == latest.content and all(
        request.get(key, held) == held
        for key, held in (
            ("DocumentFormat", latest.format),
            ("DisplayName", latest.display_name),
            ("TargetType", latest.target_type),
            ("VersionName", latest.version_name),
        )
    ):
        raise refusals.refused(
            "DuplicateDocumentContent",
            "The content of the association document matches another document. Change the content of the document and "
            "try again.",
            Hash=latest.hash,
        )
    versions = state.versions_of(document)
    named = request.get("VersionName")
    if named and any(each.version_name == named for each in versions.values()):
        raise refusals.refused(
            "DuplicateDocumentVersionName",
            "The version name has already been used in this document. Specify a different version name, and then try "
            "again.",
            VersionName=named,
        )
    schema = schemas.check(document.type, texts.parsed(content, _format(request)))
    if len(versions) >= limits.DOCUMENT_VERSIONS_MAX:
        raise refusals.refused(
            "DocumentVersionLimitExceeded",
            "The document has too many versions. Delete one or more document versions and try again.",
            versions=len(versions),
        )
    version = _version(call, request, document, document.latest + 1, schema)
    version.display_name = request.get("DisplayName", latest.display_name)
    version.target_type = request.get("TargetType", latest.target_type)
    state.put(document, version)
    call.changed("ssm.DocumentUpdated", document.arn, DocumentVersion=version.number, Hash=version.hash)
    return {"DocumentDescription": describing.described(call, state, document, version)}


def update_document_default_version(call: Call, request: Request) -> dict[str, Any]:
    """Have another version used where none is named."""
    state, document = naming.require_own(call, request["Name"])
    version = naming.selected(state, document, request["DocumentVersion"])
    document.default = version.number
    state.touch(document)
    call.changed("ssm.DocumentDefaultVersionSet", document.arn, DefaultVersion=version.number)
    shown = {"Name": document.name, "DefaultVersion": str(version.number)}
    return {"Description": shown | ({"DefaultVersionName": version.version_name} if version.version_name else {})}


def delete_document(call: Call, request: Request) -> dict[str, Any]:
    """Delete a document with all its versions, or one version that is not the default."""
    state, document = naming.require_own(call, request["Name"])
    wanted, version_name = request.get("DocumentVersion"), request.get("VersionName")
    if wanted or version_name:
        version = naming.selected(state, document, wanted, version_name)
        if version.number == document.default:
            raise refusals.refused(
                "InvalidDocumentOperation",
                "You can't delete the default version of a document. Make another version the default first.",
                DocumentVersion=version.number,
            )
        if version.number == document.latest:
            raise not_implemented("ssm", "DeleteDocument.DocumentVersion (of the latest version)")
        state.remove_version(version)
        call.changed("ssm.DocumentVersionDeleted", document.arn, DocumentVersion=version.number)
        return {}
    if document.shared:
        raise AwsError(
            "InvalidDocumentOperation",
            "You attempted to delete a document while it is still shared. You must stop sharing the document before "
            "you can delete it.",
            facts=(call.fact(document.arn, "AccountIds", sorted(document.shared)),),
            remedy=(
                f"aws ssm modify-document-permission --name {document.name} --permission-type Share "
                f"--account-ids-to-remove {' '.join(sorted(document.shared))}",
            ),
        )
    state.remove(document)
    call.changed("ssm.DocumentDeleted", document.arn, DocumentVersion=None)
    return {}


def _check_built(call: Call, request: Request, kind: str) -> None:
    if kind != schemas.CALENDAR and kind not in schemas.SCHEMAS:
        raise not_implemented("ssm", f"{call.operation}.DocumentType={kind}")
    for member in ("Attachments", "Requires"):
        if request.get(member):
            raise not_implemented("ssm", f"{call.operation}.{member}")
    if (_format(request) == "TEXT") != (kind == schemas.CALENDAR):
        words = f"Document format {_format(request)} is not supported for documents of type {kind}."
        raise refusals.invalid_document(words)


def _format(request: Request) -> str:
    return request.get("DocumentFormat") or "JSON"


def _checked_content(request: Request) -> str:
    content: str = request["Content"]
    size = len(content.encode())
    if size > limits.DOCUMENT_BYTES_MAX:
        raise refusals.refused("MaxDocumentSizeExceeded", "The size limit of a document is 64 KB.", Content_bytes=size)
    return content


def _version(call: Call, request: Request, document: Document, number: int, schema: str) -> DocumentVersion:
    return DocumentVersion(
        document.name,
        number,
        request["Content"],
        _format(request),
        call.now,
        call.now + MAKING_MS,
        schema,
        request.get("VersionName", ""),
        request.get("DisplayName", ""),
        request.get("TargetType", ""),
    )
