"""Replicas in other regions: added, removed, made secrets of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.secretsmanager import describing, naming, refusals, replication
from foulweather.services.secretsmanager.sealing import opened
from foulweather.services.secretsmanager.state import Replica, Secret, SecretsState
from foulweather.services.secretsmanager.writing import Writing

Request = Mapping[str, Any]


async def replicate_secret_to_regions(call: Call, request: Request) -> dict[str, Any]:
    """Replicate a secret to further regions."""
    state, secret = naming.require_primary(call, request["SecretId"])
    added = replication.checked_regions(call, request, secret.replicas)
    copies: list[tuple[str, str, Any]] = []
    for version in [each for each in state.versions_of(secret) if each.stages and not each.is_empty]:
        writing = Writing(version.id, await opened(call, secret, version), version.is_binary)
        copies += [(version.id, region, await _copy(call, secret, writing, one)) for region, one in added.items()]
    state, secret = naming.require_primary(call, request["SecretId"])
    for version_id, region, sealed in copies:
        version = state.version(secret, version_id)
        if version is not None and sealed is not None:
            version.copies = {**version.copies, region: sealed}
            state.put_version(version)
    secret.primary_region = secret.region
    secret.replicas = {**secret.replicas, **added}
    state.touch(secret)
    replication.spread(call, secret)
    call.changed("secretsmanager.ReplicasAdded", secret.arn, ReplicaRegions=list(secret.replicas))
    return {"ARN": secret.arn, "ReplicationStatus": describing.replicas(call, secret)}


def remove_regions_from_replication(call: Call, request: Request) -> dict[str, Any]:
    """Delete the replicas in some regions."""
    regions: list[str] = request["RemoveReplicaRegions"]
    state, secret = naming.require_primary(call, request["SecretId"])
    for region in regions:
        if region not in secret.replicas:
            raise refusals.invalid_parameter(f"The secret isn't replicated to {region}.", Region=region)
    for region in regions:
        there = call.state(SecretsState, secret.account, region)
        held = there.secrets.get(secret.name)
        if held is not None and held.is_replica and held.suffix == secret.suffix:
            there.remove(held)
        _forget(state, secret, region)
    call.changed("secretsmanager.ReplicasRemoved", secret.arn, ReplicaRegions=list(secret.replicas))
    return {"ARN": secret.arn, "ReplicationStatus": describing.replicas(call, secret)}


def stop_replication_to_replica(call: Call, request: Request) -> dict[str, Any]:
    """Make a replica a secret of its own; it is asked in the replica's Region."""
    state, secret = naming.require_live(call, request["SecretId"])
    if not secret.is_replica:
        raise refusals.invalid_request(
            "You can only stop replication to a replica, in the replica's Region.",
            Fact(secret.arn, "PrimaryRegion", secret.primary_region or None),
        )
    before = call.state(SecretsState, secret.account, secret.primary_region)
    primary = before.secrets.get(secret.name)
    if primary is not None and primary.suffix == secret.suffix:
        _forget(before, primary, secret.region)
    secret.primary_region = ""
    state.touch(secret)
    call.changed("secretsmanager.ReplicaPromoted", secret.arn, PrimaryRegion=None)
    return {"ARN": secret.arn}


async def _copy(call: Call, secret: Secret, writing: Writing, replica: Replica) -> Any:
    if replica.status == "Failed":
        return None
    try:
        return await writing.sealed(call, secret, replica.key, replica.region)
    except AwsError as error:
        if error.status >= 500:
            raise
        replica.status, replica.message = "Failed", error.message
        call.explain("Replicate", secret.arn_in(replica.region), error.why, error.code)
        return None


def _forget(state: SecretsState, secret: Secret, region: str) -> None:
    """End the replication to a region on the primary's side."""
    secret.replicas = {name: replica for name, replica in secret.replicas.items() if name != region}
    if not secret.replicas:
        secret.primary_region = ""
    for version in list(state.versions_of(secret)):
        if region in version.copies:
            version.copies = {name: sealed for name, sealed in version.copies.items() if name != region}
            state.put_version(version)
    state.touch(secret)
