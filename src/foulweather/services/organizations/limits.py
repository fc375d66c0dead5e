"""The numbers of AWS Organizations.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.policy.document import Policy as Document
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.organizations import refusals, s3_policies
from foulweather.services.organizations.state import (
    IN_FORCE,
    RCP,
    S3_POLICY,
    SCP,
    Account,
    Handshake,
    Organization,
    OrganizationsState,
    Root,
    Unit,
)

ACCOUNTS_MAX = 10  # "10 — The default maximum number of accounts allowed in an organization."
UNITS_MAX = 2_000  # "OUs in an organization"
UNIT_DEPTH_MAX = 5  # "Five levels of OUs deep under a root."
POLICIES_MAX = 2_000  # "Number of policies of each type in an organization": service control policies
POLICY_CHARACTERS_MAX = 5_120  # "Maximum size of a policy document", service and resource control policies
ATTACHED_MAX = 5  # "Policies attached" to a root, an OU or an account, for each type
TAGS_MAX = 50  # "You can attach up to 50 tags"
CREATIONS_AT_ONCE_MAX = 5  # "Number of member accounts you can create concurrently": "Five"
CLOSURES_AT_ONCE_MAX = 3  # "Number of member accounts you can close concurrently": "Three"
HANDSHAKE_LIFE_MS = 15 * 86_400_000  # "Expiration of handshakes": 15 days after creation for an invitation
HANDSHAKE_KEPT_MS = 30 * 86_400_000  # ListHandshakesFor*: shown "for 30 days before they are deleted"
# "After you create an account, you must wait until at least four days after the account was created."
WAIT_BEFORE_LEAVING_MS = 4 * 86_400_000
POST_CLOSURE_MS = 90 * 86_400_000  # "Resources remaining within the account … automatically deleted after 90 days"
# How long AWS takes is not documented ("a few minutes" at most): these are ours.
CREATION_MS = 5_000
CLOSURE_MS = 5_000

_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com")


def require_in_force(kind: str, operation: str, parameter: str) -> None:
    """Refuse the types of policy that this project does not put in force."""
    if kind not in IN_FORCE:
        raise not_implemented("organizations", f"{operation}.{parameter}={kind}")


def checked_content(content: str, kind: str) -> None:
    """Refuse a policy's text that is too long, counted with all white space, or not what its type has."""
    if len(content) > POLICY_CHARACTERS_MAX:
        raise refusals.constraint(
            "POLICY_CONTENT_LIMIT_EXCEEDED",
            "You have exceeded the maximum policy size.",
            Fact("policy", "characters", len(content)),
            Fact("policy", "characters at most", POLICY_CHARACTERS_MAX),
        )
    if kind == S3_POLICY:
        s3_policies.block_of(content)
        return
    try:
        document = parse(content, "scp" if kind == SCP else "rcp")
    except PolicySyntaxError as error:
        raise refusals.malformed(error.message) from None
    if kind == RCP:
        _require_resource_control(document)


def _require_resource_control(document: Document) -> None:
    """RCP syntax: a customer's RCP only denies, and not all actions at once.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
    """
    for statement in document.statements:
        if statement.allows:
            raise refusals.malformed("an RCP that you manage supports only the Effect Deny")
        if "*" in statement.actions.written:
            raise refusals.malformed('an RCP that you manage does not support "*" by itself as an Action')


def require_room_for_account(state: OrganizationsState, organization: Organization, now_ms: int) -> None:
    """Accounts, those being created and pending invitations count against one quota."""
    requests = [each for each in state.requests.values() if each.organization == organization.id]
    invitations = [each for each in state.handshakes.values() if each.organization == organization.id]
    count = len(state.members(organization))
    count += sum(1 for each in requests if each.state == "IN_PROGRESS")
    count += sum(1 for each in invitations if each.state == "OPEN" and not is_over(each, now_ms))
    if count >= ACCOUNTS_MAX:
        raise refusals.constraint(
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
            "You have exceeded the allowed number of AWS accounts.",
            Fact(organization.arn, "accounts, requests and invitations", count),
            Fact(organization.arn, "quota", ACCOUNTS_MAX),
        )


def require_room_for_unit(state: OrganizationsState, organization: Organization, parent: Root | Unit) -> None:
    """A tree is five units deep, and has so many."""
    if len(state.line(parent)) > UNIT_DEPTH_MAX:
        raise refusals.constraint(
            "OU_DEPTH_LIMIT_EXCEEDED",
            "You have exceeded the allowed OU depth.",
            Fact(parent.id, "depth", UNIT_DEPTH_MAX),
        )
    if sum(1 for unit in state.units.values() if unit.organization == organization.id) >= UNITS_MAX:
        raise refusals.constraint("OU_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of OUs.")


def checked_tags(tags: Sequence[Mapping[str, str]], had: Mapping[str, str]) -> dict[str, str]:
    """A resource's tags with those of a request."""
    keys = [tag["Key"] for tag in tags]
    if len(set(keys)) != len(keys):
        raise refusals.invalid("DUPLICATE_TAG_KEY", "Tag keys must be unique among the tags attached to an entity.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise refusals.invalid(
            "INVALID_SYSTEM_TAGS_PARAMETER", "You can't add, edit, or delete system tag keys: they're reserved for AWS."
        )
    tagged = {**had, **{tag["Key"]: tag["Value"] for tag in tags}}
    if len(tagged) > TAGS_MAX:
        raise refusals.constraint("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed.")
    return tagged


def checked_service(name: str) -> str:
    """A service principal."""
    if _SERVICE.fullmatch(name) is None:
        raise refusals.invalid(
            "UNRECOGNIZED_SERVICE_PRINCIPAL",
            "You specified an unrecognized service principal.",
            Fact(name, "known", False),
        )
    return name


def require_may_leave(account: Account, now_ms: int) -> None:
    """A created account must wait, and an administrator of services must first be none."""
    if account.delegations:
        raise refusals.constraint(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You can't remove an account that is a delegated administrator.",
            Fact(account.id, "delegated services", sorted(account.delegations)),
        )
    if account.joined_method == "CREATED" and now_ms < account.joined_ms + WAIT_BEFORE_LEAVING_MS:
        raise refusals.constraint(
            "WAIT_PERIOD_ACTIVE",
            "After you create an AWS account, you must wait until at least four days after the account was created.",
            Fact(account.id, "JoinedTimestamp", account.joined_ms),
        )


def is_over(handshake: Handshake, now_ms: int) -> bool:
    """Whether a handshake has expired, though nobody has looked since."""
    return handshake.state == "OPEN" and now_ms >= handshake.expires_ms
