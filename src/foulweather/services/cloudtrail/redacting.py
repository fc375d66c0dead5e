"""What of a request and a response is put on record: secrets are hidden and blobs left out before anything is kept.

Compiled once for an operation, from its model. A request that has nothing to hide passes through untouched.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from foulweather.kernel.model import Shape

HIDDEN: Final = "HIDDEN_DUE_TO_SECURITY_REASONS"
Clean = Callable[[Any], Any]
# What the models call sensitive and CloudTrail shows all the same: the keys' names, not the keys.
_SHOWN_SHAPES: Final = frozenset({"NonEmptyKmsKeyArnString", "SSEKMSKeyId", "SSEKMSEncryptionContext"})
# What the models do not call sensitive and CloudTrail hides: "messageBody": "HIDDEN_DUE_TO_SECURITY_REASONS" in the
# examples of the Amazon SQS and Amazon SNS developer guides.
_HIDDEN_MEMBERS: Final = {
    "sqs": frozenset({"MessageBody"}),
    "sns": frozenset({"Message", "Subject", "MessageAttributes"}),
}
# Secrets of which neither the models nor AWS's pages say anything: by the structure that they are a member of.
_HIDDEN_OF_SHAPES: Final = {
    "apigateway": {"CreateApiKeyRequest": "value", "ApiKey": "value"},
    "cognito-idp": {
        "CreateIdentityProviderRequest": "ProviderDetails",
        "UpdateIdentityProviderRequest": "ProviderDetails",
        "IdentityProviderType": "ProviderDetails",
    },
    "sns": {"CreatePlatformApplicationInput": "Attributes", "SetPlatformApplicationAttributesInput": "Attributes"},
}
_LEFT_OUT: Final = {"sqs": frozenset({"MessageAttributes", "MessageSystemAttributes"})}


class _Gone:
    """Marks a value that is left out."""


GONE: Final = _Gone()


def _hide(value: Any) -> Any:
    return HIDDEN


def _leave_out(value: Any) -> Any:
    return GONE


class Redaction:
    """Compiles the shapes of a service's requests (whose secrets are hidden) or responses (left out)."""

    def __init__(self, service: str, *, is_response: bool) -> None:
        self._secret: Clean = _leave_out if is_response else _hide
        self._hidden = _HIDDEN_MEMBERS.get(service, frozenset())
        self._hidden_of = _HIDDEN_OF_SHAPES.get(service, {})
        self._left_out = _LEFT_OUT.get(service, frozenset())
        self._under_way: set[str] = set()

    def of(self, shape: Shape | None) -> Clean | None:
        """What cleans a value of a shape; None when nothing has to be."""
        if shape is None or shape.is_document:
            return None
        if shape.trait("sensitive") and shape.name not in _SHOWN_SHAPES:
            return _leave_out if shape.type == "blob" else self._secret
        if shape.type == "blob" or shape.trait("eventstream") or shape.trait("streaming"):
            return _leave_out
        if shape.type == "structure":
            return self._structure(shape)
        if shape.type == "list":
            return _items(self.of(shape.member))
        return _values(self.of(shape.value)) if shape.type == "map" else None

    def _structure(self, shape: Shape) -> Clean | None:
        if shape.name in self._under_way:  # a shape within itself: attribute values of DynamoDB, which have blobs
            return _blobs_gone
        self._under_way.add(shape.name)
        cleaners: dict[str, Clean] = {}
        for name, member in shape.members.items():
            if name in self._left_out:
                cleaners[name] = _leave_out
            elif name in self._hidden or name == self._hidden_of.get(shape.name):
                cleaners[name] = _hide
            elif (clean := self.of(member)) is not None:
                cleaners[name] = clean
        self._under_way.discard(shape.name)
        return _members(cleaners) if cleaners else None


def _members(cleaners: dict[str, Clean]) -> Clean:
    def clean(value: Any) -> Any:
        if cleaners.keys().isdisjoint(value):
            return value
        kept: dict[str, Any] = {}
        for name, each in value.items():
            cleaner = cleaners.get(name)
            shown = each if cleaner is None or each is None else cleaner(each)
            if shown is not GONE:
                kept[name] = shown
        return kept

    return clean


def _items(clean: Clean | None) -> Clean | None:
    return None if clean is None else lambda value: [each for each in map(clean, value) if each is not GONE]


def _values(clean: Clean | None) -> Clean | None:
    if clean is None:
        return None

    def clean_all(value: Any) -> Any:
        return {key: shown for key, each in value.items() if (shown := clean(each)) is not GONE}

    return clean_all


def _blobs_gone(value: Any) -> Any:
    if isinstance(value, dict):
        held = cast("dict[str, Any]", value)
        return {key: _blobs_gone(each) for key, each in held.items() if not isinstance(each, bytes)}
    if isinstance(value, list):
        return [_blobs_gone(each) for each in cast("list[Any]", value) if not isinstance(each, bytes)]
    return value


def of_items(request: dict[str, Any]) -> dict[str, Any]:
    """A request of DynamoDB's data plane: keys with their values, of other attributes the names.

    "Non key attribute values will be redacted in the CloudTrail logs of actions using the PartiQL API, and will not
    appear in logs of actions using the classic API."
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/understanding-ddb-log-entries.html
    """
    shown: dict[str, Any] = {}
    for name, value in request.items():
        if name in ("Key", "ExclusiveStartKey"):
            shown[name] = {attribute: _plain(each) for attribute, each in value.items()}
        elif name == "Item":
            shown["Items"] = list(value)
        elif name in ("RequestItems", "TransactItems", "Keys"):
            shown[name] = _within(value)
        elif name not in _WITH_VALUES:
            shown[name] = value
    return shown


_WITH_VALUES: Final = frozenset(
    {"ExpressionAttributeValues", "Expected", "AttributeUpdates", "KeyConditions", "QueryFilter", "ScanFilter"}
    | {"Parameters", "Statement", "Statements", "TransactStatements"}
)


def _within(value: Any) -> Any:
    if isinstance(value, list):
        return [_within(each) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    held = cast("dict[str, Any]", value)
    if held and all(_is_attribute(each) for each in held.values()):
        return {name: _plain(each) for name, each in held.items()}
    return of_items({name: each if name in ("Key", "Item") else _within(each) for name, each in held.items()})


def _is_attribute(value: Any) -> bool:
    return isinstance(value, dict) and len(cast("dict[str, Any]", value)) == 1 and next(iter(cast(Any, value))) in "SNB"


def _plain(value: Any) -> Any:
    """A key's value without its type; binary ones are left out."""
    found: Any = next(iter(cast("dict[str, Any]", value).values()), None) if isinstance(value, dict) else value
    return None if isinstance(found, bytes) else found
