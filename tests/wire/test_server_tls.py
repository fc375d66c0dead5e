"""HTTPS and HTTP on one port, with a certificate of the server's own making."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from foulweather.wire import tls
from loopback import GET, NOW_MS, Application, client_of, echo, post, serving
from loopback import event_loop_policy as event_loop_policy

pytestmark = pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy:DeprecationWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import time

    made = tmp_path_factory.mktemp("tls")
    tls.local_context(made, time.time_ns() // 1_000_000)
    return made


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "ca.pem"))


async def test_one_port_answers_both(folder: Path):
    app = Application(echo)
    server_side = tls.context(folder / "server.pem", folder / "server.key")
    async with serving(app, tls=server_side) as server:
        async with client_of(server, trusting(folder)) as client:
            for size in (3, 2_000_00):
                client.send(post(b"x" * size))
                assert len((await client.response())[2]) == size
        async with client_of(server) as client:
            client.send(post(b"plain"))
            assert (await client.response())[2] == b"plain"
    assert [request.tls for request in app.asked] == [True, True, False]


async def test_a_failed_handshake_harms_nobody_else(folder: Path):
    server_side = tls.context(folder / "server.pem", folder / "server.key")
    async with serving(Application(echo), tls=server_side) as server:
        async with client_of(server) as client:
            client.send(b"\x16\x03\x01\x00\x05hello")
            await asyncio.wait_for(client.reader.read(), 5)
        with pytest.raises(ssl.SSLError):
            async with client_of(server, ssl.create_default_context()):
                pass
        async with client_of(server) as client:
            client.send(GET)
            assert (await client.response())[0] == 200


async def test_silent_connections_are_dropped(folder: Path):
    server_side = tls.context(folder / "server.pem", folder / "server.key")
    app = Application(echo)
    async with serving(app, tls=server_side, header_timeout_s=0.3) as server, client_of(server) as client:
        assert await client.closed()


async def test_malformed_input_is_refused_over_tls_too(folder: Path):
    server_side = tls.context(folder / "server.pem", folder / "server.key")
    async with serving(Application(echo), tls=server_side) as server, client_of(server, trusting(folder)) as client:
        client.send(b"nonsense\r\n\r\n")
        assert (await client.response())[0] == 400
        assert await client.closed()


def test_certificates_are_kept_until_stale_and_the_authority_beyond(tmp_path: Path):
    tls.local_context(tmp_path, NOW_MS)
    first = {name: (tmp_path / name).read_bytes() for name in ("ca.pem", "server.pem")}
    tls.local_context(tmp_path, NOW_MS)
    assert (tmp_path / "server.pem").read_bytes() == first["server.pem"]
    tls.local_context(tmp_path, NOW_MS, ("localhost", "example.test"))
    assert (tmp_path / "server.pem").read_bytes() != first["server.pem"]
    assert (tmp_path / "ca.pem").read_bytes() == first["ca.pem"]
    tls.local_context(tmp_path, NOW_MS + 4000 * 86_400_000)
    assert (tmp_path / "ca.pem").read_bytes() != first["ca.pem"]
    assert (tmp_path / "server.key").stat().st_mode & 0o077 == 0
