"""The versions of managed policies, of which one is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.iam import aws_managed, limits
from foulweather.services.iam.deletions import delete_conflict
from foulweather.services.iam.paging import page
from foulweather.services.iam.records import ManagedPolicy, PolicyVersion, second
from foulweather.services.iam.shapes import version_shape
from foulweather.services.iam.state import IamState, no_such_entity
from foulweather.services.iam.trust import checked_managed

if TYPE_CHECKING:
    from aws_types.iam import (
        CreatePolicyVersionRequest,
        DeletePolicyVersionRequest,
        GetPolicyVersionRequest,
        ListPolicyVersionsRequest,
        SetDefaultPolicyVersionRequest,
    )

Response = dict[str, Any]


def create_policy_version(call: Call, request: CreatePolicyVersionRequest) -> Response:
    """Add a version to a managed policy, and put it in force if asked to."""
    state = call.state(IamState)
    policy = state.own_policy(request["PolicyArn"])
    document = request["PolicyDocument"]
    checked_managed(document)
    limits.check_policy_size(document)
    limits.check_versions(policy)
    policy.made += 1
    version = PolicyVersion(id=f"v{policy.made}", document=document, created_ms=second(call.now))
    policy.versions.append(version)
    policy.updated_ms = second(call.now)
    facts: dict[str, Any] = {"VersionId": version.id}
    if request.get("SetAsDefault", False):
        policy.default_id = version.id
        facts |= {"PolicyDocument": document, "DefaultVersionId": version.id}
    state.keep(policy)
    call.changed("iam.PolicyVersionCreated", policy.arn, **facts)
    return {"PolicyVersion": version_shape(policy, version)}


def get_policy_version(call: Call, request: GetPolicyVersionRequest) -> Response:
    """Give a version with its document."""
    policy = call.state(IamState).policy(request["PolicyArn"])
    version = _version(policy, request["VersionId"])
    return {"PolicyVersion": version_shape(policy, version, document=True)}


def list_policy_versions(call: Call, request: ListPolicyVersionsRequest) -> Response:
    """List the versions of a managed policy, the latest first; of AWS's, the default version alone is held."""
    policy = call.state(IamState).policy(request["PolicyArn"])
    chosen, more = page(request, policy.versions, lambda version: f"{1_000_000 - int(version.id[1:]):07d}")
    return {"Versions": [version_shape(policy, version) for version in chosen], **more}


def set_default_policy_version(call: Call, request: SetDefaultPolicyVersionRequest) -> None:
    """Put a version in force for everybody who has the policy."""
    state = call.state(IamState)
    policy = state.own_policy(request["PolicyArn"])
    version = _version(policy, request["VersionId"])
    policy.default_id = version.id
    policy.updated_ms = second(call.now)
    state.keep(policy)
    call.changed(
        "iam.DefaultPolicyVersionSet", policy.arn, PolicyDocument=version.document, DefaultVersionId=version.id
    )


def delete_policy_version(call: Call, request: DeletePolicyVersionRequest) -> None:
    """Delete a version that is not in force."""
    state = call.state(IamState)
    policy = state.own_policy(request["PolicyArn"])
    version = _version(policy, request["VersionId"])
    if version.id == policy.default_id:
        raise delete_conflict(
            "Cannot delete the default version of a policy.", policy.arn, "DefaultVersionId", [version.id]
        )
    policy.versions.remove(version)
    policy.updated_ms = second(call.now)
    state.keep(policy)
    call.changed("iam.PolicyVersionDeleted", policy.arn, VersionId=version.id)


def _version(policy: ManagedPolicy, version_id: str) -> PolicyVersion:
    found = policy.version(version_id)
    if found is None and policy.account == "aws" and version_id in {f"v{number}" for number in range(1, policy.made)}:
        raise aws_managed.not_held(policy.arn, version_id)
    if found is None:
        raise no_such_entity(f"Policy {policy.arn} version {version_id} does not exist or is not attachable.")
    return found
