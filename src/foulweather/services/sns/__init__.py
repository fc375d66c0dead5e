"""Amazon SNS: topics, subscriptions, and the deliveries between them."""

from __future__ import annotations

from foulweather.kernel.service import Service


def _as_denied(action: str) -> str:
    # SNS names its actions `SNS:Publish` in its refusals.
    return f"SNS:{action.partition(':')[2]}"


SERVICE = Service(
    name="sns",
    package=__name__,
    modules=("topics", "tags", "subscriptions", "messages", "applications", "sms", "sandbox"),
    access_denied="AuthorizationErrorException",
    denied_action=_as_denied,
)
