"""Staging labels: which version of a secret is which.

A label is on one version of a secret at a time; AWSPREVIOUS follows AWSCURRENT by itself.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
"""

from __future__ import annotations

from collections.abc import Sequence

from foulweather.kernel.why import Fact
from foulweather.services.secretsmanager import limits, refusals
from foulweather.services.secretsmanager.state import CURRENT, PREVIOUS, Secret, SecretsState, Version


def attach(state: SecretsState, secret: Secret, label: str, version: Version) -> None:
    """Move a label to a version; when it is AWSCURRENT, the one before becomes AWSPREVIOUS."""
    before = state.staged(secret, label)
    if before is version:
        return
    if before is not None:
        detach(state, label, before)
    version.stages = [*version.stages, label]
    state.put_version(version)
    if label == CURRENT:
        if PREVIOUS in version.stages:
            detach(state, PREVIOUS, version)
        if before is not None:
            attach(state, secret, PREVIOUS, before)


def detach(state: SecretsState, label: str, version: Version) -> None:
    """Take a label off a version."""
    version.stages = [each for each in version.stages if each != label]
    state.put_version(version)


def check_labels(state: SecretsState, secret: Secret, new: Sequence[str]) -> None:
    """Refuse more labels than a secret may have on all its versions."""
    labels = {label for version in state.versions_of(secret) for label in version.stages} | set(new)
    if len(labels) > limits.LABELS_MAX:
        raise refusals.over_limit(
            f"You can't attach more than {limits.LABELS_MAX} staging labels to the versions of a secret.",
            Fact(secret.arn, "staging labels", len(labels)),
            Fact("quota", "Staging labels attached across all versions of a secret", limits.LABELS_MAX),
        )


def check_room(state: SecretsState, secret: Secret, now_ms: int) -> None:
    """Refuse a version for which there is no room, and none can be made."""
    held = list(state.versions_of(secret))
    if len(held) < limits.VERSIONS_MAX or any(_is_done(version, now_ms) for version in held):
        return
    raise refusals.over_limit(
        f"You can't create more than {limits.VERSIONS_MAX} versions of a secret within 24 hours.",
        Fact(secret.arn, "versions", len(held)),
        Fact("quota", "Versions per secret", limits.VERSIONS_MAX),
    )


def prune(state: SecretsState, secret: Secret, now_ms: int) -> None:
    """Remove versions without labels, the oldest first, when there are more than a hundred."""
    held = list(state.versions_of(secret))
    gone = [version for version in held if _is_done(version, now_ms)][: max(0, len(held) - limits.VERSIONS_MAX)]
    for version in gone:
        state.remove_version(version)


def _is_done(version: Version, now_ms: int) -> bool:
    return not version.stages and now_ms - version.created_ms >= limits.UNLABELED_KEPT_MS
