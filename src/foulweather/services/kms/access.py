"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.services.kms import granting
from foulweather.services.kms.conditions import Conditions
from foulweather.services.kms.naming import Place, made_with, named
from foulweather.services.kms.state import KmsState
from foulweather.services.kms.using import grant_of

Request = Mapping[str, Any]
NO_CONTEXT: Mapping[str, str] = {}


def policy_command(arn: str, document: str) -> str:
    """The command that sets a key's policy."""
    region = arn.split(":")[3]
    return f"aws kms put-key-policy --key-id {arn} --policy {shlex.quote(document)} --region {region}"


# --- keys


def _resource(call: Call, place: Place, operation: str, context: Mapping[str, str], request: Request) -> Resource:
    """A key with its policy and grants; one that is not there has neither."""
    key = place.key
    if key is None:
        return Resource(place.arn, place.account)
    state = call.state(KmsState, key.account)
    found = state.resource_of(key)
    if key.id in state.grants_of:
        grants = granting.grants_for(state, key, call.principal, operation, context, request)
        return found._replace(grants=grants) if grants else found
    return found


def used_key(call: Call, request: Request) -> Sequence[Resource]:
    """The key of KeyId, which principals of other accounts may use too."""
    context = request.get("EncryptionContext") or NO_CONTEXT
    return (_resource(call, named(call, request["KeyId"]), call.operation, context, request),)


def owned_key(call: Call, request: Request) -> Sequence[Resource]:
    """The key of KeyId, for actions that no policy grants to another account."""
    (found,) = used_key(call, request)
    return (found if call.principal.account == found.account else found._replace(policy=None, grants=()),)


def decrypting_key(call: Call, request: Request) -> Sequence[Resource]:
    """The key of a ciphertext; none where it is no ciphertext, which the operation refuses."""
    place = made_with(call, request.get("CiphertextBlob"), request.get("KeyId"))
    context = request.get("EncryptionContext") or NO_CONTEXT
    return (_resource(call, place, "Decrypt", context, request),) if place is not None else ()


def source_key(call: Call, request: Request) -> Sequence[Resource]:
    """The key that ReEncrypt decrypts with."""
    place = made_with(call, request.get("CiphertextBlob"), request.get("SourceKeyId"))
    context = request.get("SourceEncryptionContext") or NO_CONTEXT
    return (_resource(call, place, "ReEncryptFrom", context, request),) if place is not None else ()


def encrypting_anew(call: Call, request: Request) -> Sequence[Permission]:
    """ReEncrypt needs another permission on the key that it encrypts under."""
    place = named(call, request["DestinationKeyId"])
    context = request.get("DestinationEncryptionContext") or NO_CONTEXT
    resource = _resource(call, place, "ReEncryptTo", context, request)
    conditions = Conditions(call, request, place.key, place.alias, context)
    return (Permission("kms:ReEncryptTo", resource, conditions),)


def primary_and_replica(call: Call, request: Request) -> Sequence[Resource]:
    """The primary key, and the replica that is to be the primary key."""
    (primary,) = owned_key(call, request)
    region = request["PrimaryRegion"]
    key_id = primary.arn.rpartition("/")[2]
    state = call.state(KmsState, primary.account, region)
    replica = state.keys.get(key_id)
    if replica is None:
        return (primary,)
    return primary, state.resource_of(replica)


def replicating(call: Call, request: Request) -> Sequence[Permission]:
    """A replica is a new key of the account, in its Region, and may have tags."""
    needed = [Permission("kms:CreateKey", Resource("*", call.account), _conditions(call, request))]
    return [*needed, *tagging(call, request)]


def tagging(call: Call, request: Request) -> Sequence[Permission]:
    """Tags on a new key need kms:TagResource too."""
    if not request.get("Tags"):
        return ()
    return (Permission("kms:TagResource", Resource("*", call.account), _conditions(call, request)),)


# --- aliases


def _alias(call: Call, request: Request) -> Resource:
    return Resource(call.arn("kms", request["AliasName"]), call.account)


def alias_and_target(call: Call, request: Request) -> Sequence[Resource]:
    """A new alias and its key: both must be allowed."""
    return _alias(call, request), _target(call, request, request["TargetKeyId"])


def alias_and_key(call: Call, request: Request) -> Sequence[Resource]:
    """An alias and the key that it names."""
    alias = call.state(KmsState).aliases.get(request["AliasName"])
    if alias is None:
        return (_alias(call, request),)
    return _alias(call, request), _target(call, request, alias.key)


