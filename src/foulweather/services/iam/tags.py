"""Tags on whatever of IAM takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from foulweather.kernel.call import Call
from foulweather.services.iam import limits
from foulweather.services.iam.paging import page
from foulweather.services.iam.records import (
    InstanceProfile,
    ManagedPolicy,
    MfaDevice,
    OidcProvider,
    Role,
    SamlProvider,
    ServerCertificate,
    User,
)
from foulweather.services.iam.shapes import tags_shape
from foulweather.services.iam.state import IamState

if TYPE_CHECKING:
    from aws_types.iam import (
        ListInstanceProfileTagsRequest,
        ListMFADeviceTagsRequest,
        ListOpenIDConnectProviderTagsRequest,
        ListPolicyTagsRequest,
        ListRoleTagsRequest,
        ListSAMLProviderTagsRequest,
        ListServerCertificateTagsRequest,
        ListUserTagsRequest,
        TagInstanceProfileRequest,
        TagMFADeviceRequest,
        TagOpenIDConnectProviderRequest,
        TagPolicyRequest,
        TagRoleRequest,
        TagSAMLProviderRequest,
        TagServerCertificateRequest,
        TagUserRequest,
        UntagInstanceProfileRequest,
        UntagMFADeviceRequest,
        UntagOpenIDConnectProviderRequest,
        UntagPolicyRequest,
        UntagRoleRequest,
        UntagSAMLProviderRequest,
        UntagServerCertificateRequest,
        UntagUserRequest,
    )

Response = dict[str, Any]
Tagged = User | Role | InstanceProfile | ManagedPolicy | MfaDevice | SamlProvider | OidcProvider | ServerCertificate


def tag_user(call: Call, request: TagUserRequest) -> None:
    """Add tags to a user."""
    _tag(call, call.state(IamState).user(request["UserName"]), request)


def untag_user(call: Call, request: UntagUserRequest) -> None:
    """Take tags off a user."""
    _untag(call, call.state(IamState).user(request["UserName"]), request)


def list_user_tags(call: Call, request: ListUserTagsRequest) -> Response:
    """List the tags of a user by key."""
    return _listed(call.state(IamState).user(request["UserName"]).tags, request)


def tag_role(call: Call, request: TagRoleRequest) -> None:
    """Add tags to a role."""
    _tag(call, call.state(IamState).role(request["RoleName"]), request)


def untag_role(call: Call, request: UntagRoleRequest) -> None:
    """Take tags off a role."""
    _untag(call, call.state(IamState).role(request["RoleName"]), request)


def list_role_tags(call: Call, request: ListRoleTagsRequest) -> Response:
    """List the tags of a role by key."""
    return _listed(call.state(IamState).role(request["RoleName"]).tags, request)


def tag_instance_profile(call: Call, request: TagInstanceProfileRequest) -> None:
    """Add tags to an instance profile."""
    _tag(call, call.state(IamState).instance_profile(request["InstanceProfileName"]), request)


def untag_instance_profile(call: Call, request: UntagInstanceProfileRequest) -> None:
    """Take tags off an instance profile."""
    _untag(call, call.state(IamState).instance_profile(request["InstanceProfileName"]), request)


def list_instance_profile_tags(call: Call, request: ListInstanceProfileTagsRequest) -> Response:
    """List the tags of an instance profile by key."""
    return _listed(call.state(IamState).instance_profile(request["InstanceProfileName"]).tags, request)


def tag_policy(call: Call, request: TagPolicyRequest) -> None:
    """Add tags to a customer managed policy."""
    _tag(call, call.state(IamState).own_policy(request["PolicyArn"]), request)


def untag_policy(call: Call, request: UntagPolicyRequest) -> None:
    """Take tags off a customer managed policy."""
    _untag(call, call.state(IamState).own_policy(request["PolicyArn"]), request)


def list_policy_tags(call: Call, request: ListPolicyTagsRequest) -> Response:
    """List the tags of a customer managed policy by key."""
    return _listed(call.state(IamState).policy(request["PolicyArn"]).tags, request)


def tag_mfa_device(call: Call, request: TagMFADeviceRequest) -> None:
    """Add tags to a virtual MFA device."""
    _tag(call, call.state(IamState).mfa_device(request["SerialNumber"]), request)


def untag_mfa_device(call: Call, request: UntagMFADeviceRequest) -> None:
    """Take tags off a virtual MFA device."""
    _untag(call, call.state(IamState).mfa_device(request["SerialNumber"]), request)


def list_mfa_device_tags(call: Call, request: ListMFADeviceTagsRequest) -> Response:
    """List the tags of a virtual MFA device by key."""
    return _listed(call.state(IamState).mfa_device(request["SerialNumber"]).tags, request)


def tag_saml_provider(call: Call, request: TagSAMLProviderRequest) -> None:
    """Add tags to a SAML provider."""
    _tag(call, call.state(IamState).saml_provider(request["SAMLProviderArn"]), request)


def untag_saml_provider(call: Call, request: UntagSAMLProviderRequest) -> None:
    """Take tags off a SAML provider."""
    _untag(call, call.state(IamState).saml_provider(request["SAMLProviderArn"]), request)


def list_saml_provider_tags(call: Call, request: ListSAMLProviderTagsRequest) -> Response:
    """List the tags of a SAML provider by key."""
    return _listed(call.state(IamState).saml_provider(request["SAMLProviderArn"]).tags, request)


def tag_open_id_connect_provider(call: Call, request: TagOpenIDConnectProviderRequest) -> None:
    """Add tags to an OpenID Connect provider."""
    _tag(call, call.state(IamState).oidc_provider(request["OpenIDConnectProviderArn"]), request)


def untag_open_id_connect_provider(call: Call, request: UntagOpenIDConnectProviderRequest) -> None:
    """Take tags off an OpenID Connect provider."""
    _untag(call, call.state(IamState).oidc_provider(request["OpenIDConnectProviderArn"]), request)


def list_open_id_connect_provider_tags(call: Call, request: ListOpenIDConnectProviderTagsRequest) -> Response:
    """List the tags of an OpenID Connect provider by key."""
    return _listed(call.state(IamState).oidc_provider(request["OpenIDConnectProviderArn"]).tags, request)


def tag_server_certificate(call: Call, request: TagServerCertificateRequest) -> None:
    """Add tags to a server certificate."""
    _tag(call, call.state(IamState).server_certificate(request["ServerCertificateName"]), request)


def untag_server_certificate(call: Call, request: UntagServerCertificateRequest) -> None:
    """Take tags off a server certificate."""
    _untag(call, call.state(IamState).server_certificate(request["ServerCertificateName"]), request)


def list_server_certificate_tags(call: Call, request: ListServerCertificateTagsRequest) -> Response:
    """List the tags of a server certificate by key."""
    return _listed(call.state(IamState).server_certificate(request["ServerCertificateName"]).tags, request)


def _tag(call: Call, tagged: Tagged, request: Mapping[str, Any]) -> None:
    tagged.tags = limits.merged_tags(tagged.tags, limits.checked_tags(request["Tags"]))
    _keep(call, tagged)


def _untag(call: Call, tagged: Tagged, request: Mapping[str, Any]) -> None:
    gone = {key.lower() for key in request["TagKeys"]}
    tagged.tags = {key: value for key, value in tagged.tags.items() if key.lower() not in gone}
    _keep(call, tagged)


def _keep(call: Call, tagged: Tagged) -> None:
    call.state(IamState).keep(tagged)
    call.changed("iam.TagsSet", tagged.arn, Tags=tagged.tags)


def _listed(tags: Mapping[str, str], request: Mapping[str, Any]) -> Response:
    chosen, more = page(request, tags_shape(tags), lambda tag: tag["Key"])
    return {"Tags": chosen, **more}
