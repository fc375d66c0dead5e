"""Tags of secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.secretsmanager import limits, naming, replication
from foulweather.services.secretsmanager.state import Secret, SecretsState


def tag_resource(call: Call, request: Mapping[str, Any]) -> None:
    """Add tags to a secret, or give them other values."""
    state, secret = naming.require_primary(call, request["SecretId"])
    _set(call, state, secret, limits.checked_tags(request["Tags"], secret.tags))


def untag_resource(call: Call, request: Mapping[str, Any]) -> None:
    """Remove tags from a secret; those it has not do not matter."""
    state, secret = naming.require_primary(call, request["SecretId"])
    gone = set(request["TagKeys"])
    _set(call, state, secret, {key: value for key, value in secret.tags.items() if key not in gone})


def _set(call: Call, state: SecretsState, secret: Secret, tags: dict[str, str]) -> None:
    secret.tags = tags
    state.touch(secret)
    replication.spread(call, secret)
    call.changed("secretsmanager.SecretTagged", secret.arn, Tags=tags)
