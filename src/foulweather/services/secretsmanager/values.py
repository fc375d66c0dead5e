"""The values of secrets: put, got, one by one or many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.service import Permission
from foulweather.kernel.why import Fact
from foulweather.services.secretsmanager import access, limits, listing, naming, refusals, replication, staging
from foulweather.services.secretsmanager.sealing import opened
from foulweather.services.secretsmanager.state import CURRENT, Secret, SecretsState, Version
from foulweather.services.secretsmanager.writing import Writing, add, begun

Request = Mapping[str, Any]


async def put_secret_value(call: Call, request: Request) -> dict[str, Any]:
    """Add a version to a secret, and move labels to it."""
    if "RotationToken" in request:
        raise not_implemented("secretsmanager", "PutSecretValue.RotationToken")
    token = limits.checked_token(request)
    value = limits.checked_value(request)
    if value is None:
        raise refusals.invalid_request(
            "You must provide either SecretString or SecretBinary.", Fact("request", "SecretString", None)
        )
    labels: list[str] = list(dict.fromkeys(request.get("VersionStages") or [CURRENT]))
    state, secret = naming.require_own(call, request["SecretId"])
    writing = Writing(token, *value)
    version = await begun(call, state, secret, writing)
    if version is None:
        staging.check_labels(state, secret, labels)
        sealed = await writing.sealed(call, secret, secret.key)
        copies = await replication.copies(call, secret, writing)
        naming.require_primary(call, secret.arn)  # the wait for KMS is over: it may be gone
        version = writing.version(secret, call.now, sealed, copies)
        add(call, state, secret, version, labels)
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": version.id, "VersionStages": version.stages}


async def get_secret_value(call: Call, request: Request) -> dict[str, Any]:
    """A value of a secret: the current one unless another is named."""
    state, secret = naming.require_live(call, request["SecretId"])
    version = _wanted(state, secret, request)
    return await _shown(call, state, secret, version)


async def batch_get_secret_value(call: Call, request: Request) -> dict[str, Any]:
    """The current values of several secrets, and why others are not among them."""
    ids: list[str] | None = request.get("SecretIdList")
    if (ids is None) == ("Filters" not in request):
        raise refusals.invalid_parameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
    if ids is not None and "MaxResults" in request:
        raise refusals.invalid_parameter("'Filters' must be specified to use 'MaxResults'.")
    more: dict[str, Any] = {}
    if ids is None:
        found = listing.matching(call, request)
        found, more = listing.page(found, request, limits.BATCH_PAGE)
        ids = [secret.arn for secret in found]
    values: list[dict[str, Any]] = []
    errors: list[dict[str, str]] = []
    for secret_id in ids:
        try:
            values.append(await _one_of_many(call, secret_id))
        except AwsError as error:
            if error.status >= 500:
                raise
            errors.append({"SecretId": secret_id, "ErrorCode": error.code, "Message": error.message})
            call.explain("GetSecretValue", naming.named(call, secret_id).arn, error.why, error.code)
    return {"SecretValues": values, "Errors": errors, **more}


def list_secret_version_ids(call: Call, request: Request) -> dict[str, Any]:
    """The versions of a secret; those without labels only when asked for."""
    state, secret = naming.require(call, request["SecretId"])
    wanted = [each for each in state.versions_of(secret) if each.stages or request.get("IncludeDeprecated")]
    found, more = listing.page(wanted, request, limits.LIST_PAGE)
    shown: list[dict[str, Any]] = []
    for version in found:
        one: dict[str, Any] = {
            "VersionId": version.id,
            "CreatedDate": version.created_ms,
        }
        if not version.is_empty:
            key = version.sealed.key
            one["KmsKeyIds"] = ["DefaultEncryptionKey" if key.startswith("alias/") else key]
        if version.stages:
            one["VersionStages"] = version.stages
        if version.accessed_ms:
            one["LastAccessedDate"] = version.accessed_ms
        shown.append(one)
    return {"ARN": secret.arn, "Name": secret.name, "Versions": shown, **more}


async def _one_of_many(call: Call, secret_id: str) -> dict[str, Any]:
    asked = {"SecretId": secret_id}
    permission = Permission(
        "secretsmanager:GetSecretValue", naming.resource(call, secret_id), access.conditions_of(call, asked)
    )
    call.pipeline.require(call, permission)
    state, secret = naming.require_live(call, secret_id)
    return await _shown(call, state, secret, _wanted(state, secret, asked))


def _wanted(state: SecretsState, secret: Secret, request: Request) -> Version:
    version_id, label = request.get("VersionId"), request.get("VersionStage")
    if version_id is None:
        version = state.staged(secret, label or CURRENT)
        if version is None or version.is_empty:
            raise refusals.no_such_version(secret, "staging label", label or CURRENT)
        return version
    version = state.version(secret, version_id)
    if version is None or version.is_empty:
        raise refusals.no_such_version(secret, "VersionId", version_id)
    if label is not None and label not in version.stages:
        raise refusals.invalid_request(
            "You provided a VersionStage that is not associated to the provided VersionId.",
            Fact(secret.arn, f"VersionStages of {version_id}", version.stages),
            Fact("request", "VersionStage", label),
        )
    return version


async def _shown(call: Call, state: SecretsState, secret: Secret, version: Version) -> dict[str, Any]:
    value = await opened(call, secret, version)
    # "LastAccessedDate ... is truncated to midnight of the date".
    day_ms = call.now - call.now % limits.DAY_MS
    if version.accessed_ms != day_ms and state.version(secret, version.id) is version:
        version.accessed_ms = secret.accessed_ms = day_ms
        state.put_version(version)
        state.touch(secret)
    call.happened("secretsmanager.SecretValueRead", secret.arn, version=version.id)
    return {
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": version.id,
        "VersionStages": version.stages,
        "CreatedDate": version.created_ms,
        **({"SecretBinary": value} if version.is_binary else {"SecretString": value.decode()}),
    }
