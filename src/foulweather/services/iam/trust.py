"""Policy documents that IAM accepts, and whom a role trusts."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.policy.document import DocumentKind, Policy, PolicySyntaxError, parse
from foulweather.services.iam import limits, quotas
from foulweather.services.iam.records import Role
from foulweather.services.iam.state import identity_at, identity_with_id
from foulweather.world.world import World

_PROVIDER = re.compile(r"arn:aws:iam::\d{12}:(saml|oidc)-provider/.+")
# IAM User Guide, AWS JSON policy elements: Principal, "OIDC federated principals".
_WEB_IDENTITY = {"cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com"}
_REGIONAL = re.compile(r"\.[a-z]{2}(-[a-z]+)+-\d+(?=\.amazonaws\.com)")
_SERVICES = Path(__file__).parent / "data" / "service_principals.txt"


def malformed(message: str, *facts: Fact) -> AwsError:
    """MalformedPolicyDocument, in words."""
    return AwsError("MalformedPolicyDocumentException", message, facts=facts)


def checked_document(document: str, kind: DocumentKind) -> Policy:
    """A policy document of a kind, compiled, or the refusal of it."""
    try:
        return parse(document, kind)
    except PolicySyntaxError as error:
        raise malformed(error.message, *_places(error)) from error


def checked_managed(document: str) -> Policy:
    """The document of a managed policy, which must be of the current version of the language."""
    try:
        return parse(document, "identity").require_managed()
    except PolicySyntaxError as error:
        raise malformed(error.message, *_places(error)) from error


def _places(error: PolicySyntaxError) -> tuple[Fact, ...]:
    if not error.element:
        return ()
    where = "" if error.statement is None else f"Statement[{error.statement}]."
    return (Fact("policy", where + error.element, error.value),)


def checked_trust(world: World, account: str, document: str) -> dict[str, str]:
    """The unique ids of the users and roles that a trust policy names by ARN; who does not exist is refused."""
    policy = checked_document(document, "trust")
    ids: dict[str, str] = {}
    for statement in policy.statements:
        element = statement.principal
        assert element is not None, "a trust policy's statement names principals"
        for arn in sorted(element.arns):
            found = identity_at(world, arn)
            if found is None and ":federated-user/" not in arn:
                raise _invalid_principal("AWS", arn)
            if found is not None and ":assumed-role/" not in arn:
                ids[arn] = found.id
        for unique_id in sorted(element.unique_ids):
            if identity_with_id(world, unique_id) is None:
                raise _invalid_principal("AWS", unique_id)
        for service in sorted(element.services):
            if service != "*" and not is_service_principal(service):
                raise _invalid_principal("SERVICE", service)
        for provider in sorted(element.federated):
            if provider != "*" and provider not in _WEB_IDENTITY and not _PROVIDER.fullmatch(provider):
                raise _invalid_principal("FEDERATED", provider)
    limits.check_trust_policy_size(document, quotas.of_account(world, quotas.TRUST_POLICY_SIZE, account))
    return ids


def _invalid_principal(kind: str, name: str) -> AwsError:
    return malformed(f'Invalid principal in policy: "{kind}":"{name}"', Fact(name, "exists", False))


def is_service_principal(name: str) -> bool:
    """Whether there is a service of that name, such as `lambda.amazonaws.com` or `logs.eu-west-1.amazonaws.com`."""
    return name in _service_principals() or _REGIONAL.sub("", name, count=1) in _service_principals()


@cache
def _service_principals() -> frozenset[str]:
    return frozenset(_SERVICES.read_text().split())


def current_trust(world: World, role: Role) -> str:
    """A role's trust policy as it is in force now.

    IAM keeps the unique id of a user or role that a trust policy names: after a deletion the policy
    shows that id and does not trust a new identity of the same name; after a renaming it shows the new
    ARN (IAM User Guide, AWS JSON policy elements: Principal, "IAM user principals").
    """
    document = role.trust
    for arn, unique_id in role.trusted_ids.items():
        now = identity_at(world, arn)
        if now is not None and now.id == unique_id:
            continue
        renamed = identity_with_id(world, unique_id)
        document = document.replace(f'"{arn}"', f'"{unique_id if renamed is None else renamed.arn}"')
    return document
