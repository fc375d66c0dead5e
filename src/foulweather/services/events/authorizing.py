"""What a connection authorizes with: kept as a secret of EventBridge's, and exchanged for a token where it is OAuth.

The secret is made and changed in the name of who makes the connection (whose policy needs `secretsmanager` on
`events!connection/*`, as AmazonEventBridgeFullAccess has it), and belongs to EventBridge: nobody else changes it. For
an invocation it is read within AWS; AWS does that with its service-linked role for API destinations, which is not
there, because its policy is not among the known ones.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-auth.html
"""

from __future__ import annotations

import inspect
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlencode

from foulweather.engines import http_client
from foulweather.engines.http_client import Response
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.events import limits, refusals
from foulweather.services.events.asking import asked
from foulweather.services.events.destination_state import AUTHORIZED, DEAUTHORIZED, Connection, DestinationsState
from foulweather.services.events.state import part

Request = Mapping[str, Any]
# The member of AuthParameters that a type of authorization has.
PARAMETERS: Final = {
    "API_KEY": "ApiKeyAuthParameters",
    "BASIC": "BasicAuthParameters",
    "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters",
}
_SECRET: Final = frozenset({"ApiKeyValue", "Password", "ClientSecret"})
_LISTS: Final = ("HeaderParameters", "QueryStringParameters", "BodyParameters")
TIMEOUT_S: Final = 5
AGENT: Final = "Amazon/EventBridge/ApiDestinations"


def checked(kind: str, given: Request, held: Request) -> dict[str, Any]:
    """The parameters that a type of authorization needs, and nothing else; what is not said anew stays."""
    own = PARAMETERS[kind]
    for other in PARAMETERS.values():
        if other != own and given.get(other):
            raise refusals.invalid(f"Parameter {other} is not valid for authorization type {kind}.", parameter=other)
    before, after = part(held, own), part(given, own)
    made = {**before, **after}
    if own == "OAuthParameters":
        made["ClientParameters"] = {**part(before, "ClientParameters"), **part(after, "ClientParameters")}
        if "AuthorizationEndpoint" in made:
            check_endpoint("AuthorizationEndpoint", made["AuthorizationEndpoint"])
    needed = {
        "ApiKeyAuthParameters": ("ApiKeyName", "ApiKeyValue"),
        "BasicAuthParameters": ("Username", "Password"),
        "OAuthParameters": ("ClientParameters", "AuthorizationEndpoint", "HttpMethod"),
    }[own]
    absent = [name for name in needed if not made.get(name)]
    if absent:
        words = f"Parameter(s) {own}.{absent[0]} must be specified for authorization type {kind}."
        raise refusals.invalid(words, AuthorizationType=kind)
    document = {own: made}
    http = given.get("InvocationHttpParameters") or held.get("InvocationHttpParameters")
    return {**document, "InvocationHttpParameters": http} if http else document


def check_endpoint(member: str, url: str) -> None:
    """Endpoints are HTTPS; here one of this machine may be HTTP too, so that a test's server is as good as any."""
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2].rpartition(":")[0] or rest.partition("/")[0]
    if scheme == "https" or (scheme == "http" and http_client.is_this_machine(host.lower())):
        return
    raise refusals.invalid(f"Parameter {member} is not valid. Reason: it must be an HTTPS endpoint.", **{member: url})


def shown(document: Request) -> dict[str, Any]:
    """Parameters without what is secret of them."""
    told: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            told[name] = shown(cast("dict[str, Any]", value))
        elif name in _LISTS:
            items = cast("list[dict[str, Any]]", value)
            told[name] = [_unless_secret(item) for item in items]
        elif name not in _SECRET:
            told[name] = value
    return told


def _unless_secret(item: Mapping[str, Any]) -> dict[str, Any]:
    if item.get("IsValueSecret"):
        return {name: value for name, value in item.items() if name != "Value"}
    return {"IsValueSecret": False, **item}


# --- the secret


async def keep(call: Call, name: str, document: Request) -> str:
    """Make the secret; its ARN."""
    ports = call.forwarded("events")
    request = {"Name": name, "SecretString": json.dumps(document), "ClientRequestToken": call.world.ids.uuid()}
    made = await _answered(ports.secretsmanager.create_secret(request))
    return made["ARN"]


async def replace(call: Call, connection: Connection, document: Request) -> None:
    """Put other credentials into the secret."""
    request = {
        "SecretId": connection.secret_arn,
        "SecretString": json.dumps(document),
        "ClientRequestToken": call.world.ids.uuid(),
    }
    await _answered(call.forwarded("events").secretsmanager.put_secret_value(request))


async def forget(call: Call, connection: Connection) -> None:
    """Delete the secret."""
    request = {"SecretId": connection.secret_arn, "ForceDeleteWithoutRecovery": True}
    await _answered(call.forwarded("events").secretsmanager.delete_secret(request))


