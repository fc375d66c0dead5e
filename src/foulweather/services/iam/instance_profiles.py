"""Instance profiles, each with one role at most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.iam import deletions, limits, quotas
from foulweather.services.iam.paging import page, under
from foulweather.services.iam.records import InstanceProfile, second
from foulweather.services.iam.shapes import instance_profile_shape
from foulweather.services.iam.state import IamState, already_exists, no_such_entity

if TYPE_CHECKING:
    from aws_types.iam import (
        AddRoleToInstanceProfileRequest,
        CreateInstanceProfileRequest,
        DeleteInstanceProfileRequest,
        GetInstanceProfileRequest,
        ListInstanceProfilesForRoleRequest,
        ListInstanceProfilesRequest,
        RemoveRoleFromInstanceProfileRequest,
    )

Response = dict[str, Any]


def create_instance_profile(call: Call, request: CreateInstanceProfileRequest) -> Response:
    """Make an empty instance profile."""
    state = call.state(IamState)
    tags = limits.checked_tags(request.get("Tags", []))
    name = request["InstanceProfileName"]
    if name.lower() in state.instance_profiles:
        raise already_exists(f"Instance Profile {name} already exists.")
    most = quotas.of_account(call.world, quotas.INSTANCE_PROFILES, call.account)
    limits.check_quota("InstanceProfilesPerAccount", most, len(state.instance_profiles))
    profile = InstanceProfile(
        account=call.account,
        name=name,
        path=request.get("Path", "/"),
        id=call.world.ids.unique("AIPA"),
        created_ms=second(call.now),
        tags=tags,
    )
    state.keep(profile)
    call.changed("iam.InstanceProfileCreated", profile.arn, InstanceProfileName=name, Tags=tags)
    return {"InstanceProfile": instance_profile_shape(call, profile, full=bool(tags))}


def get_instance_profile(call: Call, request: GetInstanceProfileRequest) -> Response:
    """Describe an instance profile and its role."""
    profile = call.state(IamState).instance_profile(request["InstanceProfileName"])
    return {"InstanceProfile": instance_profile_shape(call, profile, full=True)}


def list_instance_profiles(call: Call, request: ListInstanceProfilesRequest) -> Response:
    """List instance profiles by name."""
    prefix = request.get("PathPrefix")
    found = (each for each in call.state(IamState).instance_profiles.values() if under(prefix, each.path))
    chosen, more = page(request, found, lambda profile: profile.key)
    return {"InstanceProfiles": [instance_profile_shape(call, profile) for profile in chosen], **more}


def list_instance_profiles_for_role(call: Call, request: ListInstanceProfilesForRoleRequest) -> Response:
    """List the instance profiles that hold a role, by name."""
    state = call.state(IamState)
    profiles = state.profiles_of(state.role(request["RoleName"]))
    chosen, more = page(request, profiles, lambda profile: profile.key)
    return {"InstanceProfiles": [instance_profile_shape(call, profile) for profile in chosen], **more}


def add_role_to_instance_profile(call: Call, request: AddRoleToInstanceProfileRequest) -> None:
    """Put a role into an instance profile that has none."""
    state = call.state(IamState)
    profile = state.instance_profile(request["InstanceProfileName"])
    role = state.modifiable_role(request["RoleName"])
    limits.check_quota("InstanceSessionsPerInstanceProfile", 1, 1 if profile.role else 0)
    profile.role = role.key
    state.keep(profile)
    call.changed("iam.RoleAddedToInstanceProfile", profile.arn, Roles=[role.arn])


def remove_role_from_instance_profile(call: Call, request: RemoveRoleFromInstanceProfileRequest) -> None:
    """Take the role out of an instance profile."""
    state = call.state(IamState)
    profile = state.instance_profile(request["InstanceProfileName"])
    role = state.modifiable_role(request["RoleName"])
    if profile.role != role.key:
        raise no_such_entity(f"Role {role.name} in instance profile {profile.name} cannot be found.")
    profile.role = ""
    state.keep(profile)
    call.changed("iam.RoleRemovedFromInstanceProfile", profile.arn, Roles=[])


def delete_instance_profile(call: Call, request: DeleteInstanceProfileRequest) -> None:
    """Delete an empty instance profile."""
    state = call.state(IamState)
    profile = state.instance_profile(request["InstanceProfileName"])
    if profile.role:
        role = state.roles[profile.role]
        raise deletions.delete_conflict(
            "Cannot delete entity, must remove roles from instance profile first.",
            profile.arn,
            "Roles",
            [role.arn],
            f"aws iam remove-role-from-instance-profile --instance-profile-name {profile.name} --role-name {role.name}",
        )
    state.drop(profile)
    call.changed("iam.InstanceProfileDeleted", profile.arn, InstanceProfileName=None)
