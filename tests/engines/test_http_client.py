from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from foulweather.engines.http_client import HttpClient, NotReachable, NotTrusted, TimedOut, Unreachable

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def serving(answer: bytes | None, tls: ssl.SSLContext | None = None) -> tuple[asyncio.Server, int, list[bytes]]:
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.readuntil(b"\r\n\r\n"))
        if answer is None:
            await asyncio.sleep(30)
            return
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    return server, server.sockets[0].getsockname()[1], got


async def test_a_post_and_its_answer() -> None:
    server, port, got = await serving(b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\nX-A: b\r\n\r\nabc")
    response = await HttpClient().post(f"http://localhost:{port}/p/q?r=s", [("X-Test", "1")], b"body")
    server.close()
    assert (response.status, response.headers["x-a"], response.body) == (201, "b", b"abc")
    head = got[0].decode()
    assert head.startswith(f"POST /p/q?r=s HTTP/1.1\r\nHost: localhost:{port}\r\nX-Test: 1\r\n")
    assert "Content-Length: 4\r\n" in head


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", b"x"),
    ],
)
async def test_bodies(answer: bytes, body: bytes) -> None:
    server, port, _ = await serving(answer)
    response = await HttpClient().post(f"http://127.0.0.1:{port}/", [], b"")
    server.close()
    assert response.body == body


async def test_a_redirect_is_an_answer() -> None:
    server, port, got = await serving(
        b"HTTP/1.1 302 Found\r\nLocation: http://example.com/\r\nContent-Length: 0\r\n\r\n"
    )
    response = await HttpClient().post(f"http://127.0.0.1:{port}/", [], b"")
    server.close()
    assert response.status == 302
    assert len(got) == 1


async def test_credentials_in_the_url() -> None:
    server, port, got = await serving(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    await HttpClient().post(f"http://user:p%40ss@127.0.0.1:{port}/", [], b"")
    server.close()
    assert b"Authorization: Basic dXNlcjpwQHNz\r\n" in got[0]


async def test_a_silent_server() -> None:
    server, port, _ = await serving(None)
    with pytest.raises(TimedOut):
        await HttpClient().post(f"http://127.0.0.1:{port}/", [], b"", timeout_s=0.05)
    server.close()


async def test_nobody_listening_and_nonsense() -> None:
    server, port, _ = await serving(b"SSH-2.0-x\r\n\r\n")
    with pytest.raises(Unreachable):
        await HttpClient().post(f"http://127.0.0.1:{port}/", [], b"")
    server.close()
    await server.wait_closed()
    with pytest.raises(Unreachable):
        await HttpClient().post(f"http://127.0.0.1:{port}/", [], b"")


async def test_a_header_cannot_be_smuggled_in() -> None:
    server, port, got = await serving(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises(Unreachable):
        await HttpClient().post(f"http://127.0.0.1:{port}/", [("X", "a\r\nY: b")], b"")
    server.close()
    assert got == []


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1", "169.254.169.254", "localhost.example.com", "0.0.0.0"])
async def test_other_machines_are_out_of_reach(host: str) -> None:
    with pytest.raises(NotReachable):
        await HttpClient([]).post(f"http://{host}/", [], b"")


def test_hosts_can_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert HttpClient(["*.example.com"]).may_reach("a.Example.com")
    assert not HttpClient(["*.example.com"]).may_reach("example.com")
    assert HttpClient(["*"]).may_reach("anything")
    monkeypatch.setenv("FOULWEATHER_HTTP_ALLOW", "a.com, b.com")
    assert HttpClient().may_reach("b.com")
    assert HttpClient([]).may_reach("::1")
    assert HttpClient([]).may_reach("shop.localhost")


def certificate(directory: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public, private = directory / "cert.pem", directory / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private


async def test_certificates_are_verified(tmp_path: Path) -> None:
    public, private = certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(public, private)
    server, port, _ = await serving(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", tls)
    with pytest.raises(NotTrusted):
        await HttpClient().post(f"https://localhost:{port}/", [], b"")
    trusting = HttpClient(trust=ssl.create_default_context(cafile=str(public)))
    assert (await trusting.post(f"https://localhost:{port}/", [], b"")).status == 200
    with pytest.raises(NotTrusted):
        await trusting.post(f"https://127.0.0.1:{port}/", [], b"")
    server.close()


async def test_who_trusts_all_signers_still_wants_the_hosts_own_certificate(tmp_path: Path) -> None:
    public, private = certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(public, private)
    server, port, _ = await serving(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", tls)
    assert (await HttpClient().send("GET", f"https://localhost:{port}/", [], b"", trusts_all=True)).status == 200
    with pytest.raises(NotTrusted, match=r"is for localhost, not for 127\.0\.0\.1"):
        await HttpClient().send("GET", f"https://127.0.0.1:{port}/", [], b"", trusts_all=True)
    server.close()


@pytest.mark.parametrize("path", ["/_foulweather/worlds", "/_foulweather", "/_localstack/health"])
async def test_nobody_administers_a_server_by_what_it_sends(path: str) -> None:
    with pytest.raises(NotReachable):
        await HttpClient(["*"]).send("POST", f"http://127.0.0.1:1{path}", [], b"")


async def test_an_answer_in_many_small_pieces_is_read() -> None:
    pieces = b"1\r\na\r\n" * 50_000
    server, port, _ = await serving(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n")
    async with server:
        found = await HttpClient().send("GET", f"http://127.0.0.1:{port}/", [], b"")
    assert found.body == b"a" * 50_000
