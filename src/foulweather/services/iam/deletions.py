"""Why an identity cannot be deleted yet."""

from __future__ import annotations

from collections.abc import Sequence

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.iam.records import Group, Identity, Role, User
from foulweather.services.iam.state import IamState


def delete_conflict(message: str, resource: str, property_name: str, held: Sequence[str], *remedy: str) -> AwsError:
    """DeleteConflict, with what stands in the way."""
    return AwsError(
        "DeleteConflictException",
        message,
        409,
        facts=(Fact(resource, property_name, list(held)),),
        remedy=remedy,
    )


def check_policies(identity: Identity) -> None:
    """Refuse while managed policies are attached, or inline policies are there."""
    kind = type(identity).__name__.lower()
    named = f"--{kind}-name {identity.name}"
    if identity.attached:
        raise delete_conflict(
            "Cannot delete entity, must detach all policies first.",
            identity.arn,
            "AttachedPolicies",
            identity.attached,
            *(f"aws iam detach-{kind}-policy {named} --policy-arn {arn}" for arn in identity.attached),
        )
    if identity.inline:
        raise delete_conflict(
            "Cannot delete entity, must delete policies first.",
            identity.arn,
            "InlinePolicies",
            list(identity.inline),
            *(f"aws iam delete-{kind}-policy {named} --policy-name {name}" for name in identity.inline),
        )


def check_user(state: IamState, user: User) -> None:
    """Refuse while a user has or is in anything."""
    named = f"--user-name {user.name}"
    if user.groups:
        groups = [group.name for group in state.groups_of(user)]
        raise delete_conflict(
            "Cannot delete entity, must remove users from group first.",
            user.arn,
            "Groups",
            groups,
            *(f"aws iam remove-user-from-group --group-name {name} {named}" for name in groups),
        )
    check_policies(user)
    if user.id in state.login_profiles:
        raise delete_conflict(
            "Cannot delete entity, must delete login profile first.",
            user.arn,
            "LoginProfile",
            [user.name],
            f"aws iam delete-login-profile {named}",
        )
    keys = [key.id for key in state.access_keys.values() if key.user == user.id]
    if keys:
        raise delete_conflict(
            "Cannot delete entity, must delete access keys first.",
            user.arn,
            "AccessKeys",
            keys,
            *(f"aws iam delete-access-key {named} --access-key-id {key}" for key in keys),
        )
    devices = [device.arn for device in state.mfa_devices.values() if device.user == user.id]
    if devices:
        raise delete_conflict(
            "Cannot delete entity, must delete MFA device first.",
            user.arn,
            "MFADevices",
            devices,
            *(f"aws iam deactivate-mfa-device {named} --serial-number {serial}" for serial in devices),
        )
    check_referenced(state, user)


def check_referenced(state: IamState, user: User) -> None:
    """Refuse while a user has certificates, SSH keys or service-specific credentials."""
    certificates = [each.id for each in state.signing_certificates.values() if each.user == user.id]
    if certificates:
        raise delete_conflict(
            "Cannot delete entity, must delete signing certificates first.",
            user.arn,
            "SigningCertificates",
            certificates,
            *(f"aws iam delete-signing-certificate --certificate-id {each}" for each in certificates),
        )
    ssh_keys = [each.id for each in state.ssh_keys.values() if each.user == user.id]
    credentials = [each.id for each in state.service_credentials.values() if each.user == user.id]
    if ssh_keys or credentials:
        raise delete_conflict(
            "Cannot delete entity, must remove referenced objects first.",
            user.arn,
            "SSHPublicKeys" if ssh_keys else "ServiceSpecificCredentials",
            ssh_keys or credentials,
        )


def check_group(state: IamState, group: Group) -> None:
    """Refuse while a group has members or policies."""
    members = [user.name for user in state.members(group)]
    if members:
        raise delete_conflict(
            "Cannot delete entity, must remove users from group first.",
            group.arn,
            "Users",
            members,
            *(f"aws iam remove-user-from-group --group-name {group.name} --user-name {name}" for name in members),
        )
    check_policies(group)


def check_role(state: IamState, role: Role) -> None:
    """Refuse while a role is in an instance profile or has policies."""
    profiles = [profile.name for profile in state.profiles_of(role)]
    if profiles:
        raise delete_conflict(
            "Cannot delete entity, must remove roles from instance profile first.",
            role.arn,
            "InstanceProfiles",
            profiles,
            *(
                f"aws iam remove-role-from-instance-profile --instance-profile-name {name} --role-name {role.name}"
                for name in profiles
            ),
        )
    check_policies(role)
