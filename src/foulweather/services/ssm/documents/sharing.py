"""Sharing documents with other accounts.

https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-sharing.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.ssm import limits, refusals
from foulweather.services.ssm.configured import PUBLIC_SHARING, value_of
from foulweather.services.ssm.documents import naming
from foulweather.services.ssm.documents.state import EVERYBODY, DocumentsState
from foulweather.services.ssm.paging import page

Request = Mapping[str, Any]


def modify_document_permission(call: Call, request: Request) -> dict[str, Any]:
    """Share a document with accounts, or with everybody, or stop that."""
    _check_type(request)
    state, document = naming.require_own(call, request["Name"])
    added, removed = _accounts(request, "AccountIdsToAdd"), _accounts(request, "AccountIdsToRemove")
    version: str = request.get("SharedDocumentVersion") or naming.DEFAULT
    if EVERYBODY in added:
        _check_public(call, state)
    shared = {who: each for who, each in document.shared.items() if who not in removed}
    shared |= dict.fromkeys(added, version)
    if len(shared) > limits.DOCUMENT_ACCOUNTS_MAX:
        raise _too_many(f"with a maximum of {limits.DOCUMENT_ACCOUNTS_MAX} accounts", len(shared))
    document.shared = shared
    state.touch(document)
    call.changed("ssm.DocumentPermissionSet", document.arn, AccountIds=sorted(shared))
    return {}


def describe_document_permission(call: Call, request: Request) -> dict[str, Any]:
    """With whom a document is shared."""
    _check_type(request)
    _, document = naming.require_own(call, request["Name"])
    some, more = page(list(document.shared.items()), request, limits.DOCUMENT_PERMISSION_PAGE)
    shown = [{"AccountId": who, "SharedDocumentVersion": version} for who, version in some]
    return {"AccountIds": [who for who, _ in some], "AccountSharingInfoList": shown, **more}


def _check_type(request: Request) -> None:
    if request["PermissionType"] != "Share":
        raise refusals.refused(
            "InvalidPermissionType",
            "The permission type isn't supported. Share is the only supported permission type.",
            PermissionType=request["PermissionType"],
        )


def _accounts(request: Request, member: str) -> list[str]:
    found = [EVERYBODY if each.lower() == EVERYBODY else each for each in request.get(member) or ()]
    if len(found) > limits.DOCUMENT_ACCOUNTS_AT_ONCE_MAX:
        what = f"with a maximum of {limits.DOCUMENT_ACCOUNTS_AT_ONCE_MAX} accounts per API operation"
        raise _too_many(what, len(found))
    return found


def _check_public(call: Call, state: DocumentsState) -> None:
    if value_of(call, PUBLIC_SHARING) != "Enable":
        raise refusals.refused(
            "DocumentPermissionLimit",
            "The document can't be shared publicly, because public sharing is blocked for documents of this account.",
            setting=PUBLIC_SHARING,
        )
    public = sum(EVERYBODY in each.shared for each in state.documents.values())
    if public >= limits.PUBLIC_DOCUMENTS_MAX:
        raise _too_many(f"publicly more than {limits.PUBLIC_DOCUMENTS_MAX} times", public)


def _too_many(what: str, count: int) -> Exception:
    return refusals.refused(
        "DocumentPermissionLimit",
        f"The document can't be shared with more Amazon Web Services accounts: a document can be shared {what}.",
        accounts=count,
    )
