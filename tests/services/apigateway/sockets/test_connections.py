"""Connections: how long they last on a held clock, and what a backend may do with them."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from wsproto.events import CloseConnection, Pong

from foulweather.kernel.errors import AwsError
from foulweather.services.apigateway.sockets.connections import Connections
from services.apigateway.sockets.served import Chat

MINUTE = 60


def ends(chat: Chat) -> list[Any]:
    return [event.facts for event in chat.aws.events("apigateway.SocketEvent") if event.facts["type"] == "DISCONNECT"]


async def until_gone(chat: Chat) -> None:
    async with asyncio.timeout(5):
        while len(Connections.of(chat.aws.world)):
            await asyncio.sleep(0.005)


@pytest.fixture
def open_chat(chat: Chat) -> Chat:
    chat.route("$disconnect")
    chat.route("$default")
    chat.deploy()
    return chat


async def test_ten_idle_minutes_end_a_connection(open_chat: Chat) -> None:
    async with open_chat.peer() as peer:
        own = open_chat.connection().id
        await open_chat.aws.advance(seconds=10 * MINUTE - 1)
        assert await peer.is_silent()
        await open_chat.aws.advance(seconds=1)
        event = await peer.next()
        assert isinstance(event, CloseConnection)
        assert (event.code, event.reason) == (1001, "Going away")
        with pytest.raises(AwsError) as refused:
            managed(open_chat).get_connection({"ApiId": open_chat.api, "Stage": "prod", "ConnectionId": own})
        assert "nothing had come or gone for ten minutes" in refused.value.why.cause
        assert len(ends(open_chat)) == 1


@pytest.mark.parametrize("how", ["a message", "a ping", "a callback"])
async def test_what_keeps_a_connection_from_being_idle(open_chat: Chat, how: str) -> None:
    chat = open_chat
    async with chat.peer() as peer:
        await chat.aws.advance(seconds=9 * MINUTE)
        if how == "a message":
            peer.say("x")
            assert await peer.is_silent()
        elif how == "a ping":
            peer.ping()
            assert isinstance(await peer.next(), Pong)
        else:
            managed(chat).post_to_connection(asked(chat, Data=b"x"))
            assert await peer.heard() == "x"
        await chat.aws.advance(seconds=9 * MINUTE)
        assert await peer.is_silent()
        await chat.aws.advance(seconds=MINUTE)
        assert (await peer.next()).code == 1001


async def test_two_hours_end_a_connection_that_is_never_idle(open_chat: Chat) -> None:
    async with open_chat.peer() as peer:
        for _ in range(13):
            await open_chat.aws.advance(seconds=9 * MINUTE)
            peer.ping()
            assert isinstance(await peer.next(), Pong)
        await open_chat.aws.advance(seconds=3 * MINUTE)
        assert (await peer.next()).code == 1001


async def test_a_client_that_vanishes_is_told_of_once(open_chat: Chat) -> None:
    async with open_chat.peer() as peer:
        peer.client.writer.transport.abort()
        await until_gone(open_chat)
        await asyncio.sleep(0.02)
    await open_chat.aws.advance(seconds=3 * 3600)
    assert len(ends(open_chat)) == 1


async def test_a_stage_that_is_deleted_ends_its_connections_at_their_next_message(open_chat: Chat) -> None:
    async with open_chat.peer() as peer:
        open_chat.v2.delete_stage({"ApiId": open_chat.api, "StageName": "prod"})
        peer.say("x")
        assert (await peer.next()).code == 1001


# --- what a backend may do


def managed(chat: Chat) -> Any:
    return chat.aws.apigatewaymanagementapi


def asked(chat: Chat, **more: Any) -> dict[str, Any]:
    return {"ApiId": chat.api, "Stage": "prod", "ConnectionId": chat.connection().id, **more}


async def test_the_backend_speaks_looks_and_closes(open_chat: Chat) -> None:
    chat = open_chat
    async with chat.peer(User_Agent="tests") as peer:
        request = asked(chat)
        managed(chat).post_to_connection({**request, "Data": "héllo".encode()})
        assert await peer.heard() == "héllo"
        told = managed(chat).get_connection(request)
        assert told["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "tests"}
        managed(chat).delete_connection(request)
        assert (await peer.next()).code == 1000
        for operate in (managed(chat).get_connection, managed(chat).delete_connection):
            with pytest.raises(AwsError) as refused:
                operate(request)
            assert (refused.value.code, refused.value.status) == ("GoneException", 410)
            assert "with 1000: DeleteConnection was called" in refused.value.why.cause
        await asyncio.sleep(0.02)
        assert len(ends(chat)) == 1


async def test_refusals_of_the_management_api(open_chat: Chat) -> None:
    chat = open_chat
    async with chat.peer():
        request = asked(chat)
        for more, code, status in (
            ({"ConnectionId": "x"}, "BadRequestException", 400),
            ({"Data": b"x" * ((128 << 10) + 1)}, "PayloadTooLargeException", 413),
            ({"Stage": "other"}, "GoneException", 410),
            ({"ApiId": ""}, "ForbiddenException", 403),
        ):
            with pytest.raises(AwsError) as refused:
                managed(chat).post_to_connection({**request, "Data": b"x", **more})
            assert (refused.value.code, refused.value.status) == (code, status)


async def test_callbacks_share_the_accounts_throttle(open_chat: Chat) -> None:
    from foulweather.services.apigateway.rest.buckets import Buckets

    chat = open_chat
    async with chat.peer():
        Buckets.of(chat.aws.world).fills["account", chat.aws.account, chat.aws.region] = (0, chat.aws.now)
        with pytest.raises(AwsError) as refused:
            managed(chat).get_connection(asked(chat))
        assert (refused.value.code, refused.value.status) == ("LimitExceededException", 429)


async def test_a_stranger_may_not_and_a_user_needs_manage_connections(open_chat: Chat) -> None:
    chat = open_chat
    async with chat.peer() as peer:
        request = asked(chat)
        with pytest.raises(AwsError) as refused:
            managed_by(chat, "999988887777").get_connection(request)
        assert refused.value.status == 410
        client = boto_client(chat, _user(chat), f"http://127.0.0.1:{chat.server.port}/_aws/execute-api/{chat.api}/prod")
        with pytest.raises(ClientError) as denied:
            await asyncio.to_thread(client.post_to_connection, ConnectionId=request["ConnectionId"], Data=b"x")
        error = denied.value.response["Error"]
        assert error["Code"] == "AccessDeniedException"
        assert (
            "execute-api:ManageConnections on resource: arn:aws:execute-api:us-east-1:********3333:" in error["Message"]
        )
        _allow(chat)
        await asyncio.to_thread(client.post_to_connection, ConnectionId=request["ConnectionId"], Data=b"x")
        assert await peer.heard() == "x"


def managed_by(chat: Chat, account: str) -> Any:
    return chat.aws.in_account(account).apigatewaymanagementapi


def _user(chat: Chat) -> dict[str, str]:
    chat.aws.iam.create_user({"UserName": "bob"})
    key = chat.aws.iam.create_access_key({"UserName": "bob"})["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def _allow(chat: Chat) -> None:
    resource = f"arn:aws:execute-api:us-east-1:111122223333:{chat.api}/prod/POST/@connections/*"
    statement = {"Effect": "Allow", "Action": "execute-api:ManageConnections", "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    chat.aws.iam.put_user_policy({"UserName": "bob", "PolicyName": "talk", "PolicyDocument": document})


ROOT = {"aws_access_key_id": "111122223333", "aws_secret_access_key": "test"}


def boto_client(chat: Chat, keys: dict[str, str], endpoint: str) -> Any:
    config = Config(retries={"total_max_attempts": 1})
    return boto3.client(
        "apigatewaymanagementapi", region_name="us-east-1", endpoint_url=endpoint, config=config, **keys
    )


@pytest.fixture
def localhost_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names under `localhost` lead here, as most systems have it (RFC 6761)."""
    found = socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **more: Any) -> Any:
        is_here = isinstance(host, str) and host.endswith(".localhost")
        return found("127.0.0.1" if is_here else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.usefixtures("localhost_names")
@pytest.mark.parametrize("form", ["path", "host"])
async def test_boto3s_client_works_with_the_path_form_and_with_the_host_form(open_chat: Chat, form: str) -> None:
    chat = open_chat
    port = chat.server.port
    endpoint = f"http://127.0.0.1:{port}/_aws/execute-api/{chat.api}/prod"
    if form == "host":
        endpoint = f"http://{chat.api}.execute-api.us-east-1.localhost:{port}/prod"
    async with chat.peer(User_Agent="tests") as peer:
        held = chat.connection()
        client = boto_client(chat, ROOT, endpoint)
        await asyncio.to_thread(client.post_to_connection, ConnectionId=held.id, Data="hello")
        assert await peer.heard() == "hello"
        told = await asyncio.to_thread(client.get_connection, ConnectionId=held.id)
        assert told["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "tests"}
        assert round(told["ConnectedAt"].timestamp() * 1000) == held.connected_ms
        await asyncio.to_thread(client.delete_connection, ConnectionId=held.id)
        assert (await peer.next()).code == 1000
        with pytest.raises(client.exceptions.GoneException):
            await asyncio.to_thread(client.post_to_connection, ConnectionId=held.id, Data=b"x")


async def test_an_unsigned_callback_has_no_token(open_chat: Chat) -> None:
    chat = open_chat
    async with chat.peer():
        own = chat.connection().id
        async with chat.peer(f"/prod/@connections/{own}") as peer:
            assert (peer.status, json.loads(peer.body)["message"]) == (403, "Missing Authentication Token")
