"""All features: asked for by an organization with consolidated billing, approved by its invited accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.services.organizations import callers, limits, refusals, shapes
from foulweather.services.organizations.state import ALL, ENABLE, LOWER, Handshake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def enable_all_features(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the invited accounts to approve; when all have, the management account accepts, and features are enabled."""
    seat = callers.management(call)
    organization, state = seat.organization, seat.state
    if organization.feature_set == ALL:
        raise refusals.handshake_constraint(
            "ORGANIZATION_ALREADY_HAS_ALL_FEATURES",
            "The organization has already enabled all features.",
            call.fact(organization.arn, "FeatureSet", organization.feature_set),
        )
    pending = state.enabling(organization, call.now)
    if pending is not None:
        raise refusals.handshake_constraint(
            "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
            "The organization has already started the process to enable all features.",
            call.fact(shapes.handshake_arn(pending), "State", pending.state),
        )

    def handshake(action: str, target_type: str, target: str, state_now: str, parent: str = "") -> Handshake:
        made = Handshake(
            f"h-{call.world.ids.drawn(LOWER, 10)}",
            organization.id,
            organization.management_account,
            target_type,
            target,
            call.now,
            call.now + limits.ENABLING_LIFE_MS,
            state=state_now,
            action=action,
            parent=parent,
        )
        state.save(made)
        call.changed("organizations.FeaturesRequested", shapes.handshake_arn(made), State=made.state)
        return made

    # Created accounts are not asked: "approval is inferred" (Handshake, Action).
    invited = [
        each
        for each in state.members(organization)
        if each.joined_method == "INVITED" and each.id != organization.management_account
    ]
    whole = handshake(ENABLE, "ORGANIZATION", organization.id, "REQUESTED" if invited else "OPEN")
    for account in invited:
        handshake("APPROVE_ALL_FEATURES", "ACCOUNT", account.id, "OPEN", whole.id)
    return {"Handshake": shapes.handshake(state, whole, call.now)}
