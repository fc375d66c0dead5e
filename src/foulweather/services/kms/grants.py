"""Grants: permissions beside the key policy, given and taken one by one.

Here a grant counts as soon as CreateGrant has answered, with its token or without. On AWS it may take some minutes
until it does without ("eventual consistency"), which is what grant tokens are for.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kms import limits, refusals
from foulweather.services.kms.naming import require_by_id
from foulweather.services.kms.state import Grant, Key, KmsState
from foulweather.services.kms.using import check_tokens, check_usable, finish, grant_of, token_of

if TYPE_CHECKING:
    from aws_types.kms import (
        CreateGrantRequest,
        CreateGrantResponse,
        ListGrantsRequest,
        ListGrantsResponse,
        ListRetirableGrantsRequest,
        RetireGrantRequest,
        RevokeGrantRequest,
    )

PAGE = 50
_PRINCIPAL = re.compile(
    r"arn:aws:iam::\d{12}:(root|user/.+|role/.+)|arn:aws:sts::\d{12}:(assumed-role|federated-user)/.+"
)
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com")
_ENCRYPTING = frozenset(
    [
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
    ]
)
_ALWAYS = frozenset(("DescribeKey", "CreateGrant", "RetireGrant"))
_BY_USAGE: Mapping[str, frozenset[str]] = {
    "SIGN_VERIFY": frozenset(("Sign", "Verify", "GetPublicKey")),
    "GENERATE_VERIFY_MAC": frozenset(("GenerateMac", "VerifyMac")),
    "KEY_AGREEMENT": frozenset(("DeriveSharedSecret", "GetPublicKey")),
}


def create_grant(call: Call, request: CreateGrantRequest) -> CreateGrantResponse:
    """Let a principal use a key for some operations, perhaps in some encryption contexts only."""
    state, key = require_by_id(call, request["KeyId"])
    check_usable(call, key)
    _check_principal(call, request["GranteePrincipal"], "GranteePrincipal")
    if "RetiringPrincipal" in request:
        _check_principal(call, request["RetiringPrincipal"], "RetiringPrincipal")
    operations = list(dict.fromkeys(request["Operations"]))
    _check_operations(key, operations)
    subset, equals = _constraints(key, request.get("Constraints"))
    check_tokens(call, request.get("GrantTokens"))
    count = len(state.grants_of.get(key.id, {}))
    if count >= limits.GRANTS_PER_KEY_MAX:
        raise refusals.over_limit(
            f"The request was rejected because {key.arn} has the maximum number of grants.",
            Fact(key.arn, "grants", count),
            Fact("quota", "grants per KMS key", limits.GRANTS_PER_KEY_MAX),
        )
    finish(call, request)
    grant = Grant(
        "",
        key.id,
        request["GranteePrincipal"],
        operations,
        call.now,
        f"arn:aws:iam::{call.principal.account or call.account}:root",
        request.get("RetiringPrincipal", ""),
        request.get("Name", ""),
        subset,
        equals,
    )
    same = _same(state, grant)
    if same is not None:
        return {"GrantId": same.id, "GrantToken": token_of(call, key, same)}
    grant.id = call.world.ids.hex(64)
    state.add_grant(grant)
    constraints = {"Constraints": dict(request["Constraints"])} if "Constraints" in request else {}
    terms = {"GranteePrincipal": grant.grantee, "Operations": operations, **constraints}
    call.changed("kms.GrantCreated", key.arn, **{f"Grant/{grant.id}": terms})
    return {"GrantId": grant.id, "GrantToken": token_of(call, key, grant)}


def list_grants(call: Call, request: ListGrantsRequest) -> ListGrantsResponse:
    """The grants of a key, all of them or those of one id or grantee."""
    state, key = require_by_id(call, request["KeyId"])
    grants = list(state.grants_of.get(key.id, {}).values())
    if "GrantId" in request:
        grants = [grant for grant in grants if grant.id == request["GrantId"]]
        if not grants:
            raise _bad_grant_id(key, request["GrantId"])
    if "GranteePrincipal" in request:
        grants = [grant for grant in grants if grant.grantee == request["GranteePrincipal"]]
    found, more = limits.page(grants, request, PAGE)
    return more | {"Grants": _shown(state, found)}


def list_retirable_grants(call: Call, request: ListRetirableGrantsRequest) -> ListGrantsResponse:
    """The grants that a principal may retire."""
    principal = request["RetiringPrincipal"]
    _check_principal(call, principal, "RetiringPrincipal")
    state = call.state(KmsState)
    grants = [grant for grant in state.grants.values() if grant.retiring == principal]
    found, more = limits.page(grants, request, PAGE)
    return more | {"Grants": _shown(state, found)}


def retire_grant(call: Call, request: RetireGrantRequest) -> None:
    """Give a grant up, as its retiring principal or whoever has it."""
    if "GrantToken" in request:
        if "KeyId" in request or "GrantId" in request:
            raise refusals.invalid("Only one of GrantToken, or KeyId and GrantId, may be specified.")
        state, grant = grant_of(call, request["GrantToken"])
        if grant is None:
            raise AwsError("InvalidGrantTokenException", "The grant token is not valid, or its grant is gone.")
        key = state.keys[grant.key]
    else:
        if "KeyId" not in request or "GrantId" not in request:
            raise refusals.invalid("Either GrantToken, or both KeyId and GrantId, must be specified.")
        state, key = require_by_id(call, request["KeyId"])
        grant = _found(state, key, request["GrantId"])
    finish(call, request)
    state.remove_grant(grant)
    call.changed("kms.GrantRetired", key.arn, **{f"Grant/{grant.id}": None})


def revoke_grant(call: Call, request: RevokeGrantRequest) -> None:
    """Take a grant back."""
    state, key = require_by_id(call, request["KeyId"])
    grant = _found(state, key, request["GrantId"])
    finish(call, request)
    state.remove_grant(grant)
    call.changed("kms.GrantRevoked", key.arn, **{f"Grant/{grant.id}": None})


def _found(state: KmsState, key: Key, grant_id: str) -> Grant:
    grant = state.grants_of.get(key.id, {}).get(grant_id)
    if grant is None:
        if len(grant_id) != 64:
            raise _bad_grant_id(key, grant_id)
        raise refusals.not_found(f"Grant ID {grant_id} not found", Fact(key.arn, "Grant", None))
    return grant


def _bad_grant_id(key: Key, grant_id: str) -> AwsError:
    return AwsError(
        "InvalidGrantIdException",
        f"Invalid grant ID {grant_id}",
        facts=(Fact(key.arn, "Grant", None),),
    )


def _check_principal(call: Call, arn: str, name: str) -> None:
    if _SERVICE.fullmatch(arn) is not None:
        return
    fact = Fact("request", name, arn)
    if _PRINCIPAL.fullmatch(arn) is None:
        raise AwsError("InvalidArnException", f"Invalid arn {arn}", facts=(fact,))
    directory = call.pipeline.directory
    if directory is None:
        return
    is_gone = (":role/" in arn and directory.role(arn) is None) or (":user/" in arn and directory.user(arn) is None)
    if is_gone:
        raise AwsError("InvalidArnException", f"Invalid arn {arn}", facts=(fact, Fact(arn, "exists", False)))


def _check_operations(key: Key, operations: Sequence[str]) -> None:
    known = _ALWAYS
    if key.usage != "ENCRYPT_DECRYPT":
        known |= _BY_USAGE[key.usage]
    elif key.abilities.family == "symmetric":
        known |= _ENCRYPTING
    else:
        known |= frozenset(("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GetPublicKey"))
    for operation in operations:
        if operation not in known:
            raise refusals.invalid(
                f"Grant operation {operation} is not valid for key {key.arn} with key usage {key.usage}.",
                Fact(key.arn, "KeyUsage", key.usage),
                Fact(key.arn, "KeySpec", key.spec),
            )


def _constraints(key: Key, given: Mapping[str, Any] | None) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    if not given:
        return None, None
    # An empty map is no constraint: Terraform's provider gives both, one of them empty.
    subset, equals = given.get("EncryptionContextSubset") or None, given.get("EncryptionContextEquals") or None
    if subset is None and equals is None:
        return None, None
    if subset is not None and equals is not None:
        raise refusals.invalid("Only one of EncryptionContextSubset and EncryptionContextEquals may be specified.")
    if key.abilities.family != "symmetric":
        raise refusals.invalid(
            "Encryption context constraints are valid for symmetric encryption KMS keys only.",
            Fact(key.arn, "KeySpec", key.spec),
        )
    return subset, equals


def _same(state: KmsState, wanted: Grant) -> Grant | None:
    """The grant of an earlier request that was just the same, named ones only.

    "When you provide a Name, you can retry without making a duplicate": API_CreateGrant.
    """
    if not wanted.name:
        return None

    def terms(grant: Grant) -> tuple[Any, ...]:
        return (
            grant.name,
            grant.grantee,
            sorted(grant.operations),
            grant.retiring,
            grant.subset,
            grant.equals,
            grant.issuing_account,
        )

    held = state.grants_of.get(wanted.key, {}).values()
    return next((grant for grant in held if terms(grant) == terms(wanted)), None)


def _shown(state: KmsState, grants: Sequence[Grant]) -> Any:
    shown: list[dict[str, Any]] = []
    for grant in grants:
        one: dict[str, Any] = {
            "KeyId": state.keys[grant.key].arn,
            "GrantId": grant.id,
            "Name": grant.name,
            "CreationDate": grant.created_ms,
            "GranteePrincipal": grant.grantee,
            "IssuingAccount": grant.issuing_account,
            "Operations": grant.operations,
        }
        if grant.retiring:
            one["RetiringPrincipal"] = grant.retiring
        if grant.subset is not None:
            one["Constraints"] = {"EncryptionContextSubset": grant.subset}
        if grant.equals is not None:
            one["Constraints"] = {"EncryptionContextEquals": grant.equals}
        shown.append(one)
    return shown
