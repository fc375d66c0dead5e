"""KMS's condition keys, looked up only where a policy asks for one.

https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.kms.naming import made_with, named
from foulweather.services.kms.state import Key, KmsState

Value = str | list[str]
Request = Mapping[str, Any]

_CONTEXT = "kms:encryptioncontext:"


class Conditions(Mapping[str, Value]):
    """The keys of one request about one key; `context` is the encryption context that matters for it."""

    __slots__ = ("alias", "call", "context", "key", "request")

    def __init__(self, call: Call, request: Request, key: Key | None, alias: str, context: Mapping[str, str]) -> None:
        self.call = call
        self.request = request
        self.key = key
        self.alias = alias
        self.context = context

    def __getitem__(self, name: str) -> Value:
        found = self._look_up(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        names = [*_KEYS, *(f"{_CONTEXT}{name.lower()}" for name in self.context)]
        names += [f"aws:requesttag/{name.lower()}" for name in _request_tags(self)]
        return (name for name in names if self._look_up(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _look_up(self, name: str) -> Value | None:
        known = _KEYS.get(name)
        if known is not None:
            return known(self)
        if name.startswith(_CONTEXT):
            return _named(self.context, name[len(_CONTEXT) :])
        if name.startswith("aws:requesttag/"):
            return _named(_request_tags(self), name[len("aws:requesttag/") :])
        return None


def _named(pairs: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in pairs.items() if key.lower() == name), None)


def _request_tags(asked: Conditions) -> Mapping[str, str]:
    return {str(tag["TagKey"]): str(tag["TagValue"]) for tag in asked.request.get("Tags") or ()}


def _tag_keys(asked: Conditions) -> Value | None:
    return list(_request_tags(asked)) or list(asked.request.get("TagKeys") or ()) or None


def _via_service(asked: Conditions) -> Value | None:
    """The service that asks in its caller's name, as its endpoint in the Region (`sqs.us-east-1.amazonaws.com`)."""
    via = asked.call.via
    if not via:
        return None
    name, dot, rest = via[-1].partition(".")
    return f"{name}.{asked.call.region}{dot}{rest}"


def _of_request(member: str) -> Callable[[Conditions], Value | None]:
    def find(asked: Conditions) -> Value | None:
        value = asked.request.get(member)
        if value is None:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        return list(value) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]

    return find


def _of_key(read: Callable[[Key], Value | None], *members: str) -> Callable[[Conditions], Value | None]:
    """A property of the key, or of the key that CreateKey would make."""

    def find(asked: Conditions) -> Value | None:
        if asked.key is not None:
            return read(asked.key)
        return next((str(asked.request[member]) for member in members if member in asked.request), None)

    return find


def _created(default: str, *members: str) -> Callable[[Conditions], Value | None]:
    def find(asked: Conditions) -> Value | None:
        if asked.call.operation != "CreateKey":
            return None
        return next((str(asked.request[member]) for member in members if member in asked.request), default)

    return find


def _either(*finders: Callable[[Conditions], Value | None]) -> Callable[[Conditions], Value | None]:
    return lambda asked: next((found for find in finders if (found := find(asked)) is not None), None)


def _multi_region(asked: Conditions) -> Value | None:
    if asked.key is not None:
        return "true" if asked.key.region_type else "false"
    return "true" if asked.request.get("MultiRegion") else "false"


def _resource_aliases(asked: Conditions) -> Value | None:
    key = asked.key
    if key is None:
        return None
    return list(asked.call.state(KmsState, key.account).aliases_of.get(key.id, {})) or None


def _constraint_type(asked: Conditions) -> Value | None:
    constraints: Mapping[str, Any] = asked.request.get("Constraints") or {}
    return next((name for name, pairs in constraints.items() if pairs), None)


def _encryption_algorithm(asked: Conditions) -> Value | None:
    given = asked.request.get("EncryptionAlgorithm")
    if given is not None:
        return str(given)
    return "SYMMETRIC_DEFAULT" if asked.call.operation in _ENCRYPTING else None


_ENCRYPTING = frozenset(
    ("Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair")
)


def _same_key(asked: Conditions) -> Value | None:
    if asked.call.operation != "ReEncrypt":
        return None
    source = made_with(asked.call, asked.request.get("CiphertextBlob"), asked.request.get("SourceKeyId"))
    destination = named(asked.call, asked.request["DestinationKeyId"])
    return "true" if source is not None and source.arn == destination.arn else "false"


def _for_aws(asked: Conditions) -> Value | None:
    if asked.call.operation not in ("CreateGrant", "ListGrants", "RevokeGrant"):
        return None
    return "true" if asked.call.via or asked.call.principal.kind == "service" else "false"


_SPEC = _either(_of_key(lambda key: key.spec), _created("SYMMETRIC_DEFAULT", "KeySpec", "CustomerMasterKeySpec"))
_USAGE = _either(_of_key(lambda key: key.usage), _created("ENCRYPT_DECRYPT", "KeyUsage"))

_KEYS: dict[str, Callable[[Conditions], Value | None]] = {
    "kms:calleraccount": lambda asked: asked.call.principal.account or None,
    "kms:viaservice": _via_service,
    "kms:keyspec": _SPEC,
    "kms:customermasterkeyspec": _SPEC,
    "kms:keyusage": _USAGE,
    "kms:customermasterkeyusage": _USAGE,
    "kms:keyorigin": _either(_of_key(lambda key: key.origin), _created("AWS_KMS", "Origin")),
    "kms:multiregion": _multi_region,
    "kms:multiregionkeytype": _either(_of_key(lambda key: key.region_type or None)),
    "kms:primaryregion": _of_request("PrimaryRegion"),
    "kms:replicaregion": _of_request("ReplicaRegion"),
    "kms:requestalias": lambda asked: asked.alias or None,
    "kms:resourcealiases": _resource_aliases,
    "kms:encryptioncontextkeys": lambda asked: list(asked.context) or None,
    "kms:encryptionalgorithm": _encryption_algorithm,
    "kms:signingalgorithm": _of_request("SigningAlgorithm"),
    "kms:messagetype": _either(
        _of_request("MessageType"), lambda asked: "RAW" if asked.call.operation in ("Sign", "Verify") else None
    ),
    "kms:macalgorithm": _of_request("MacAlgorithm"),
    "kms:keyagreementalgorithm": _of_request("KeyAgreementAlgorithm"),
    "kms:datakeypairspec": _of_request("KeyPairSpec"),
    "kms:bypasspolicylockoutsafetycheck": _of_request("BypassPolicyLockoutSafetyCheck"),
    "kms:grantconstrainttype": _constraint_type,
    "kms:grantisforawsresource": _for_aws,
    "kms:grantoperations": _of_request("Operations"),
    "kms:granteeprincipal": _of_request("GranteePrincipal"),
    "kms:retiringprincipal": _of_request("RetiringPrincipal"),
    "kms:reencryptonsamekey": _same_key,
    "kms:rotationperiodindays": _of_request("RotationPeriodInDays"),
    "kms:schedulekeydeletionpendingwindowindays": _of_request("PendingWindowInDays"),
    "kms:wrappingalgorithm": _of_request("WrappingAlgorithm"),
    "kms:wrappingkeyspec": _of_request("WrappingKeySpec"),
    "kms:expirationmodel": _of_request("ExpirationModel"),
    "kms:validto": lambda asked: str(asked.request["ValidTo"] // 1000) if "ValidTo" in asked.request else None,
    "aws:tagkeys": _tag_keys,
}
