"""What each operation of STS asks of policies.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html and
IAM User Guide, IAM and AWS STS condition context keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from foulweather.kernel.credentials import Session
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.policy.principal import Principal
from foulweather.services.sts import callers, mfa, saml, sessions, web_identity
from foulweather.services.sts.saml import SamlIdentity
from foulweather.services.sts.web_identity import WebIdentity

if TYPE_CHECKING:
    from foulweather.kernel.call import Call

Values = dict[str, str | list[str]]


def _role(call: Call, request: Mapping[str, Any], action: str = "sts:AssumeRole") -> Resource:
    """The role with its trust policy. AWS refuses a missing role as it does one that trusts nobody: here."""
    call.resource = request["RoleArn"]
    role = callers.existing_role(call, request["RoleArn"], action)
    return Resource(role.arn, role.account, role.trust, role.tags)


def _role_to_assume(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    callers.require_may_assume(call)
    mfa.checked(call, request)
    return (_role(call, request),)


def _role_conditions(call: Call, request: Mapping[str, Any]) -> Values:
    keys: Values = {"sts:rolesessionname": request["RoleSessionName"]}
    if "ExternalId" in request:
        keys["sts:externalid"] = request["ExternalId"]
    if "SourceIdentity" in request:
        keys["sts:sourceidentity"] = request["SourceIdentity"]
    elif call.session is not None and call.session.source_identity:
        keys["sts:sourceidentity"] = call.session.source_identity
    if request.get("TransitiveTagKeys"):
        keys["sts:transitivetagkeys"] = list(request["TransitiveTagKeys"])
    keys.update(_tag_keys({tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}))
    if mfa.checked(call, request):
        keys["aws:multifactorauthpresent"] = "true"
        keys["aws:multifactorauthage"] = "0"
    return keys


def _role_permissions(call: Call, request: Mapping[str, Any]) -> Sequence[Permission]:
    """Tags and source identity need permissions of their own, inherited ones too.

    IAM User Guide, Pass session tags in AWS STS, and Monitor and control actions taken with assumed roles:
    along a chain "permissions for sts:SetSourceIdentity are required" at every role.
    """
    before = call.session
    actions: list[str] = []
    if request.get("Tags") or sessions.inherited_tags(before):
        actions.append("sts:TagSession")
    if "SourceIdentity" in request or (before is not None and before.source_identity):
        actions.append("sts:SetSourceIdentity")
    if request.get("ProvidedContexts"):
        actions.append("sts:SetContext")
    return _permissions(actions, call, request, _role_conditions) if actions else ()


def _permissions(actions: Sequence[str], call: Call, request: Mapping[str, Any], conditions: Any) -> list[Permission]:
    role = _role(call, request)
    keys = conditions(call, request)
    return [Permission(action, role, keys) for action in actions]


def _tag_keys(tags: Mapping[str, str]) -> Values:
    if not tags:
        return {}
    keys: Values = {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
    keys["aws:tagkeys"] = list(tags)
    return keys


class _Vouched:
    """The rows' functions for callers that an identity provider vouches for, by how its word is verified."""

    def __init__(self, action: str, verified: Callable[[Call, Mapping[str, Any]], WebIdentity | SamlIdentity]) -> None:
        self.action = action
        self.verified = verified

    def resources(self, call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
        """The role; the caller is from here on the provider that vouches for the bearer."""
        identity = self.verified(call, request)
        arn = identity.provider if isinstance(identity, SamlIdentity) else identity.provider.arn
        call.principal = Principal("federated", arn)
        call.hop.principal = arn
        call.session = Session(issued_ms=call.now, provider=arn, claims=identity.claims)
        # Nobody signed for an account: the call is the role's account's, and its trails show it.
        call.account = call.hop.account = callers.named_role(call, request["RoleArn"]).account
        return (_role(call, request, self.action),)

    def conditions(self, call: Call, request: Mapping[str, Any]) -> Values:
        identity = self.verified(call, request)
        name = identity.session_name if isinstance(identity, SamlIdentity) else request["RoleSessionName"]
        keys: Values = {"sts:rolesessionname": name, **identity.claims}
        if identity.source_identity:
            keys["sts:sourceidentity"] = identity.source_identity
        if identity.transitive:
            keys["sts:transitivetagkeys"] = list(identity.transitive)
        keys.update(_tag_keys(identity.tags))
        return keys

    def permissions(self, call: Call, request: Mapping[str, Any]) -> Sequence[Permission]:
        identity = self.verified(call, request)
        actions = ["sts:TagSession"] if identity.tags else []
        if identity.source_identity:
            actions.append("sts:SetSourceIdentity")
        return _permissions(actions, call, request, self.conditions) if actions else ()

    @property
    def access(self) -> Access:
        """The operation's row."""
        return Access(self.action, self.resources, self.conditions, self.permissions, is_unsigned=True)


def _federated_user(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    callers.require_long_term(call)
    return (Resource(f"arn:aws:sts::{call.account}:federated-user/{request['Name']}", call.account),)


def _federated_user_conditions(call: Call, request: Mapping[str, Any]) -> Values:
    return _tag_keys({tag["Key"]: tag["Value"] for tag in request.get("Tags", ())})


def _federated_user_permissions(call: Call, request: Mapping[str, Any]) -> Sequence[Permission]:
    if not request.get("Tags"):
        return ()
    (user,) = _federated_user(call, request)
    return (Permission("sts:TagSession", user, _federated_user_conditions(call, request)),)


def _nothing_for_tokens(call: Call, request: Mapping[str, Any]) -> Sequence[Resource]:
    callers.require_no_token(call)
    return (Resource("*", call.account),)


ACCESS = {
    "AssumeRole": Access("sts:AssumeRole", _role_to_assume, _role_conditions, _role_permissions),
    "AssumeRoleWithSAML": _Vouched("sts:AssumeRoleWithSAML", saml.verified).access,
    "AssumeRoleWithWebIdentity": _Vouched("sts:AssumeRoleWithWebIdentity", web_identity.verified).access,
    "DecodeAuthorizationMessage": Access("sts:DecodeAuthorizationMessage", _nothing_for_tokens),
    "GetAccessKeyInfo": Access("sts:GetAccessKeyInfo", _nothing_for_tokens, is_read=True),
    "GetCallerIdentity": Access("sts:GetCallerIdentity", is_read=True, is_open=True),
    "GetFederationToken": Access(
        "sts:GetFederationToken", _federated_user, _federated_user_conditions, _federated_user_permissions
    ),
    # "No permissions are required for users to perform this operation."
    "GetSessionToken": Access("sts:GetSessionToken", is_open=True),
}
