"""What follows when a user is confirmed, or has a new password after forgetting theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cognito_idp import triggers
from foulweather.services.cognito_idp.naming import App
from foulweather.services.cognito_idp.records import Client, Pool, User


async def confirmed(
    call: Call, app: App, user: User, metadata: Mapping[str, str] | None, source: str = "ConfirmSignUp"
) -> None:
    """Tell PostConfirmation."""
    await tell(call, app.pool, app.client, user, metadata, source)


async def tell(
    call: Call, pool: Pool, client: Client | None, user: User, metadata: Mapping[str, str] | None, source: str
) -> None:
    """Tell PostConfirmation, with a client or without."""
    request: dict[str, Any] = {"userAttributes": triggers.attributes_told(user)}
    if metadata:
        request["clientMetadata"] = dict(metadata)
    await triggers.ask(
        call,
        pool,
        "PostConfirmation",
        f"PostConfirmation_{source}",
        request,
        {},
        user=user.name,
        client=client.id if client is not None else "",
    )
