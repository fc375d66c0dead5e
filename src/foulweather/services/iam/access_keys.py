"""Access keys of users and of the root user; they sign as soon as they are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.credentials import Credential, Credentials
from foulweather.policy import principal as principals
from foulweather.policy.principal import Principal
from foulweather.services.iam import callers, limits
from foulweather.services.iam.paging import page
from foulweather.services.iam.records import AccessKey, second
from foulweather.services.iam.service_names import namespace_of
from foulweather.services.iam.state import IamState, Uses, no_such_entity

if TYPE_CHECKING:
    from aws_types.iam import (
        CreateAccessKeyRequest,
        DeleteAccessKeyRequest,
        GetAccessKeyLastUsedRequest,
        ListAccessKeysRequest,
        UpdateAccessKeyRequest,
    )

Response = dict[str, Any]


def create_access_key(call: Call, request: CreateAccessKeyRequest) -> Response:
    """Make an access key for a user or the caller; its secret is shown this once."""
    state = call.state(IamState)
    user = callers.user_or_root(call, request)
    owner = user.id if user is not None else ""
    held = sum(key.user == owner for key in state.access_keys.values())
    limits.check_quota("AccessKeysPerUser", limits.ACCESS_KEYS_PER_USER, held)
    ids = call.world.ids
    key = AccessKey(id=ids.access_key_id(), user=owner, created_ms=second(call.now))
    secret = ids.secret_key()
    principal = principals.root(call.account)
    if user is not None:
        principal = Principal("user", user.arn, user.account, user.id)
    call.state(Credentials).issue(Credential(key.id, secret, call.account, principal, call.now))
    state.keep(key)
    call.changed("iam.AccessKeyCreated", principal.arn, AccessKeyId=key.id, **{f"AccessKey:{key.id}": "Active"})
    return {
        "AccessKey": {
            **callers.name_of(state, owner),
            "AccessKeyId": key.id,
            "Status": "Active",
            "SecretAccessKey": secret,
            "CreateDate": key.created_ms,
        }
    }


def list_access_keys(call: Call, request: ListAccessKeysRequest) -> Response:
    """List the access keys of a user or the caller."""
    state, owner = call.state(IamState), callers.owner_id(call, request)
    named = callers.name_of(state, owner)
    found = (key for key in state.access_keys.values() if key.user == owner)
    chosen, more = page(request, found, lambda key: f"{key.created_ms:015d}{key.id}")
    return {
        "AccessKeyMetadata": [
            {
                **named,
                "AccessKeyId": key.id,
                "Status": "Active" if key.is_active else "Inactive",
                "CreateDate": key.created_ms,
            }
            for key in chosen
        ],
        **more,
    }


def update_access_key(call: Call, request: UpdateAccessKeyRequest) -> None:
    """Make an access key sign, or no longer."""
    if request["Status"] == "Expired":
        raise limits.invalid_input("Status must be Active or Inactive.")
    state = call.state(IamState)
    key = _key(call, request)
    key.is_active = request["Status"] == "Active"
    key.changed_ms = second(call.now)
    state.keep(key)
    credentials = call.state(Credentials)
    credentials.issue(msgspec.structs.replace(credentials.by_id[key.id], is_active=key.is_active))
    call.changed("iam.AccessKeyUpdated", _owner(call, key), **{f"AccessKey:{key.id}": request["Status"]})


def delete_access_key(call: Call, request: DeleteAccessKeyRequest) -> None:
    """Delete an access key for good."""
    state = call.state(IamState)
    key = _key(call, request)
    state.drop(key)
    call.state(Credentials).revoke(key.id)
    uses = call.state(Uses)
    if key.id in uses.keys:
        uses.keys.delete(key.id)
    call.changed("iam.AccessKeyDeleted", _owner(call, key), **{f"AccessKey:{key.id}": None})


def get_access_key_last_used(call: Call, request: GetAccessKeyLastUsedRequest) -> Response:
    """Tell when and for which service an access key last signed."""
    state = call.state(IamState)
    key_id = request["AccessKeyId"]
    key = state.access_keys.get(key_id)
    if key is None:
        raise no_such_entity(f"The Access Key with id {key_id} cannot be found.")
    use = call.state(Uses).keys.get(key_id)
    last: Response = {"ServiceName": "N/A", "Region": "N/A"}
    if use is not None:
        last = {
            "LastUsedDate": use.at_ms,
            "ServiceName": namespace_of(call.pipeline.services, use.service, use.operation),
            "Region": use.region,
        }
    return {**callers.name_of(state, key.user), "AccessKeyLastUsed": last}


def _key(call: Call, request: Mapping[str, Any]) -> AccessKey:
    """The access key that a request names, of the user that it names or the caller."""
    owner = callers.owner_id(call, request)
    found = call.state(IamState).access_keys.get(request["AccessKeyId"])
    if found is None or found.user != owner:
        raise no_such_entity(f"The Access Key with id {request['AccessKeyId']} cannot be found.")
    return found


def _owner(call: Call, key: AccessKey) -> str:
    """The ARN of the user whose key it is."""
    if not key.user:
        return principals.root(call.account).arn
    return callers.user_with_id(call.state(IamState), key.user).arn
