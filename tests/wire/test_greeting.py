"""TLS by name: certificates for what is asked for, the versions that a name takes, clients who show who they are."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path

import pytest

from foulweather.kernel.traffic import Terms
from foulweather.wire import tls
from foulweather.wire.greeting import Greeter
from foulweather.wire.hello import server_name
from loopback import GET, Application, client_of, echo, serving
from loopback import event_loop_policy as event_loop_policy
from pki import Certified, authority

pytestmark = pytest.mark.filterwarnings("ignore:Overriding the .event_loop_policy:DeprecationWarning")
TERMS = {
    "bank.example.com": Terms("TLSv1.2", "ECDHE+AESGCM:@SECLEVEL=0", asks_client=True),
    "new.example.com": Terms("TLSv1.3"),
    "old.example.com": Terms("TLSv1", "DEFAULT:@SECLEVEL=0"),
}
OUR_OWN = "abc123.execute-api.eu-west-1.localhost"


class Greeted:
    """A server that greets by name."""

    def __init__(self, folder: Path) -> None:
        now_ms = time.time_ns() // 1_000_000
        self.ca = str(folder / "ca.pem")
        self.unmet: list[tuple[str, str]] = []
        self.greeter = Greeter(
            tls.local_context(folder, now_ms),
            tls.Authority(folder, now_ms),
            terms=TERMS.get,
            serves=lambda name: name.endswith(".localhost"),
            unmet=lambda name, reason: self.unmet.append((name, reason)),
        )
        self.app = Application(echo)

    async def ask(
        self,
        port: int,
        name: str,
        shows: Path | None = None,
        *,
        version: ssl.TLSVersion | None = None,
        session: ssl.SSLContext | None = None,
    ) -> bytes:
        """What a client gets that asks for a name; it trusts the server's authority alone."""
        context = session or ssl.create_default_context(cafile=self.ca)
        if version is not None:
            context.minimum_version = context.maximum_version = version
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        if shows is not None:
            context.load_cert_chain(shows)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
        writer.write(GET)
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.close()
        return answer


@pytest.fixture
def greeted(tmp_path: Path) -> Greeted:
    return Greeted(tmp_path / "tls")


async def test_each_name_that_is_served_has_a_certificate_of_its_own(greeted: Greeted) -> None:
    async with serving(greeted.app, tls=greeted.greeter) as server:
        for name in ("localhost", "bucket.s3.localhost", OUR_OWN, f"{'a' * 60}.eu-west-1.localhost", "new.example.com"):
            assert (await greeted.ask(server.port, name)).startswith(b"HTTP/1.1 200"), name
        with pytest.raises(ssl.SSLCertVerificationError):
            await greeted.ask(server.port, "elsewhere.example.org")
    assert [request.handshake.server_name for request in greeted.app.asked if request.handshake][2] == OUR_OWN


async def test_a_client_shows_whatever_it_has_and_the_application_judges(greeted: Greeted, tmp_path: Path) -> None:
    now_ms = time.time_ns() // 1_000_000
    root = authority("Root", now_ms=now_ms)
    known = Certified("known", root, now_ms=now_ms)
    past = Certified("past", root, now_ms=now_ms - 400 * 86_400_000)
    async with serving(greeted.app, tls=greeted.greeter) as server:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for client in (known, past):
                await greeted.ask(server.port, "bank.example.com", client.written(tmp_path), version=version)
        # Nobody is asked under another name.
        await greeted.ask(server.port, "new.example.com", known.written(tmp_path))
    handshakes = [request.handshake for request in greeted.app.asked]
    assert [each.chain for each in handshakes if each] == [(known.der,), (past.der,), (known.der,), (past.der,), ()]
    assert {each.version for each in handshakes if each} == {"TLSv1.2", "TLSv1.3"}


async def test_a_client_that_shows_nothing_gets_no_further(greeted: Greeted) -> None:
    async with serving(greeted.app, tls=greeted.greeter) as server:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
                await greeted.ask(server.port, "bank.example.com", version=version)
        await greeted.ask(server.port, "localhost")
    assert greeted.unmet == [("bank.example.com", "PEER_DID_NOT_RETURN_A_CERTIFICATE")] * 2
    assert len(greeted.app.asked) == 1


async def test_no_session_of_another_name_or_time_spares_the_certificate(greeted: Greeted, tmp_path: Path) -> None:
    known = Certified("known", now_ms=time.time_ns() // 1_000_000).written(tmp_path)
    context = ssl.create_default_context(cafile=greeted.ca)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(known)

    def handshake(port: int, name: str, session: ssl.SSLSession | None) -> tuple[ssl.SSLSession | None, bool]:
        import socket

        with socket.create_connection(("127.0.0.1", port)) as plain:
            spoken = context.wrap_socket(plain, server_hostname=name, session=session)
            spoken.sendall(GET)
            spoken.recv(1000)
            return spoken.session, bool(spoken.session_reused)

    async with serving(greeted.app, tls=greeted.greeter) as server:
        loop = asyncio.get_running_loop()
        for first in ("localhost", "bank.example.com"):
            session, _ = await loop.run_in_executor(None, handshake, server.port, first, None)
            _, reused = await loop.run_in_executor(None, handshake, server.port, "bank.example.com", session)
            assert not reused, first


async def test_versions_are_those_of_the_name(greeted: Greeted) -> None:
    old, middle = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2
    async with serving(greeted.app, tls=greeted.greeter) as server:
        await greeted.ask(server.port, "old.example.com", version=middle)
        with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
            await greeted.ask(server.port, "old.example.com", version=old)
        await greeted.ask(server.port, OUR_OWN, version=middle)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await greeted.ask(server.port, "new.example.com", version=middle)
    assert greeted.unmet == [("new.example.com", "UNSUPPORTED_PROTOCOL")]


async def test_a_first_message_in_pieces_is_waited_for_and_no_longer_than_allowed(greeted: Greeted) -> None:
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context(cafile=greeted.ca).wrap_bio(into, out, server_hostname=OUR_OWN)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    hello = out.read()
    for size in range(len(hello)):
        assert server_name(hello[:size]) is None, size
    assert server_name(hello) == OUR_OWN
    async with serving(greeted.app, tls=greeted.greeter, header_timeout_s=0.5) as server:
        async with client_of(server) as raw:
            for at in range(0, len(hello), 100):
                raw.send(hello[at : at + 100])
                await asyncio.sleep(0.005)
            assert (await asyncio.wait_for(raw.reader.read(3), 5))[:1] == b"\x16"
        async with client_of(server) as raw:
            raw.send(hello[:50])
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(raw.reader.read(), 5)


def test_what_is_no_first_message_names_nothing() -> None:
    assert server_name(b"\x16\x03\x01\x00\x05hello") == ""
    assert server_name(b"\x16\x02\x00") is None
    assert server_name(b"\x16\x02\x00\x00\x00") == ""
    assert server_name(b"\x16\x03\x01\x00\x04\x01\x00\xff\xff") == ""  # as long as none may be
    assert server_name(b"\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03") == ""
    assert server_name(b"\x16\x03\x01\x00\x00" * 4_000) == ""
