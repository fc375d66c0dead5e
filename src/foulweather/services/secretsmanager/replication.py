"""How a secret gets into other regions: sealed anew for each when it is written, and there a moment later.

The caller needs kms:GenerateDataKey on the key of each region.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.secretsmanager import limits, refusals
from foulweather.services.secretsmanager.state import Replica, Sealed, Secret, SecretsState, Version

if TYPE_CHECKING:
    from foulweather.services.secretsmanager.writing import Writing


def checked_regions(call: Call, request: Mapping[str, Any], held: Iterable[str]) -> dict[str, Replica]:
    """The regions that a request adds."""
    regions: dict[str, Replica] = {}
    for each in request.get("AddReplicaRegions") or ():
        region: str = each.get("Region") or ""
        if not region or region == call.region:
            raise refusals.invalid_parameter("Invalid replica region.", Region=region)
        if region in regions or region in held:
            raise refusals.invalid_parameter(f"The secret is already replicated to {region}.", Region=region)
        regions[region] = Replica(
            region, each.get("KmsKeyId") or "", overwrites=request.get("ForceOverwriteReplicaSecret", False)
        )
    return regions


async def copies(call: Call, secret: Secret, writing: Writing) -> dict[str, Sealed]:
    """A new value, sealed for every replica for which the caller may."""
    found: dict[str, Sealed] = {}
    for replica in secret.replicas.values():
        try:
            found[replica.region] = await writing.sealed(call, secret, replica.key, replica.region)
        except AwsError as error:
            if error.status >= 500:
                raise
            replica.status, replica.message = "Failed", error.message
            call.explain("Replicate", secret.arn_in(replica.region), error.why, error.code)
        else:
            replica.status, replica.message = "InProgress", ""
    return found


def spread(call: Call, secret: Secret) -> None:
    """Have the replicas follow what was changed, a moment later."""
    for replica in secret.replicas.values():
        if replica.status != "Failed":
            replica.status = "InProgress"
            when_ms = call.now + limits.REPLICATION_MS
            call.later(when_ms, "secretsmanager.replicate", name=secret.name, region=replica.region)
    if secret.replicas:
        call.state(SecretsState, secret.account, secret.region).touch(secret)


def arrive(call: Call, state: SecretsState, secret: Secret, replica: Replica) -> None:
    """Make the replica what its primary is now."""
    there = call.state(SecretsState, secret.account, replica.region)
    held = there.secrets.get(secret.name)
    if held is not None and (held.suffix != secret.suffix or not held.is_replica):
        if not replica.overwrites:
            replica.status = "Failed"
            replica.message = (
                f"Replication failed: Secret name {secret.name} already exists in region {replica.region}."
            )
            state.touch(secret)
            call.happened("secretsmanager.ReplicationFailed", secret.arn_in(replica.region))
            return
        there.remove(held)
        held = None
    copy = held or Secret(secret.name, secret.suffix, secret.account, replica.region, secret.created_ms, call.now)
    copy.description, copy.tags, copy.policy = secret.description, dict(secret.tags), secret.policy
    copy.owner = secret.owner
    copy.key, copy.changed_ms, copy.primary_region = replica.key, secret.changed_ms, secret.region
    there.put(copy)
    wanted = {version.id: version for version in state.versions_of(secret) if replica.region in version.copies}
    for gone in [version for version in there.versions_of(copy) if version.id not in wanted]:
        there.remove_version(gone)
    for version in wanted.values():
        there.put_version(_copied(there.version(copy, version.id), version, replica.region))
    replica.status, replica.message, replica.overwrites = "InSync", "", False
    state.touch(secret)
    call.happened("secretsmanager.ReplicationSucceeded", copy.arn)


def _copied(held: Version | None, version: Version, region: str) -> Version:
    accessed_ms = held.accessed_ms if held is not None else 0
    sealed = version.copies[region]
    return Version(
        version.id, version.secret, version.created_ms, sealed, version.is_binary, list(version.stages), accessed_ms
    )
