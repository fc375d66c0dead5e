"""IAM's operations in the Service Authorization Reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Conditions, Resource, Resources, everything
from foulweather.services.iam import access_resources as of
from foulweather.services.iam import callers


def _for_iam_sessions(access: Access) -> Access:
    """The same row, for callers whose credentials IAM takes: that comes before every policy."""

    def resources(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
        callers.require_iam_session(call)
        return access.resources(call, request)

    return msgspec.structs.replace(access, resources=resources)


def _write(resources: Resources, *operations: str, conditions: Conditions | None = None) -> dict[str, Access]:
    return {
        name: Access(f"iam:{name}", resources=resources, conditions=conditions or of.tagging(resources))
        for name in operations
    }


def _read(resources: Resources, *operations: str) -> dict[str, Access]:
    return {
        name: Access(f"iam:{name}", resources=resources, conditions=of.tagging(resources), is_read=True)
        for name in operations
    }


def _account(*operations: str) -> dict[str, Access]:
    return {name: Access(f"iam:{name}") for name in operations}


def _account_read(*operations: str) -> dict[str, Access]:
    return {name: Access(f"iam:{name}", resources=everything, is_read=True) for name in operations}


_USERS = {
    **_write(of.user, "DeleteUser", "TagUser", "UntagUser"),
    **_write(of.user_at_new_place, "UpdateUser"),
    **_write(
        of.user,
        *("CreateUser", "AttachUserPolicy", "DetachUserPolicy", "PutUserPolicy", "DeleteUserPolicy"),
        *("PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary"),
        conditions=of.bounded(of.user),
    ),
    **_read(of.user, "GetUser", "GetUserPolicy", "ListUserPolicies", "ListAttachedUserPolicies", "ListUserTags"),
    **_read(of.user, "ListGroupsForUser", "GetLoginProfile", "ListAccessKeys", "ListMFADevices"),
    **_read(of.user, "ListSigningCertificates", "ListSSHPublicKeys", "GetSSHPublicKey"),
    **_read(of.under_path("user"), "ListUsers"),
    **_write(of.user, "CreateAccessKey", "DeleteAccessKey", "UpdateAccessKey"),
    "ChangePassword": Access("iam:ChangePassword", resources=of.own_password),
    **_write(of.user, "CreateLoginProfile", "DeleteLoginProfile", "UpdateLoginProfile"),
    **_write(of.user, "UploadSigningCertificate", "UpdateSigningCertificate", "DeleteSigningCertificate"),
    **_write(of.user, "UploadSSHPublicKey", "UpdateSSHPublicKey", "DeleteSSHPublicKey"),
    **_write(
        of.user,
        *("CreateServiceSpecificCredential", "UpdateServiceSpecificCredential"),
        *("ResetServiceSpecificCredential", "DeleteServiceSpecificCredential"),
        conditions=of.service_credential,
    ),
    **_read(of.user, "ListServiceSpecificCredentials"),
    **_read(of.key_owner, "GetAccessKeyLastUsed"),
}

_GROUPS = {
    **_write(of.group, "CreateGroup", "DeleteGroup", "AddUserToGroup", "RemoveUserFromGroup"),
    **_write(of.group_at_new_place, "UpdateGroup"),
    **_write(of.group, "PutGroupPolicy", "DeleteGroupPolicy"),
    **_write(of.group, "AttachGroupPolicy", "DetachGroupPolicy", conditions=of.bounded(of.group)),
    **_read(of.group, "GetGroup", "GetGroupPolicy", "ListGroupPolicies", "ListAttachedGroupPolicies"),
    **_read(of.under_path("group"), "ListGroups"),
}

_ROLES = {
    **_write(of.role, "UpdateRole", "UpdateRoleDescription", "UpdateAssumeRolePolicy", "DeleteRole"),
    **_write(of.role, "TagRole", "UntagRole", "DeleteServiceLinkedRole"),
    **_write(
        of.role,
        *("CreateRole", "AttachRolePolicy", "DetachRolePolicy", "PutRolePolicy", "DeleteRolePolicy"),
        *("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
        conditions=of.bounded(of.role),
    ),
    **_write(
        of.linked_role,
        "CreateServiceLinkedRole",
        conditions=of.from_member("iam:awsservicename", "AWSServiceName"),
    ),
    **_read(of.role, "GetRole", "GetRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies", "ListRoleTags"),
    **_read(of.role, "ListInstanceProfilesForRole"),
    **_read(of.under_path("role"), "ListRoles"),
    **_account_read("GetServiceLinkedRoleDeletionStatus"),
}

_INSTANCE_PROFILES = {
    **_write(of.instance_profile, "CreateInstanceProfile", "DeleteInstanceProfile", "RemoveRoleFromInstanceProfile"),
    **_write(of.instance_profile, "TagInstanceProfile", "UntagInstanceProfile"),
    "AddRoleToInstanceProfile": Access(
        "iam:AddRoleToInstanceProfile",
        resources=of.instance_profile,
        conditions=of.tagging(of.instance_profile),
        also=of.pass_role,
    ),
    **_read(of.instance_profile, "GetInstanceProfile", "ListInstanceProfileTags"),
    **_read(of.under_path("instance-profile"), "ListInstanceProfiles"),
}

_POLICIES = {
    **_write(of.new_policy, "CreatePolicy"),
    **_write(of.policy, "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion"),
    **_write(of.policy, "TagPolicy", "UntagPolicy"),
    **_read(of.policy, "GetPolicy", "GetPolicyVersion", "ListPolicyVersions", "ListEntitiesForPolicy"),
    **_read(of.policy, "ListPolicyTags"),
    **_account_read("ListPolicies"),
}

_MFA = {
    **_write(of.new_mfa_device, "CreateVirtualMFADevice"),
    **_write(of.mfa_device, "DeleteVirtualMFADevice", "TagMFADevice", "UntagMFADevice"),
    **_write(of.user, "EnableMFADevice", "DeactivateMFADevice", "ResyncMFADevice"),
    **_read(of.user, "GetMFADevice"),
    **_read(of.mfa_device, "ListMFADeviceTags"),
    **_account_read("ListVirtualMFADevices"),
}

_PROVIDERS = {
    **_write(of.saml_provider, "CreateSAMLProvider", "UpdateSAMLProvider", "DeleteSAMLProvider"),
    **_write(of.saml_provider, "TagSAMLProvider", "UntagSAMLProvider"),
    **_read(of.saml_provider, "GetSAMLProvider", "ListSAMLProviderTags"),
    **_write(of.oidc_provider, "CreateOpenIDConnectProvider", "DeleteOpenIDConnectProvider"),
    **_write(of.oidc_provider, "AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider"),
    **_write(of.oidc_provider, "UpdateOpenIDConnectProviderThumbprint"),
    **_write(of.oidc_provider, "TagOpenIDConnectProvider", "UntagOpenIDConnectProvider"),
    **_read(of.oidc_provider, "GetOpenIDConnectProvider", "ListOpenIDConnectProviderTags"),
    **_account_read("ListSAMLProviders", "ListOpenIDConnectProviders"),
}

_CERTIFICATES = {
    **_write(of.server_certificate, "UploadServerCertificate", "DeleteServerCertificate"),
    **_write(of.server_certificate, "TagServerCertificate", "UntagServerCertificate"),
    **_write(of.server_certificate_at_new_place, "UpdateServerCertificate"),
    **_read(of.server_certificate, "GetServerCertificate", "ListServerCertificateTags"),
    **_read(of.under_path("server-certificate"), "ListServerCertificates"),
}

_ACCOUNT = {
    "GetAccountPasswordPolicy": Access("iam:GetAccountPasswordPolicy", resources=of.password_policy, is_read=True),
    **_account("CreateAccountAlias", "DeleteAccountAlias"),
    **_account("UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy"),
    **_account("SetSecurityTokenServicePreferences"),
    **_account_read("ListAccountAliases", "GetAccountSummary"),
    **_account_read("GetAccountAuthorizationDetails", "GenerateCredentialReport", "GetCredentialReport"),
}

_ROOT_ACCESS = {
    **_account("EnableOrganizationsRootCredentialsManagement", "DisableOrganizationsRootCredentialsManagement"),
    **_account("EnableOrganizationsRootSessions", "DisableOrganizationsRootSessions"),
    **_account_read("ListOrganizationsFeatures"),
}

_REPORTS = {
    **_read(of.reported, "GenerateServiceLastAccessedDetails", "ListPoliciesGrantingServiceAccess"),
    **_account_read("GetServiceLastAccessedDetails", "GetServiceLastAccessedDetailsWithEntities"),
    **_account_read("SimulateCustomPolicy", "GetContextKeysForCustomPolicy"),
    **_read(of.source, "SimulatePrincipalPolicy", "GetContextKeysForPrincipalPolicy"),
}

_ALL: dict[str, Access] = {
    **_USERS,
    **_GROUPS,
    **_ROLES,
    **_INSTANCE_PROFILES,
    **_POLICIES,
    **_MFA,
    **_PROVIDERS,
    **_CERTIFICATES,
    **_ACCOUNT,
    **_REPORTS,
    **_ROOT_ACCESS,
}

ACCESS: dict[str, Access] = {name: _for_iam_sessions(access) for name, access in _ALL.items()}