async def secret_of(call: Call, connection: Connection) -> dict[str, Any]:
    """What a connection authorizes with."""
    told = await _answered(asked(call, "secretsmanager", "GetSecretValue", {"SecretId": connection.secret_arn}))
    return json.loads(told["SecretString"])


async def _answered(answer: Any) -> Any:
    return await answer if inspect.isawaitable(answer) else answer


# --- authorization


async def authorize(call: Call, connection: Connection, turn: int) -> None:
    """Bring a change of a connection to its end: with OAuth, an endpoint gives a token, or it is not authorized."""
    state = call.state(DestinationsState)
    try:
        if connection.kind == "OAUTH_CLIENT_CREDENTIALS":
            await renew_token(call, connection, await secret_of(call, connection))
        connection.state, connection.reason, connection.authorized_ms = AUTHORIZED, "", call.now
    except AwsError as error:
        connection.state, connection.reason = DEAUTHORIZED, error.message[:512]
        cause = f"{connection.name} is not authorized."
        call.explain("Authorize", connection.arn, Why("failed", cause, because=(error.why,)), error.code)
    call.reread_clock()
    if state.connections.get(connection.name) is connection and connection.turn == turn:
        state.connections.put(connection.name, connection)
        facts = {"ConnectionState": connection.state, "StateReason": connection.reason}
        call.changed("events.ConnectionStateChanged", connection.arn, **facts)


async def renew_token(call: Call, connection: Connection, secret: Request) -> None:
    """Exchange a client's credentials for a token (RFC 6749, 4.4)."""
    told: Request = secret["OAuthParameters"]
    client: Request = told["ClientParameters"]
    fields = {
        "grant_type": "client_credentials",
        "client_id": client["ClientID"],
        "client_secret": client["ClientSecret"],
    }
    extra: Request = told.get("OAuthHttpParameters") or {}
    fields |= {item["Key"]: item["Value"] for item in extra.get("BodyParameters") or ()}
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("User-Agent", AGENT)]
    headers += [(item["Key"], item["Value"]) for item in extra.get("HeaderParameters") or ()]
    url = with_query(told["AuthorizationEndpoint"], extra.get("QueryStringParameters") or ())
    answer = await sent(call, told["HttpMethod"], url, headers, urlencode(fields).encode())
    try:
        given: dict[str, Any] = json.loads(answer.body)
        token, lasts_s = str(given["access_token"]), int(given.get("expires_in") or 3600)
    except (ValueError, TypeError, KeyError):
        facts = (Fact(url, "status", answer.status), Fact(url, "answer", answer.body[:200].decode("utf-8", "replace")))
        words = f"The authorization endpoint answered with status {answer.status} and no access token."
        raise AwsError("ERROR_FROM_TARGET", words, facts=facts) from None
    connection.token, connection.token_until_ms = token, call.now + 1000 * lasts_s
    connection.authorized_ms = call.now


async def headers_of(call: Call, connection: Connection, secret: Request) -> list[tuple[str, str]]:
    """The headers that authorize an invocation; a token that is about to expire is renewed first."""
    if connection.kind == "API_KEY":
        told = secret["ApiKeyAuthParameters"]
        return [(told["ApiKeyName"], told["ApiKeyValue"])]
    if connection.kind == "BASIC":
        told = secret["BasicAuthParameters"]
        pair = b64encode(f"{told['Username']}:{told['Password']}".encode()).decode()
        return [("Authorization", f"Basic {pair}")]
    if connection.token_until_ms <= call.now + limits.TOKEN_SPARE_MS:
        await renew_token(call, connection, secret)
        call.state(DestinationsState).connections.put(connection.name, connection)
    return [("Authorization", f"Bearer {connection.token}")]


def with_query(url: str, parameters: Any) -> str:
    """An address with further parameters in its query."""
    pairs = [(item["Key"], item["Value"]) for item in parameters]
    return f"{url}{'&' if '?' in url else '?'}{urlencode(pairs)}" if pairs else url


async def sent(call: Call, method: str, url: str, headers: list[tuple[str, str]], body: bytes) -> Response:
    """The answer of an endpoint, or why there is none."""
    try:
        return await http_client.send(call, method, url, headers, body, timeout_s=TIMEOUT_S)
    except http_client.NotReachable as error:
        facts = (Fact(http_client.ALLOWED, "hosts", None), Fact(url, "host", str(error)))
        words = f"Foulweather sends nothing to {error}: requests go to this machine only, unless the host is allowed."
        remedy = (f"{http_client.ALLOWED}={error} foulweather start",)
        raise AwsError("NotImplemented", words, 501, facts=facts, remedy=remedy) from None
    except http_client.TimedOut:
        words = f"{url} did not answer within {TIMEOUT_S} seconds."
        raise AwsError("TIMEOUT", words, 504, facts=(Fact(url, "timeout_s", TIMEOUT_S),)) from None
    except http_client.PostFailed as error:
        words = f"{url} cannot be reached: {error}"
        raise AwsError("CONNECTION_FAILURE", words, 502, facts=(Fact(url, "connection", str(error)),)) from None
