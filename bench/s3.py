"""What is measured of S3: small objects written and read, listings, and large uploads in parts."""

from __future__ import annotations

import hashlib
import itertools
import os
import socket
from collections.abc import Callable

from bench.cases import Account, Drive
from bench.signing import signed

BODY = b"x" * 1024
# A range of keys bears 3,500 writes and 5,500 reads a second, on AWS and in foulweather: so there are several.
BUCKETS = [f"bench-{n}" for n in range(8)]
LISTED = 100_000
FILLED = {"foulweather": LISTED, "ministack": 5_000, "moto": 2_000, "echo": 0}
PART = os.urandom(8 << 20)


def signed_request(bench: Account, method: str, path: str, body: bytes = b"", query: str = "") -> bytes:
    """A signed request of the bench's user."""
    headers = {"x-amz-content-sha256": hashlib.sha256(body).hexdigest()}
    host = f"127.0.0.1:{bench.server.port}"
    return signed(host, "s3", body, headers, bench.key_id, bench.secret, method=method, path=path, query=query)


def _buckets(bench: Account) -> None:
    if bench.server.name == "echo":
        return
    s3 = bench.client("s3")
    for name in BUCKETS:
        s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key="object", Body=BODY)


def _cycled(requests: list[bytes]) -> Drive:
    turns = itertools.cycle(requests)
    return Drive(lambda: next(turns))


def put_object(bench: Account) -> Drive:
    """PutObject of 1 KiB."""
    _buckets(bench)
    return _cycled([signed_request(bench, "PUT", f"/{name}/object", BODY) for name in BUCKETS])


def get_object(bench: Account) -> Drive:
    """GetObject of 1 KiB."""
    _buckets(bench)
    return _cycled([signed_request(bench, "GET", f"/{name}/object") for name in BUCKETS])


def list_objects(bench: Account) -> Drive:
    """ListObjectsV2 of 1,000 among 100,000 keys (fewer with peers that take too long to fill)."""
    _buckets(bench)
    _fill(bench, FILLED[bench.server.name])
    query = "list-type=2&max-keys=1000"
    return _cycled([signed_request(bench, "GET", f"/{name}", query=query) for name in BUCKETS])


def _fill(bench: Account, count: int) -> None:
    """That many empty objects over all buckets, by a connection of its own: boto3 would take minutes."""
    with socket.create_connection(("127.0.0.1", bench.server.port)) as connection:
        for n in range(count):
            connection.sendall(signed_request(bench, "PUT", f"/{BUCKETS[n % len(BUCKETS)]}/{n % 100:02}/{n:06}"))
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536)
            if b" 200 " not in head[:16]:
                raise RuntimeError(f"{bench.server.name} took no object: {head[:200]!r}")


def upload_part(bench: Account) -> Drive:
    """UploadPart of 8 MiB, the same part again and again."""
    _buckets(bench)
    upload = "none"
    if bench.server.name != "echo":
        upload = bench.client("s3").create_multipart_upload(Bucket=BUCKETS[0], Key="large")["UploadId"]
    request = signed_request(bench, "PUT", f"/{BUCKETS[0]}/large", PART, f"partNumber=1&uploadId={upload}")
    return Drive(lambda: request)


CASES: dict[str, Callable[[Account], Drive]] = {
    "PutObject 1 KiB": put_object,
    "GetObject 1 KiB": get_object,
    "ListObjectsV2 1,000 of 100,000": list_objects,
    "UploadPart 8 MiB": upload_part,
}
