"""A client's secrets: two at a time, so that one can take the other's place.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AddUserPoolClientSecret.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cognito_idp import limits, naming, refusals
from foulweather.services.cognito_idp.naming import Request
from foulweather.services.cognito_idp.records import Secret

LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"


def add_user_pool_client_secret(call: Call, request: Request) -> dict[str, Any]:
    """Give a client that has a secret another one."""
    place = naming.pool_of(call, request)
    client = naming.client_of(call, place, request["ClientId"])
    arn = f"{place.pool.arn}/client/{client.id}"
    if not client.secrets:
        raise refusals.invalid("The app client has no secret.", Fact(arn, "ClientSecret", None))
    if len(client.secrets) >= limits.SECRETS_PER_CLIENT:
        raise refusals.over_limit(
            "Maximum number of client secrets reached.", Fact(arn, "secrets", len(client.secrets))
        )
    given: str | None = request.get("ClientSecret")
    secret = Secret(f"{client.id}--{call.world.ids.hex(16)}", given or call.world.ids.drawn(LOWER, 51), call.now)
    client.secrets = [*client.secrets, secret]
    place.state.clients.touch(client.id)
    call.changed("cognito.ClientSecretAdded", arn, secrets=[each.id for each in client.secrets])
    shown: dict[str, Any] = {"ClientSecretId": secret.id, "ClientSecretCreateDate": call.now}
    if given is None:
        shown["ClientSecretValue"] = secret.value
    return {"ClientSecretDescriptor": shown}


def list_user_pool_client_secrets(call: Call, request: Request) -> dict[str, Any]:
    """A client's secrets, without their values."""
    place = naming.pool_of(call, request)
    client = naming.client_of(call, place, request["ClientId"])
    if request.get("NextToken"):
        raise refusals.invalid("Invalid pagination token.", Fact("request", "NextToken", request["NextToken"]))
    shown = [{"ClientSecretId": each.id, "ClientSecretCreateDate": each.created_ms} for each in client.secrets]
    return {"ClientSecrets": shown}


def delete_user_pool_client_secret(call: Call, request: Request) -> dict[str, Any]:
    """Delete one of a client's secrets, but not the last."""
    place = naming.pool_of(call, request)
    client = naming.client_of(call, place, request["ClientId"])
    arn = f"{place.pool.arn}/client/{client.id}"
    left = [each for each in client.secrets if each.id != request["ClientSecretId"]]
    if len(left) == len(client.secrets):
        raise refusals.not_found("Client secret not found.", Fact(arn, request["ClientSecretId"], None))
    if not left:
        raise refusals.invalid("The last client secret cannot be deleted.", Fact(arn, "secrets", 1))
    client.secrets = left
    place.state.clients.touch(client.id)
    call.changed("cognito.ClientSecretDeleted", arn, secrets=[each.id for each in left])
    return {}
