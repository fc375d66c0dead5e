"""Documents and their versions of one account and region."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from foulweather.kernel.service import Resource
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.ssm.documents import published, texts
from foulweather.world.store import State, table

EVERYBODY = "all"
# What those may do with whom a document is shared.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-using-shared.html
_SHARED_ACTIONS = (
    "ssm:DescribeDocument",
    "ssm:GetDocument",
    "ssm:ListDocumentVersions",
    "ssm:SendCommand",
    "ssm:StartAutomationExecution",
)


class DocumentVersion(msgspec.Struct):
    """One version of a document: its text as it was given. It is Active from `active_ms` on."""

    document: str
    number: int
    content: str
    format: str
    created_ms: int
    active_ms: int
    schema: str = ""
    version_name: str = ""
    display_name: str = ""
    target_type: str = ""
    requires: list[dict[str, str]] = []

    @property
    def row(self) -> str:
        """The key of the version's row."""
        return f"{self.document}\n{self.number}"

    @property
    def hash(self) -> str:
        """The SHA-256 of the text."""
        return hashlib.sha256(self.content.encode()).hexdigest()

    def status(self, now_ms: int) -> str:
        """Whether the version can be used yet, as AWS words it."""
        if now_ms >= self.active_ms:
            return "Active"
        return "Creating" if self.number == 1 else "Updating"


class Document(msgspec.Struct):
    """A document; `shared` are the accounts that may use it (or `all`), with the version for each."""

    name: str
    account: str
    region: str
    type: str
    created_ms: int
    latest: int = 0
    default: int = 1
    tags: dict[str, str] = {}
    shared: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The document's ARN."""
        return arn_of(self.account, self.region, self.name)


class DocumentsState(State):
    """The documents of an account and region."""

    documents = table(Document)
    document_versions = table(DocumentVersion)

    def opened(self) -> None:
        """Index the versions; texts are parsed, and shares compiled, when first used."""
        self._versions_of: dict[str, dict[int, DocumentVersion]] = {}
        self._parsed: dict[str, Mapping[str, Any]] = {}
        self._policies: dict[str, Held] = {}
        self._published: dict[str, Document] = {}
        for version in sorted(self.document_versions.values(), key=lambda each: each.number):
            self._versions_of.setdefault(version.document, {})[version.number] = version
        if self.account == published.OWNER:
            for name, content in published.RUNBOOKS.items():
                self._published[name] = Document(name, self.account, self.region, "Automation", 0, 1)
                self._versions_of[name] = {1: DocumentVersion(name, 1, content, "JSON", 0, 0, "0.3")}

    def find(self, name: str) -> Document | None:
        """A document by its name, be it somebody's or AWS's own."""
        return self.documents.get(name) or self._published.get(name)

    def put(self, document: Document, version: DocumentVersion) -> None:
        """Take in a document's new version, and the document if it is the first."""
        self._versions_of.setdefault(document.name, {})[version.number] = version
        self.document_versions.put(version.row, version)
        document.latest = version.number
        self.documents.put(document.name, document)

    def touch(self, document: Document) -> None:
        """Have a changed document written."""
        self._policies.pop(document.name, None)
        self.documents.touch(document.name)

    def remove(self, document: Document) -> None:
        """Forget a document with all its versions."""
        for version in list(self._versions_of[document.name].values()):
            self.remove_version(version)
        self._versions_of.pop(document.name)
        self._policies.pop(document.name, None)
        self.documents.delete(document.name)

    def remove_version(self, version: DocumentVersion) -> None:
        """Forget one version."""
        self._versions_of[version.document].pop(version.number)
        self._parsed.pop(version.row, None)
        self.document_versions.delete(version.row)

    def versions_of(self, document: Document) -> dict[int, DocumentVersion]:
        """The versions of a document by number, oldest first."""
        return self._versions_of[document.name]

    def parsed(self, version: DocumentVersion) -> Mapping[str, Any]:
        """A version's text as an object."""
        found = self._parsed.get(version.row)
        if found is None:
            found = self._parsed[version.row] = texts.parsed(version.content, version.format)
        return found

    def resource_of(self, document: Document) -> Resource:
        """A document as authorization sees it: sharing it is a permission for other accounts."""
        return Resource(document.arn, document.account, self._policy_of(document), document.tags)

    def _policy_of(self, document: Document) -> Held | None:
        if not document.shared:
            return None
        found = self._policies.get(document.name)
        if found is None:
            who = "*" if EVERYBODY in document.shared else sorted(document.shared)
            statement = {
                "Sid": "Share",
                "Effect": "Allow",
                "Principal": {"AWS": who},
                "Action": list(_SHARED_ACTIONS),
                "Resource": "*",
            }
            text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            found = self._policies[document.name] = Held(document.arn, "resource", parse(text, "resource"))
        return found


def arn_of(account: str, region: str, name: str) -> str:
    """The ARN of a document's name; AWS's own belong to no account."""
    return f"arn:aws:ssm:{region}:{'' if account == published.OWNER else account}:document/{name}"
