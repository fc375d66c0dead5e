"""The condition keys of a request, looked up only when a policy asks for one.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from foulweather.kernel.call import Call
from foulweather.kernel.service import Resource

Value = str | list[str]

PRINCIPAL_TYPES = {
    "root": "Account",
    "user": "User",
    "assumed-role": "AssumedRole",
    "federated-user": "FederatedUser",
    "anonymous": "Anonymous",
}


_WITHOUT_SOURCE_OWNER = ("s3.amazonaws.com", "events.amazonaws.com")


class Context(Mapping[str, Value]):
    """Condition keys in lower case; what the request does not have is missing, as AWS means it."""

    __slots__ = ("_call", "_given", "_resource")

    def __init__(self, call: Call, resource: Resource, given: Mapping[str, Value]) -> None:
        self._call = call
        self._resource = resource
        self._given = given

    def __getitem__(self, key: str) -> Value:
        found = self._look_up(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        tags = self._call.pipeline.directory
        names = [*self._given, *_GLOBAL]
        if tags is not None:
            names += [f"aws:principaltag/{name.lower()}" for name in _principal_tags(self._call)]
        names += [f"aws:resourcetag/{name.lower()}" for name in self._resource.tags]
        return (key for key in dict.fromkeys(names) if self._look_up(key) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _look_up(self, key: str) -> Value | None:
        given = self._given.get(key)
        if given is not None:
            return given
        known = _GLOBAL.get(key)
        if known is not None:
            return known(self._call, self._resource)
        family, slash, name = key.partition("/")
        if slash and family == "aws:principaltag":
            return _named(_principal_tags(self._call), name)
        if slash and (family == "aws:resourcetag" or family.endswith(":resourcetag")):
            return _named(self._resource.tags, name)
        session = self._call.session
        return session.claims.get(key) if session is not None else None


def _named(tags: Mapping[str, str], name: str) -> str | None:
    found = tags.get(name)
    if found is not None:
        return found
    return next((value for key, value in tags.items() if key.lower() == name), None)


def _principal_tags(call: Call) -> Mapping[str, str]:
    directory = call.pipeline.directory
    tags: Mapping[str, str] = directory.tags(call.principal) if directory is not None else {}
    return {**tags, **call.session.tags} if call.session is not None and call.session.tags else tags


def _bool(value: bool) -> str:
    return "true" if value else "false"


def iso(ms: int) -> str:
    """A time as policies and AWS's messages write it."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _principal_arn(call: Call, resource: Resource) -> str | None:
    # For a role session the key holds the role's ARN, not the session's.
    principal = call.principal
    if principal.kind in ("service", "anonymous", "federated"):
        return None
    return principal.role_arn if principal.kind == "assumed-role" else principal.arn


def _mfa_present(call: Call, resource: Resource) -> str | None:
    # Only temporary credentials carry the key at all.
    return _bool(bool(call.session.mfa_at_ms)) if call.session is not None else None


