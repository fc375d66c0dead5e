"""A resource's tags against the tag policy that is in force for its account.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_tag-policies.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.services.resourcegroupstaggingapi.found import Tagged


class Compliance(NamedTuple):
    """The tag keys that are written wrong, and those whose values are not among the allowed."""

    keys: list[str]
    values: list[str]

    @property
    def is_compliant(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.keys or self.values)

    def shown(self) -> dict[str, Any]:
        """`ComplianceDetails`."""
        return {
            "NoncompliantKeys": self.keys,
            "KeysWithNoncompliantValues": self.values,
            "ComplianceStatus": self.is_compliant,
        }


def rules_for(call: Call, account: str) -> Mapping[str, Any]:
    """The effective tag policy's settings by policy key; without one there are none."""
    guardrails = call.pipeline.guardrails
    policy = guardrails.effective_policy(account, "TAG_POLICY") if guardrails is not None else None
    return policy.get("tags", {}) if policy is not None else {}


def compliance(resource: Tagged, rules: Mapping[str, Any]) -> Compliance:
    """What of a resource's tags is not as the policy wants it."""
    keys: list[str] = []
    values: list[str] = []
    for key, value in resource.tags.items():
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


def _matches(value: str, allowed: str) -> bool:
    """Only `*` is a wildcard."""
    return fnmatchcase(value, allowed.replace("[", "[[]").replace("?", "[?]"))
