"""Effective policies: what the management policies over an account come to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.organizations import callers, inheriting, refusals
from foulweather.services.organizations.state import Account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def describe_effective_policy(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show what the policies of a type over an account come to; any account may see its own."""
    seat = callers.member(call)
    kind = request["PolicyType"]
    target_id = request.get("TargetId", call.account)
    if target_id != call.account:
        seat = callers.reader(call)
    target = seat.state.node(seat.organization, target_id)
    if target is None:
        raise refusals.not_found("TargetNotFoundException", target_id)
    if not isinstance(target, Account):
        # TargetId: "Specifying an organization root or organizational unit (OU) as the target is not supported."
        raise refusals.invalid(
            "TARGET_NOT_SUPPORTED",
            "You can't perform the specified operation on that target entity.",
            Fact(target_id, "is an account", False),
        )
    found = inheriting.effective_policy(seat.state, seat.organization, target, kind)
    if found is None:
        raise AwsError(
            "EffectivePolicyNotFoundException",
            "The effective policy wasn't found: the policy type isn't enabled, or no policy of it is attached.",
            facts=(
                Fact(seat.root.id, "PolicyTypes", list(seat.root.policy_types)),
                Fact(target.id, f"{kind} over it", inheriting.names(seat.state, seat.organization, target, kind)),
            ),
        )
    return {
        "EffectivePolicy": {
            "PolicyContent": json.dumps(found, separators=(",", ":")),
            "LastUpdatedTimestamp": inheriting.changed_ms(call.world, seat.state, seat.organization, target, kind),
            "TargetId": target.id,
            "PolicyType": kind,
        }
    }
