"""The numbers of AWS Organizations.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.quotas import GLOBAL_REGION, in_force
from foulweather.kernel.why import Fact
from foulweather.policy.document import Policy as Document
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.organizations import quotas, refusals, s3_policies, tag_policies
from foulweather.services.organizations.state import (
    IN_FORCE,
    INVITE,
    RCP,
    S3_POLICY,
    SCP,
    TAG_POLICY,
    Account,
    Organization,
    OrganizationsState,
    Root,
    Unit,
)
from foulweather.world.world import World

UNITS_MAX = 2_000  # "OUs in an organization"
UNIT_DEPTH_MAX = 5  # "Five levels of OUs deep under a root."
POLICIES_MAX = 2_000  # "Number of policies of each type in an organization": service control policies
# "Maximum size of a policy document" in characters, and "Policies attached" to a root, an OU or an account, by type.
POLICY_CHARACTERS_MAX = {TAG_POLICY: 10_000}
POLICY_CHARACTERS_ELSE_MAX = 5_120
ATTACHED_MAX = {TAG_POLICY: 10}
ATTACHED_ELSE_MAX = 5
TAGS_MAX = 50  # "You can attach up to 50 tags"
CREATIONS_AT_ONCE_MAX = 5  # "Number of member accounts you can create concurrently": "Five"
CLOSURES_AT_ONCE_MAX = 3  # "Number of member accounts you can close concurrently": "Three"
HANDSHAKE_LIFE_MS = 15 * 86_400_000  # "Expiration of handshakes": 15 days after creation for an invitation
ENABLING_LIFE_MS = 90 * 86_400_000  # the same: 90 days for a request to enable all features
# "Invitation attempts you can perform in a 24-hour period": 20, or the accounts allowed where they are more.
INVITATIONS_A_DAY = 20
# CloseAccount: "You can close only 10% of member accounts, between 10 and 1000, within a rolling 30 day period."
CLOSURES_MIN = 10
CLOSURES_MAX = 1_000
CLOSURES_PERIOD_MS = 30 * 86_400_000
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
    characters_max = POLICY_CHARACTERS_MAX.get(kind, POLICY_CHARACTERS_ELSE_MAX)
    if len(content) > characters_max:
        raise refusals.constraint(
            "POLICY_CONTENT_LIMIT_EXCEEDED",
            "You have exceeded the maximum policy size.",
            Fact("policy", "characters", len(content)),
            Fact("policy", "characters at most", characters_max),
        )
    if kind == S3_POLICY:
        s3_policies.block_of(content)
        return
    if kind == TAG_POLICY:
        tag_policies.check(content)
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


def accounts_max(world: World, organization: Organization) -> int:
    """How many accounts an organization may have: a quota of its management account."""
    return in_force(world, quotas.ACCOUNTS, organization.management_account, GLOBAL_REGION)


def require_room_for_account(call: Call, state: OrganizationsState, organization: Organization) -> None:
    """Accounts, those being created and pending invitations count against one quota."""
    requests = [each for each in state.requests.values() if each.organization == organization.id]
    invitations = [each for each in state.handshakes.values() if each.organization == organization.id]
    count = len(state.members(organization))
    count += sum(1 for each in requests if each.state == "IN_PROGRESS")
    count += sum(1 for each in invitations if each.action == INVITE and each.state_at(call.now) == "OPEN")
    most = accounts_max(call.world, organization)
    if count >= most:
        raise refusals.constraint(
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
            "You have exceeded the allowed number of AWS accounts.",
            Fact(organization.arn, "accounts, requests and invitations", count),
            Fact(organization.arn, "quota", most),
            remedy=(
                f"aws service-quotas request-service-quota-increase --service-code organizations "
                f"--quota-code {quotas.ACCOUNTS.code} --desired-value {most * 2}",
            ),
        )


def require_few_invitations(call: Call, state: OrganizationsState, organization: Organization) -> None:
    """Those that were accepted do not count."""
    lately = [
        each.id
        for each in state.handshakes.values()
        if (each.organization, each.action) == (organization.id, INVITE)
        and each.state != "ACCEPTED"
        and each.requested_ms > call.now - 86_400_000
    ]
    most = max(INVITATIONS_A_DAY, accounts_max(call.world, organization))
    if len(lately) >= most:
        raise refusals.handshake_constraint(
            "HANDSHAKE_RATE_LIMIT_EXCEEDED",
            "You attempted to exceed the number of handshakes that you can send in one day.",
            Fact(organization.arn, "invitations in 24 hours", len(lately)),
            Fact(organization.arn, "invitations in 24 hours at most", most),
        )


def require_few_closures(call: Call, state: OrganizationsState, organization: Organization) -> None:
    """A tenth of the member accounts may be closed in thirty days, but ten at least."""
    members = state.members(organization)
    lately = [each.id for each in members if each.closing_ms > call.now - CLOSURES_PERIOD_MS]
    most = min(CLOSURES_MAX, max(CLOSURES_MIN, (len(members) - 1) // 10))
    if len(lately) >= most:
        raise refusals.constraint(
            "CLOSE_ACCOUNT_QUOTA_EXCEEDED",
            "You have exceeded close account quota for the past 30 days.",
            Fact(organization.arn, "accounts closed in 30 days", lately),
            Fact(organization.arn, "closed in 30 days at most", most),
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
