"""Multi-Region keys: replicas, and which Region has the primary.

https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.kms import limits, refusals
from foulweather.services.kms.documents import checked_policy, default_policy
from foulweather.services.kms.metadata import described
from foulweather.services.kms.naming import require_by_id
from foulweather.services.kms.relatives import schedule, set_regions
from foulweather.services.kms.state import Key, KmsState
from foulweather.services.kms.using import check_enabled

if TYPE_CHECKING:
    from aws_types.kms import ReplicateKeyRequest, ReplicateKeyResponse, UpdatePrimaryRegionRequest


def replicate_key(call: Call, request: ReplicateKeyRequest) -> ReplicateKeyResponse:
    """Make a replica of a primary key in another Region; it can be used a little later."""
    state, key = require_by_id(call, request["KeyId"])
    _check_primary(key)
    check_enabled(call, key)
    region = request["ReplicaRegion"]
    there = call.state(KmsState, key.account, region)
    arn = f"arn:aws:kms:{region}:{key.account}:key/{key.id}"
    if key.id in there.keys:
        raise AwsError("AlreadyExistsException", f"{arn} already exists.", facts=(call.fact(arn, "exists", True),))
    tags = limits.checked_tags(request.get("Tags", []))
    policy = default_policy(key.account)
    if "Policy" in request:
        bypasses = request.get("BypassPolicyLockoutSafetyCheck", False)
        policy = checked_policy(call, request["Policy"], arn, key.account, bypasses_check=bypasses)
    limits.check_room(there)
    replica = Key(
        key.id,
        key.account,
        region,
        call.now,
        policy,
        key.usage,
        key.spec,
        key.origin,
        state="Creating",
        description=request.get("Description", ""),
        tags=tags,
        material=key.material,
        region_type="REPLICA",
        primary_region=key.region,
    )
    is_imported = key.origin == "EXTERNAL"
    materials = [
        msgspec.structs.replace(material, secret=b"" if is_imported else material.secret, valid_to_ms=0)
        for material in state.materials_of[key.id].values()
    ]
    there.add(replica, *materials)
    key.replica_regions = [*key.replica_regions, region]
    set_regions(call, key, key.region, key.replica_regions)
    schedule(call, replica, call.now + limits.REPLICATION_MS, "kms.finish_creation")
    call.changed("kms.KeyReplicated", key.arn, ReplicaRegion=region)
    call.changed("kms.KeyCreated", arn, KeyState="Creating", Policy=policy, PrimaryRegion=key.region, Tags=tags)
    return {
        "ReplicaKeyMetadata": described(there, replica),
        "ReplicaPolicy": policy,
        "ReplicaTags": [{"TagKey": name, "TagValue": value} for name, value in tags.items()],
    }


def update_primary_region(call: Call, request: UpdatePrimaryRegionRequest) -> None:
    """Make a replica the primary key, and the primary one of its replicas; it takes a little while."""
    state, key = require_by_id(call, request["KeyId"])
    _check_primary(key)
    check_enabled(call, key)
    region = request["PrimaryRegion"]
    there = call.state(KmsState, key.account, region)
    replica = there.keys.get(key.id) if region in key.replica_regions else None
    if replica is None:
        arn = f"arn:aws:kms:{region}:{key.account}:key/{key.id}"
        raise refusals.not_found(f"Key '{arn}' does not exist", Fact(key.arn, "ReplicaKeys", key.replica_regions))
    for one in (key, replica):
        if one.state != "Enabled":
            raise refusals.invalid_state(call, one)
    for place, one in ((state, key), (there, replica)):
        one.state = "Updating"
        place.changed(one)
    schedule(call, key, call.now + limits.PRIMARY_UPDATE_MS, "kms.finish_primary_update", region=region)
    call.changed("kms.PrimaryRegionUpdating", key.arn, PrimaryRegion=region, KeyState="Updating")


def _check_primary(key: Key) -> None:
    if key.region_type != "PRIMARY":
        raise refusals.unsupported(
            f"{key.arn} is not a multi-Region primary key.",
            Fact(key.arn, "MultiRegionKeyType", key.region_type or None),
        )
