"""boto3 as the client of the bare front end: its signatures, streams and trailers, over HTTP and HTTPS."""

from __future__ import annotations

import asyncio
import io
import time
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire import tls
from foulweather.wire.chunked import decoder_of, decoding
from foulweather.wire.server import STREAM, Server
from foulweather.wire.sigv4 import check_scope, check_times, read_proof
from loopback import Application, serving

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


class Verifier:
    """Verifies everything about a request, and remembers how its body came."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.bodies: list[bytes] = []
        self.app = Application(self._handle, STREAM)

    async def _handle(self, request: HttpRequest) -> HttpResponse:
        try:
            return await self._verified(request)
        except AwsError as error:
            return HttpResponse(error.status, [], f"{error.code}: {error.message}".encode())

    async def _verified(self, request: HttpRequest) -> HttpResponse:
        service = "s3" if request.path.startswith("/bucket") else "sqs"
        family: Any = "s3" if service == "s3" else "json"
        if service == "sqs" and request.stream is not None:
            request.body = b"".join([chunk async for chunk in request.stream])
        proof = read_proof(request, family)
        assert proof is not None
        check_scope(proof, family, service, "eu-west-1")
        check_times(proof, time.time_ns() // 1_000_000, family)
        if not proof.matches(SECRET):
            return HttpResponse(403, [], proof.canonical_request.encode())
        decoder = decoder_of(request, proof, SECRET)
        body = request.body
        if request.stream is not None and service == "s3":
            stream = request.stream if decoder is None else decoding(request.stream, decoder)
            body = b"".join([piece async for piece in stream])
        self.kinds.append(proof.declared_hash if not proof.payload_is_declared else "hash")
        self.bodies.append(body)
        return HttpResponse(200, [("Content-Type", "application/x-amz-json-1.0")], b"{}" if service == "sqs" else b"")


def client(server: Server, service: str, ca: Path | None = None) -> Any:
    scheme = "http" if ca is None else "https"
    return boto3.client(
        service,
        region_name="eu-west-1",
        endpoint_url=f"{scheme}://localhost:{server.port}",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        aws_session_token="a/session+token==",
        verify=str(ca) if ca else None,
        config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=5),
    )


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    tls.local_context(folder, time.time_ns() // 1_000_000)
    return folder


def use(server: Server, ca: Path | None) -> None:
    """A handful of calls, each of which raises if it is refused."""
    sqs = client(server, "sqs", ca)
    sqs.create_queue(QueueName="q")
    s3 = client(server, "s3", ca)
    key = "a b/ü+c//../d=e&f~'()*!"
    s3.put_object(Bucket="bucket", Key=key, Body=b"small", Metadata={"a": " b  c "})
    s3.put_object(Bucket="bucket", Key=key, Body=io.BytesIO(b"x" * 300_000))
    s3.put_object(Bucket="bucket", Key=key, Body=b"y" * 100_000, ChecksumAlgorithm="SHA256")
    s3.put_object(Bucket="bucket", Key=key, Body=b"")
    s3.list_objects_v2(Bucket="bucket", Prefix="a b/ü", Delimiter="/", StartAfter="x+y")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": key}, ExpiresIn=60)
    assert "AWSAccessKeyId=" in url  # Signature Version 2, boto3's default in this region
    if ca is None:
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_boto3_is_believed(scheme: str, certificates: Path):
    verifier = Verifier()
    context = tls.context(certificates / "server.pem", certificates / "server.key")
    async with serving(verifier.app, tls=context if scheme == "https" else None) as server:
        ca = certificates / "ca.pem" if scheme == "https" else None
        await asyncio.to_thread(use, server, ca)
    bodies = [b"small", b"x" * 300_000, b"y" * 100_000, b""]
    assert verifier.bodies[1:5] == bodies
    assert set(verifier.kinds[1:5]) == {"STREAMING-UNSIGNED-PAYLOAD-TRAILER" if scheme == "https" else "hash"} or (
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER" in verifier.kinds
    )


async def test_another_secret_is_not():
    verifier = Verifier()
    async with serving(verifier.app) as server:

        def call() -> int:
            s3 = client(server, "s3")
            s3._request_signer._credentials.secret_key = "other"
            try:
                s3.put_object(Bucket="bucket", Key="k", Body=b"x")
            except s3.exceptions.ClientError as error:
                return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
            return 200

        assert await asyncio.to_thread(call) == 403
    assert verifier.bodies == []
