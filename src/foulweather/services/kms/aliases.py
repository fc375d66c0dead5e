"""Aliases: other names of keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kms import limits, refusals
from foulweather.services.kms.managed import predefined_aliases
from foulweather.services.kms.naming import require_by_id
from foulweather.services.kms.state import Alias, Key, KmsState

if TYPE_CHECKING:
    from aws_types.kms import (
        AliasListEntry,
        CreateAliasRequest,
        DeleteAliasRequest,
        ListAliasesRequest,
        ListAliasesResponse,
        UpdateAliasRequest,
    )

PAGE = 50


def create_alias(call: Call, request: CreateAliasRequest) -> None:
    """Give a key of the account another name."""
    name = limits.checked_alias(request["AliasName"])
    state, key = _target(call, request["TargetKeyId"])
    arn = call.arn("kms", name)
    if name in state.aliases:
        raise AwsError(
            "AlreadyExistsException",
            f"An alias with the name {arn} already exists",
            facts=(call.fact(arn, "TargetKeyId", state.aliases[name].key),),
            remedy=(f"aws kms update-alias --alias-name {name} --target-key-id {key.id}",),
        )
    _check_room(state, key)
    state.add_alias(Alias(name, key.id, call.now, call.now))
    call.changed("kms.AliasCreated", arn, TargetKeyId=key.id)


def update_alias(call: Call, request: UpdateAliasRequest) -> None:
    """Point an alias at another key of the same kind."""
    name = limits.checked_alias(request["AliasName"])
    state = call.state(KmsState)
    alias = state.aliases.get(name)
    arn = call.arn("kms", name)
    if alias is None:
        raise refusals.no_such_alias(arn)
    _, key = _target(call, request["TargetKeyId"])
    before = state.keys[alias.key]
    if (before.usage, before.abilities.family) != (key.usage, key.abilities.family):
        raise refusals.invalid(
            f"Alias {arn} cannot be changed from a key of type {before.spec} and usage {before.usage} to a key of "
            f"type {key.spec} and usage {key.usage}.",
            Fact(before.arn, "KeyUsage", before.usage),
            Fact(key.arn, "KeyUsage", key.usage),
        )
    if key.id != alias.key:
        _check_room(state, key)
    state.add_alias(Alias(name, key.id, alias.created_ms, call.now))
    call.changed("kms.AliasUpdated", arn, TargetKeyId=key.id)


def delete_alias(call: Call, request: DeleteAliasRequest) -> None:
    """Forget an alias; its key stays."""
    name = request["AliasName"]
    state = call.state(KmsState)
    arn = call.arn("kms", name)
    if name not in state.aliases:
        raise refusals.no_such_alias(arn)
    state.remove_alias(name)
    call.changed("kms.AliasDeleted", arn, TargetKeyId=None)


def list_aliases(call: Call, request: ListAliasesRequest) -> ListAliasesResponse:
    """The aliases of the account in the Region, or of one key.

    Those of AWS managed keys are there from the beginning, without a key as long as nobody needs one.
    """
    state = call.state(KmsState)
    names = {*state.aliases, *predefined_aliases()}
    if "KeyId" in request:
        _, key = require_by_id(call, request["KeyId"])
        names = set(state.aliases_of.get(key.id, {}))
    found, more = limits.page(sorted(names), request, PAGE)
    return more | {"Aliases": [_shown(call, state, name) for name in found]}


def _shown(call: Call, state: KmsState, name: str) -> AliasListEntry:
    shown: AliasListEntry = {"AliasName": name, "AliasArn": call.arn("kms", name)}
    alias = state.aliases.get(name)
    if alias is not None:
        shown["TargetKeyId"] = alias.key
        shown["CreationDate"] = alias.created_ms
        shown["LastUpdatedDate"] = alias.updated_ms
    return shown


def _target(call: Call, key_id: str) -> tuple[KmsState, Key]:
    state, key = require_by_id(call, key_id)
    if key.state in ("PendingDeletion", "PendingReplicaDeletion", "Creating"):
        raise refusals.invalid_state(call, key)
    return state, key


def _check_room(state: KmsState, key: Key) -> None:
    count = len(state.aliases_of.get(key.id, {}))
    if count >= limits.ALIASES_PER_KEY_MAX:
        raise refusals.over_limit(
            f"The request was rejected because {key.arn} has the maximum number of aliases.",
            Fact(key.arn, "aliases", count),
            Fact("quota", "aliases per KMS key", limits.ALIASES_PER_KEY_MAX),
        )
