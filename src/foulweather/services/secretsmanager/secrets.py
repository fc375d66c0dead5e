"""Secrets themselves: made, changed, described, listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.secretsmanager import describing, limits, listing, naming, refusals, replication
from foulweather.services.secretsmanager.sealing import MANAGED_KEY, check_key, opened, seal
from foulweather.services.secretsmanager.state import CURRENT, PENDING, PREVIOUS, Sealed, Secret, SecretsState
from foulweather.services.secretsmanager.writing import Writing, add, begun
from foulweather.world.ids import ALPHANUMERIC

Request = Mapping[str, Any]


async def create_secret(call: Call, request: Request) -> dict[str, Any]:
    """Make a secret, with a first version if there is a value."""
    limits.check_type(request)
    name = limits.checked_name(request["Name"])
    value = limits.checked_value(request)
    token = limits.checked_token(request) if value is not None else request.get("ClientRequestToken", "")
    tags = limits.checked_tags(request.get("Tags") or (), {})
    regions = replication.checked_regions(call, request, ())
    state = call.state(SecretsState)
    if (before := state.secrets.get(name)) is not None:
        return await _made_before(call, state, before, Writing(token, *value) if value is not None else None)
    _check_room(call, state)
    suffix = call.world.ids.drawn(ALPHANUMERIC, naming.SUFFIX_LENGTH)
    secret = Secret(name, suffix, call.account, call.region, call.now, call.now, request.get("Description", ""))
    secret.key, secret.tags = _key(request), tags
    if name.startswith(f"{(owner := naming.caller_service(call))}!"):
        secret.owner = owner
    if regions:
        secret.primary_region, secret.replicas = call.region, regions
    await check_key(call, secret, secret.key)
    version = None
    if value is not None:
        writing = Writing(token, *value)
        sealed = await writing.sealed(call, secret, secret.key)
        version = writing.version(secret, call.now, sealed, await replication.copies(call, secret, writing))
    if name in state.secrets:  # somebody was faster, while KMS was asked
        raise _exists(state.secrets[name])
    secret.created_ms = secret.changed_ms = call.now
    state.put(secret)
    facts = {"Description": secret.description, "KmsKeyId": secret.key or MANAGED_KEY, "Tags": tags}
    call.changed("secretsmanager.SecretCreated", secret.arn, **facts)
    answer: dict[str, Any] = {"ARN": secret.arn, "Name": name}
    if version is not None:
        add(call, state, secret, version, [CURRENT])
        answer["VersionId"] = version.id
    elif regions:
        replication.spread(call, secret)
    return answer | ({"ReplicationStatus": describing.replicas(call, secret)} if regions else {})


async def update_secret(call: Call, request: Request) -> dict[str, Any]:
    """Change what a secret is, and its value if there is a new one."""
    limits.check_type(request)
    value = limits.checked_value(request)
    writing = Writing(limits.checked_token(request), *value) if value is not None else None
    state, secret = naming.require_own(call, request["SecretId"])
    version = await begun(call, state, secret, writing) if writing is not None else None
    key = _key(request) if "KmsKeyId" in request else secret.key
    again: dict[str, Sealed] = {}
    if key != secret.key:
        await check_key(call, secret, key)
        again = await _sealed_again(call, state, secret, key)
    made = None
    if writing is not None and version is None:
        sealed = await writing.sealed(call, secret, key)
        made = writing.version(secret, call.now, sealed, await replication.copies(call, secret, writing))
    naming.require_primary(call, secret.arn)  # the wait for KMS is over: it may be gone
    facts: dict[str, Any] = {}
    if "Description" in request:
        secret.description = facts["Description"] = request["Description"]
    if "KmsKeyId" in request:
        secret.key, facts["KmsKeyId"] = key, key or MANAGED_KEY
    for version_id, sealed in again.items():
        if (old := state.version(secret, version_id)) is not None:
            old.sealed = sealed
            state.put_version(old)
    secret.changed_ms = call.now
    state.touch(secret)
    call.changed("secretsmanager.SecretUpdated", secret.arn, **facts)
    answer = {"ARN": secret.arn, "Name": secret.name}
    if made is not None:
        add(call, state, secret, made, [CURRENT])
    else:
        replication.spread(call, secret)
    return answer | ({"VersionId": writing.token} if writing is not None else {})


def describe_secret(call: Call, request: Request) -> dict[str, Any]:
    """All about a secret but its values."""
    state, secret = naming.require(call, request["SecretId"])
    found = describing.described(secret)
    if stages := describing.stages(state, secret):
        found["VersionIdsToStages"] = stages
    if secret.replicas:
        found["ReplicationStatus"] = describing.replicas(call, secret)
    return found


def list_secrets(call: Call, request: Request) -> dict[str, Any]:
    """The secrets of the account in this Region, filtered and sorted."""
    state = call.state(SecretsState)
    found, more = listing.page(listing.matching(call, request), request, limits.LIST_PAGE)
    shown: list[dict[str, Any]] = []
    for secret in found:
        one = describing.described(secret)
        if stages := describing.stages(state, secret):
            one["SecretVersionsToStages"] = stages
        shown.append(one)
    return {"SecretList": shown, **more}


def _key(request: Request) -> str:
    key: str = request.get("KmsKeyId") or ""
    return "" if key == MANAGED_KEY else key


async def _made_before(call: Call, state: SecretsState, secret: Secret, writing: Writing | None) -> dict[str, Any]:
    """A retry of the very request that made the secret is answered as that was; anything else is refused."""
    if secret.deletion_ms:
        raise refusals.invalid_request(
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
            call.fact(secret.arn, "DeletedDate", secret.deletion_ms),
            remedy=(
                f"aws secretsmanager restore-secret --secret-id {secret.arn} --region {secret.region}",
                f"aws secretsmanager delete-secret --secret-id {secret.arn} --force-delete-without-recovery "
                f"--region {secret.region}",
            ),
        )
    if writing is None or state.version(secret, writing.token) is None:
        raise _exists(secret)
    await begun(call, state, secret, writing)
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": writing.token}


def _exists(secret: Secret) -> AwsError:
    return AwsError(
        "ResourceExistsException",
        f"The operation failed because the secret {secret.name} already exists.",
        facts=(Fact(secret.arn, "exists", True),),
        remedy=(f"aws secretsmanager put-secret-value --secret-id {secret.arn} --secret-string VALUE",),
    )


def _check_room(call: Call, state: SecretsState) -> None:
    if len(state.secrets) >= limits.SECRETS_MAX:
        raise refusals.over_limit(
            "You've reached the maximum number of secrets in this account and Region.",
            Fact(call.account, "secrets", len(state.secrets)),
            Fact("quota", "Secrets", limits.SECRETS_MAX),
        )


async def _sealed_again(call: Call, state: SecretsState, secret: Secret, key: str) -> dict[str, Sealed]:
    """The labeled versions under a new key: those that the caller can still decrypt.

    "Secrets Manager re-encrypts versions with the staging labels AWSCURRENT, AWSPENDING, and AWSPREVIOUS":
    API_UpdateSecret, KmsKeyId. Without kms:Decrypt on the key before, they stay as they are.
    """
    again: dict[str, Sealed] = {}
    for version in list(state.versions_of(secret)):
        if version.is_empty or not {CURRENT, PENDING, PREVIOUS} & set(version.stages):
            continue
        try:
            value = await opened(call, secret, version)
        except AwsError as error:
            if error.code not in ("AccessDeniedException", "DecryptionFailure"):
                raise
            call.explain("ReEncrypt", secret.arn, error.why, error.code)
            continue
        again[version.id] = await seal(call, secret, version.value_of or version.id, value, key)
    return again