def _mfa_age(call: Call, resource: Resource) -> str | None:
    session = call.session
    return str((call.now - session.mfa_at_ms) // 1000) if session is not None and session.mfa_at_ms else None


def _username(call: Call, resource: Resource) -> str | None:
    return call.principal.name if call.principal.kind == "user" else None


def _source_ip(call: Call, resource: Resource) -> str | None:
    # Over a VPC endpoint a request has no public address: aws:VpcSourceIp then holds the private one.
    if call.principal.kind == "service" or call.origin.vpc_endpoint:
        return None
    return call.origin.ip or None


def _source_owner(call: Call, resource: Resource) -> str | None:
    """The older `aws:SourceAccount`: only topics know it, and only services that publish to them for longer set it.

    "New services can integrate with Amazon SNS only through aws:SourceArn and aws:SourceAccount"; a topic's default
    policy, which asks for the key, lets neither Amazon S3 nor Amazon EventBridge publish.
    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html#source-account-versus-source-owner
    """
    if call.service != "sns" or call.principal.arn in _WITHOUT_SOURCE_OWNER:
        return None
    return call.source_account or None


def _vpc_source_ip(call: Call, resource: Resource) -> str | None:
    if call.principal.kind == "service" or not call.origin.vpc_endpoint:
        return None
    return call.origin.ip or None


def _called_via(call: Call, resource: Resource) -> Value | None:
    via = [name for name in call.via if name.endswith(".amazonaws.com")]
    return via if via and call.principal.kind != "service" else None


def _of_organization(of: str, whose: str) -> Callable[[Call, Resource], Value | None]:
    def find(call: Call, resource: Resource) -> Value | None:
        guardrails = call.pipeline.guardrails
        if whose == "principal":
            account = call.principal.account
        elif whose == "source":
            account = call.source_account
        else:
            account = resource.account
        if guardrails is None or not account:
            return None
        if of == "id":
            return guardrails.organization_id(account) or None
        path = guardrails.organization_path(account)
        return [path] if path else None

    return find


_GLOBAL: dict[str, Callable[[Call, Resource], Value | None]] = {
    "aws:principalarn": _principal_arn,
    "aws:principalaccount": lambda call, _: call.principal.account or None,
    "aws:principaltype": lambda call, _: PRINCIPAL_TYPES.get(call.principal.kind),
    "aws:principalorgid": _of_organization("id", "principal"),
    "aws:principalorgpaths": _of_organization("path", "principal"),
    "aws:principalisawsservice": lambda call, _: _bool(call.principal.kind == "service"),
    "aws:principalservicename": lambda call, _: call.principal.arn if call.principal.kind == "service" else None,
    "aws:principalservicenameslist": lambda call, _: [call.principal.arn] if call.principal.kind == "service" else None,
    "aws:userid": lambda call, _: call.principal.user_id or None,
    "aws:username": _username,
    "aws:sourceip": _source_ip,
    "aws:vpcsourceip": _vpc_source_ip,
    "aws:securetransport": lambda call, _: _bool(call.origin.is_secure),
    "aws:useragent": lambda call, _: call.origin.user_agent or None,
    "aws:referer": lambda call, _: call.origin.referer or None,
    "aws:sourcevpc": lambda call, _: call.origin.vpc or None,
    "aws:sourcevpce": lambda call, _: call.origin.vpc_endpoint or None,
    "aws:currenttime": lambda call, _: iso(call.now),
    "aws:epochtime": lambda call, _: str(call.now // 1000),
    "aws:tokenissuetime": lambda call, _: iso(call.session.issued_ms) if call.session is not None else None,
    "aws:multifactorauthpresent": _mfa_present,
    "aws:multifactorauthage": _mfa_age,
    "aws:sourceidentity": lambda call, _: (call.session.source_identity or None) if call.session is not None else None,
    "aws:federatedprovider": lambda call, _: (call.session.provider or None) if call.session is not None else None,
    "aws:requestedregion": lambda call, _: call.region,
    "aws:resourceaccount": lambda _, resource: resource.account or None,
    "aws:resourceorgid": _of_organization("id", "resource"),
    "aws:resourceorgpaths": _of_organization("path", "resource"),
    "aws:sourcearn": lambda call, _: call.source_arn or None,
    "aws:sourceaccount": lambda call, _: call.source_account or None,
    "aws:sourceowner": _source_owner,
    "aws:sourceorgid": _of_organization("id", "source"),
    "aws:sourceorgpaths": _of_organization("path", "source"),
    "aws:viaawsservice": lambda call, _: _bool(bool(call.via) and call.principal.kind != "service"),
    "aws:calledvia": _called_via,
    "aws:calledviafirst": lambda call, resource: (_called_via(call, resource) or [None])[0],
    "aws:calledvialast": lambda call, resource: (_called_via(call, resource) or [None])[-1],
}
