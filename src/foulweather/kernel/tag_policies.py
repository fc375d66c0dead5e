"""The tag policy in force for an account: how tags are to be written, and for which resources that is enforced.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_tag-policies.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from foulweather.kernel.call import Call

Rules = Mapping[str, Any]
NO_RULES: Rules = {}


class Compliance(NamedTuple):
    """The tag keys that are written wrong, and those whose values are not among the allowed."""

    keys: list[str]
    values: list[str]

    @property
    def is_compliant(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.keys or self.values)


def rules_for(call: Call, account: str) -> Rules:
    """The effective tag policy's settings by policy key; without one there are none."""
    guardrails = call.pipeline.guardrails
    policy = guardrails.effective_policy(account, "TAG_POLICY") if guardrails is not None else None
    return policy.get("tags", NO_RULES) if policy is not None else NO_RULES


def compliance(tags: Mapping[str, str], rules: Rules) -> Compliance:
    """What of a resource's tags is not as the policy wants it."""
    keys: list[str] = []
    values: list[str] = []
    for key, value in tags.items():
        rule = rules.get(key.lower())
        if rule is None:
            continue
        # "If case treatment isn't defined, lowercase is the default case treatment for tag keys."
        if key != rule.get("tag_key", key.lower()):
            keys.append(key)
        allowed: Sequence[str] | None = rule.get("tag_value")
        if allowed is not None and not any(_matches(value, each) for each in allowed):
            values.append(key)
    return Compliance(keys, values)


def enforced(call: Call, account: str, kind: str, tags: Mapping[str, str]) -> Compliance:
    """What of the tags that a request sets is forbidden, by the rules that are enforced for a type (`sns:topic`)."""
    if not tags:
        return Compliance([], [])
    rules = rules_for(call, account)
    if not rules:
        return Compliance([], [])
    service = kind.partition(":")[0]
    names = (kind, f"{service}:*", f"{service}:ALL_SUPPORTED")
    in_force = {key: rule for key, rule in rules.items() if any(each in names for each in rule.get("enforced_for", ()))}
    return compliance(tags, in_force)


def _matches(value: str, allowed: str) -> bool:
    """Only `*` is a wildcard."""
    return fnmatchcase(value, allowed.replace("[", "[[]").replace("?", "[?]"))
