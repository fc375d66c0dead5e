"""How much of IAM an account has, and how much it may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.iam import limits, quotas
from foulweather.services.iam.state import IamState

Response = dict[str, Any]


def get_account_summary(call: Call, request: Mapping[str, Any]) -> Response:
    """Count what there is, beside its quotas."""
    state = call.state(IamState)
    usage = state.usage()
    counts = {
        "Users": len(state.users),
        "UsersQuota": limits.USERS,
        "Groups": len(state.groups),
        "GroupsQuota": limits.GROUPS,
        "Roles": len(state.roles),
        "RolesQuota": quotas.of_account(call.world, quotas.ROLES, call.account),
        "InstanceProfiles": len(state.instance_profiles),
        "InstanceProfilesQuota": quotas.of_account(call.world, quotas.INSTANCE_PROFILES, call.account),
        "Policies": len(state.policies),
        "PoliciesQuota": limits.POLICIES,
        "PolicyVersionsInUse": sum(usage.attached.values()),
        "PolicyVersionsInUseQuota": limits.POLICY_VERSIONS_IN_USE,
        "VersionsPerPolicyQuota": limits.POLICY_VERSIONS,
        "PolicySizeQuota": limits.MANAGED_POLICY_SIZE,
        "UserPolicySizeQuota": limits.INLINE_POLICY_SIZES["user"],
        "GroupPolicySizeQuota": limits.INLINE_POLICY_SIZES["group"],
        "RolePolicySizeQuota": limits.INLINE_POLICY_SIZES["role"],
        "AssumeRolePolicySizeQuota": quotas.of_account(call.world, quotas.TRUST_POLICY_SIZE, call.account),
        "AttachedPoliciesPerUserQuota": limits.ATTACHED_POLICIES,
        "AttachedPoliciesPerGroupQuota": limits.ATTACHED_POLICIES,
        "AttachedPoliciesPerRoleQuota": quotas.of_account(call.world, quotas.POLICIES_PER_ROLE, call.account),
        "GroupsPerUserQuota": limits.GROUPS_PER_USER,
        "AccessKeysPerUserQuota": limits.ACCESS_KEYS_PER_USER,
        "SigningCertificatesPerUserQuota": limits.SIGNING_CERTIFICATES_PER_USER,
        "ServerCertificates": len(state.server_certificates),
        "ServerCertificatesQuota": limits.SERVER_CERTIFICATES,
        "MFADevices": len(state.mfa_devices),
        "MFADevicesInUse": sum(bool(device.user) for device in state.mfa_devices.values()),
        "Providers": len(state.saml_providers) + len(state.oidc_providers),
        "AccountMFAEnabled": 0,
        "AccountAccessKeysPresent": int(any(not key.user for key in state.access_keys.values())),
        "AccountPasswordPresent": 1,
        "AccountSigningCertificatesPresent": int(any(not each.user for each in state.signing_certificates.values())),
        "GlobalEndpointTokenVersion": state.account_settings.token_version,
    }
    return {"SummaryMap": counts}
