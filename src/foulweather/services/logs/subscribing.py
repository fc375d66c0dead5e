"""The subscription filters that are in force for a group: its own, and the account's.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters-AccountLevel.html
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

from orjson import JSONDecodeError, loads

from foulweather.kernel.call import Call
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.why import Fact
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.logs import forwarding, patterns
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import STANDARD, AccountPolicy, LogGroup, LogsState, SubscriptionFilter

POLICY: Final = "SUBSCRIPTION_FILTER_POLICY"
_MEMBERS: Final = frozenset({"DestinationArn", "RoleArn", "FilterPattern", "Distribution"})
# "The only supported selectionCriteria filter is LogGroupName NOT IN []": API_PutAccountPolicy.
_SELECTION: Final = re.compile(r"\s*LogGroupName\s+NOT\s+IN\s+(\[.*\])\s*", re.DOTALL)


def in_force(state: LogsState, group: LogGroup) -> list[SubscriptionFilter]:
    """What a group's events are looked at for."""
    found = state.subscription_filters_of(group.name)
    for policy in state.account_policies.values():
        if policy.kind == POLICY and group.log_class == STANDARD and group.name not in excluded(policy.selection):
            found.append(of_policy(policy, group.name))
    return found


def named(state: LogsState, group: LogGroup, name: str) -> SubscriptionFilter | None:
    """A filter that is in force, by its name."""
    own = state.subscription_filters.get(f"{group.name}:{name}")
    if own is not None:
        return own
    policy = state.account_policies.get(f"{POLICY}:{name}")
    return of_policy(policy, group.name) if policy is not None else None


def excluded(selection: str) -> list[str]:
    """The groups that a policy is not for."""
    if not selection:
        return []
    found = _SELECTION.fullmatch(selection)
    try:
        names: Any = loads(found[1]) if found is not None else None
    except JSONDecodeError:
        names = None
    if not isinstance(names, list) or not all(isinstance(each, str) for each in cast("list[Any]", names)):
        raise invalid(
            "The only supported selection criteria are LogGroupName NOT IN [].",
            Fact("request", "selectionCriteria", selection),
        )
    return cast("list[str]", names)


def of_policy(policy: AccountPolicy, group: str) -> SubscriptionFilter:
    """The filter that a policy is, for one group."""
    try:
        document: Any = loads(policy.document)
    except JSONDecodeError:
        document = None
    if not isinstance(document, dict) or not _MEMBERS.issuperset(cast("dict[str, Any]", document)):
        raise _wrong(policy)
    given = cast("dict[str, Any]", document)
    texts = [given.get(name, "") for name in sorted(_MEMBERS)]
    if not all(isinstance(each, str) for each in texts) or "FilterPattern" not in given:
        raise _wrong(policy)
    destination, distribution, pattern, role = cast("list[str]", texts)
    if not destination or distribution not in ("", "Random", "ByLogStream"):
        raise _wrong(policy)
    return SubscriptionFilter(
        group, policy.name, pattern, destination, policy.updated_ms, role, distribution or "ByLogStream"
    )


def _wrong(policy: AccountPolicy) -> Exception:
    return invalid(
        "A subscription filter policy document must have a DestinationArn and a FilterPattern, and can have a RoleArn "
        "and a Distribution.",
        Fact("request", "policyDocument", policy.document),
    )


def checked_kind(call: Call, destination: str, role: str) -> str:
    """What a destination is; its refusal where no filter can have it, or not with this role."""
    kind = forwarding.kind_of(destination)
    if not kind:
        raise invalid("Invalid destinationArn.", Fact("request", "destinationArn", destination))
    if kind == "lambda" and role:
        raise invalid("destinationArn for vendor lambda cannot be used with roleArn", Fact("request", "roleArn", role))
    if kind not in ("lambda", "logs") and not role:
        raise invalid(f"destinationArn for vendor {kind} cannot be used without roleArn")
    if kind != "logs" and destination.split(":")[4] != call.account:
        raise invalid(
            "destinationArn must be in the same account as the subscription filter.",
            Fact("request", "destinationArn", destination),
        )
    return kind


def check_allowed(call: Call, arn: str) -> None:
    """A destination's policy says which accounts may send to it: API_PutDestinationPolicy."""
    destination = forwarding.logical(call, arn)
    if destination is not None:
        policy = Held(arn, "resource", parse(destination.policy, "resource")) if destination.policy else None
        resource = Resource(arn, destination.account, policy, destination.tags)
        call.pipeline.require(call, Permission("logs:PutSubscriptionFilter", resource, {}))


def checked(call: Call, policy: AccountPolicy) -> SubscriptionFilter:
    """The filter that a policy is; its refusal where it is none, or may not send where it wants to."""
    excluded(policy.selection)
    made = of_policy(policy, "")
    kind = checked_kind(call, made.destination, made.role)
    patterns.checked(made.pattern)
    if kind == "logs":
        check_allowed(call, made.destination)
    return made
