"""The rules of tags. https://docs.aws.amazon.com/sns/latest/dg/sns-tags.html"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.tag_policies import enforced, rules_for
from foulweather.kernel.why import Fact
from foulweather.services.sns.limits import TAGS_MAX, invalid_parameter


def checked_tags(tags: Sequence[Any]) -> dict[str, str]:
    """Tags as a request lists them."""
    made: dict[str, str] = {}
    for tag in tags:
        key, value = tag.get("Key", ""), tag.get("Value", "")
        if not 1 <= len(key) <= 128 or key.lower().startswith("aws:"):
            raise invalid_parameter("Tags Reason: Invalid tag key")
        if len(value) > 256:
            raise invalid_parameter("Tags Reason: Invalid tag value")
        if key in made:
            raise invalid_parameter("Duplicated keys are not allowed.")
        made[key] = value
    refuse_many(made)
    return made


def refuse_noncompliant(call: Call, tags: Mapping[str, str]) -> None:
    """Refuse tags that a tag policy of the organization, enforced for topics, does not let be written so."""
    found = enforced(call, call.account, "sns:topic", tags)
    if not found.is_compliant:
        rules = rules_for(call, call.account)
        raise AwsError(
            "TagPolicyException",
            "The request doesn't comply with the IAM tag policy. Correct your request and then retry it.",
            facts=tuple(
                Fact("tag policy", key, dict(rules[key.lower()])) for key in dict.fromkeys([*found.keys, *found.values])
            ),
        )


def refuse_many(tags: dict[str, str]) -> None:
    """Refuse more than fifty tags."""
    if len(tags) > TAGS_MAX:
        raise AwsError("TagLimitExceededException", "Could not complete request: tag quota of per resource exceeded")
