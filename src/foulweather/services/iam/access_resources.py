"""The resources and condition keys of IAM's actions.

Service Authorization Reference, Actions, resources, and condition keys for AWS IAM
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import NO_TAGS, Conditions, Permission, Resource, Resources
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.iam.records import Group, Role, User
from foulweather.services.iam.state import IamState, identity_at

Request = Mapping[str, Any]
Keys = Mapping[str, str | list[str]]


def user(call: Call, request: Request) -> Sequence[Resource]:
    """The user that the request names, or the caller."""
    name = request.get("UserName")
    if name is None:
        caller = identity_at(call.world, call.principal.arn)
        if isinstance(caller, User) and caller.account == call.account:
            return (_resource(call, caller.arn, caller.tags),)
        return (Resource(call.principal.arn if call.principal.kind == "root" else "*", call.account),)
    found = call.state(IamState).users.get(name.lower())
    if found is not None:
        return (_resource(call, found.arn, found.tags),)
    return (_resource(call, _iam(call, f"user{request.get('Path', '/')}{name}")),)


def own_password(call: Call, request: Request) -> Sequence[Resource]:
    """The caller, who needs no permission if the password policy lets users change their passwords."""
    return tuple(each._replace(policy=_users_may(call, each.arn)) for each in user(call, {}))


def password_policy(call: Call, request: Request) -> Sequence[Resource]:
    """The account, whose users may read the password policy if they may change their passwords."""
    return (Resource("*", call.account, _users_may(call, call.principal.arn)),)


def _users_may(call: Call, arn: str) -> Held | None:
    """`AllowUsersToChangePassword` as the policy that it stands for.

    "You can allow all IAM users in your account to use the IAM console to change their own passwords":
    that gives them iam:ChangePassword for their own user, and iam:GetAccountPasswordPolicy.
    """
    settings = call.state(IamState).account_settings
    if settings.passwords is None or not settings.passwords.users_may_change or call.principal.kind != "user":
        return None
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": arn},
        "Action": ["iam:ChangePassword", "iam:GetAccountPasswordPolicy"],
        "Resource": "*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return Held("account password policy", "resource", parse(document, "resource"))


def user_at_new_place(call: Call, request: Request) -> Sequence[Resource]:
    """A user before and after its renaming, which needs the permission for both."""
    before = user(call, request)
    found = call.state(IamState).users.get(request["UserName"].lower())
    if found is None or ("NewUserName" not in request and "NewPath" not in request):
        return before
    path, name = request.get("NewPath", found.path), request.get("NewUserName", found.name)
    return (*before, _resource(call, _iam(call, f"user{path}{name}"), found.tags))


def group(call: Call, request: Request) -> Sequence[Resource]:
    """The group that the request names."""
    found = call.state(IamState).groups.get(request["GroupName"].lower())
    arn = found.arn if found is not None else _iam(call, f"group{request.get('Path', '/')}{request['GroupName']}")
    return (_resource(call, arn),)


def group_at_new_place(call: Call, request: Request) -> Sequence[Resource]:
    """A group before and after its renaming, which needs the permission for both."""
    before = group(call, request)
    found = call.state(IamState).groups.get(request["GroupName"].lower())
    if found is None or ("NewGroupName" not in request and "NewPath" not in request):
        return before
    path, name = request.get("NewPath", found.path), request.get("NewGroupName", found.name)
    return (*before, _resource(call, _iam(call, f"group{path}{name}")))


def role(call: Call, request: Request) -> Sequence[Resource]:
    """The role that the request names."""
    found = call.state(IamState).roles.get(request["RoleName"].lower())
    if found is not None:
        return (_resource(call, found.arn, found.tags),)
    return (_resource(call, _iam(call, f"role{request.get('Path', '/')}{request['RoleName']}")),)


def linked_role(call: Call, request: Request) -> Sequence[Resource]:
    """The service-linked roles of the service that the request names."""
    return (_resource(call, _iam(call, f"role/aws-service-role/{request['AWSServiceName']}/*")),)


def instance_profile(call: Call, request: Request) -> Sequence[Resource]:
    """The instance profile that the request names."""
    name = request["InstanceProfileName"]
    found = call.state(IamState).instance_profiles.get(name.lower())
    if found is not None:
        return (_resource(call, found.arn, found.tags),)
    return (_resource(call, _iam(call, f"instance-profile{request.get('Path', '/')}{name}")),)


def policy(call: Call, request: Request) -> Sequence[Resource]:
    """The managed policy that the request names by ARN."""
    found = call.state(IamState).find_policy(request["PolicyArn"])
    return (_resource(call, request["PolicyArn"], found.tags if found is not None else NO_TAGS),)


def new_policy(call: Call, request: Request) -> Sequence[Resource]:
    """The managed policy that the request names."""
    return (_resource(call, _iam(call, f"policy{request.get('Path', '/')}{request['PolicyName']}")),)


def mfa_device(call: Call, request: Request) -> Sequence[Resource]:
    """The MFA device that the request names by serial number."""
    found = call.state(IamState).mfa_devices.get(request["SerialNumber"])
    return (_resource(call, request["SerialNumber"], found.tags if found is not None else NO_TAGS),)


def new_mfa_device(call: Call, request: Request) -> Sequence[Resource]:
    """The MFA device that the request names."""
    return (_resource(call, _iam(call, f"mfa{request.get('Path', '/')}{request['VirtualMFADeviceName']}")),)


def saml_provider(call: Call, request: Request) -> Sequence[Resource]:
    """The SAML provider that the request names."""
    arn = request.get("SAMLProviderArn") or _iam(call, f"saml-provider/{request.get('Name', '')}")
    found = call.state(IamState).saml_providers.get(arn)
    return (_resource(call, arn, found.tags if found is not None else NO_TAGS),)


def oidc_provider(call: Call, request: Request) -> Sequence[Resource]:
    """The OpenID Connect provider that the request names."""
    named = request.get("OpenIDConnectProviderArn")
    arn = named or _iam(call, f"oidc-provider/{request.get('Url', '').removeprefix('https://')}")
    found = call.state(IamState).oidc_providers.get(arn)
    return (_resource(call, arn, found.tags if found is not None else NO_TAGS),)


def server_certificate(call: Call, request: Request) -> Sequence[Resource]:
    """The server certificate that the request names."""
    name = request["ServerCertificateName"]
    found = call.state(IamState).server_certificates.get(name.lower())
    if found is not None:
        return (_resource(call, found.arn, found.tags),)
    return (_resource(call, _iam(call, f"server-certificate{request.get('Path', '/')}{name}")),)


def server_certificate_at_new_place(call: Call, request: Request) -> Sequence[Resource]:
    """A server certificate before and after its renaming, which needs the permission for both."""
    before = server_certificate(call, request)
    found = call.state(IamState).server_certificates.get(request["ServerCertificateName"].lower())
    if found is None or ("NewServerCertificateName" not in request and "NewPath" not in request):
        return before
    path, name = request.get("NewPath", found.path), request.get("NewServerCertificateName", found.name)
    return (*before, _resource(call, _iam(call, f"server-certificate{path}{name}"), found.tags))


def source(call: Call, request: Request) -> Sequence[Resource]:
    """The identity whose policies are simulated."""
    return _at_arn(call, request["PolicySourceArn"])


def reported(call: Call, request: Request) -> Sequence[Resource]:
    """The identity or policy that is reported on."""
    return _at_arn(call, request["Arn"])


def key_owner(call: Call, request: Request) -> Sequence[Resource]:
    """The user whose access key the request names."""
    state = call.state(IamState)
    key = state.access_keys.get(request["AccessKeyId"])
    for each in state.users.values() if key is not None else ():
        if key is not None and each.id == key.user:
            return (_resource(call, each.arn, each.tags),)
    return (Resource("*", call.account),)


def under_path(kind: str) -> Resources:
    """The names under the path that a list asks for (`ListUsers`, `ListRoles`, …)."""

    def resources(call: Call, request: Request) -> Sequence[Resource]:
        return (_resource(call, _iam(call, f"{kind}{request.get('PathPrefix', '/')}")),)

    return resources


# --- condition keys


def tagging(resources: Resources) -> Conditions:
    """`aws:RequestTag`, `aws:TagKeys` and `iam:ResourceTag` of a request about what `resources` gives."""

    def conditions(call: Call, request: Request) -> Keys:
        return request_tags(request) | resource_tags(call, request, resources)

    return conditions


def request_tags(request: Request) -> dict[str, str | list[str]]:
    """The tags that a request gives, or the keys of those that it takes away."""
    keys: dict[str, str | list[str]] = {
        f"aws:requesttag/{tag['Key'].lower()}": tag["Value"] for tag in request.get("Tags", ())
    }
    named = [tag["Key"] for tag in request.get("Tags", ())] or list(request.get("TagKeys", ()))
    if named:
        keys["aws:tagkeys"] = named
    return keys


def resource_tags(call: Call, request: Request, resources: Resources) -> dict[str, str | list[str]]:
    """`iam:ResourceTag`, which IAM has had longer than `aws:ResourceTag`."""
    return {
        f"iam:resourcetag/{key.lower()}": value
        for resource in resources(call, request)
        for key, value in resource.tags.items()
    }


def bounded(resources: Resources) -> Conditions:
    """Those, `iam:PermissionsBoundary` and `iam:PolicyARN` of a request about a user or role.

    The boundary is the one that the request sets, or else the one that the user or role has.
    """

    def conditions(call: Call, request: Request) -> Keys:
        keys = request_tags(request) | resource_tags(call, request, resources)
        boundary = request.get("PermissionsBoundary") or _boundary(call, request)
        if boundary:
            keys["iam:permissionsboundary"] = boundary
        if "PolicyArn" in request:
            keys["iam:policyarn"] = request["PolicyArn"]
        return keys

    return conditions


def _boundary(call: Call, request: Mapping[str, Any]) -> str:
    state = call.state(IamState)
    found: User | Role | None = None
    if "UserName" in request:
        found = state.users.get(request["UserName"].lower())
    elif "RoleName" in request:
        found = state.roles.get(request["RoleName"].lower())
    return found.boundary if found is not None else ""


def from_member(key: str, member: str) -> Conditions:
    """One condition key, taken from a member of the request."""

    def conditions(call: Call, request: Request) -> Keys:
        return {key: str(request[member])} if member in request else {}

    return conditions


def service_credential(call: Call, request: Request) -> Keys:
    """The service and the lifetime of a service-specific credential."""
    keys: dict[str, str | list[str]] = dict(resource_tags(call, request, user))
    found = call.state(IamState).service_credentials.get(request.get("ServiceSpecificCredentialId", ""))
    service = request.get("ServiceName") or (found.service if found is not None else "")
    if service:
        keys["iam:servicespecificcredentialservicename"] = service
    if "CredentialAgeDays" in request:
        keys["iam:servicespecificcredentialagedays"] = str(request["CredentialAgeDays"])
    return keys


# --- further permissions


def pass_role(call: Call, request: Request) -> Sequence[Permission]:
    """iam:PassRole on the role that goes into an instance profile."""
    return (Permission("iam:PassRole", role(call, request)[0], {"iam:passedtoservice": "ec2.amazonaws.com"}),)


def _at_arn(call: Call, arn: str) -> Sequence[Resource]:
    found = identity_at(call.world, arn)
    tags = NO_TAGS if found is None or isinstance(found, Group) else found.tags
    return (_resource(call, arn, tags),)


def _iam(call: Call, rest: str) -> str:
    return f"arn:aws:iam::{call.account}:{rest}"


def _resource(call: Call, arn: str, tags: Mapping[str, str] = NO_TAGS) -> Resource:
    return Resource(arn, call.account, tags=tags)