def alias_and_keys(call: Call, request: Request) -> Sequence[Resource]:
    """An alias, the key that it names, and the key that it is to name."""
    return *alias_and_key(call, request), _target(call, request, request["TargetKeyId"])


def _target(call: Call, request: Request, key_id: str) -> Resource:
    return _resource(call, named(call, key_id), call.operation, NO_CONTEXT, request)


# --- grants


def retired_from(call: Call, request: Request) -> Sequence[Resource]:
    """The key of a grant, with what the grant itself says of its retirement."""
    state: KmsState | None = None
    place: Place | None = None
    grant_id = request.get("GrantId", "")
    if request.get("GrantToken"):
        try:
            state, grant = grant_of(call, request["GrantToken"])
        except AwsError:
            return ()
        if grant is None:
            return ()
        grant_id = grant.id
        key = state.keys[grant.key]
        place = Place(key, key.account, key.region, f"key/{key.id}")
    elif "KeyId" in request:
        place = named(call, request["KeyId"])
    if place is None or place.key is None:
        return (Resource(place.arn, place.account),) if place is not None else ()
    state = call.state(KmsState, place.key.account)
    found = state.resource_of(place.key)
    return (found._replace(grants=granting.retiring(state, place.key, grant_id, call.principal)),)


# --- conditions


def _conditions(call: Call, request: Request) -> Conditions:
    """The condition keys of a request about the key that it names."""
    operation = call.operation
    context = request.get("EncryptionContext") or NO_CONTEXT
    if operation == "Decrypt":
        place = made_with(call, request.get("CiphertextBlob"), request.get("KeyId"))
    elif operation == "ReEncrypt":
        place = made_with(call, request.get("CiphertextBlob"), request.get("SourceKeyId"))
        context = request.get("SourceEncryptionContext") or NO_CONTEXT
    else:
        text = request.get("KeyId") or request.get("TargetKeyId")
        place = named(call, text) if text else None
    if operation == "CreateGrant":
        constraints: Mapping[str, Any] = request.get("Constraints") or {}
        context = next((pairs for pairs in constraints.values() if pairs), NO_CONTEXT)
    if place is None:
        return Conditions(call, request, None, "", context)
    return Conditions(call, request, place.key, place.alias, context)


def _row(action: str, resources: Any, **members: Any) -> Access:
    return Access(f"kms:{action}", resources, _conditions, **members)


def _rows(resources: Any, *actions: str, **members: Any) -> dict[str, Access]:
    return {action: _row(action, resources, **members) for action in actions}


def everywhere(call: Call, request: Request) -> Sequence[Resource]:
    """What is about no key in particular."""
    return (Resource("*", call.account),)


ACCESS: dict[str, Access] = {
    **_rows(
        used_key,
        "DeriveSharedSecret",
        "DescribeKey",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateMac",
        "GetKeyRotationStatus",
        "GetPublicKey",
        "ListGrants",
        "Sign",
        "Verify",
        "VerifyMac",
        is_read=True,
    ),
    **_rows(used_key, "CreateGrant", "RevokeGrant"),
    **_rows(
        owned_key,
        "GetKeyLastUsage",
        "GetKeyPolicy",
        "GetParametersForImport",
        "ListKeyPolicies",
        "ListKeyRotations",
        "ListResourceTags",
        is_read=True,
    ),
    **_rows(
        owned_key,
        "CancelKeyDeletion",
        "DeleteImportedKeyMaterial",
        "DisableKey",
        "DisableKeyRotation",
        "EnableKey",
        "EnableKeyRotation",
        "ImportKeyMaterial",
        "PutKeyPolicy",
        "RotateKeyOnDemand",
        "ScheduleKeyDeletion",
        "TagResource",
        "UntagResource",
        "UpdateKeyDescription",
    ),
    **_rows(everywhere, "GenerateRandom", "ListAliases", "ListKeys", "ListRetirableGrants", is_read=True),
    "CreateAlias": _row("CreateAlias", alias_and_target),
    "CreateKey": _row("CreateKey", everywhere, also=tagging),
    "Decrypt": _row("Decrypt", decrypting_key, is_read=True),
    "DeleteAlias": _row("DeleteAlias", alias_and_key),
    "ReEncrypt": _row("ReEncryptFrom", source_key, also=encrypting_anew, is_read=True),
    "ReplicateKey": _row("ReplicateKey", owned_key, also=replicating),
    "RetireGrant": _row("RetireGrant", retired_from),
    "UpdateAlias": _row("UpdateAlias", alias_and_keys),
    "UpdatePrimaryRegion": _row("UpdatePrimaryRegion", primary_and_replica),
}
